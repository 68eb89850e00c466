"""Rows of a record: one a step, one an epoch, of numbers that JSON can hold."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from d2lab.train.record import Row


def step_rows(
    first: int, losses: Sequence[float], norms: Sequence[Tensor | None], learning_rate: Callable[[int], float]
) -> list[Row]:
    """Return the rows of some steps: step, loss, learning rate and, where norms are clipped, that of the gradient.

    Args:
        first: steps done before them.
        losses: of each step.
        norms: of each step's gradient before it was clipped; copied from the device together.
        learning_rate: of a step, counted from 0.
    """
    rows: list[Row] = [
        {"step": number + 1, "loss": loss, "learning_rate": learning_rate(number)}
        for number, loss in enumerate(losses, start=first)
    ]
    known = [norm for norm in norms if norm is not None]
    if not known:
        return rows
    return [finite({**row, "gradient_norm": norm}) for row, norm in zip(rows, torch.stack(known).tolist(), strict=True)]


def finite(row: Row) -> Row:
    """Return the row without NaN and infinity, which JSON can't hold."""
    return {name: value for name, value in row.items() if not isinstance(value, float) or math.isfinite(value)}
