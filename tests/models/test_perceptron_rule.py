"""The perceptron's rule keeps its bound; XOR needs a second layer."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from d2lab import data
from d2lab.core.errors import ConfigError
from d2lab.models.perceptron_rule import novikoff_bound, perceptron_rule
from d2lab.models.xor import XorNet

CORNERS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TRUTHS = torch.tensor([0.0, 1.0, 1.0, 0.0])


@given(seed=st.integers(0, 10_000), margin=st.floats(0.05, 1.0))
@settings(deadline=None, max_examples=60)
def test_mistakes_never_exceed_the_bound_in_any_order(seed, margin):
    draw = torch.Generator().manual_seed(seed)
    points = torch.randn(30, 3, generator=draw, dtype=torch.float64)
    truth = torch.randn(3, generator=draw, dtype=torch.float64)
    distances = points @ truth / truth.norm()
    points, signs = points[distances.abs() > margin], distances[distances.abs() > margin].sign()
    if not len(points):
        return
    found = perceptron_rule(points, signs)
    assert (signs * (points @ found.weights) > 0).all()
    assert found.mistakes <= novikoff_bound(points, signs, truth)
    assert novikoff_bound(points, signs, truth) == pytest.approx(
        float(points.norm(dim=1).max() ** 2 / distances.abs()[distances.abs() > margin].min() ** 2)
    )


def test_the_blobs_keep_their_promise_of_25_mistakes():
    train = data.load("blobs").train
    signs = train.targets * 2.0 - 1
    assert 1 <= perceptron_rule(train.inputs, signs).mistakes <= 25


def test_the_rule_by_hand():
    found = perceptron_rule(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([1.0, -1.0]))
    assert found.weights.tolist() == [1, -1]
    assert (found.mistakes, found.epochs) == (2, 2)


@pytest.mark.parametrize("activation", ["relu", "threshold"])
def test_two_layers_by_hand_compute_xor_exactly(activation):
    assert torch.equal(XorNet(activation)(CORNERS), TRUTHS)


def test_no_straight_border_divides_xor():
    """sign (w . x + b) >= 1 for all four corners is a linear program without a solution; for AND it has one."""
    rows = torch.cat([CORNERS, torch.ones(4, 1)], 1)
    for truths, status in ((TRUTHS, 2), (torch.tensor([0.0, 0, 0, 1]), 0)):
        signs = (2 * truths - 1)[:, None]
        outcome = linprog([0, 0, 0], A_ub=-(signs * rows).numpy(), b_ub=[-1] * 4, bounds=[(None, None)] * 3)
        assert outcome.status == status


def test_the_rule_gives_up_on_xor():
    lifted = torch.cat([CORNERS, torch.ones(4, 1)], 1)
    with pytest.raises(ConfigError, match=r"got 'mistakes in 50 passes', need a pass without any. Such points may"):
        perceptron_rule(lifted, 2 * TRUTHS - 1, max_epochs=50)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: perceptron_rule(CORNERS, TRUTHS), r"\+1 or -1 for each of 4 points"),
        (lambda: novikoff_bound(CORNERS, 2 * TRUTHS - 1, torch.ones(2)), "a margin above 0"),
    ],
)
def test_bad_input_is_refused(mistake, words):
    with pytest.raises(ConfigError, match=words):
        mistake()


def test_an_unknown_bend_is_refused():
    with pytest.raises(Exception, match="relu"):
        XorNet("sign")
