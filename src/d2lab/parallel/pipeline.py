"""Schedules of pipeline parallelism: which stage works on which micro-batch, clock tick by clock tick.

A model is cut into stages, one for each device, and a batch into micro-batches, so that stages work at the same time.
A forward and a backward pass of one micro-batch through one stage take one tick each; sending takes none. While the
pipeline fills and drains some stages idle: the bubble. With p stages and m micro-batches both schedules below take
2 (m + p - 1) ticks, of which each stage works 2 m, so the bubble's share is (p - 1) / (m + p - 1).

They differ in memory. GPipe runs all forward passes first, and every stage keeps the activations of m micro-batches.
1F1B runs a backward pass as early as it can, and stage s (from 0) keeps those of at most min(p - s, m).

Source: Huang et al. 2019, "GPipe: efficient training of giant neural networks using pipeline parallelism", section 2;
    Narayanan et al. 2019, "PipeDream: generalized pipeline parallelism for DNN training", section 3.2 (1F1B);
    Narayanan et al. 2021, "Efficient large-scale language model training on GPU clusters using Megatron-LM",
    section 2.2.1 (1F1B with a flush, so that one batch's gradients are of one version of the weights).
Changed: nothing is recomputed in the backward pass, which GPipe does to keep less; a backward pass takes as long as a
    forward pass, where it is nearer twice as long. The share of the bubble does not depend on that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_counts


@dataclass(frozen=True)
class Task:
    """The forward or backward pass of one micro-batch through one stage."""

    direction: Literal["forward", "backward"]
    micro_batch: int  # from 0


Order = Sequence[Sequence[Task]]  # for each stage, its tasks one after the other


@dataclass(frozen=True)
class Timetable:
    """What each stage does at each tick.

    Args:
        ticks: ticks[t][s] is the task of stage s at tick t, or None where the stage idles.
    """

    ticks: tuple[tuple[Task | None, ...], ...]

    @property
    def stages(self) -> int:
        """Number of stages."""
        return len(self.ticks[0])

    @property
    def micro_batches(self) -> int:
        """Number of micro-batches."""
        return 1 + max(task.micro_batch for tick in self.ticks for task in tick if task)

    @property
    def bubble_share(self) -> float:
        """Share of all ticks of all stages in which a stage idles, from 0 to 1."""
        return sum(task is None for tick in self.ticks for task in tick) / (self.stages * len(self.ticks))

    @property
    def most_held(self) -> list[int]:
        """For each stage the largest number of micro-batches that are forward and not yet backward, tick by tick."""
        peaks = []
        for row in zip(*self.ticks, strict=True):
            held, peak = 0, 0
            for task in row:
                held += 0 if task is None else 1 if task.direction == "forward" else -1
                peak = max(peak, held)
            peaks.append(peak)
        return peaks


def short(task: Task | None) -> str:
    """Return a task as figures write it: F0, B0, or a dot for none.

    Args:
        task: what to write.
    """
    return "." if task is None else f"{task.direction[0].upper()}{task.micro_batch}"


def gpipe(stages: int, micro_batches: int) -> Timetable:
    """Return GPipe's schedule: every forward pass, then every backward pass in reverse order.

    Args:
        stages: number of stages, p.
        micro_batches: number of micro-batches, m.

    Raises:
        ConfigError: one of them is below 1.
    """
    check_counts("gpipe", stages=stages, micro_batches=micro_batches)
    forward = [Task("forward", k) for k in range(micro_batches)]
    backward = [Task("backward", k) for k in reversed(range(micro_batches))]
    return timetable([forward + backward] * stages)


def one_forward_one_backward(stages: int, micro_batches: int) -> Timetable:
    """Return the 1F1B schedule with a flush: a few forward passes, then one forward and one backward alternate.

    Stage s begins with min(p - 1 - s, m) forward passes, as many as stages follow: the last stage alternates at once.

    Args:
        stages: number of stages, p.
        micro_batches: number of micro-batches, m.

    Raises:
        ConfigError: one of them is below 1.
    """
    check_counts("one_forward_one_backward", stages=stages, micro_batches=micro_batches)
    order = []
    for stage in range(stages):
        ahead = min(stages - 1 - stage, micro_batches)
        tasks = [Task("forward", k) for k in range(ahead)]
        for k in range(micro_batches):
            if k + ahead < micro_batches:
                tasks.append(Task("forward", k + ahead))
            tasks.append(Task("backward", k))
        order.append(tasks)
    return timetable(order)


def timetable(order: Order) -> Timetable:
    """Place the tasks of all stages at the earliest ticks, each stage keeping its order.

    A forward pass waits for that of the stage before, a backward pass for that of the stage after, and in the last
    stage for the forward pass of its micro-batch.

    Args:
        order: for each stage the forward and the backward pass of every micro-batch, in the order of that stage.

    Raises:
        ConfigError: stages have other tasks than the forward and backward pass of every micro-batch, or the tasks wait
            for each other for ever.
    """
    _check(order)
    done: set[tuple[int, Task]] = set()
    position = [0] * len(order)
    ticks: list[tuple[Task | None, ...]] = []
    while any(at < len(tasks) for at, tasks in zip(position, order, strict=True)):
        following = [tasks[at] if at < len(tasks) else None for at, tasks in zip(position, order, strict=True)]
        tick = tuple(task if task and _needs(task, s, len(order)) <= done else None for s, task in enumerate(following))
        if not any(tick):
            raise ConfigError("the order of the tasks", got=f"a wait for ever at tick {len(ticks)}", need="an end")
        done |= {(s, task) for s, task in enumerate(tick) if task}
        position = [at + (task is not None) for at, task in zip(position, tick, strict=True)]
        ticks.append(tick)
    return Timetable(tuple(ticks))


def _needs(task: Task, stage: int, stages: int) -> set[tuple[int, Task]]:
    """Return the tasks, with their stages, that must be done before this one."""
    if task.direction == "forward":
        return {(stage - 1, task)} if stage else set()
    own = (stage, Task("forward", task.micro_batch))
    return {own} if stage == stages - 1 else {own, (stage + 1, task)}


def _check(order: Order) -> None:
    """Refuse stages that do not run every micro-batch once forward and once backward."""
    counts = [len(tasks) // 2 for tasks in order]
    for stage, tasks in enumerate(order):
        every = {Task(d, k) for d in ("forward", "backward") for k in range(counts[0])}
        if not tasks or len(tasks) != 2 * counts[0] or set(tasks) != every:
            need = f"each of {counts[0]} micro-batches forward and backward" if counts[0] else "a micro-batch"
            raise ConfigError(f"the tasks of stage {stage}", got=[short(task) for task in tasks], need=need)
    if not order:
        raise ConfigError("the number of stages", got=0, need="1 or more")
