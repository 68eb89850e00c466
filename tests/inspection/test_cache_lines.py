"""Simulated cache lines, against closed forms and a cache written in another way; blocked products against torch."""

import random

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.inspection.cache_lines import blocked_product, fetched_lines, product_reads, traversal


def slow_lru(addresses, lines, line_bytes):
    held, fetched = [], 0  # the line used last stands last
    for line in (address // line_bytes for address in addresses):
        fetched += line not in held
        held = [one for one in held if one != line][-(lines - 1) :] if lines > 1 else []
        held.append(line)
    return fetched


def test_lines_are_those_of_a_cache_written_as_a_list():
    draw = random.Random(0)
    for _ in range(50):
        addresses = [draw.randrange(400) for _ in range(100)]
        lines, size = draw.randint(1, 6), draw.choice([8, 32, 64])
        assert fetched_lines(addresses, lines=lines, line_bytes=size) == slow_lru(addresses, lines, size)


def test_columns_fetch_eight_times_the_lines_unless_the_cache_holds_a_column():
    matrix = (100, 16), (16, 1)
    assert fetched_lines(traversal(*matrix), lines=1) == 200
    assert fetched_lines(traversal(*matrix, by_columns=True), lines=99) == 1600
    assert fetched_lines(traversal(*matrix, by_columns=True), lines=100) == 200
    assert fetched_lines(traversal(*matrix, itemsize=4), lines=1) == 100


def test_addresses_are_those_of_torch():
    matrix = torch.arange(60).view(6, 10)[:, 2:7]
    rows = [place // 8 for place in traversal(tuple(matrix.shape), matrix.stride())]
    columns = [place // 8 for place in traversal(tuple(matrix.shape), matrix.stride(), by_columns=True)]
    assert rows == (matrix.flatten() - 2).tolist()
    assert columns == (matrix.T.flatten() - 2).tolist()


def test_blocks_fetch_as_few_lines_as_the_formula_says():
    n, t = 32, 8
    plain = fetched_lines(product_reads(n, n), lines=24)
    blocked = fetched_lines(product_reads(n, t), lines=24)
    assert plain == n**2 * (n // 8 + n)
    assert blocked == (n // t) ** 3 * 2 * t * t // 8
    assert sorted(product_reads(n, t)) == sorted(product_reads(n, n))
    assert sorted(product_reads(5, 2)) == sorted(product_reads(5, 5))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 50])
def test_blocked_product_is_the_product(block):
    left, right = torch.randn(7, 5, dtype=torch.float64), torch.randn(5, 9, dtype=torch.float64)
    torch.testing.assert_close(blocked_product(left, right, block), left @ right)


def test_what_is_no_cache_or_product_is_refused():
    with pytest.raises(ConfigError, match="cache"):
        fetched_lines([0], lines=0)
    with pytest.raises(ConfigError, match="block"):
        list(product_reads(4, 0))
    for left, right, block in ((torch.ones(2, 3), torch.ones(2, 3), 1), (torch.ones(2, 2), torch.ones(2, 2), 0)):
        with pytest.raises(ConfigError, match="product"):
            blocked_product(left, right, block)
