"""The simulated systolic array: its states by hand, its results against matrix products, its cycles in closed form."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.parallel.systolic import systolic_clocks
from d2lab.parallel.systolic_tiles import systolic_cycles, systolic_product, systolic_use

SIZES = [(1, 1, 1), (2, 2, 2), (1, 3, 2), (5, 2, 3), (3, 5, 4), (4, 4, 1), (2, 1, 5)]


def test_four_clocks_by_hand():
    """[[1, 2], [3, 4]] @ [[5, 6], [7, 8]] = [[19, 22], [43, 50]]."""
    clocks = list(systolic_clocks(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[5, 6], [7, 8]])))
    assert [clock.number for clock in clocks] == [1, 2, 3, 4]
    assert [clock.inputs.tolist() for clock in clocks] == [
        [[1, 0], [0, 0]],
        [[3, 1], [2, 0]],
        [[0, 3], [4, 2]],
        [[0, 0], [0, 4]],
    ]
    assert [clock.sums.tolist() for clock in clocks] == [
        [[5, 0], [0, 0]],
        [[15, 6], [19, 0]],
        [[0, 18], [43, 22]],
        [[0, 0], [0, 50]],
    ]
    assert clocks[1].rows.tolist() == [[1, 0], [0, -1]]
    assert clocks[1].busy.tolist() == [[True, True], [True, False]]
    assert [clock.leaving for clock in clocks] == [{}, {(0, 0): 19}, {(1, 0): 43, (0, 1): 22}, {(1, 1): 50}]


@pytest.mark.parametrize("side", [None, 1, 2, 3])
@pytest.mark.parametrize(("a", "k", "n"), SIZES)
def test_results_are_products_and_counts_those_of_the_formulas(rng, a, k, n, side):
    left, right = (torch.randint(-9, 10, size, generator=rng) for size in ((a, k), (k, n)))
    product = systolic_product(left, right, side)
    assert torch.equal(product.result, left @ right)
    assert product.multiplications == a * k * n
    assert product.cycles == systolic_cycles(a, k, n, side)
    assert product.use == systolic_use(a, k, n, side)
    left, right = (torch.randn(size, generator=rng, dtype=torch.float64) for size in ((a, k), (k, n)))
    torch.testing.assert_close(systolic_product(left, right, side).result, left @ right, rtol=1e-12, atol=1e-12)


def test_the_figures_of_the_lesson():
    assert (systolic_cycles(2, 2, 2), systolic_use(2, 2, 2)) == (4, 0.5)
    assert systolic_use(1, 128, 128) == 1 / 255
    assert systolic_use(1024, 128, 128, 128) == 1024 / 1278
    assert systolic_use(1024, 129, 128, 128) == pytest.approx(129 / 256 * 1024 / 1278)  # a second tile for one row


def test_small_integers_are_summed_in_wide_ones():
    ones = torch.full((1, 4), 100, dtype=torch.int8)
    assert systolic_product(ones, ones.mT, 2).result.tolist() == [[40_000]]


def test_what_is_no_product_is_refused():
    a = torch.ones(2, 3)
    for action, said in (
        (lambda: systolic_product(a, a), r"the matrices: got 'shapes \(2, 3\) and \(2, 3\)'"),
        (lambda: systolic_clocks(a, a), "the matrices"),
        (lambda: systolic_product(a[:0], a.mT), "each size 1 or more"),
        (lambda: systolic_product(a, a.mT.double()), "one type of real numbers"),
        (lambda: systolic_product(a.bool(), a.mT.bool()), "one type of real numbers"),
        (lambda: systolic_product(a.cfloat(), a.mT.cfloat()), "one type of real numbers"),
        (lambda: systolic_product(a, a.mT, 0), "side: got 0"),
        (lambda: systolic_cycles(0, 1, 1), "a: got 0"),
        (lambda: systolic_use(1, 1, 1, -1), "side: got -1"),
    ):
        with pytest.raises(ConfigError, match=said) as caught:
            action()
        assert "\n" not in str(caught.value)
