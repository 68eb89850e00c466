"""A pipeline of stages run by a schedule: the gradients are those of the whole model.

The loss of a batch is a mean over its examples, so each micro-batch's mean is weighted by its share of the batch:
micro-batches may differ in size. Between stages, and so between devices, go the activations at the cut forward and
their gradients backward, and nothing else.

Batch normalization takes mean and variance over a micro-batch, and dropout draws a new mask for each.

Source: Huang et al. 2019, "GPipe: efficient training of giant neural networks using pipeline parallelism", section 2.
Changed: devices of one process, whose tasks of one tick run one after the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.parallel.pipeline import Task, Timetable, short
from d2lab.parallel.split_batch import Loss


@dataclass(frozen=True)
class PipelineStep:
    """What a run of a schedule returns.

    Args:
        loss: mean over the batch, a scalar.
        most_held: for each stage, the largest number of micro-batches whose activations it held at a time.
    """

    loss: Float[Tensor, ""]
    most_held: list[int]


@dataclass
class _Stage:
    """A part of the model with what it holds and what has come for it."""

    model: nn.Module
    device: torch.device
    finish: Callable[[int, Tensor], Tensor]  # micro-batch, output -> what is sent on; in the last stage the loss
    arrived: dict[int, Tensor] = field(default_factory=dict)  # micro-batch: its input
    gradients: dict[int, Tensor] = field(default_factory=dict)  # micro-batch: the gradient of what was sent on
    held: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)  # micro-batch: input and what was sent on
    most: int = 0

    def forward(self, micro_batch: int) -> Tensor:
        """Run a micro-batch through the stage and hold input and output for the backward pass."""
        given = self.arrived.pop(micro_batch)
        output = self.finish(micro_batch, self.model(given))
        self.held[micro_batch] = given, output
        self.most = max(self.most, len(self.held))
        return output.detach()

    def backward(self, micro_batch: int) -> Tensor | None:
        """Add a micro-batch's gradients to those of the parameters; return that of the stage's input."""
        given, output = self.held[micro_batch]
        gradient = self.gradients.pop(micro_batch)
        if output.requires_grad:  # otherwise nothing up to here learns
            torch.autograd.backward(output, gradient)
        del self.held[micro_batch]
        return given.grad if given.is_leaf else None


def pipeline_gradients(
    stages: Sequence[nn.Module],
    loss: Loss,
    inputs: Shaped[Tensor, " batch *rest"],
    targets: Shaped[Tensor, " batch *answer"],
    schedule: Timetable,
) -> PipelineStep:
    """Set `grad` of the parameters of every stage to the gradient over the batch, by the tasks of a schedule.

    Twin: the gradient of `nn.Sequential(*stages)` on the whole batch, up to rounding, for models without batch
        normalization and dropout.

    Args:
        stages: consecutive parts of a model, each on its device.
        loss: takes outputs and targets, returns the mean over examples; computed in the last stage.
        inputs: the whole batch; micro-batches differ by at most one example, the larger ones first.
        targets: one for each example.
        schedule: a timetable of as many stages, such as `gpipe(stages, micro_batches)`.

    Raises:
        ConfigError: the schedule has another number of stages, the batch has fewer examples than there are
            micro-batches, or a task comes before its input or gradient.
    """
    count = schedule.micro_batches
    if len(stages) != schedule.stages:
        raise ConfigError("the number of stages", got=len(stages), need=f"{schedule.stages}, as in the schedule")
    if len(inputs) < count:
        raise ConfigError("the batch", got=f"{len(inputs)} examples", need=f"{count} or more, one a micro-batch")
    wanted = targets.tensor_split(count)

    def weighted_loss(micro_batch: int, output: Tensor) -> Tensor:
        answers = wanted[micro_batch].to(output.device)
        return loss(output, answers) * (len(answers) / len(inputs))

    line = [_Stage(stage, device, _as_it_is) for stage, device in zip(stages, _devices(stages, inputs), strict=True)]
    line[0].arrived = {k: part.to(line[0].device) for k, part in enumerate(inputs.tensor_split(count))}
    line[-1].finish = weighted_loss
    losses = _run(line, schedule)
    return PipelineStep(torch.stack(losses).sum(), [stage.most for stage in line])


def _run(line: list[_Stage], schedule: Timetable) -> list[Tensor]:
    """Run the tasks tick by tick; what a tick sends arrives before the next. Return the micro-batches' losses."""
    for stage in line:
        stage.model.zero_grad()
    losses = []
    for number, tick in enumerate(schedule.ticks):
        sent = []
        for at, task in enumerate(tick):
            if task is not None:
                _check(line[at], task, f"stage {at}, tick {number}")
                work = line[at].forward if task.direction == "forward" else line[at].backward
                sent.append((at, task, work(task.micro_batch)))
        for at, task, tensor in sent:
            if task.direction == "forward" and at == len(line) - 1 and tensor is not None:
                losses.append(tensor)
                line[at].gradients[task.micro_batch] = torch.ones_like(tensor)
            else:
                _deliver(line, at, task, tensor)
    return losses


def _deliver(line: list[_Stage], at: int, task: Task, tensor: Tensor | None) -> None:
    """Bring an output to the next stage, or the gradient of an input to the stage before."""
    if task.direction == "forward" and tensor is not None:
        there = line[at + 1]
        there.arrived[task.micro_batch] = tensor.to(there.device).requires_grad_()  # a leaf: the graph ends at the cut
    elif task.direction == "backward" and at > 0 and tensor is not None:
        there = line[at - 1]
        there.gradients[task.micro_batch] = tensor.to(there.device)


def _as_it_is(micro_batch: int, output: Tensor) -> Tensor:
    return output


def _devices(stages: Sequence[nn.Module], inputs: Tensor) -> list[torch.device]:
    """Return where each stage lies; one without parameters lies where the one before does."""
    devices, device = [], inputs.device
    for stage in stages:
        parameter = next(stage.parameters(), None)
        device = device if parameter is None else parameter.device
        devices.append(device)
    return devices


def _check(stage: _Stage, task: Task, where: str) -> None:
    """Refuse a task whose tensors have not come."""
    if task.direction == "forward" and task.micro_batch not in stage.arrived:
        raise ConfigError(where, got=short(task), need="the input of that micro-batch before")
    if task.direction == "backward" and not (task.micro_batch in stage.held and task.micro_batch in stage.gradients):
        raise ConfigError(where, got=short(task), need="the output of that micro-batch and its gradient before")
