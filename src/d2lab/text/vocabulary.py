"""A vocabulary: which tokens have a number of their own, by frequency; all others share one.

Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section 9.2; the order of ties is ours, so that the
same text gives the same numbers everywhere.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Int64, Integer
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.text.tokens import code_points, listed_ids

UNKNOWN = "<unk>"


class Vocabulary:
    """Tokens and their numbers: 0 is the unknown token, then the reserved ones, then the others by falling frequency.

    Tokens of equal frequency stand in the order of their text. Build it on the training part alone: counted on the
    test part too, it knows words that it has no right to know.

    Args:
        tokens: of the training part; a text counts character by character.
        min_count: rarer tokens have no number.
        size: most numbers in all; the rarest tokens lose theirs.
        reserved: tokens with numbers of their own that need not occur, such as "<pad>".

    Raises:
        ConfigError: `min_count` is below 1, `size` leaves no room, or a reserved token is there twice.
    """

    def __init__(
        self,
        tokens: Iterable[str] = (),
        *,
        min_count: int = 1,
        size: int | None = None,
        reserved: Sequence[str] = (),
    ) -> None:
        first = [UNKNOWN, *reserved]
        if min_count < 1:
            raise ConfigError("min_count", got=min_count, need="1 or more")
        if size is not None and size < len(first):
            raise ConfigError("the size of a vocabulary", got=size, need=f"{len(first)} or more: those are reserved")
        if len(set(first)) < len(first):
            raise ConfigError("reserved", got=tuple(reserved), need=f"tokens that differ from each other and {UNKNOWN}")
        counts = Counter(tokens)
        taken = set(first)
        ranked = sorted((item for item in counts.items() if item[0] not in taken), key=lambda item: (-item[1], item[0]))
        room = None if size is None else size - len(first)
        kept = [token for token, count in ranked if count >= min_count][:room]
        self.counts = counts
        self._set([*first, *kept])

    @classmethod
    def from_tokens(cls, tokens: Sequence[str]) -> "Vocabulary":
        """Return the vocabulary whose token of number i is `tokens[i]`, as `tokens` of a kept one lists them.

        Raises:
            ConfigError: the list does not begin with the unknown token, or names one twice.
        """
        if not tokens or tokens[0] != UNKNOWN or len(set(tokens)) < len(tokens):
            raise ConfigError("the tokens of a vocabulary", got=tokens[:3], need=f"different ones, {UNKNOWN} first")
        made = cls()
        made._set(list(tokens))
        return made

    def _set(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.ids = {token: number for number, token in enumerate(tokens)}
        self._table: np.ndarray | None = None

    def __len__(self) -> int:
        """Count the numbers, that of the unknown token included."""
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        """Tell whether the token has a number of its own."""
        return token in self.ids

    def encode(self, tokens: str | Sequence[str]) -> Int64[Tensor, " tokens"]:
        """Return the numbers of tokens; 0 for those that are unknown. A text is read character by character."""
        if isinstance(tokens, str):
            return torch.from_numpy(self._characters()[code_points(tokens)])
        find = self.ids.get
        return torch.tensor([find(token, 0) for token in tokens], dtype=torch.int64)

    def decode(self, ids: Integer[Tensor, " tokens"] | Sequence[int]) -> list[str]:
        """Return the tokens of these numbers.

        Raises:
            ConfigError: a number has no token.
        """
        return [self.tokens[number] for number in listed_ids(ids, len(self))]

    def unknown_share(self, tokens: str | Sequence[str]) -> float:
        """Return the share of tokens that are unknown, 0 to 1; 0 for no tokens."""
        ids = self.encode(tokens)
        return float((ids == 0).double().mean()) if len(ids) else 0.0

    def _characters(self) -> np.ndarray:
        """Return the number of every code point: one lookup a character instead of a hash."""
        if self._table is None:
            self._table = np.zeros(0x110000, np.int64)
            for token, number in self.ids.items():
                if len(token) == 1:
                    self._table[ord(token)] = number
        return self._table
