"""Where the time of a training step goes: data, preparation, forward, backward, optimizer, metrics, Python.

The step is the one that trains, `train.TrainStep`: its parts are told apart by marks around the functions it calls.
"""

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol, runtime_checkable

from torch import nn

from d2lab.data.batch import Batch
from d2lab.inspection.layer_costs import LayerCost, LayerCounter
from d2lab.inspection.operation_costs import Cost
from d2lab.inspection.owners import Owners
from d2lab.inspection.timeline import Timeline
from d2lab.metrics import Metric
from d2lab.train.task import Step, Task
from d2lab.train.train_step import TrainStep

PHASES = ("data", "prepare", "forward", "backward", "optimizer", "metrics", "python")
Mark = Callable[[Hashable], None]
OnStep = Callable[[int, Step], None]


@runtime_checkable
class HasEpochs(Protocol):
    """Batches that come epoch by epoch, such as `data.Batches`."""

    def epoch(self, number: int, *, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, counted from 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What one step costs, without its time."""

    layers: tuple[LayerCost, ...]  # the loss behind the model's own
    optimizer: Cost
    reads: int  # numbers that the metrics read from the device: each waits for it


class StepRunner:
    """Takes training steps one after the other, with metrics and callbacks as the training loop does.

    Args:
        train_step: model, task and optimizer.
        batches: the training set.
        metrics: updated after each step.
        on_step: called after each step.
    """

    def __init__(
        self, train_step: TrainStep, batches: HasEpochs, metrics: Sequence[Metric] = (), on_step: Sequence[OnStep] = ()
    ) -> None:
        self.train_step, self.batches = train_step, batches
        self.metrics, self.on_step = tuple(metrics), tuple(on_step)
        self._endless = self._forever()
        train_step.model.train()

    def _forever(self) -> Iterator[Batch]:
        for number in itertools.count():
            self.train_step.carried.reset()
            yield from self.batches.epoch(number)

    def take(self, mark: Mark = lambda _: None) -> None:
        """Take one step.

        Args:
            mark: called with the name of each part when it begins.
        """
        if self.train_step.step >= self.train_step.total_steps:
            self.train_step.step = 0  # a schedule has no rate for steps behind its end
        mark("data")
        batch = next(self._endless)
        mark("python")
        result = self.train_step(batch)
        mark("metrics")
        for metric in self.metrics:
            metric.update(result.outputs, result.batch)  # type: ignore[arg-type]
        for call in self.on_step:
            call(self.train_step.step, result)
        mark("python")

    def close(self) -> None:
        """Let go of the batches: their threads and processes end."""
        self._endless.close()  # type: ignore[attr-defined]


@contextmanager
def marking(train_step: TrainStep, mark: Mark, owners: Owners | None = None) -> Iterator[None]:
    """Mark the parts of a step when they begin; behind the block the step is as before.

    Args:
        train_step: the step.
        mark: called with the name of a part.
        owners: told where the forward pass begins and ends.
    """
    task, prepared = train_step.task, train_step.prepared

    def timed(batch: Batch) -> Batch:
        mark("prepare")
        found = prepared(batch)
        mark("python")
        return found

    train_step.prepared = timed  # type: ignore[method-assign]
    train_step.task = _MarkedTask(task, mark, owners)  # type: ignore[assignment]
    hooks = [
        train_step.optimizer.register_step_pre_hook(lambda *_: mark("optimizer")),
        train_step.optimizer.register_step_post_hook(lambda *_: mark("python")),
    ]
    try:
        yield
    finally:
        train_step.task = task
        del train_step.prepared
        for hook in hooks:
            hook.remove()


class _MarkedTask:
    """A task whose loss marks where it begins and ends."""

    def __init__(self, task: Task, mark: Mark, owners: Owners | None) -> None:
        self._task, self._mark, self._owners = task, mark, owners

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._task, name)

    def loss(self, *given: Any, **named: Any) -> Step:  # noqa: ANN401
        self._mark("forward")
        if self._owners is not None:
            self._owners.begin()
        result = self._task.loss(*given, **named)
        self._mark("backward")
        if self._owners is not None:
            self._owners.close(result.loss)
        return result


def time_phases(runner: StepRunner, *, steps: int, warm_up: int = 3) -> dict[str, float]:
    """Return the seconds of each part of a step: the median of the steps, so that other programs disturb little.

    Of the data it is the mean, as many batches may be made at once.

    Args:
        runner: takes the steps.
        steps: that are timed.
        warm_up: steps before.
    """
    for _ in range(warm_up):
        runner.take()
    timeline = Timeline(runner.train_step.device)
    with marking(runner.train_step, timeline.mark):
        for _ in range(steps):
            runner.take(timeline.mark)
    laps = timeline.laps("data")
    times = {name: median(lap.get(name, 0.0) for lap in laps) for name in PHASES}
    times["data"] = sum(lap["data"] for lap in laps) / len(laps)
    if timeline.device.type != "cpu" and runner.metrics:  # a metric that waits leaves the device idle afterwards
        times["metrics"] = max(times["metrics"], sum(times.values()) - _seconds_without_metrics(runner, steps))
    return times


def _seconds_without_metrics(runner: StepRunner, steps: int) -> float:
    """Return the seconds of a step without metrics and callbacks."""
    timeline, kept = Timeline(runner.train_step.device), (runner.metrics, runner.on_step)
    runner.metrics = runner.on_step = ()
    try:
        for _ in range(steps):
            timeline.mark("step")
            runner.take()
        timeline.mark("end")
    finally:
        runner.metrics, runner.on_step = kept
    return median(lap["step"] for lap in timeline.laps("step"))


def time_layers_in(runner: StepRunner, model: nn.Module, *, steps: int) -> dict[tuple[str, bool], float]:
    """Return the median seconds of every layer, by its name and whether it is its backward pass; hooks included.

    Args:
        runner: takes the steps.
        model: the part of the model that computes.
        steps: that are timed.
    """
    timeline = Timeline(runner.train_step.device)
    owners = Owners(lambda name, backward: timeline.mark((name, backward)))
    with marking(runner.train_step, timeline.mark, owners), owners.watching(model):
        runner.take()
        timeline.marks.clear()
        for _ in range(steps):
            runner.take(timeline.mark)
    laps = timeline.laps("data")
    keys = dict.fromkeys(key for lap in laps for key in lap if isinstance(key, tuple))
    return {key: median(lap.get(key, 0.0) for lap in laps) for key in keys}


def count_step(runner: StepRunner, model: nn.Module) -> Counted:
    """Count arithmetic, traffic and operations of one step, layer by layer.

    Args:
        runner: takes the step.
        model: the part of the model that computes.
    """
    counted = LayerCounter(model)

    def mark(key: Hashable) -> None:
        counted.counter.key = (key, None)

    with marking(runner.train_step, mark, counted.owners), counted.counting():
        runner.take(mark)
    costs = counted.counter.costs
    return Counted(
        layers=counted.layers(),
        optimizer=costs.get(("optimizer", None), Cost()),
        reads=costs.get(("metrics", None), Cost()).reads,
    )


def scaled(times: dict[tuple[str, bool], float], phases: dict[str, float]) -> dict[tuple[str, bool], float]:
    """Scale the times of layers, which hooks lengthen, so that each pass takes as long as it does without hooks.

    Args:
        times: by layer and pass.
        phases: seconds of the parts of a step, without hooks.
    """
    found: dict[tuple[str, bool], float] = {}
    for backward, phase in ((False, "forward"), (True, "backward")):
        within = {key: value for key, value in times.items() if key[1] is backward}
        whole = sum(within.values())
        found |= {key: value / whole * phases[phase] if whole else 0.0 for key, value in within.items()}
    return found


def any_batches(batches: Iterable[Batch]) -> HasEpochs:
    """Return batches of your own, any iterable that can be gone through again, in the form a `StepRunner` reads.

    Args:
        batches: of an epoch.
    """

    class Own:
        def epoch(self, number: int, *, start: int = 0) -> Iterator[Batch]:
            del number
            yield from itertools.islice(batches, start, None)

    return Own()
