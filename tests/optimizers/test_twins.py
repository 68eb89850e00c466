"""Every optimizer, schedule, clip and average of ours is torch's, step for step."""

import inspect

import pytest
import torch
from torch import nn

from d2lab import optimizers
from d2lab.core.errors import ConfigError, NonFiniteError
from d2lab.optimizers.build import SCRATCH, scratch_optimizer
from d2lab.optimizers.twins import OPTIMIZERS, TWINS, trajectory


@pytest.mark.parametrize("row", TWINS, ids=lambda row: row.name)
def test_a_hundred_steps_are_torchs(row):
    assert row.difference() <= row.rtol <= 1e-9
    assert row.source


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.name)
def test_the_weights_move(row):
    path = list(trajectory(row.theirs, row.shapes))
    assert float((path[-4] - path[0]).abs().max()) > 1e-3


@pytest.mark.parametrize(
    ("theirs", "ours"), SCRATCH.items(), ids=lambda made: made.__module__.split(".")[0] + made.__name__
)
def test_arguments_have_torchs_names_order_and_defaults(theirs, ours):
    mine, reference = inspect.signature(ours).parameters, inspect.signature(theirs).parameters
    assert [name for name in reference if name in mine and name != "maximize"] == [n for n in mine if n != "maximize"]
    assert all(mine[name].default == reference[name].default for name in mine)


def run(optimizer, weights, steps, seed):
    draw = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=draw, dtype=weight.dtype) + weight.detach()
        optimizer.step()


SETTINGS = {
    torch.optim.SGD: {"lr": 0.01, "momentum": 0.9},
    torch.optim.Adagrad: {"lr_decay": 0.1},
    torch.optim.RMSprop: {"momentum": 0.5, "centered": True},
    torch.optim.Adadelta: {},
    torch.optim.Adam: {"amsgrad": True},
    torch.optim.AdamW: {},
    getattr(torch.optim, "Muon", None): {"momentum": 0.8},
}


@pytest.mark.parametrize("made", SCRATCH, ids=lambda made: made.__name__)
def test_a_run_passes_from_torch_to_ours_and_back(made):
    mixed, pure = ([nn.Parameter(torch.linspace(-1, 1, 6).double().view(2, 3))] for _ in range(2))
    theirs = made(pure, **SETTINGS[made])
    for seed in range(3):
        run(theirs, pure, 10, seed)
    first = made(mixed, **SETTINGS[made])
    run(first, mixed, 10, 0)
    ours = scratch_optimizer(first)
    run(ours, mixed, 10, 1)
    again = made(mixed, **SETTINGS[made])
    again.load_state_dict(ours.state_dict())
    run(again, mixed, 10, 2)
    torch.testing.assert_close(mixed[0], pure[0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "settings", [{"weight_decay": 0.5, "decoupled_weight_decay": True}, {"fused": True}, {"foreach": False}], ids=str
)
def test_torchs_other_ways_to_run_adam_are_rebuilt_with_their_meaning(settings):
    mine, reference = ([nn.Parameter(torch.linspace(-1, 1, 6).double().view(2, 3))] for _ in range(2))
    theirs, ours = torch.optim.Adam(reference, **settings), scratch_optimizer(torch.optim.Adam(mine, **settings))
    for made, weights in ((theirs, reference), (ours, mine)):
        run(made, weights, 10, 0)
    torch.testing.assert_close(mine[0], reference[0], rtol=1e-12, atol=1e-14)


def test_rebuilding_takes_nothing_from_the_old_optimizer():
    weight = nn.Parameter(torch.ones(2))
    theirs = torch.optim.Adam([weight])
    run(theirs, [weight], 2, 0)
    before = theirs.state[weight]["exp_avg"].clone()
    run(scratch_optimizer(theirs), [weight], 2, 1)
    assert torch.equal(theirs.state[weight]["exp_avg"], before)


def test_an_optimizer_without_a_twin_is_refused():
    with pytest.raises(ConfigError, match="the optimizer: got 'Rprop', need one of torch's SGD, Adagrad"):
        scratch_optimizer(torch.optim.Rprop([nn.Parameter(torch.ones(1))]))


def test_a_closure_is_called_with_gradients_on_and_its_loss_given():
    weight = nn.Parameter(torch.tensor([2.0]))
    optimizer = optimizers.SGD([weight], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure) == 4
    assert weight.item() == 1


def descend(make, steps, start=(1.0, -2.0), curvature=(1.0, 4.0)):
    """Minimize curvature / 2 |w|^2."""
    weight = nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = make([weight])
    for _ in range(steps):
        weight.grad = torch.tensor(curvature, dtype=torch.float64) * weight.detach()
        optimizer.step()
    return weight.detach()


def test_plain_descent_shrinks_each_direction_by_one_minus_lr_times_curvature():
    end = descend(lambda p: optimizers.SGD(p, lr=0.1), 7)
    torch.testing.assert_close(end, torch.tensor([0.9**7, -2 * 0.6**7], dtype=torch.float64), rtol=1e-13, atol=0)


def test_momentum_is_the_power_of_its_matrix():
    lr, momentum, steps = 0.1, 0.5, 9
    step = torch.tensor([[1 - lr * 4, -lr * momentum], [4.0, momentum]], dtype=torch.float64)  # on (weight, buffer)
    expected = torch.linalg.matrix_power(step, steps) @ torch.tensor([-2.0, 0.0], dtype=torch.float64)
    end = descend(lambda p: optimizers.SGD(p, lr=lr, momentum=momentum), steps)
    torch.testing.assert_close(end[1], expected[0], rtol=1e-12, atol=0)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_adams_first_step_is_the_learning_rate_whatever_the_gradients_size(size):
    end = descend(lambda p: optimizers.Adam(p, lr=0.01), 1, curvature=(size, size))
    torch.testing.assert_close(end, torch.tensor([0.99, -1.99], dtype=torch.float64), rtol=1e-3, atol=0)


def test_decoupled_decay_is_proportional_and_adams_is_not():
    make = {name: getattr(optimizers, name) for name in ("Adam", "AdamW")}
    flat = {n: descend(lambda p, m=m: m(p, lr=0.01, weight_decay=0.1), 1, curvature=(0, 0)) for n, m in make.items()}
    torch.testing.assert_close(flat["AdamW"], torch.tensor([0.999, -1.998], dtype=torch.float64), rtol=1e-12, atol=0)
    torch.testing.assert_close(flat["Adam"], torch.tensor([0.99, -1.99]).double(), rtol=1e-6, atol=0)


def test_the_proximal_step_finds_the_sparse_minimum_and_its_exact_zeros():
    """1/2 (w - a)^2 + l1 |w| has its minimum at a shrunk by l1."""
    target = torch.tensor([2.0, 0.3, -0.4, -3.0], dtype=torch.float64)
    weight = nn.Parameter(torch.ones(4, dtype=torch.float64))
    optimizer = optimizers.ProximalSGD([weight], lr=0.3, l1=0.5)
    for _ in range(200):
        weight.grad = weight.detach() - target
        optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.tensor([1.5, 0, 0, -2.5]).double(), rtol=1e-12, atol=0)
    assert weight[1] == 0


