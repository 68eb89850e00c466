"""One step: pieces add up to the batch, settings reach the optimizer, states go out and come back."""

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError, RunError
from d2lab.data.batch import Batch
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.train.config import LoopConfig
from d2lab.train.tasks import find_task
from d2lab.train.train_step import TrainStep

CPU = torch.device("cpu")


def train_step(dropout=0.0, optimizer=None, **loop):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3))
    return TrainStep(
        model,
        find_task("classification"),
        optimizer=optimizer or OptimizerConfig(learning_rate=0.1, momentum=0.9),
        schedule=ScheduleConfig(),
        loop=LoopConfig(**loop),
        prepare=lambda x: x,
        example=torch.zeros(1, 4),
        device=CPU,
        total_steps=10,
    )


def batch(rng, count=10):
    return torch.randn(count, 4, generator=rng), torch.randint(0, 3, (count,), generator=rng)


@pytest.mark.parametrize("pieces", [2, 3, 10])
def test_pieces_give_the_step_of_the_whole_batch(rng, pieces):
    inputs, targets = batch(rng)
    whole, cut = train_step(), train_step(accumulate=pieces)
    for one in (whole, cut):
        one.model.double()
    for _ in range(3):
        one_step = whole(Batch(inputs.double(), targets))
        loss, outputs = one_step.loss, one_step.outputs
        cut_step = cut(Batch(inputs.double(), targets))
        loss_cut, outputs_cut = cut_step.loss, cut_step.outputs
        torch.testing.assert_close(loss_cut, loss, rtol=1e-12, atol=0)
        torch.testing.assert_close(outputs_cut, outputs, rtol=1e-12, atol=1e-15)
    for mine, theirs in zip(cut.parameters, whole.parameters, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-15)


def test_takes_the_step_that_torch_takes(rng):
    inputs, targets = batch(rng)
    ours, model = train_step(), train_step().model
    reference = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(5):
        ours(Batch(inputs, targets))
        reference.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        reference.step()
    for mine, theirs in zip(ours.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_clips_the_gradient_before_the_step(rng):
    inputs, targets = batch(rng)
    clipped = train_step(optimizer=OptimizerConfig(learning_rate=1.0, clip_norm=1e-3))
    before = [p.detach().clone() for p in clipped.parameters]
    clipped(Batch(inputs, targets))
    moved = torch.stack([(p - b).norm() for p, b in zip(clipped.parameters, before, strict=True)]).norm()
    torch.testing.assert_close(moved.item(), 1e-3, rtol=1e-3, atol=0)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_goes_back_to_a_kept_state_bit_for_bit(rng, name):
    momentum = 0.9 if name == "sgd" else 0.0
    made = train_step(dropout=0.5, optimizer=OptimizerConfig(name=name, learning_rate=0.05, momentum=momentum))
    inputs, targets = batch(rng)
    for _ in range(3):
        made(Batch(inputs, targets))
    kept = {key: value.clone() for key, value in made.state().items()}
    ends = []
    for _ in range(2):
        made.restore(3, kept, {})
        for _ in range(4):
            made(Batch(inputs, targets))
        ends.append([p.detach().clone() for p in made.parameters])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model.0.weight", torch.zeros(2, 2)),
        ("optimizer.9.momentum_buffer", torch.zeros(8, 4)),
        ("optimizer.0.momentum_buffer", torch.zeros(3)),
        ("rng.cpu", torch.zeros(3, dtype=torch.uint8)),
    ],
)
def test_refuses_a_foreign_state(rng, name, value):
    made = train_step()
    made(Batch(*batch(rng)))
    state = {**{k: v.clone() for k, v in made.state().items()}, name: value}
    with pytest.raises(RunError):
        made.restore(1, state, {})


def test_half_precision_learns_and_float16_needs_a_card(rng):
    inputs, targets = batch(rng, 64)
    half = train_step(precision="bfloat16")
    losses = [half(Batch(inputs, targets)).loss.item() for _ in range(60)]
    assert losses[-1] < losses[0] / 1.1
    assert half.parameters[0].dtype == torch.float32
    with pytest.raises(ConfigError, match="bfloat16"):
        train_step(precision="float16")


@pytest.mark.slow
def test_a_compiled_net_learns_the_same(rng):
    import shutil

    if not shutil.which("g++") and not shutil.which("clang++"):
        pytest.skip("torch.compile needs a C++ compiler")
    inputs, targets = batch(rng)
    plain, compiled = train_step(), train_step(compile=True)
    for _ in range(3):
        plain(Batch(inputs, targets))
        compiled(Batch(inputs, targets))
    for mine, theirs in zip(compiled.parameters, plain.parameters, strict=True):
        torch.testing.assert_close(mine, theirs)


def groups(model, factor):
    body, head = list(model[0].parameters()), list(model[3].parameters())
    return [{"params": body, "lr_scale": 1.0}, {"params": head, "lr_scale": factor}]


def grouped(factor, *, reverse=False):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3))
    return TrainStep(
        model,
        find_task("classification"),
        optimizer=OptimizerConfig(name="rmsprop", learning_rate=0.05),
        schedule=ScheduleConfig(name="cosine", warmup_steps=2),
        loop=LoopConfig(),
        prepare=lambda x: x,
        example=torch.zeros(1, 4),
        device=CPU,
        total_steps=10,
        groups=groups(model, factor)[:: -1 if reverse else 1],
    )


@pytest.mark.parametrize("reverse", [False, True])  # the order of groups need not be that of the model
def test_groups_go_back_to_a_kept_state_bit_for_bit(rng, reverse):
    made = grouped(7.0, reverse=reverse)
    inputs, targets = batch(rng)
    for _ in range(3):
        made(Batch(inputs, targets))
    kept = {key: value.clone() for key, value in made.state().items()}
    ends = []
    for fresh in (made, grouped(7.0, reverse=reverse)):
        fresh.restore(3, kept, {})
        for _ in range(4):
            fresh(Batch(inputs, targets))
        ends.append([p.detach().clone() for p in fresh.model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))


def test_a_factor_of_one_is_no_group_at_all(rng):
    inputs, targets = batch(rng)
    one, many = grouped(1.0), grouped(5.0)
    plain = train_step(dropout=0.5, optimizer=OptimizerConfig(name="rmsprop", learning_rate=0.05))
    plain.schedule = one.schedule
    for made in (one, plain, many):
        torch.manual_seed(1)
        for _ in range(4):
            made(Batch(inputs, targets))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters, plain.parameters, strict=True))
    assert not torch.equal(one.parameters[2], many.parameters[2])


def test_a_net_in_which_nothing_learns_is_refused():
    model = nn.Linear(4, 3).requires_grad_(False)
    how = {"optimizer": OptimizerConfig(), "schedule": ScheduleConfig(), "loop": LoopConfig(), "prepare": lambda x: x}
    with pytest.raises(ConfigError, match="no weights to train"):
        TrainStep(model, find_task("classification"), example=torch.zeros(1, 4), device=CPU, total_steps=1, **how)
