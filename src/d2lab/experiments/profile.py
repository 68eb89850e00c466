"""Profile of a training step: its time, its arithmetic and traffic against the machine's roofline, its memory.

The bottleneck is the cause that takes most of a step. Waiting for data and computing metrics are causes of their own.
The time of a layer, of the loss and of the optimizer goes to the limit of the machine that bounds it: arithmetic,
memory bandwidth, or the cost of an operation as such, which Python's own time is added to.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from d2lab.core.device_card import describe_device
from d2lab.core.machine import describe_machine
from d2lab.experiments.step_times import (
    Counted,
    HasEpochs,
    OnStep,
    StepRunner,
    count_step,
    scaled,
    time_layers_in,
    time_phases,
)
from d2lab.inspection.checkpointing import CheckpointPlan, plan_checkpoints, units_of
from d2lab.inspection.layer_costs import LayerCost
from d2lab.inspection.operators import Operator, slowest_operators
from d2lab.inspection.roofline import Bounds, Roof, bounds, measure_roof
from d2lab.metrics import Metric
from d2lab.train.train_step import TrainStep

Cause = Literal["data", "metrics", "overhead", "bandwidth", "compute"]
OPTIMIZER = "optimizer"
LEAST_STEPS, MOST_STEPS = 5, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfiledLayer:
    """A layer, the loss or the optimizer: what it costs, how long it takes, and which limit bounds it."""

    cost: LayerCost
    forward_s: float
    backward_s: float
    bounds: Bounds

    @property
    def seconds(self) -> float:
        """Return the seconds of both passes."""
        return self.forward_s + self.backward_s

    @property
    def intensity(self) -> float:
        """Return the arithmetic intensity, FLOPs a byte."""
        return self.cost.both.flops / max(1, self.cost.both.bytes)

    @property
    def flops_per_s(self) -> float:
        """Return what it reaches, FLOPs a second."""
        return self.cost.both.flops / self.seconds if self.seconds else 0.0

    @property
    def efficiency(self) -> float:
        """Return the share of its time that the machine's limits explain, 0 to 1."""
        return min(1.0, self.bounds.least_s / self.seconds) if self.seconds else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class StepMemory:
    """Bytes that a training step holds, by what they are."""

    weights: int
    buffers: int
    gradients: int
    optimizer: int
    activations: int
    peak: int | None = None  # measured by the allocator of an accelerator

    @property
    def total(self) -> int:
        """Return the sum of all kinds."""
        return self.weights + self.buffers + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What a training step takes."""

    device: str
    threads: int
    precision: str
    batch_size: int
    phases: dict[str, float]  # seconds of the parts of a step
    layers: tuple[ProfiledLayer, ...]  # the loss and the optimizer at the end
    roof: Roof
    memory: StepMemory
    checkpoints: CheckpointPlan
    reads: int  # numbers that the metrics read from the device each step
    operators: tuple[Operator, ...]

    @property
    def seconds(self) -> float:
        """Return the seconds of a step."""
        return sum(self.phases.values())

    @property
    def causes(self) -> dict[Cause, float]:
        """Return the share of a step that each cause takes, the largest first; they sum to 1.

        What of the two passes is no layer's is Python's way from one to the next: overhead.
        """
        taken: dict[Cause, float] = {
            "data": self.phases["data"] + self.phases["prepare"],
            "metrics": self.phases["metrics"],
            "overhead": self.phases["python"],
            "bandwidth": 0.0,
            "compute": 0.0,
        }
        for layer in self.layers:
            taken[layer.bounds.regime] += layer.seconds
        taken["overhead"] += max(0.0, self.seconds - sum(taken.values()))
        whole = sum(taken.values()) or 1.0
        return dict(sorted(((name, value / whole) for name, value in taken.items()), key=lambda pair: -pair[1]))

    @property
    def bottleneck(self) -> Cause:
        """Return the cause that takes most of a step."""
        return next(iter(self.causes))

    @property
    def efficiency(self) -> float:
        """Return the share of the layers' time that the machine's limits explain, 0 to 1."""
        whole = sum(layer.seconds for layer in self.layers)
        return sum(layer.efficiency * layer.seconds for layer in self.layers) / whole if whole else 1.0

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a JSON file."""
        return {
            "machine": describe_machine(),
            "device": self.device,
            "threads": self.threads,
            "precision": self.precision,
            "batch_size": self.batch_size,
            "seconds": self.seconds,
            "phases": self.phases,
            "bottleneck": self.bottleneck,
            "causes": self.causes,
            "efficiency": self.efficiency,
            "metrics_read": self.reads,
            "roof": {
                "flops_per_s": self.roof.flops_per_s,
                "bytes_per_s": {str(size): rate for size, rate in self.roof.bytes_per_s.items()},
                "operation_s": self.roof.operation_s,
                "ridge": self.roof.ridge(self.precision),
            },
            "layers": [_plain(layer) for layer in self.layers],
            "memory": {**asdict(self.memory), "total": self.memory.total},
            "checkpointing": {**asdict(self.checkpoints), "saved_bytes": self.checkpoints.saved_bytes},
            "operators": [asdict(operator) for operator in self.operators],
        }


