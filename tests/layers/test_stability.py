"""Naive formulas fail where they say; the stable ones do not, and lose no digits."""

import math

import pytest
import torch

from d2lab.layers import BCEWithLogitsLoss, CrossEntropyLoss, activation, naive
from d2lab.layers.activation_catalog import ACTIVATIONS
from d2lab.layers.activation_catalog import activation as make_activation
from d2lab.layers.normalization import moments

MODERATE = torch.linspace(-4, 4, 41, dtype=torch.float64).view(1, -1)


def gradient(function, *values):
    leaf = torch.tensor(values, requires_grad=True)
    function(leaf).sum().backward()
    return leaf.grad


@pytest.mark.parametrize(
    ("simple", "stable"),
    [
        (naive.naive_sigmoid, activation.sigmoid),
        (naive.naive_softplus, activation.softplus),
        (lambda x: naive.naive_softmax(x, 1), lambda x: activation.softmax(x, 1)),
        (lambda x: naive.naive_log_softmax(x, 1), lambda x: activation.log_softmax(x, 1)),
        (lambda x: naive.naive_variance(x, 1), lambda x: moments(x, (1,))[1].squeeze(1)),
        (
            lambda x: naive.naive_cross_entropy(x, torch.tensor([3])),
            lambda x: CrossEntropyLoss()(x, torch.tensor([3])),
        ),
        (
            lambda x: naive.naive_binary_cross_entropy(x, (x > 1).double()),
            lambda x: BCEWithLogitsLoss()(x, (x > 1).double()),
        ),
    ],
    ids=["sigmoid", "softplus", "softmax", "log softmax", "variance", "cross-entropy", "binary cross-entropy"],
)
def test_both_agree_on_moderate_numbers(simple, stable):
    torch.testing.assert_close(simple(MODERATE), stable(MODERATE), rtol=1e-12, atol=1e-13)


def test_the_naive_sigmoid_loses_its_gradient():
    assert gradient(naive.naive_sigmoid, -89.0).isnan()
    assert gradient(activation.sigmoid, -89.0) == 0 or gradient(activation.sigmoid, -89.0) < 1e-38
    assert gradient(activation.sigmoid, -1000.0, 1000.0).tolist() == [0, 0]


def test_the_naive_softplus_overflows_and_vanishes():
    assert naive.naive_softplus(torch.tensor([89.0, -18.0])).tolist() == [math.inf, 0]
    torch.testing.assert_close(activation.softplus(torch.tensor([89.0, -18.0])), torch.tensor([89.0, math.exp(-18)]))


@pytest.mark.parametrize("logit", [89.0, -105.0])
def test_the_naive_softmax_is_nan(logit):
    logits = torch.tensor([logit, logit - 1])
    assert naive.naive_softmax(logits, 0).isnan().any()
    torch.testing.assert_close(activation.softmax(logits, 0), torch.tensor([1.0, 0.0]).softmax(0))


def test_the_naive_log_softmax_and_cross_entropy_are_infinite():
    logits = torch.tensor([[0.0, -105.0]])
    assert naive.naive_log_softmax(logits, 1)[0, 1] == -math.inf
    assert naive.naive_cross_entropy(logits, torch.tensor([1])) == math.inf
    assert activation.log_softmax(logits, 1)[0, 1] == -105
    assert CrossEntropyLoss()(logits, torch.tensor([1])) == 105


def test_the_naive_binary_cross_entropy_is_infinite():
    assert naive.naive_binary_cross_entropy(torch.tensor([18.0]), torch.tensor([0.0])) == math.inf
    assert BCEWithLogitsLoss()(torch.tensor([18.0]), torch.tensor([0.0])) == 18


def test_the_naive_variance_has_no_digit_left():
    values = 1000 + torch.randn(1, 10_000, generator=torch.Generator().manual_seed(0))
    assert abs(float(naive.naive_variance(1e1 * values, 1)) / 100 - 1) > 0.02
    assert float(moments(values, (1,))[1]) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus"])
def test_every_value_is_right_to_the_last_digits_not_only_the_large_ones(name):
    exponents = torch.linspace(-300, 2.8, 2000, dtype=torch.float64)
    values = torch.cat([10**exponents, -(10**exponents)])
    mine, reference = getattr(activation, name)(values), getattr(torch.nn.functional, name)(values)
    sure = reference.abs() > 1e-290
    if name == "softplus":  # torch's own is x itself above 20, off by exp(-20)
        sure &= values < 20
    torch.testing.assert_close(mine[sure], reference[sure], rtol=1e-13, atol=0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_has_the_derivative_of_its_finite_difference(name):
    layer = make_activation(name)
    points = torch.tensor([-3.1, -0.7, 0.3, 2.2], dtype=torch.float64, requires_grad=True)
    layer(points).sum().backward()
    step = 1e-6
    expected = (layer(points.detach() + step) - layer(points.detach() - step)) / (2 * step)
    torch.testing.assert_close(points.grad, expected, rtol=1e-8, atol=1e-9)
