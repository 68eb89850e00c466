"""The table of optimizers: each compared with torch's over 100 steps of ordinary and extreme gradients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler, swa_utils

from d2lab.core.reference import CLOSE, Row, relative_difference, slowdown
from d2lab.optimizers import averaging, build
from d2lab.optimizers.clipping import clip_grad_norm_, clip_grad_value_
from d2lab.optimizers.config import ScheduleConfig
from d2lab.optimizers.cyclic import triangular, warm_restarts
from d2lab.optimizers.proximal import ProximalSGD
from d2lab.optimizers.schedule import lr_scale

STEPS = 100
SHAPES = ((4, 3), (5,), (2, 1, 3), (1,))
MATRICES = ((4, 3), (3, 5), (2, 6), (1, 3))  # for optimizers of matrices alone: tall, wide and a single row
LENET = ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,))
EXTREME = {50: 0.0, 60: 1e-12, 70: 1e8, 80: 1e-300}  # step -> factor of all gradients
Make = Callable[[Any], torch.optim.Optimizer]  # from parameters or groups
Draw = torch.Generator


def drawn_weights(shapes: tuple[tuple[int, ...], ...], dtype: torch.dtype) -> list[nn.Parameter]:
    """Draw normally distributed weights of these shapes, with a fixed seed."""
    draw = Draw().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=draw).to(dtype)) for shape in shapes]


def trajectory(make: Make, shapes: tuple[tuple[int, ...], ...] = SHAPES) -> Iterator[Tensor]:
    """Yield every weight after each of 100 steps with random gradients that point away from 0.

    The last weight has a gradient at every third step only, and the second group has a learning rate of its own.

    Args:
        make: builds the optimizer from parameter groups.
        shapes: of the four weights.
    """
    weights, draw = drawn_weights(shapes, torch.float64), Draw().manual_seed(1)
    optimizer = make([{"params": weights[:2]}, {"params": weights[2:], "lr": 0.003}])
    for step in range(STEPS):
        for number, weight in enumerate(weights):
            gradient = torch.randn(weight.shape, generator=draw, dtype=weight.dtype) + 0.3 * weight.detach()
            skipped = number == len(SHAPES) - 1 and step % 3
            weight.grad = None if skipped else EXTREME.get(step, 1.0) * gradient
        optimizer.step()
        yield from (weight.detach().clone() for weight in weights)


def largest_difference(ours: Iterator[Tensor], theirs: Iterator[Tensor]) -> float:
    """Return the largest relative difference of two sequences of tensors."""
    return max(relative_difference(mine, reference) for mine, reference in zip(ours, theirs, strict=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimizerTwin:
    """An optimizer of ours and torch's, compared on the same weights and gradients."""

    name: str
    source: str
    ours: Make
    theirs: Make
    shapes: tuple[tuple[int, ...], ...] = SHAPES  # of the weights compared
    rtol: float = CLOSE
    why: str = ""

    def difference(self) -> float:
        """Return the largest relative difference of all weights over 100 steps."""
        return largest_difference(trajectory(self.ours, self.shapes), trajectory(self.theirs, self.shapes))

    def slowdown(self) -> float:
        """Return our time for one step over LeNet's weights, divided by torch's."""
        optimizers = []
        for make in (self.ours, self.theirs):
            shapes = LENET if self.shapes is SHAPES else tuple(shape for shape in LENET if len(shape) == 2)
            weights = drawn_weights(shapes, torch.float32)
            for weight in weights:
                weight.grad = weight.detach().clone()
            optimizers.append(make(weights))
        return slowdown(optimizers[0].step, optimizers[1].step, rounds=20)


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceTwin:
    """A schedule, clip or average of ours and torch's, compared as sequences of tensors."""

    name: str
    source: str
    ours: Callable[[], Iterator[Tensor]]
    theirs: Callable[[], Iterator[Tensor]]
    rtol: float = CLOSE
    why: str = ""

    def difference(self) -> float:
        """Return the largest relative difference of the two sequences."""
        return largest_difference(self.ours(), self.theirs())

    def slowdown(self) -> float:
        """Return our time for the whole sequence, divided by torch's."""
        return slowdown(lambda: list(self.ours()), lambda: list(self.theirs()))