def test_the_soft_threshold_minimizes_what_it_says():
    grid = torch.linspace(-3, 3, 60_001, dtype=torch.float64)
    for start in (-2.0, -0.3, 0.0, 0.7, 1.9):
        best = grid[((grid - start).square() / 2 + 0.7 * grid.abs()).argmin()]
        mine = optimizers.soft_threshold(torch.tensor(start, dtype=torch.float64), 0.7)
        assert float(mine) == pytest.approx(float(best), abs=1e-4)


def test_ema_and_mean_of_known_numbers():
    model = nn.Linear(1, 1, bias=False)
    mean, moving = optimizers.AveragedModel(model), optimizers.AveragedModel(model, optimizers.ema(0.5))
    for value in (1.0, 3.0, 8.0):
        nn.init.constant_(model.weight, value)
        mean.update_parameters(model)
        moving.update_parameters(model)
    assert mean.module.weight.item() == pytest.approx(4)
    assert moving.module.weight.item() == pytest.approx(((1 + 3) / 2 + 8) / 2)
    assert mean(torch.ones(1)).item() == pytest.approx(4)


def graded(value):
    weight = nn.Parameter(torch.ones(2))
    weight.grad = torch.full((2,), value)
    return weight


def stepped(gradient):
    weight = nn.Parameter(torch.ones(2, 2, dtype=gradient.dtype))
    weight.grad = gradient
    optimizers.SGD([weight], lr=0.1).step()


def adam_with_both_decays():
    groups = [
        {"params": [nn.Parameter(torch.ones(1))], "decoupled_weight_decay": decoupled} for decoupled in (True, False)
    ]
    return torch.optim.Adam(groups)


