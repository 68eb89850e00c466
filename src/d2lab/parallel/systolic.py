"""A weight-stationary systolic array, simulated clock by clock: a grid of multipliers that computes A @ B.

The cell in row i and column j holds the weight B[i, j]. At each clock it takes a number of A from its left neighbor and
a partial sum from above, adds their product to the sum, and hands the number right and the sum down. Row i of the grid
gets its numbers i clocks late (the skew), so that number and sum of one product meet in every cell. Sums that leave
the bottom row are elements of the result.

With a rows of A, k rows and n columns of cells, the last product is computed at clock a + k + n - 2, where the first is
computed at clock 1. How matrices larger than the array are cut into tiles stands in `systolic_tiles`.

Source: Kung 1982, "Why systolic architectures?", Computer 15 (1), 37-46; Jouppi et al. 2017, "In-datacenter performance
    analysis of a tensor processing unit", section 2 (weights stay, and the next ones are loaded meanwhile).
Changed: the weights lie in their cells from the beginning; any type of real numbers, integers summed in int64.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int, Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError


@dataclass(frozen=True)
class Clock:
    """What the cells hold at the end of a clock.

    Args:
        number: of the clock, from 1.
        inputs: the number of A in each cell; 0 where the cell is idle.
        sums: the partial sum that the cell has computed; 0 where it is idle.
        rows: the row of A that the cell works on, from 0; -1 where it is idle.
    """

    number: int
    inputs: Shaped[Tensor, "k n"]
    sums: Shaped[Tensor, "k n"]
    rows: Int[Tensor, "k n"]

    @property
    def busy(self) -> Bool[Tensor, "k n"]:
        """Cells that computed a product at this clock."""
        return self.rows >= 0

    @property
    def leaving(self) -> dict[tuple[int, int], int | float]:
        """Elements of the result that leave the bottom row: row of A and column of B, with the value."""
        last = enumerate(zip(self.rows[-1].tolist(), self.sums[-1].tolist(), strict=True))
        return {(row, column): value for column, (row, value) in last if row >= 0}


def systolic_clocks(a: Shaped[Tensor, "a k"], b: Shaped[Tensor, "rows n"]) -> Iterator[Clock]:
    """Return the states of an array of as many cells as B has elements, clock by clock, until the last product.

    Args:
        a: what streams through, one row after the other.
        b: the weights in the cells, (k, n).

    Raises:
        ConfigError: A and B do not fit, are empty, differ in type, or hold no real numbers.
    """
    return _clocks(*real_matrices(a, b))


def _clocks(a: Tensor, b: Tensor) -> Iterator[Clock]:
    """Move numbers right and sums down, one cell a clock; each number carries the row of A that it is from."""
    inputs, sums = torch.zeros_like(b), torch.zeros_like(b)
    rows = torch.full(b.shape, -1, dtype=torch.int64, device=b.device)
    number, lines = 0, torch.arange(len(b), device=b.device)
    while True:
        number += 1
        row = number - 1 - lines  # the skew: row i of the grid is i clocks late
        is_fed = (row >= 0) & (row < len(a))
        row = torch.where(is_fed, row, -1)
        entering = torch.where(is_fed, a[row.clamp(min=0), lines], 0)
        inputs = torch.cat([entering[:, None], inputs[:, :-1]], 1)
        rows = torch.cat([row[:, None], rows[:, :-1]], 1)
        above = torch.cat([torch.zeros_like(sums[:1]), sums[:-1]])
        sums = torch.where(rows >= 0, above + inputs * b, 0)
        if not (rows >= 0).any():
            return
        yield Clock(number, inputs, sums, rows)


def real_matrices(
    a: Shaped[Tensor, "a k"], b: Shaped[Tensor, "rows n"]
) -> tuple[Shaped[Tensor, "a k"], Shaped[Tensor, "k n"]]:
    """Return both factors, integers as int64: a chip too sums 8-bit products in wider numbers.

    Args:
        a: the left factor.
        b: the right factor, (k, n).

    Raises:
        ConfigError: they do not fit, are empty, differ in type, or hold no real numbers.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0] or not (a.numel() and b.numel()):
        got = f"shapes {tuple(a.shape)} and {tuple(b.shape)}"
        raise ConfigError("the matrices", got=got, need="(a, k) and (k, n), each size 1 or more")
    if a.dtype != b.dtype or a.is_complex() or a.dtype == torch.bool:
        raise ConfigError("the matrices", got=f"{a.dtype} and {b.dtype}", need="one type of real numbers")
    return (a, b) if a.is_floating_point() else (a.long(), b.long())
