"""Tasks: the loss to minimize, the metrics to report, and how outputs become predictions.

The loop knows about the meaning of data only through its task, so classification, segmentation, detection and
language modeling share one loop. A loss is a mean; `weight` counts the examples, tokens or pixels it is over, so that
means of batches combine into the mean of an epoch.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree, detach
from d2lab.data.batch import Batch
from d2lab.data.card import Card
from d2lab.metrics import Metric

Model = Callable[..., Any]  # a module, or its compiled or faster form


@dataclass(slots=True, eq=False)  # not frozen: it is made at every step
class Step:
    """Result of a model on one batch.

    Args:
        loss: scalar tensor, the mean over what `weight` counts.
        outputs: the model's outputs, a tensor or a nested form of tensors.
        weight: number of examples, tokens or pixels that the mean is over; a number, or a tensor on the device.
        state: state for the next batch, where the task carries one.
        batch: the batch that belongs to the outputs, for the metrics; set by the training step.
        gradient_norm: norm of the gradient before it was clipped; None where norms are not clipped.
    """

    loss: Tensor
    outputs: Tree
    weight: int | Tensor
    state: Tree = None
    batch: Batch | None = None
    gradient_norm: Tensor | None = None


class Task(ABC):
    """Base class of tasks.

    A subclass computes the loss of a batch:

        class Autoencoding(Task):
            name = "autoencoding"

            def loss(self, model, batch, state=None):
                outputs = model(batch.inputs)
                return Step((outputs - batch.inputs).square().mean(), outputs, len(batch))
    """

    name: ClassVar[str] = ""
    kinds: ClassVar[tuple[str, ...]] = ()  # tasks of data cards that it accepts; empty for any
    unit: ClassVar[str] = "examples"  # what `weight` counts
    carries_state: ClassVar[bool] = False  # the state is passed from batch to batch; batches come in order
    wide_outputs: ClassVar[bool] = False  # outputs dwarf the inputs: evaluated in batches of the training size

    @abstractmethod
    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model on a prepared batch and return its loss.

        Args:
            model: called with `batch.inputs`.
            batch: a prepared batch: inputs as the model reads them.
            state: state after the previous batch, detached; None at the start of an epoch.
        """

    def weight(self, batch: Batch) -> int | Tensor:
        """Return what the loss of a batch is a mean over; weighs the chunks of an accumulated batch."""
        return len(batch)

    def metrics(self) -> list[Metric]:
        """Return new metrics for an evaluation; the loss is reported beside them."""
        return []

    def train_metrics(self) -> list[Metric]:
        """Return new metrics that are updated at every training step, so only cheap ones."""
        return self.metrics()

    def predict(self, outputs: Tree) -> Tree:
        """Turn outputs into predictions: a probability per class, numbers, boxes."""
        return outputs

    def blank_targets(self, inputs: Tensor) -> Tree:
        """Return targets of inputs about which nothing is known, for models are evaluated and predict alike."""
        return torch.zeros(len(inputs), dtype=torch.int64)

    def for_evaluation(self) -> "Task":
        """Return the task for held-out data, for example without label smoothing."""
        return self

    def for_data(self, card: Card) -> "Task":
        """Return the task for a data set, which decides for example the number of classes."""
        return self

    def check(self, card: Card) -> None:
        """Check that the task fits a data set.

        Raises:
            ConfigError: the data set is for another task.
        """
        if self.kinds and card.task not in self.kinds:
            need = f"a set for {' or '.join(self.kinds)}; this one is for {card.task}"
            raise ConfigError("data", got=card.name, need=need)


class CarriedState:
    """State that a task carries from batch to batch, such as that of a recurrent network; empty for other tasks."""

    def __init__(self, task: Task) -> None:
        self.carries = task.carries_state
        self.reset()

    def reset(self) -> None:
        """Drop the state at the start of an epoch."""
        self.value: Tree = None
        self.examples = 0  # batch size that the state belongs to

    def of(self, batch: Batch) -> Tree:
        """Return the state for a batch; None for one of another size, such as an incomplete last one."""
        return self.value if self.carries and self.examples == len(batch) else None

    def keep(self, result: "Step", batch: Batch) -> None:
        """Keep the state after a batch."""
        if self.carries:
            self.value, self.examples = detach(result.state), len(batch)


class Supervised(Task):
    """A task whose loss compares the model's outputs with the targets: `loss = criterion(model(inputs), targets)`."""

    @abstractmethod
    def criterion(self, outputs: Tree, targets: Tree) -> Tensor:
        """Return the mean loss of outputs."""

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model and compare its outputs with the targets."""
        outputs = model(batch.inputs)
        return Step(self.criterion(outputs, batch.targets), outputs, self.weight(batch))
