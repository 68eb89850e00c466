"""Byte-level byte-pair encoding: the commonest neighbors become one token, again and again.

Any text can be written, for it starts from bytes; merges never cross a pre-token (a word with the space before it).

Source: Sennrich, Haddow, Birch 2016, ACL, "Neural machine translation of rare words with subword units", algorithm 1;
    Radford, Wu, Child, Luan, Amodei, Sutskever 2019, "Language models are unsupervised multitask learners", section 2.2
    (bytes, and the pattern of pre-tokens).
Changed: counts of pairs are kept up to date in a heap over the different pre-tokens, instead of counted anew.
Twin: `tokenizers.ByteLevelBPETokenizer`, merge for merge and token for token.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import pairwise

import torch
from jaxtyping import Int64, Integer
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.text.merging import Pair, merges_of
from d2lab.text.pretokens import pretokens
from d2lab.text.tokens import listed_ids

CACHED = 100_000  # pre-tokens whose encoding is remembered; words repeat, and a page has few different ones


@cache
def alphabet() -> tuple[int, ...]:
    """Return the 256 bytes in the order of their numbers: the printable ones first, as GPT-2 writes them.

    GPT-2 shows each byte as a character: itself where it is printable in Latin-1, else one from U+0100 on; numbers
    follow those characters. It matters for ties alone.
    """
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return (*shown, *(byte for byte in range(256) if byte not in set(shown)))


class BytePairEncoding:
    """A tokenizer: 256 bytes and what merges make of them. `train` finds the merges, `encode` and `decode` apply them.

    Args:
        merges: pairs of token numbers in the order in which they were found; the first makes token 256, and a pair
            whose bytes are a token already makes that one.

    Raises:
        ConfigError: a pair names a token that is not there yet, or stands twice.
    """

    def __init__(self, merges: Sequence[Pair] = ()) -> None:
        self.tokens: list[bytes] = [bytes([byte]) for byte in alphabet()]
        self.merges: list[Pair] = []
        self._rank: dict[Pair, tuple[int, int]] = {}  # pair -> place in the list, token it becomes
        self._byte_id = [0] * 256
        for number, byte in enumerate(alphabet()):
            self._byte_id[byte] = number
        known = {token: number for number, token in enumerate(self.tokens)}
        for left, right in merges:
            if not (0 <= left < len(self.tokens) and 0 <= right < len(self.tokens)) or (left, right) in self._rank:
                raise ConfigError("a merge", got=(left, right), need="two tokens that exist, each pair once")
            joined = self.tokens[left] + self.tokens[right]
            if joined not in known:
                known[joined] = len(self.tokens)
                self.tokens.append(joined)
            self._rank[left, right] = (len(self.merges), known[joined])
            self.merges.append((left, right))
        self._cache: dict[str, list[int]] = {}

    @classmethod
    def train(cls, texts: str | Iterable[str], merges: int, *, min_count: int = 2) -> "BytePairEncoding":
        """Find merges in a text: each time the pair with the largest count; of equals, the one with smaller numbers.

        Cost: reading, then for each merge the pre-tokens that hold its pair.

        Args:
            texts: one text or several; no pre-token goes from one to the next.
            merges: how many new tokens to make; fewer where no pair is left.
            min_count: pairs that are rarer are not merged.

        Raises:
            ConfigError: `merges` is negative, or `min_count` below 1.
        """
        if merges < 0:
            raise ConfigError("merges", got=merges, need="0 or more")
        if min_count < 1:
            raise ConfigError("min_count", got=min_count, need="1 or more")
        counts: dict[str, int] = {}
        for text in [texts] if isinstance(texts, str) else texts:
            for word in pretokens(text):
                counts[word] = counts.get(word, 0) + 1
        start = cls()
        words = [[start._byte_id[byte] for byte in word.encode("utf-8", "replace")] for word in counts]
        return cls(merges_of(words, list(counts.values()), start.tokens, merges, min_count))

    def __len__(self) -> int:
        """Count the tokens."""
        return len(self.tokens)

    def encode(self, text: str) -> Int64[Tensor, " tokens"]:
        """Return the tokens of a text."""
        ids: list[int] = []
        known = self._cache
        for word in pretokens(text):
            found = known.get(word)
            if found is None:
                found = self._encode_word(word)
                if len(known) < CACHED:
                    known[word] = found
            ids += found
        return torch.tensor(ids, dtype=torch.int64)

    def decode(self, ids: Integer[Tensor, " tokens"] | Sequence[int]) -> str:
        """Return the text of these tokens; bytes that make no whole character become U+FFFD.

        Raises:
            ConfigError: a number has no token.
        """
        return b"".join([self.tokens[number] for number in listed_ids(ids, len(self))]).decode(
            "utf-8", errors="replace"
        )

    def _encode_word(self, word: str) -> list[int]:
        """Apply the merges to one pre-token: the earliest first, and of its places the leftmost; O(n log n)."""
        ids: list[int] = [self._byte_id[byte] for byte in word.encode("utf-8", "replace")]
        count = len(ids)
        after = list(range(1, count + 1))  # a linked list: what is merged away is stepped over
        before = list(range(-1, count - 1))
        rank = self._rank
        queue = [(rank[pair][0], i, *pair) for i, pair in enumerate(pairwise(ids)) if pair in rank]
        heapify(queue)
        while queue:
            _, place, left, right = heappop(queue)
            follower = after[place]
            if ids[place] != left or follower >= count or ids[follower] != right:
                continue  # an earlier merge took one of the two
            ids[place], ids[follower] = rank[left, right][1], -1
            after[place] = follower = after[follower]
            if follower < count:
                before[follower] = place
            for first, second in ((before[place], place), (place, follower)):
                if first >= 0 and second < count and (pair := (ids[first], ids[second])) in rank:
                    heappush(queue, (rank[pair][0], first, *pair))
        return [token for token in ids if token >= 0]
