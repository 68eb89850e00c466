"""Cache lines that a program fetches from memory: a cache that forgets the line used longest ago, simulated.

Memory sends whole lines, 64 bytes on most machines. Which of them a program has to wait for depends on the order in
which it reads, not only on how much: the functions here list addresses in an order and count the lines.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError

LINE = 64  # bytes


def fetched_lines(addresses: Iterable[int], *, lines: int, line_bytes: int = LINE) -> int:
    """Count the lines that come from memory while addresses are read, with a cache of so many lines.

    The cache is fully associative and replaces the line that was used longest ago (LRU). Real ones replace within small
    sets and fetch ahead, so they may fetch more, or earlier.

    Args:
        addresses: bytes, in the order in which they are read.
        lines: that the cache holds.
        line_bytes: bytes of a line.

    Raises:
        ConfigError: the cache holds no line, or a line no byte.

    >>> fetched_lines([0, 8, 64, 0], lines=1), fetched_lines([0, 8, 64, 0], lines=2)
    (3, 2)
    """
    if min(lines, line_bytes) < 1:
        raise ConfigError("cache", got=(lines, line_bytes), need="a line of a byte, or more")
    held: OrderedDict[int, None] = OrderedDict()
    fetched = 0
    for address in addresses:
        line = address // line_bytes
        if line not in held:
            fetched += 1
            if len(held) == lines:
                held.popitem(last=False)
        held[line] = None
        held.move_to_end(line)
    return fetched


def traversal(
    shape: tuple[int, int], strides: tuple[int, int], itemsize: int = 8, *, by_columns: bool = False
) -> Iterator[int]:
    """List the addresses of a matrix's elements, row by row or column by column.

    Args:
        shape: rows and columns.
        strides: numbers from row to row and from column to column, as `Tensor.stride` has them.
        itemsize: bytes of a number.
        by_columns: read a whole column before the next.

    >>> list(traversal((2, 2), (10, 1))), list(traversal((2, 2), (10, 1), by_columns=True))
    ([0, 8, 80, 88], [0, 80, 8, 88])
    """
    (outer, inner), (far, near) = (shape[::-1], strides[::-1]) if by_columns else (shape, strides)
    return (itemsize * (i * far + j * near) for i in range(outer) for j in range(inner))


def product_reads(n: int, block: int, itemsize: int = 8) -> Iterator[int]:
    """List the addresses that a product of two n x n matrices reads, in blocks; one block of n is the plain product.

    The left matrix lies at 0 and the right one behind it. Sums are kept in registers and read nothing.

    Args:
        n: rows and columns.
        block: rows and columns of a block.
        itemsize: bytes of a number.

    Raises:
        ConfigError: a block has no row.
    """
    if block < 1:
        raise ConfigError("block", got=block, need="1 or more")
    begins = range(0, n, block)
    for i0, j0, k0 in ((i, j, k) for i in begins for j in begins for k in begins):
        for i in range(i0, min(i0 + block, n)):
            for j in range(j0, min(j0 + block, n)):
                for k in range(k0, min(k0 + block, n)):
                    yield itemsize * (i * n + k)
                    yield itemsize * (n * n + k * n + j)


def blocked_product(left: Tensor, right: Tensor, block: int) -> Tensor:
    """Compute a product of matrices block by block.

    Args:
        left: (m, k).
        right: (k, n).
        block: rows and columns of a block; the last ones may be smaller.

    Raises:
        ConfigError: a block has no row, or the matrices do not fit.
    """
    if block < 1 or left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        got = f"{tuple(left.shape)}, {tuple(right.shape)}, blocks of {block}"
        raise ConfigError("product", got=got, need="(m, k), (k, n) and blocks of 1 or more")
    result = left.new_zeros(left.shape[0], right.shape[1])
    for i in range(0, left.shape[0], block):
        for j in range(0, right.shape[1], block):
            for k in range(0, left.shape[1], block):
                part = torch.mm(left[i : i + block, k : k + block], right[k : k + block, j : j + block])
                result[i : i + block, j : j + block] += part
    return result
