"""Tasks: what a model is asked to do. A loss to descend, metrics to report, and what an output means.

A task is all that the loop knows about the meaning of data, so classification, segmentation, detection and language
modelling go through one loop. A loss is a mean; `weight` says over how many examples, tokens or pixels, so that means
of batches become the mean of an epoch.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree, detach
from d2lab.data.batch import Batch
from d2lab.data.card import Card
from d2lab.metrics import Metric

Model = Callable[..., Any]  # a module, or its compiled or faster form


@dataclass(frozen=True, slots=True)
class Step:
    """What a model made of one batch.

    Args:
        loss: the mean over what `weight` counts.
        outputs: of the model.
        weight: what the mean is over: examples, tokens, pixels; a number, or a tensor on the device.
        state: carried to the next batch where the task carries one.
        batch: the batch that the outputs answer, for the metrics; set by the training step.
    """

    loss: Tensor
    outputs: Tree
    weight: int | Tensor
    state: Tree = None
    batch: Batch | None = None


class Task(ABC):
    """What a model is asked to do.

    A subclass says how a batch becomes a loss:

        class Autoencoding(Task):
            name = "autoencoding"

            def loss(self, model, batch, state=None):
                outputs = model(batch.inputs)
                return Step((outputs - batch.inputs).square().mean(), outputs, len(batch))
    """

    name: ClassVar[str] = ""
    kinds: ClassVar[tuple[str, ...]] = ()  # tasks of data cards that it can be trained on; empty for any
    unit: ClassVar[str] = "examples"  # what `weight` counts
    carries_state: ClassVar[bool] = False  # the state of a batch is handed to the next; batches come in order

    @abstractmethod
    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model on a prepared batch and return the loss with what it is a mean over.

        Args:
            model: is called on `batch.inputs`.
            batch: prepared: inputs as the model reads them.
            state: of the batch before, cut from the graph; None at the start of an epoch.
        """

    def weight(self, batch: Batch) -> int | Tensor:
        """Count what the loss of a batch is a mean over; pieces of an accumulated batch are weighed by it."""
        return len(batch)

    def metrics(self) -> list[Metric]:
        """Return fresh metrics of an evaluation; the loss is reported beside them."""
        return []

    def train_metrics(self) -> list[Metric]:
        """Return fresh metrics that are updated at every training step: only what costs little beside a step."""
        return self.metrics()

    def predict(self, outputs: Tree) -> Tree:
        """Turn outputs into answers: a probability per class, numbers, boxes."""
        return outputs

    def for_evaluation(self) -> "Task":
        """Return the task whose loss is reported on held-out data; label smoothing, say, is left out there."""
        return self

    def check(self, card: Card) -> None:
        """Refuse data of another kind.

        Raises:
            ConfigError: the data set is for another task.
        """
        if self.kinds and card.task not in self.kinds:
            need = f"a set for {' or '.join(self.kinds)}; this one is for {card.task}"
            raise ConfigError("data", got=card.name, need=need)


class CarriedState:
    """The state that a task hands from batch to batch; empty, and free of cost, for tasks that carry none."""

    def __init__(self, task: Task) -> None:
        self.carries = task.carries_state
        self.reset()

    def reset(self) -> None:
        """Forget the state: an epoch begins where the data begin."""
        self.value: Tree = None
        self.examples = 0  # of the batch that it is of

    def of(self, batch: Batch) -> Tree:
        """Return the state for a batch: None for one of another size, such as a ragged last one."""
        return self.value if self.carries and self.examples == len(batch) else None

    def keep(self, result: "Step", batch: Batch) -> None:
        """Keep what a batch ended in."""
        if self.carries:
            self.value, self.examples = detach(result.state), len(batch)


class Supervised(Task):
    """A task whose loss compares the model's outputs with the targets: `loss = criterion(model(inputs), targets)`."""

    @abstractmethod
    def criterion(self, outputs: Tree, targets: Tree) -> Tensor:
        """Return the mean loss of outputs."""

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model and compare."""
        outputs = model(batch.inputs)
        return Step(self.criterion(outputs, batch.targets), outputs, self.weight(batch))
