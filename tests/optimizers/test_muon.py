"""Muon's update has equal singular values; kernels are matrices; AdamW has the rest; state survives a checkpoint."""

import copy
import re

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.optimizers import AdamW, Muon, MuonAdamW, OptimizerConfig, build_optimizer, orthogonalize, set_lr


@pytest.mark.parametrize("shape", [(6, 6), (20, 5), (5, 20), (1, 8)])
def test_singular_values_come_close_to_1_and_directions_stay(shape, rng):
    matrix = torch.randn(shape, generator=rng, dtype=torch.float64)
    values = torch.linalg.svdvals(orthogonalize(matrix).double())
    assert 0.5 < float(values.min()) <= float(values.max()) < 1.3
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    kept = s > 0.1 * s.max()
    aligned = (u.T @ orthogonalize(matrix).double() @ v.T).diagonal()[kept]
    assert (aligned > 0.5).all()


def test_the_exact_cubic_iteration_reaches_the_polar_factor(rng):
    """x <- 1.5 x - 0.5 x^3 converges to U V'; ours with these coefficients must, to bfloat16's three digits."""
    matrix = torch.randn(4, 3, generator=rng, dtype=torch.float64)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonalize(matrix, (1.5, -0.5, 0.0), rounds=25).double()
    torch.testing.assert_close(result, u @ v, rtol=0, atol=0.02)


def test_a_gradient_of_zeros_changes_nothing():
    assert torch.equal(orthogonalize(torch.zeros(3, 2)), torch.zeros(3, 2, dtype=torch.bfloat16))


def test_a_kernel_is_updated_as_its_matrix(rng):
    kernel = nn.Parameter(torch.randn(8, 3, 3, 3, generator=rng))
    matrix = nn.Parameter(kernel.detach().flatten(1).clone())
    optimizers = Muon([kernel], lr=0.1), Muon([matrix], lr=0.1)
    for _ in range(5):
        gradient = torch.randn(8, 27, generator=rng)
        kernel.grad, matrix.grad = gradient.view_as(kernel).clone(), gradient
        for optimizer in optimizers:
            optimizer.step()
    assert torch.equal(kernel.flatten(1), matrix)


def parts(rng):
    shapes = ((4, 1, 3, 3), (4,), (6, 4), (6,), (3, 6))
    return [nn.Parameter(torch.randn(shape, generator=rng)) for shape in shapes]


def train(optimizer, weights, seed=0):
    draw = torch.Generator().manual_seed(seed)
    for _ in range(4):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=draw)
        optimizer.step()


def test_hidden_weights_are_muons_and_all_others_adamws(rng):
    mixed = parts(rng)
    apart = [nn.Parameter(weight.detach().clone()) for weight in mixed]
    hidden, others = [apart[0], apart[2]], [apart[1], apart[3], apart[4]]
    both = MuonAdamW(mixed, lr=0.1, momentum=0.6, adamw_lr_scale=0.3)
    muon, adamw = Muon(hidden, 0.1, 0.0, 0.6), AdamW(others, 0.03, weight_decay=0.0)
    draw = torch.Generator().manual_seed(0)
    for step in range(4):
        set_lr(both, 0.1 / (step + 1))
        set_lr(muon, 0.1 / (step + 1))
        set_lr(adamw, 0.03 / (step + 1))
        for mine, alone in zip(mixed, apart, strict=True):
            mine.grad = torch.randn(mine.shape, generator=draw)
            alone.grad = mine.grad.clone()
        for optimizer in (both, muon, adamw):
            optimizer.step()
    for mine, alone in zip(mixed, apart, strict=True):
        torch.testing.assert_close(mine, alone, rtol=1e-6, atol=1e-7)


def test_a_groups_lr_scale_multiplies_both_learning_rates(rng):
    weights = parts(rng)
    groups = [{"params": weights[:2], "lr_scale": 0.5}, {"params": weights[2:]}]
    optimizer = MuonAdamW(groups, lr=0.2, adamw_lr_scale=0.1)
    set_lr(optimizer, 1.0)
    lrs = {id(weight): group["lr"] for group in optimizer.param_groups for weight in group["params"]}
    assert [round(lrs[id(weight)], 6) for weight in weights] == [0.5, 0.05, 1.0, 0.1, 0.1]


def test_hidden_weights_keep_their_norm_where_asked(rng):
    weights = parts(rng)
    optimizer = build_optimizer(OptimizerConfig(name="muon", momentum=0.9, keep_norm=True), weights)
    train(optimizer, weights)
    assert [round(weights[n].norm().item(), 4) for n in (0, 2)] == [2.0, round(6**0.5, 4)]
    assert abs(weights[4].norm().item() - 3**0.5) > 0.1  # the head has no fixed norm


def test_state_goes_on_after_a_copy(rng):
    torch.manual_seed(0)
    first = parts(rng)
    again = [nn.Parameter(weight.detach().clone()) for weight in first]
    one, two = (MuonAdamW(weights, lr=0.05, keep_norm=True) for weights in (first, again))
    train(one, first)
    with torch.no_grad():
        for weight, source in zip(again, first, strict=True):
            weight.copy_(source)
    two.load_state_dict(copy.deepcopy(one.state_dict()))  # torch would share the tensors
    train(one, first, seed=1)
    train(two, again, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


REFUSED = [
    (
        lambda w: Muon([w[1]]),
        "a weight of Muon: got (4,), need a matrix or a kernel. Leave biases and gains to AdamW, as MuonAdamW does.",
    ),
    (
        lambda w: Muon([w[0]], ns_steps=0),
        "Muon's iteration: got ((3.4445, -4.775, 2.0315), 0), need three coefficients",
    ),
    (lambda w: MuonAdamW(w, adamw_lr_scale=-1.0), "MuonAdamW.adamw_lr_scale: got -1.0, need 0 or more."),
    (lambda w: OptimizerConfig(adamw_lr_scale=0.1), "optimizer.name: got 'sgd', need muon for adamw_lr_scale."),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=[sentence[:30] for _, sentence in REFUSED])
def test_bad_input_is_refused(make, sentence, rng):
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        make(parts(rng))
