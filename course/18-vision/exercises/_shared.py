"""What several exercises of this chapter share."""

import torch

from d2lab.exercises import RandomInputs


def sorted_boxes(draw: RandomInputs, count: int, side: float = 10.0):
    """Draw boxes (left, top, right, bottom) whose sides are 1 or more."""
    low = draw.uniform(count, 2, high=0.6 * side)
    return torch.cat([low, low + 1 + draw.uniform(count, 2, high=0.5 * side)], 1)


def overlaps(draw: RandomInputs, rows: int, columns: int):
    """Draw a table of IoUs without two equal entries."""
    order = draw.normal(rows * columns).argsort().float()
    return ((order + 1 + 0.5 * draw.uniform(rows * columns)) / (rows * columns + 2)).view(rows, columns)
