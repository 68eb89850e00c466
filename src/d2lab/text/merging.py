"""The search for merges: counts of pairs that are changed, not counted anew.

Source: Sennrich, Haddow, Birch 2016, ACL, "Neural machine translation of rare words with subword units", algorithm 1.
"""

from collections import defaultdict
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

Pair = tuple[int, int]


def merges_of(
    words: list[list[int]], counts: Sequence[int], tokens: Sequence[bytes], most: int, min_count: int
) -> list[Pair]:
    """Return the pairs that are merged, in order.

    A heap holds each pair with a count that may be too large by now: one that is popped with an old count goes back
    with the new one. Of equal counts the smaller pair of numbers comes first.

    Args:
        words: different pre-tokens as token numbers; changed as they are merged.
        counts: how often each stands in the text.
        tokens: the bytes of each token that the words are made of.
        most: new tokens to make.
        min_count: pairs that are rarer stay.
    """
    number = {token: i for i, token in enumerate(tokens)}
    names = list(tokens)
    pairs, places = _count_pairs(words, counts)
    queue = [(-count, *pair) for pair, count in pairs.items()]
    heapify(queue)
    merges: list[Pair] = []
    while len(names) < len(tokens) + most and queue:
        negative, left, right = heappop(queue)
        count = pairs.get((left, right), 0)
        if count != -negative:
            if count > 0:
                heappush(queue, (-count, left, right))
            continue
        if count < min_count:
            break
        joined = names[left] + names[right]
        new = number.setdefault(joined, len(names))
        if new == len(names):
            names.append(joined)
        merges.append((left, right))
        grown = set()
        for place in places.pop((left, right)):
            changed = _merge(words[place], left, right, new)
            for pair, change in changed.items():
                if change:
                    pairs[pair] += change * counts[place]
                    if change > 0:
                        places[pair].add(place)
                        grown.add(pair)
        pairs.pop((left, right), None)
        for pair in grown:
            if pairs.get(pair, 0) > 0:
                heappush(queue, (-pairs[pair], *pair))
    return merges


def _count_pairs(
    words: Sequence[Sequence[int]], counts: Sequence[int]
) -> tuple[defaultdict[Pair, int], defaultdict[Pair, set[int]]]:
    """Count each pair of neighbors, and note the words that hold it."""
    pairs: defaultdict[Pair, int] = defaultdict(int)
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for place, (word, count) in enumerate(zip(words, counts, strict=True)):
        for pair in pairwise(word):
            pairs[pair] += count
            places[pair].add(place)
    return pairs, places


def _merge(word: list[int], left: int, right: int, new: int) -> dict[Pair, int]:
    """Merge the pair in a word from the left; return by how much each pair's count in the word changes."""
    changed: defaultdict[Pair, int] = defaultdict(int)
    i, end = 0, len(word) - 1
    while True:
        try:
            i = word.index(left, i, end)
        except ValueError:
            return changed
        if word[i + 1] != right:
            i += 1
            continue
        if i > 0:
            changed[word[i - 1], left] -= 1
            changed[word[i - 1], new] += 1
        if i + 2 <= end:
            changed[right, word[i + 2]] -= 1
            changed[new, word[i + 2]] += 1
        word[i : i + 2] = [new]
        i, end = i + 1, end - 1
