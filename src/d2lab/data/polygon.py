"""Masks from polygons and polygons from masks: corners (x, y) in pixels, counted continuously from the upper left.

A pixel belongs to a polygon when its center does: a line from there crosses the outline an odd number of times, so
that a second outline inside the first one is a hole.

Source: Shimrat 1962, Algorithm 112: Position of point relative to polygon, Communications of the ACM 5(8).
Changed: pycocotools rounds outlines to a fifth of a pixel first; its masks may differ by pixels at the edge.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64
from numpy.typing import ArrayLike

from d2lab.core.errors import DataError

MOST_CORNERS = 100_000
FARTHEST = 1e7  # pixels
Corners = Float64[np.ndarray, "corner 2"]


def fill_polygons(outlines: Sequence[ArrayLike], height: int, width: int) -> Bool[np.ndarray, "height width"]:
    """Return the pixels whose centers lie inside an odd number of outlines.

    A center on the left edge is inside, one on the right edge is not, so that neighbors share no pixel.

    Args:
        outlines: corners of each, closed from the last to the first; what lies beyond the image is cut off.
        height: of the mask, pixels.
        width: of the mask, pixels.

    Raises:
        DataError: an outline has fewer than three corners or too many, or a number is not finite.
    """
    toggles = np.zeros((height, width + 1), np.int64)  # how often a row changes sides at each column
    for outline in outlines:
        corners = _checked(outline)
        for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            first, last = (int(np.clip(np.ceil(y - 0.5), 0, height)) for y in sorted((y1, y2)))
            rows = np.arange(first, last)  # whose centers the edge passes
            across = x1 + (rows + 0.5 - y1) * (x2 - x1) / (y2 - y1) if len(rows) else rows
            toggles[rows, np.clip(np.ceil(across - 0.5), 0, width).astype(np.int64)] += 1
    inside: Bool[np.ndarray, "height width"] = np.cumsum(toggles[:, :width], axis=1) % 2 == 1
    return inside


def _checked(outline: ArrayLike) -> Corners:
    """Return the corners of an outline as an array."""
    try:
        corners = np.asarray(outline, np.float64)
    except (TypeError, ValueError):
        corners = np.empty(0)
    fits = corners.ndim == 2 and corners.shape[1:] == (2,) and 3 <= len(corners) <= MOST_CORNERS
    if not fits or not (np.abs(corners) <= FARTHEST).all():  # NaN compares as false
        need = f"3 to {MOST_CORNERS:,} corners (x, y), finite numbers of pixels"
        raise DataError("the outline of a polygon", got=f"shape {corners.shape}", need=need)
    return corners


def trace_mask(mask: Bool[np.ndarray, "height width"]) -> list[Corners]:
    """Return the outlines of a mask along the edges of its pixels; filled they are the mask again.

    Outer outlines run clockwise as the image is seen, those of holes counterclockwise. Pixels that touch at a corner
    alone have outlines of their own.

    Args:
        mask: True for each pixel of the object.
    """
    padded = np.pad(mask, 1).astype(np.int8)
    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for axis, turn in ((0, 1), (1, -1)):
        change = np.diff(padded, axis=axis)  # 1 where the object begins, -1 where it ends
        rows, columns = np.nonzero(change)
        for row, column, enters in zip(rows, columns, change[rows, columns] * turn, strict=True):
            begin = (column - 1, row) if axis == 0 else (column, row - 1)  # the edge's end with smaller numbers
            end = (begin[0] + 1, begin[1]) if axis == 0 else (begin[0], begin[1] + 1)
            a, b = (begin, end) if enters > 0 else (end, begin)
            steps.setdefault((int(a[0]), int(a[1])), []).append((int(b[0]), int(b[1])))
    outlines = []
    while steps:
        outlines.append(np.array(_chain(steps), np.float64))
    return outlines


def _chain(steps: dict[tuple[int, int], list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Follow the steps from one corner back to it, and return the corners where the direction changes."""
    start = next(iter(steps))
    path, before = [start], (0, 0)
    while True:
        here = path[-1]
        choices = steps[here]
        number = 0
        if len(choices) == 2:  # two pixels touch here: turn right, back around the same pixel
            right = (-before[1], before[0])
            number = [(x - here[0], y - here[1]) == right for x, y in choices].index(True) if before != (0, 0) else 0
        there = choices.pop(number)
        if not choices:
            del steps[here]
        before = (there[0] - here[0], there[1] - here[1])
        if there == start:
            break
        path.append(there)
    around = [path[-1], *path, path[0]]
    turns = [
        (after[0] - here[0], after[1] - here[1]) != (here[0] - last[0], here[1] - last[1])
        for last, here, after in zip(around, path, around[2:], strict=False)
    ]
    return [corner for corner, turned in zip(path, turns, strict=True) if turned]