W = [torch.ones(1, requires_grad=True)]
REFUSED = {
    "learning rate": (lambda: optimizers.SGD(W, lr=-1.0), "SGD.lr: got -1.0, need 0 or more."),
    "learning rate nan": (lambda: optimizers.Adam(W, lr=float("nan")), "Adam.lr: got nan, need 0 or more."),
    "momentum": (lambda: optimizers.SGD(W, momentum=-0.1), "SGD.momentum: got -0.1, need 0 or more."),
    "nesterov": (
        lambda: optimizers.SGD(W, nesterov=True),
        "SGD.nesterov: got True, need a momentum above 0 and no dampening.",
    ),
    "dampening": (
        lambda: optimizers.SGD(W, momentum=0.9, dampening=float("nan")),
        "SGD.dampening: got nan, need 0 or more.",
    ),
    "another model": (
        lambda: optimizers.AveragedModel(nn.Linear(1, 2)).update_parameters(nn.Linear(1, 1)),
        "the model: got 'Linear', need the shapes of the averaged one. Pass the model that is being trained.",
    ),
    "both decays": (
        lambda: scratch_optimizer(adam_with_both_decays()),
        "decoupled_weight_decay: got 'both', need one value for all groups.",
    ),
    "l1": (lambda: optimizers.ProximalSGD(W, l1=-1.0), "ProximalSGD.l1: got -1.0, need 0 or more."),
    "betas": (
        lambda: optimizers.AdamW(W, betas=(0.9, 1.0)),
        "AdamW.betas: got (0.9, 1.0), need two numbers from 0 up to, not with, 1.",
    ),
    "eps": (lambda: optimizers.RMSprop(W, eps=-1e-8), "RMSprop.eps: got -1e-08, need 0 or more."),
    "rho": (lambda: optimizers.Adadelta(W, rho=1.5), "Adadelta.rho: got 1.5, need 0 or more and below 1."),
    "first": (
        lambda: optimizers.Adagrad(W, initial_accumulator_value=-1.0),
        "Adagrad.initial_accumulator_value: got -1.0, need 0 or more.",
    ),
    "ema": (lambda: optimizers.ema(1.1), "ema decay: got 1.1, need a number from 0 to 1."),
    "max norm": (
        lambda: optimizers.clip_grad_norm_(W, 0.0),
        "clip_grad_norm_: got (0.0, 2.0), need max_norm and norm_type above 0.",
    ),
    "value": (lambda: optimizers.clip_grad_value_(W, -1.0), "clip_grad_value_: got -1.0, need a number above 0."),
    "sparse": (
        lambda: stepped(torch.eye(2).to_sparse()),
        "the gradient: got 'sparse', need a dense real one.",
    ),
    "complex": (
        lambda: stepped(torch.ones(2, 2, dtype=torch.complex64)),
        "the gradient: got 'complex', need a dense real one.",
    ),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence


def test_a_norm_that_is_not_finite_is_an_error_where_asked_and_leaves_the_gradient():
    weight = graded(float("inf"))
    with pytest.raises(NonFiniteError, match="the norm of the gradients: got inf, need a finite number"):
        optimizers.clip_grad_norm_([weight], 1.0, error_if_nonfinite=True)
    assert weight.grad.isinf().all()


def test_squares_beyond_half_precision_leave_a_finite_norm():
    weight = nn.Parameter(torch.ones(2).half())
    weight.grad = torch.tensor([300.0, 400.0]).half()
    assert optimizers.clip_grad_norm_([weight], 1.0) == 500
    torch.testing.assert_close(weight.grad, torch.tensor([0.6, 0.8]).half(), rtol=2e-3, atol=0)


def test_a_single_parameter_is_clipped_like_a_list_of_one():
    by_norm, by_value = graded(3.0), graded(3.0)
    assert optimizers.clip_grad_norm_(by_norm, 1.0).item() == pytest.approx(18**0.5)
    assert by_norm.grad.norm().item() == pytest.approx(1, rel=1e-5)
    optimizers.clip_grad_value_(by_value, 0.5)
    assert by_value.grad.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("norm_type", [2.0, float("inf")])
def test_a_gradient_without_entries_adds_nothing_to_the_norm(norm_type):
    empty, weight = nn.Parameter(torch.ones(0)), graded(3.0)
    empty.grad = torch.ones(0)
    assert optimizers.clip_grad_norm_([empty], 1.0, norm_type) == 0
    alone = optimizers.clip_grad_norm_([graded(3.0)], 1.0, norm_type)
    assert optimizers.clip_grad_norm_([empty, weight], 1.0, norm_type) == alone


@pytest.mark.parametrize(("use_buffers", "running_mean"), [(False, 8), (True, 4)])
def test_buffers_are_averaged_where_asked_and_counts_never(use_buffers, running_mean):
    model = nn.BatchNorm1d(1)
    averaged = optimizers.AveragedModel(model, use_buffers=use_buffers)
    for value in (1, 3, 8):
        model.running_mean.fill_(value)
        model.num_batches_tracked.fill_(value)
        averaged.update_parameters(model)
    assert averaged.module.running_mean.item() == pytest.approx(running_mean)
    assert averaged.module.num_batches_tracked == 8


def test_a_refused_model_leaves_the_average_as_it_was():
    averaged = optimizers.AveragedModel(nn.Linear(1, 1, bias=False))
    before = averaged.module.weight.detach().clone()
    with pytest.raises(ConfigError):
        averaged.update_parameters(nn.Linear(1, 1))
    assert torch.equal(averaged.module.weight, before)
    assert averaged.n_averaged == 0


def test_no_gradient_has_norm_0():
    assert optimizers.clip_grad_norm_([nn.Parameter(torch.ones(2))], 1.0) == 0