def _plain(layer: ProfiledLayer) -> dict[str, Any]:
    cost = layer.cost
    return {
        "name": cost.label,
        "kind": cost.kind,
        "forward": {"seconds": layer.forward_s, **asdict(cost.forward)},
        "backward": {"seconds": layer.backward_s, **asdict(cost.backward)},
        "saved_bytes": cost.saved_bytes,
        "intensity": layer.intensity,
        "flops_per_s": layer.flops_per_s,
        "bounds": asdict(layer.bounds),
        "regime": layer.bounds.regime,
        "efficiency": layer.efficiency,
    }


def profile_steps(
    train_step: TrainStep,
    batches: HasEpochs,
    *,
    metrics: Sequence[Metric] = (),
    on_step: Sequence[OnStep] = (),
    steps: int | None = None,
    budget_s: float = 3.0,
    roof: Roof | None = None,
) -> Profile:
    """Profile the steps of a training loop; the model's weights change as they do in training.

    Args:
        train_step: model, task and optimizer; not compiled, or its layers can't be told apart.
        batches: the training set.
        metrics: updated after each step.
        on_step: called after each step, as those of callbacks are.
        steps: that are timed; as many as fit the budget unless given.
        budget_s: seconds of timing.
        roof: limits of the device; measured unless given.
    """
    runner = StepRunner(train_step, batches, metrics, on_step)
    device, model = train_step.device, train_step.eval_model
    try:
        counted = count_step(runner, model)
        memory = measure_memory(train_step, counted.layers)
        steps = steps or _steps_within(runner, budget_s)
        phases = time_phases(runner, steps=steps)
        times = scaled(time_layers_in(runner, model, steps=max(3, steps // 3)), phases)
        operators = slowest_operators(runner.take, device)
    finally:
        runner.close()
    free = describe_device(device).free_bytes
    roof = roof or measure_roof(device, most_bytes=None if free is None else max(2**18, free // 8))
    forward_s = {name: value for (name, backward), value in times.items() if not backward}
    other = sum(layer.saved_bytes for layer in counted.layers) - sum(u.saved_bytes for u in units_of(counted.layers))
    return Profile(
        device=str(device),
        threads=torch.get_num_threads(),
        precision=train_step.precision,
        batch_size=getattr(batches, "batch_size", 0),
        phases=phases,
        layers=_profiled(counted, times, phases, roof, train_step.precision),
        roof=roof,
        memory=memory,
        checkpoints=plan_checkpoints(units_of(counted.layers, forward_s), other),
        reads=counted.reads,
        operators=tuple(operators),
    )


def _steps_within(runner: StepRunner, budget_s: float) -> int:
    """Return how many steps fit into a budget of seconds."""
    begin = time.perf_counter()
    runner.take()
    float(next(iter(runner.train_step.parameters)).detach().flatten()[0])  # waits for the device
    took = time.perf_counter() - begin
    return max(LEAST_STEPS, min(MOST_STEPS, int(budget_s / max(took, 1e-6))))


def _profiled(
    counted: Counted, times: dict[tuple[str, bool], float], phases: dict[str, float], roof: Roof, precision: str
) -> tuple[ProfiledLayer, ...]:
    """Join costs, times and limits."""
    found = [
        ProfiledLayer(
            cost=cost,
            forward_s=times.get((cost.name, False), 0.0),
            backward_s=times.get((cost.name, True), 0.0),
            bounds=bounds(cost.both, roof, precision),
        )
        for cost in counted.layers
    ]
    optimizer = LayerCost(
        name=OPTIMIZER,
        kind=" ".join(counted.optimizer.kinds[:2]),
        forward=counted.optimizer,
        backward=type(counted.optimizer)(),
        saved_bytes=0,
    )
    limits = bounds(counted.optimizer, roof, precision)
    return (*found, ProfiledLayer(cost=optimizer, forward_s=phases[OPTIMIZER], backward_s=0.0, bounds=limits))


def measure_memory(train_step: TrainStep, layers: Sequence[LayerCost]) -> StepMemory:
    """Add up what a step held, after it was taken.

    Args:
        train_step: the step.
        layers: with the activations that each keeps.
    """
    model: nn.Module = train_step.model
    device = train_step.device
    states = train_step.optimizer.state.values()
    held = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    return StepMemory(
        weights=_bytes(model.parameters()),
        buffers=_bytes(model.buffers()),
        gradients=_bytes(p.grad for p in model.parameters() if p.grad is not None),
        optimizer=_bytes(value for state in states for value in state.values() if isinstance(value, Tensor)),
        activations=sum(layer.saved_bytes for layer in layers),
        peak=held,
    )


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)