def optimizer_row(name: str, kind: str, **settings: Any) -> OptimizerTwin:  # noqa: ANN401
    """Build the row of an optimizer whose two sides take the same settings.

    Args:
        name: the idea, then the variant.
        kind: name of the optimizer in torch.optim.
        settings: arguments of both.
    """
    theirs = getattr(torch.optim, kind)
    ours = build.SCRATCH[theirs]
    source = " ".join((ours.__doc__ or "").split("Source: ")[1].split("Twin:")[0].split("Changed:")[0].split())
    return OptimizerTwin(
        name=name,
        source="Robbins and Monro 1951; Polyak 1964; Sutskever et al. 2013" if kind == "SGD" else source.rstrip("."),
        ours=lambda groups: ours(groups, **settings),
        theirs=lambda groups: theirs(groups, **settings),
        shapes=MATRICES if kind == "Muon" else SHAPES,
    )


class _ShrunkSGD(torch.optim.SGD):
    """Torch's SGD, followed by torch's soft shrinkage."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ANN401
        super().step(closure)
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.data = nn.functional.softshrink(weight.data, group["lr"] * 0.5)


def our_lrs(config: ScheduleConfig, steps: int = STEPS) -> Iterator[Tensor]:
    """Yield the learning rates of 100 steps by our schedule, for a full learning rate of 1."""
    return (torch.tensor(lr_scale(config, step, steps), dtype=torch.float64) for step in range(STEPS))


def torch_lrs(make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler]) -> Iterator[Tensor]:
    """Yield the learning rates of 100 steps as torch's scheduler sets them."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    for step in range(STEPS):
        yield torch.tensor(optimizer.param_groups[0]["lr"], dtype=torch.float64)
        optimizer.step()
        if step < STEPS - 1:
            scheduler.step()


def after_warmup(optimizer: torch.optim.Optimizer, then: lr_scheduler.LRScheduler) -> lr_scheduler.LRScheduler:
    """Build a torch scheduler of nine warm-up steps, followed by another."""
    return lr_scheduler.SequentialLR(optimizer, [lr_scheduler.LinearLR(optimizer, 0.1, 1.0, 9), then], [9])


def schedule_row(
    name: str, source: str, config: ScheduleConfig, make: Callable[[Any], lr_scheduler.LRScheduler], steps: int = STEPS
) -> SequenceTwin:
    """Build the row of a schedule.

    Args:
        name: the schedule.
        source: paper that describes it, or "definition".
        config: our settings.
        make: builds torch's scheduler from an optimizer with learning rate 1.
        steps: length of the run for ours; torch counts the steps of the decay instead.
    """
    return SequenceTwin(name=name, source=source, ours=lambda: our_lrs(config, steps), theirs=lambda: torch_lrs(make))


def cyclic_row(
    name: str, source: str, ours: Callable[[int], float], make: Callable[[Any], lr_scheduler.LRScheduler]
) -> SequenceTwin:
    """Build the row of a schedule that rises again, a function of the step alone."""
    return SequenceTwin(
        name=name,
        source=source,
        ours=lambda: (torch.tensor(ours(step), dtype=torch.float64) for step in range(STEPS)),
        theirs=lambda: torch_lrs(make),
    )


def _clipped(clip: Callable[[list[nn.Parameter]], Tensor | None], factor: float) -> Iterator[Tensor]:
    weights, draw = drawn_weights(SHAPES, torch.float64), Draw().manual_seed(2)
    for weight in weights[:-1]:  # the last has no gradient
        weight.grad = factor * torch.randn(weight.shape, generator=draw, dtype=weight.dtype)
    norm = clip(weights)
    yield from (weight.grad for weight in weights if weight.grad is not None)
    if norm is not None:
        yield norm


def clip_row(
    name: str, factor: float, ours: Callable[..., Any], theirs: Callable[..., Any], *settings: float
) -> SequenceTwin:
    """Build the row of a gradient clip.

    Args:
        name: the kind of clipping, then the variant.
        factor: multiplies the random gradients.
        ours: our function.
        theirs: torch's.
        settings: arguments of both, after the parameters.
    """
    return SequenceTwin(
        name=name,
        source="Pascanu, Mikolov, Bengio 2013, algorithm 1" if "norm" in name else "Mikolov 2012, section 3.2.2",
        ours=lambda: _clipped(lambda weights: ours(weights, *settings), factor),
        theirs=lambda: _clipped(lambda weights: theirs(weights, *settings), factor),
    )


def _averaged(make: Callable[[nn.Module], Any]) -> Iterator[Tensor]:
    draw = Draw().manual_seed(3)  # not the global one: two sequences are interleaved
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).double()
    model[1].num_batches_tracked = None  # type: ignore[assignment]  # torch averages integer counts too, without effect
    averaged = make(model)
    for _ in range(20):
        with torch.no_grad():
            for tensor in model.state_dict().values():
                floating = tensor.is_floating_point()
                tensor.copy_(torch.rand(tensor.shape, generator=draw) if floating else tensor + 1)
        averaged.update_parameters(model)
        yield from (tensor.clone() for tensor in averaged.state_dict().values())


