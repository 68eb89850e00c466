"""A check that is broken on purpose must not come to its verdict: each of these mistakes is seen."""

import pytest
from tests.claims.planted import planted

from d2lab.claims.catalog import find_claim
from d2lab.claims.record import recorded

BROKEN: list[tuple[str, str, str]] = [  # claim, what its check says, and what a mistake would make of it
    ("subtracting-the-maximum-keeps-softmax-finite", "large - large.max()", "(large - large.max()) / 2"),
    ("backward-pass-by-hand-equals-autograd", "* (1 - h**2)", "* (1 - h)"),
    ("a-positive-test-for-a-rare-disease-is-mostly-wrong", "[0.01, 0.99]", "[0.02, 0.98]"),
    ("permutation-matrices-reorder-vectors", "matrix.T @ (matrix @ x)", "matrix @ (matrix @ x)"),
    ("joint-marginal-and-conditional-fit-together", "* causes[:, None] / effects\n", "/ effects\n"),
    ("averaged-gradients-are-those-of-the-batch", "+ gradient(slice(4, 8))) / 2", "+ gradient(slice(4, 8)))"),
    (
        "gradient-of-cross-entropy-is-softmax-minus-target",
        "softmax(1) - functional.one_hot",
        "softmax(1) + functional.one_hot",
    ),
    ("half-the-rate-makes-up-for-mse-loss", "trained(nn.MSELoss(), 0.015)", "trained(nn.MSELoss(), 0.03)"),
    ("gradient-noise-falls-with-the-batch-size", "(count - size) / (count - 1)", "(count - size) / count"),
    ("linear-layers-stack-to-one-linear-layer", "(inputs @ matrix + bias)", "(inputs @ matrix - bias)"),
    ("depth-saves-units-on-folded-functions", "folded.relu() - 4 *", "folded.relu() - 3 *"),
    ("weight-decay-is-the-l2-penalty-under-sgd", "(1 - rate * penalty) * by_hand", "(1 + rate * penalty) * by_hand"),
    ("l1-subtracts-and-l2-scales", "free / (1 + penalty)", "free / (1 - penalty)"),
    ("dropout-is-an-l2-penalty-for-linear-regression", "penalty = p / (1 - p) *", "penalty = p *"),
    ("tanh-and-the-scaled-sigmoid-are-x-near-zero", "- 2 * tanh(x / 2)", "- 2 * tanh(x)"),
    ("hidden-units-can-change-places", "@ order.T)", "@ order)"),
    (
        "log-error-weighs-shares-of-the-price",
        "log_error(7.2 * predicted, 7.2 * prices)",
        "log_error(predicted, 7.2 * prices)",
    ),
    ("tied-layers-add-their-gradients", "(both[0] + both[1])", "(both[0] - both[1])"),
    ("input-channels-are-summed", "kernels[:, i : i + 1]", "kernels[:, 2 - i : 3 - i]"),
    (
        "convolution-is-a-sparse-shared-linear-layer",
        "weight[i, j, i + a, j + b] = kernel[a, b]",
        "weight[i, j, i + a, j + b] = kernel[b, a]",
    ),
    ("stride-divides-the-size", "(n - k + p + s) // s", "(n - k + p + 1) // s"),
    ("cross-entropy-is-a-code-length", "place = (place - edge[label])", "place = (place + edge[label])"),
    ("lenet-has-61706-parameters", "84 * (120 + 1)", "84 * 120"),
    ("class-name-tells-the-kind-of-layer", "not in layer.__class__.__name__", "not in layer.__class__.__module__"),
    ("convolution-is-a-sum-over-input-channels", "+ bias.view(1, -1, 1, 1)", "- bias.view(1, -1, 1, 1)"),
    ("nin-is-a-perceptron-at-every-pixel", ".permute(0, 3, 1, 2)", ".permute(0, 3, 2, 1)"),
    ("inception-is-four-paths", "parameter.zero_()", "parameter.mul_(0.5)"),
    ("two-small-kernels-see-what-a-large-one-sees", "64, 5, padding=2", "64, 7, padding=3"),
    ("batch-norm-standardizes-each-channel", "answers.var(axes, correction=0)", "answers.var(axes, correction=1)"),
    ("pixels-are-the-samples-of-batch-norm", "maps.permute(0, 2, 3, 1).reshape(-1, 3)", "maps.reshape(-1, 3)"),
    ("running-mean-forgets-exponentially", "0.1 * 0.9**ages", "0.9 * 0.1**ages"),
    (
        "schedules-are-functions-of-the-step",
        "(1 + math.cos(math.pi * t / end)) / 2",
        "(1 - math.cos(math.pi * t / end)) / 2",
    ),
    ("skip-adds-the-identity-to-the-jacobian", "whole - torch.eye(18) - added", "whole + torch.eye(18) - added"),
]


@pytest.mark.parametrize(("name", "old", "new"), BROKEN, ids=[name for name, *_ in BROKEN])
def test_a_broken_check_does_not_come_to_its_verdict(name, old, new):
    claim = find_claim(name)
    before = recorded(claim).verdict
    assert planted(claim, old, old).run()[0].verdict == before
    broken = planted(claim, old, new).run()[0].verdict
    assert broken != before
    assert broken != "holds"
