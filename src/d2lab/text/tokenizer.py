"""Tokenizers as a run keeps them: from a text to numbers and back, in one of four units, as plain values in JSON.

Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section 9.2 (characters, words, the unknown one);
    Radford, Wu, Child, Luan, Amodei, Sutskever 2019, "Language models are unsupervised multitask learners", section 2.2
    (bytes and their pairs).
"""

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from jaxtyping import Int64, Integer
from torch import Tensor

from d2lab.core.errors import ConfigError, RunError
from d2lab.text.bpe import BytePairEncoding
from d2lab.text.tokens import HAN, keep_letters, words
from d2lab.text.vocabulary import UNKNOWN, Vocabulary

Unit = Literal["characters", "words", "bytes", "bpe"]
SHOWN_UNKNOWN = "\ufffd"  # as bytes that are no character
_WIDE = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef\u2018-\u201d]")  # written without spaces
OPENS, CLOSES = "([{", ",.;:!?%)]}"


class Tokenizer:
    """Numbers of a text's tokens; what was learned from the training part is in it.

    Args:
        unit: "characters"; "words", which drops spaces and line breaks; "bytes" of UTF-8; "bpe", byte-level pairs.
        vocabulary: of characters or words.
        pairs: of bytes or bpe.
        letters: read a text as its letters a to z in lower case, as the book does; see `keep_letters`.

    Raises:
        ConfigError: the unit has no vocabulary or no pairs, or has the wrong one of the two.
    """

    def __init__(
        self,
        unit: Unit,
        *,
        vocabulary: Vocabulary | None = None,
        pairs: BytePairEncoding | None = None,
        letters: bool = False,
    ) -> None:
        self.unit, self.letters = unit, letters
        self.vocabulary, self.pairs = vocabulary, pairs
        if (unit in ("characters", "words")) != (vocabulary is not None) or (vocabulary is None) == (pairs is None):
            need = "a vocabulary for characters and words, pairs for bytes and bpe"
            raise ConfigError("a tokenizer", got=unit, need=need)

    @classmethod
    def train(
        cls,
        text: str,
        unit: Unit = "characters",
        *,
        min_count: int = 1,
        size: int | None = None,
        merges: int = 256,
        letters: bool = False,
    ) -> "Tokenizer":
        """Learn the tokens of a training text.

        Args:
            text: the training part alone.
            unit: of the tokens.
            min_count: characters or words that are rarer count as unknown.
            size: most characters or words, the unknown one included; None for all.
            merges: new tokens of bpe.
            letters: keep letters only.

        Raises:
            ConfigError: a number is out of range, or fewer than two kinds of tokens are found.
        """
        read = keep_letters(text) if letters else text
        if unit in ("characters", "words"):
            units = read if unit == "characters" else words(read)
            vocabulary = Vocabulary(units, min_count=min_count, size=size)
            if len(vocabulary) < 3:
                got = f"{len(vocabulary) - 1} kinds of {unit}"
                raise ConfigError("the training text", got=got, need="two or more", fix="Set a smaller min_count.")
            return cls(unit, vocabulary=vocabulary, letters=letters)
        pairs = BytePairEncoding.train(read, merges if unit == "bpe" else 0)
        return cls(unit, pairs=pairs, letters=letters)

    def __len__(self) -> int:
        """Count the kinds of tokens."""
        return len(self.vocabulary or self.pairs or ())

    def read(self, text: str) -> str:
        """Return the text as the model reads it: its letters only, where that was chosen."""
        return keep_letters(text) if self.letters else text

    def encode(self, text: str) -> Int64[Tensor, " tokens"]:
        """Return the numbers of the tokens; 0 for characters and words that are unknown."""
        read = self.read(text)
        if self.pairs is not None:
            return self.pairs.encode(read)
        assert self.vocabulary is not None  # noqa: S101 (checked when it was made)
        return self.vocabulary.encode(read if self.unit == "characters" else words(read))

    def decode(self, ids: Integer[Tensor, " tokens"] | Sequence[int]) -> str:
        """Return the text of these tokens; words are joined by spaces where they are written so.

        Raises:
            ConfigError: a number has no token.
        """
        if self.pairs is not None:
            return self.pairs.decode(ids)
        assert self.vocabulary is not None  # noqa: S101 (checked when it was made)
        found = [SHOWN_UNKNOWN if token == UNKNOWN else token for token in self.vocabulary.decode(ids)]
        return "".join(found) if self.unit == "characters" else join_words(found)

    def unknown(self, text: str) -> list[str]:
        """Return the different characters or words of a text that have no number, in order; none for bytes and bpe."""
        if self.vocabulary is None:
            return []
        read = self.read(text)
        units = read if self.unit == "characters" else words(read)
        return [token for token in dict.fromkeys(units) if token not in self.vocabulary]

    def byte_count(self, ids: Integer[Tensor, " tokens"]) -> int | None:
        """Return the bytes of the text that these tokens are; None for words, which have lost their spaces."""
        if self.unit == "words":
            return None
        if self.pairs is not None:
            sizes = [len(token) for token in self.pairs.tokens]
            return sum(sizes[int(number)] for number in ids.tolist())
        return len(self.decode(ids).encode())

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        learned: dict[str, Any] = {}
        if self.vocabulary is not None:
            learned["tokens"] = self.vocabulary.tokens
        elif self.unit == "bpe" and self.pairs is not None:
            learned["merges"] = [list(pair) for pair in self.pairs.merges]
        return {"format": 1, "unit": self.unit, "letters": self.letters, **learned}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Tokenizer":
        """Build the tokenizer that `to_json` described.

        Raises:
            RunError: the values are of another form.
        """
        try:
            made = msgspec.convert(value, _Stated)
            if made.format != 1:
                raise ConfigError("format", got=made.format, need="1")
            if made.unit in ("characters", "words"):
                return cls(made.unit, vocabulary=Vocabulary.from_tokens(made.tokens), letters=made.letters)
            return cls(made.unit, pairs=BytePairEncoding(made.merges), letters=made.letters)
        except (ValueError, TypeError) as cause:  # msgspec's errors, and ours, are ValueErrors
            raise RunError(f"the tokenizer in {where}", got=str(cause), need="what d2lab wrote") from cause


class _Stated(msgspec.Struct, forbid_unknown_fields=True):
    """The values of a tokenizer in JSON."""

    format: int
    unit: Unit
    letters: bool
    tokens: list[str] = []
    merges: list[tuple[int, int]] = []


def join_words(tokens: Sequence[str]) -> str:
    """Join words and marks to a text: no space beside Chinese, before a closing mark, or after an opening one.

    >>> join_words(["It", "works", "(", "well", ")", ",", "是", "吗", "？"])
    'It works (well),是吗？'
    """
    text = ""
    for token in tokens:
        last = text[-1:]
        apart = last and not (_WIDE.match(last) or _WIDE.match(token) or last in OPENS or token in CLOSES)
        text += f" {token}" if apart else token
    return text
