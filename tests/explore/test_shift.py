"""The explorer of importance weights: its numbers are those of d2lab.tables.shift and of the densities."""

import math

import pytest
import torch
from torch.distributions import Normal

from d2lab.tables import effective_size

pytestmark = pytest.mark.slow
LIMITS = [1, 2, 3, 5, 10, 20, 50, 100, math.inf]


@pytest.mark.parametrize(("gap", "width"), [(0, 1), (1, 1), (2.5, 0.5), (1.5, 1.25), (4, 1)])
@pytest.mark.parametrize("limit", [1, 4, 8])
def test_weights_and_effective_size_are_those_of_the_library(explorer, gap, width, limit):
    _, read = explorer("weights", {"gap": gap, "width": width, "limit": limit, "size": 2})
    found = read("e.result")
    x = torch.tensor(found["xs"], dtype=torch.float64)
    raw = (Normal(gap, width).log_prob(x) - Normal(0.0, 1.0).log_prob(x)).exp()
    weights = raw.clamp(max=LIMITS[limit])
    assert found["raw"] == pytest.approx(raw.tolist())
    assert found["weights"] == pytest.approx(weights.tolist())
    assert found["effective"] == pytest.approx(effective_size(weights))
    assert found["unclipped"] == pytest.approx(effective_size(raw))
    assert found["mean"] == pytest.approx(float((weights * x).sum() / weights.sum()))
    assert found["kept"] == pytest.approx(float(weights.sum() / raw.sum()))
    assert found["largest"] == pytest.approx(float(weights.max() / weights.sum()))
    assert found["clipped"] == int((raw > LIMITS[limit]).sum())


@pytest.mark.parametrize(("gap", "width"), [(0, 1), (1, 1), (2, 1), (1, 0.5), (1.5, 1.25)])
def test_the_long_run_is_the_integral_over_p(explorer, gap, width):
    _, read = explorer("weights", {"gap": gap, "width": width})
    x = torch.linspace(-40, 60, 400_001, dtype=torch.float64)
    squares = (2 * Normal(gap, width).log_prob(x) - Normal(0.0, 1.0).log_prob(x)).exp()
    assert read("e.result.long") == pytest.approx(1 / float(torch.trapezoid(squares, x)), rel=1e-6)
    if width == 1:
        assert read("e.result.long") == pytest.approx(math.exp(-(gap**2)))


def test_a_wide_target_leaves_nothing_in_the_long_run(explorer):
    _, read = explorer("weights", {"gap": 0, "width": 1.5})
    assert read("e.result.long") == 0
    assert read("e.result.ideal") == 1


def test_dots_have_the_area_of_their_weights(explorer):
    _, read = explorer("weights", {"gap": 1.5})
    radius = read("[...e.querySelectorAll('.d2-weight-dot')].map((one) => Number(one.getAttribute('r')))")
    places = read("[...e.querySelectorAll('.d2-weight-dot')].map((one) => Number(one.getAttribute('cx')))")
    weights = read("e.result.weights")
    assert [r**2 for r in radius] == pytest.approx([26**2 * w / sum(weights) for w in weights])
    assert places == pytest.approx(read("e.result.xs.map(e.scale.x)"))


def test_again_draws_others_and_reset_goes_back(explorer):
    page, read = explorer("weights")
    first = read("e.result.xs")
    assert len(first) == 80
    page.click("[data-key=again]")
    assert read("e.result.xs") != first
    page.click("[data-key=reset]")
    assert read("e.result.xs") == first


def test_few_effective_examples_are_said_and_a_limit_brings_more(explorer):
    page, read = explorer("weights", {"gap": 4})
    assert "no estimate is any good" in read("e.words.textContent")
    assert read("e.querySelectorAll('.d2-bad').length") == 1
    few, mean = read("e.result.effective"), read("e.result.mean")
    page.evaluate("document.querySelector('d2-weights').set('limit', 0)")
    assert read("e.result.effective") > few
    assert read("e.result.mean") < mean  # and a bias
    assert "weights are clipped" in read("e.words.textContent")
