"""Masks as run lengths, as COCO writes them: pixels column by column, the lengths of runs of 0 and 1 in turn.

The first run is of 0, and may be empty. In a text each length is the difference to the one two before it (from the
fourth on), written in groups of five bits, the lowest first, each a letter from "0" on.

Source: Lin et al. 2014, Microsoft COCO: Common Objects in Context; the format of its masks (`counts` and `size`).
Twin: pycocotools.mask.
"""

import numpy as np
from jaxtyping import Bool, Int64
from numpy.typing import ArrayLike

from d2lab.core.errors import DataError

FIRST, BITS, SIGN, MORE = 48, 5, 0x10, 0x20  # of a letter: the code of 0, its bits, the sign, that another follows
LETTERS = 8  # of a number at most: 40 bits
MOST_PIXELS = 2**32
Counts = Int64[np.ndarray, " run"]


def encode_runs(mask: Bool[np.ndarray, "height width"]) -> Counts:
    """Return the lengths of the runs of a mask, column by column, beginning with a run of False.

    >>> encode_runs(np.array([[False, True], [True, True]])).tolist()
    [1, 3]
    """
    line = mask.ravel(order="F")
    changes = np.flatnonzero(line[1:] != line[:-1]) + 1
    ends = np.concatenate([[0], [0] if line.size and line[0] else [], changes, [line.size]]).astype(np.int64)
    runs: Counts = np.diff(ends)
    return runs


def decode_runs(counts: ArrayLike, height: int, width: int) -> Bool[np.ndarray, "height width"]:
    """Return the mask of these runs.

    Args:
        counts: lengths, the first of False.
        height: of the mask, pixels.
        width: of the mask, pixels.

    Raises:
        DataError: a length is negative, or they do not add up to the pixels of the mask.
    """
    runs = np.asarray(counts)
    whole = height * width
    usable = runs.ndim == 1 and runs.dtype.kind in "iu" and len(runs) > 0 and 0 < whole <= MOST_PIXELS
    if not usable or runs.min() < 0 or runs.max() > whole or int(runs.sum()) != whole:
        need = f"whole numbers of 0 or more that add up to {height} x {width} pixels"
        raise DataError("run lengths", got=runs.tolist(), need=need)
    line = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    mask: Bool[np.ndarray, "height width"] = line.reshape((height, width), order="F")
    return mask


def write_runs(counts: Counts) -> str:
    """Return run lengths as the text that COCO's files hold."""
    letters = []
    for place, length in enumerate(counts.tolist()):
        number = length - (int(counts[place - 2]) if place > 2 else 0)
        while True:
            bits, number = number & 31, number >> BITS
            more = number != (-1 if bits & SIGN else 0)
            letters.append(chr(FIRST + (bits | MORE if more else bits)))
            if not more:
                break
    return "".join(letters)


def read_runs(text: str) -> Counts:
    """Return the run lengths in a text of COCO.

    Raises:
        DataError: a letter is none of the format, a number does not end or is too large.
    """
    counts: list[int] = []
    number = place = 0
    for letter in text:
        code = ord(letter) - FIRST
        if not 0 <= code < 2 * MORE or place == LETTERS:
            need = f"letters from {chr(FIRST)!r} to {chr(FIRST + 63)!r}, at most {LETTERS} a number"
            raise DataError("run lengths as a text", got=letter, need=need)
        number |= (code & 31) << BITS * place
        place += 1
        if not code & MORE:
            if code & SIGN:
                number -= 1 << BITS * place
            counts.append(number + (counts[-2] if len(counts) > 2 else 0))
            number = place = 0
    if place:
        raise DataError("run lengths as a text", got=text[-place:], need="an end of the last number")
    return np.array(counts, np.int64)