def average_row(name: str, ours: Callable[[nn.Module], Any], theirs: Callable[[nn.Module], Any]) -> SequenceTwin:
    """Build the row of a weight average."""
    source = (
        "Izmailov et al. 2018, algorithm 1"
        if "mean" in name
        else "Polyak and Juditsky 1992; decay: Szegedy et al. 2016"
    )
    return SequenceTwin(name=name, source=source, ours=lambda: _averaged(ours), theirs=lambda: _averaged(theirs))


OPTIMIZERS: list[Row] = [
    optimizer_row("SGD", "SGD", lr=0.1),
    optimizer_row("SGD: weight decay", "SGD", lr=0.1, weight_decay=0.1),
    optimizer_row("SGD: momentum", "SGD", lr=0.02, momentum=0.9),
    optimizer_row("SGD: momentum, dampening, decay", "SGD", lr=0.02, momentum=0.8, dampening=0.3, weight_decay=0.01),
    optimizer_row("SGD: Nesterov", "SGD", lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
    optimizer_row("SGD: maximize", "SGD", lr=1e-3, momentum=0.5, maximize=True, weight_decay=0.1),
    OptimizerTwin(
        name="ProximalSGD: L1",
        source="Duchi and Singer 2009, section 5.1",
        ours=lambda groups: ProximalSGD(groups, 0.1, 0.5, momentum=0.5),
        theirs=lambda groups: _ShrunkSGD(groups, lr=0.1, momentum=0.5),
    ),
    optimizer_row("Adagrad", "Adagrad", lr=0.1),
    optimizer_row("Adagrad: all settings", "Adagrad", lr=0.1, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-3),
    optimizer_row("RMSprop", "RMSprop"),
    optimizer_row("RMSprop: momentum, centered", "RMSprop", alpha=0.9, momentum=0.7, centered=True, weight_decay=0.1),
    optimizer_row("Adadelta", "Adadelta"),
    optimizer_row("Adadelta: all settings", "Adadelta", lr=0.5, rho=0.7, eps=1e-3, weight_decay=0.1),
    optimizer_row("Adam", "Adam", lr=0.01),
    optimizer_row("Adam: all settings", "Adam", lr=0.01, betas=(0.7, 0.9), eps=1e-3, weight_decay=0.1, amsgrad=True),
    optimizer_row("Adam: maximize", "Adam", maximize=True),
    optimizer_row("AdamW", "AdamW", lr=0.01, weight_decay=0.1),
    optimizer_row("AdamW: amsgrad", "AdamW", lr=0.01, amsgrad=True),
    *([optimizer_row("Muon", "Muon", lr=0.02), optimizer_row("Muon: all settings", "Muon", lr=0.1, weight_decay=0.02, momentum=0.8, nesterov=False, eps=1e-3, ns_steps=3)] if hasattr(torch.optim, "Muon") else []),
]  # fmt: skip
SCHEDULE_ROWS: list[Row] = [
    schedule_row("schedule: step", "definition", ScheduleConfig(name="step", every_steps=30, gamma=0.3), lambda o: lr_scheduler.StepLR(o, 30, 0.3)),
    schedule_row("schedule: multi-step", "He et al. 2016, section 4.2", ScheduleConfig(name="multi-step", milestones=(20, 21, 80), gamma=0.5), lambda o: lr_scheduler.MultiStepLR(o, [20, 21, 80], 0.5)),
    schedule_row("schedule: factor", "definition", ScheduleConfig(name="factor", gamma=0.95), lambda o: lr_scheduler.ExponentialLR(o, 0.95)),
    schedule_row("schedule: polynomial", "Chen et al. 2018, section 4.1.2", ScheduleConfig(name="polynomial", power=0.9), lambda o: lr_scheduler.PolynomialLR(o, 60, 0.9), 61),
    schedule_row("schedule: linear", "definition", ScheduleConfig(name="linear", floor=0.1), lambda o: lr_scheduler.LinearLR(o, 1.0, 0.1, 99)),
    schedule_row("schedule: cosine", "Loshchilov and Hutter 2017, eq. 5", ScheduleConfig(name="cosine", floor=0.2), lambda o: lr_scheduler.CosineAnnealingLR(o, 99, 0.2)),
    schedule_row("schedule: warm-up", "Goyal et al. 2017, section 2.2", ScheduleConfig(warmup_steps=9), lambda o: lr_scheduler.LinearLR(o, 0.1, 1.0, 9)),
    schedule_row("schedule: warm-up, then cosine", "Goyal et al. 2017, section 2.2", ScheduleConfig(name="cosine", floor=0.2, warmup_steps=9), lambda o: after_warmup(o, lr_scheduler.CosineAnnealingLR(o, 90, 0.2))),
    schedule_row("schedule: warm-up, then step", "Goyal et al. 2017, section 2.2", ScheduleConfig(name="step", every_steps=30, gamma=0.3, warmup_steps=9), lambda o: after_warmup(o, lr_scheduler.StepLR(o, 30, 0.3))),
    schedule_row("schedule: one-cycle", "Smith and Topin 2018, section 3", ScheduleConfig(name="one-cycle"), lambda o: lr_scheduler.OneCycleLR(o, 1.0, STEPS, cycle_momentum=False)),
    schedule_row("schedule: one-cycle, linear", "Smith and Topin 2018, section 3", ScheduleConfig(name="one-cycle", anneal="linear", rise=0.45, start=0.1, end=0.001), lambda o: lr_scheduler.OneCycleLR(o, 1.0, STEPS, pct_start=0.45, anneal_strategy="linear", cycle_momentum=False, div_factor=10, final_div_factor=100)),
    schedule_row("schedule: cyclic", "Smith 2017, section 3", ScheduleConfig(name="cyclic", rise_steps=7, fall_steps=12, floor=0.1), lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 7, 12, cycle_momentum=False)),
    schedule_row("schedule: cyclic, halved", "Smith 2017, section 3", ScheduleConfig(name="cyclic", rise_steps=9, floor=0.1, shrink=0.5), lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 9, mode="triangular2", cycle_momentum=False)),
    schedule_row("schedule: cyclic, falling", "Smith 2017, section 3", ScheduleConfig(name="cyclic", rise_steps=9, fade=0.97), lambda o: lr_scheduler.CyclicLR(o, 0.0, 1.0, 9, mode="exp_range", gamma=0.97, cycle_momentum=False)),
    cyclic_row("schedule: warm restarts", "Loshchilov and Hutter 2017, section 3", lambda step: warm_restarts(step, 7, 2, 0.1), lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7, 2, 0.1)),
    cyclic_row("schedule: triangular", "Smith 2017, section 3", lambda step: triangular(step, 7, 12, 0.1), lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 7, 12, cycle_momentum=False)),
    cyclic_row("schedule: triangular, halved", "Smith 2017, section 3", lambda step: triangular(step, 9, floor=0.1, shrink=0.5), lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 9, mode="triangular2", cycle_momentum=False)),
    cyclic_row("schedule: triangular, falling", "Smith 2017, section 3", lambda step: triangular(step, 9, gamma=0.97), lambda o: lr_scheduler.CyclicLR(o, 0.0, 1.0, 9, mode="exp_range", gamma=0.97, cycle_momentum=False)),
]  # fmt: skip
CLIPS: list[Row] = [
    clip_row("clip: norm", 1.0, clip_grad_norm_, nn.utils.clip_grad_norm_, 0.5),
    clip_row("clip: norm, far below", 1e-9, clip_grad_norm_, nn.utils.clip_grad_norm_, 0.5),
    clip_row("clip: norm 1", 3.0, clip_grad_norm_, nn.utils.clip_grad_norm_, 0.5, 1.0),
    clip_row("clip: norm 3", 3.0, clip_grad_norm_, nn.utils.clip_grad_norm_, 0.5, 3.0),
    clip_row("clip: largest entry, norm inf", 3.0, clip_grad_norm_, nn.utils.clip_grad_norm_, 0.5, float("inf")),
    clip_row("clip: value", 3.0, clip_grad_value_, nn.utils.clip_grad_value_, 0.5),
]
AVERAGES: list[Row] = [
    average_row("average: mean (SWA)", averaging.AveragedModel, swa_utils.AveragedModel),
    average_row("average: mean, buffers too", lambda m: averaging.AveragedModel(m, use_buffers=True), lambda m: swa_utils.AveragedModel(m, use_buffers=True)),
    average_row("average: EMA", lambda m: averaging.AveragedModel(m, averaging.ema(0.9)), lambda m: swa_utils.AveragedModel(m, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9)),  # type: ignore[no-untyped-call]
   ),
]  # fmt: skip
TWINS: list[Row] = [*OPTIMIZERS, *SCHEDULE_ROWS, *CLIPS, *AVERAGES]
