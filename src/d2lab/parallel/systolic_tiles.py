"""Products on a systolic array of a given size: tiles, cycles and the use of the cells.

Cycles are the clocks from the first product to the last, a + height + width - 2 for a rows of A. Each cell works at a
of them, so the use of the cells is a / (a + height + width - 2): one row of A has a use of 0.4 % on 128 x 128 cells,
1,024 rows have 80 %, and a 2 x 2 product on 2 x 2 cells takes 4 cycles at a use of 1/2. Loading the weights is not
counted, for a chip can load the next ones meanwhile. Where it can't, each tile takes as many cycles more as the array
has rows: 6 for the 2 x 2 product, a use of 1/3.

Weights larger than the array are cut into tiles: those below each other share columns of the result, which are summed.
A tile smaller than the array leaves cells without use, and the numbers pass through all cells none the less.

Source: Jouppi et al. 2017, "In-datacenter performance analysis of a tensor processing unit", section 2.
Changed: tiles follow each other without overlap.
"""

from dataclasses import dataclass

from jaxtyping import Shaped
from torch import Tensor

from d2lab.layers.arguments import check_counts
from d2lab.parallel.systolic import real_matrices, systolic_clocks


@dataclass(frozen=True)
class Product:
    """A product with what it took.

    Args:
        result: A @ B.
        cycles: clocks of all tiles, without the loading of weights.
        multiplications: products of elements of A and B; padding is not counted.
        cells: number of cells of the array.
    """

    result: Shaped[Tensor, "a n"]
    cycles: int
    multiplications: int
    cells: int

    @property
    def use(self) -> float:
        """Share of all cells at all clocks that computed a product of elements of A and B, from 0 to 1."""
        return self.multiplications / (self.cycles * self.cells)


def systolic_product(a: Shaped[Tensor, "a k"], b: Shaped[Tensor, "rows n"], side: int | None = None) -> Product:
    """Compute A @ B on a simulated array, tile by tile where B is larger.

    Twin: `a @ b`, exactly for integers (as int64, where that does not overflow), up to rounding for real numbers.

    Args:
        a: what streams through.
        b: the weights, (k, n). A tile of them that fills the array only in part is padded with zeros.
        side: cells along each side of the array; by default the array has the shape of B.

    Raises:
        ConfigError: A and B do not fit, are empty, differ in type, or hold no real numbers; the side is below 1.
    """
    check_counts("systolic_product", side=1 if side is None else side)
    a, b = real_matrices(a, b)
    (k, n), (height, width) = b.shape, b.shape if side is None else (side, side)
    result = a.new_zeros(len(a), n)
    cycles = multiplications = 0
    for top in range(0, k, height):
        for left in range(0, n, width):
            weights = b[top : top + height, left : left + width]
            high, wide = weights.shape
            stream = _padded(a[:, top : top + height], len(a), height)
            for clock in systolic_clocks(stream, _padded(weights, height, width)):
                cycles += 1
                multiplications += int(clock.busy[:high, :wide].sum())
                for (row, column), value in clock.leaving.items():
                    if column < wide:
                        result[row, left + column] += value
    return Product(result, cycles, multiplications, height * width)


def systolic_cycles(a: int, k: int, n: int, side: int | None = None) -> int:
    """Return the cycles of a product of (a, k) and (k, n) in closed form: for each tile a + height + width - 2.

    >>> systolic_cycles(2, 2, 2)
    4

    Args:
        a: rows of A.
        k: columns of A and rows of B.
        n: columns of B.
        side: cells along each side of the array; by default the array has the shape of B.

    Raises:
        ConfigError: a size is below 1.
    """
    check_counts("systolic_cycles", a=a, k=k, n=n, side=1 if side is None else side)
    height, width = (k, n) if side is None else (side, side)
    return -(-k // height) * -(-n // width) * (a + height + width - 2)


def systolic_use(a: int, k: int, n: int, side: int | None = None) -> float:
    """Return the share of the cells' clocks that compute a product, in closed form, from 0 to 1.

    >>> [round(systolic_use(rows, 128, 128), 3) for rows in (1, 1024)]
    [0.004, 0.801]

    Args:
        a: rows of A.
        k: columns of A and rows of B.
        n: columns of B.
        side: cells along each side of the array; by default the array has the shape of B.

    Raises:
        ConfigError: a size is below 1.
    """
    cells = k * n if side is None else side * side
    return a * k * n / (systolic_cycles(a, k, n, side) * cells)


def _padded(matrix: Tensor, rows: int, columns: int) -> Tensor:
    """Return the matrix in the upper left corner of zeros."""
    padded = matrix.new_zeros(rows, columns)
    padded[: matrix.shape[0], : matrix.shape[1]] = matrix
    return padded
