"""Tasks by name: classification, regression, perceptron, segmentation, language modeling.

For another task write a subclass of `train.task.Task` in your recipe's file and register it with `register_task`.
"""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.data.card import Card
from d2lab.metrics import Accuracy, Metric, Perplexity, RegressionErrors, RootErrors
from d2lab.train.segmentation import Segmentation
from d2lab.train.task import Model, Step, Supervised, Task


@dataclass(frozen=True)
class Classification(Supervised):
    """One class per example, from logits `[batch, class]`, by cross-entropy.

    Args:
        label_smoothing: fraction of a target that is spread over all classes in training, at least 0 and below 1.

    Source: label smoothing: Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7.

    Raises:
        ConfigError: label smoothing is negative, or 1 or more.
    """

    name = "classification"
    kinds = ("classification",)
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            need = "at least 0 and below 1"
            raise ConfigError("label_smoothing", got=self.label_smoothing, need=need)

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross-entropy in nats; targets: classes `[batch]` or probabilities `[batch, class]`."""
        return functional.cross_entropy(outputs, targets, label_smoothing=self.label_smoothing)

    def metrics(self) -> list[Metric]:
        """Accuracy."""
        return [Accuracy()]

    def predict(self, outputs: Tensor) -> Tensor:
        """Return a probability per class."""
        return outputs.float().softmax(1)

    def for_evaluation(self) -> Task:
        """Return the task without label smoothing, so that losses of runs with and without it are comparable."""
        return dataclasses.replace(self, label_smoothing=0.0)


class Regression(Supervised):
    """Real numbers, with the mean squared error as loss."""

    name = "regression"
    kinds = ("regression",)

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean squared error over examples and outputs."""
        return functional.mse_loss(outputs, targets)

    def metrics(self) -> list[Metric]:
        """Return mean absolute error and R^2."""
        return [RegressionErrors()]

    def train_metrics(self) -> list[Metric]:
        """Return none: sums in float64 cost more than the step of a small model."""
        return []


class TableRegression(Regression):
    """Numbers of a table, with root mean squared errors beside the mean absolute one."""

    def metrics(self) -> list[Metric]:
        """Return mean absolute error, R^2, and the roots of squared errors and of those of logarithms."""
        return [RegressionErrors(), RootErrors()]


class TablePrediction(Supervised):
    """A class or a number for each row of a table: the data decide which."""

    name = "table"
    kinds = ("classification", "regression")

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross-entropy of class numbers, or the mean squared error of numbers."""
        if targets.is_floating_point():
            return functional.mse_loss(outputs, targets)
        return functional.cross_entropy(outputs, targets)

    def for_data(self, card: Card) -> Task:
        """Return the task of the column to predict."""
        return Classification() if card.task == "classification" else TableRegression()


class PerceptronTask(Supervised):
    """Two classes, separated by the sign of one score `[batch, 1]`, with the perceptron loss."""

    name = "perceptron"
    kinds = ("classification",)

    def criterion(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the perceptron loss."""
        return perceptron_loss(outputs, targets)

    def metrics(self) -> list[Metric]:
        """Return the accuracy of the sign."""
        return [Accuracy(lambda scores: (scores.squeeze(1) > 0).long())]

    def predict(self, outputs: Tensor) -> Tensor:
        """Return 0 or 1 per class: a perceptron has no probabilities."""
        return torch.cat([outputs <= 0, outputs > 0], 1).float()

    def check(self, card: Card) -> None:
        """Check that the data have two classes.

        Raises:
            ConfigError: the data are not for two classes.
        """
        super().check(card)
        if len(card.classes) != 2:
            fix = "Try --data blobs, xor or two-moons."
            raise ConfigError("data", got=f"{card.name} ({len(card.classes)} classes)", need="two classes", fix=fix)


class LanguageModeling(Task):
    """Predicts the next token, from logits `[batch, time, token]`, by cross-entropy; the state is carried on.

    The model takes `(tokens, state)` and returns `(logits, state)`. Targets of -100 are ignored.

    Source: truncated backpropagation through time: Williams and Peng 1990, Neural Computation 2(4).
    """

    name = "language"
    kinds = ("language",)
    unit = "tokens"
    carries_state = True
    wide_outputs = True  # a logit for each kind of token
    PADDING: ClassVar[int] = -100

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model from the state after the previous batch."""
        logits, state = model(batch.inputs, state)
        weight = self.weight(batch)
        flat, targets = logits.flatten(0, 1), batch.targets.flatten()
        total = functional.cross_entropy(flat, targets, ignore_index=self.PADDING, reduction="sum")
        return Step(total / weight.clamp(min=1), logits, weight, state)

    def weight(self, batch: Batch) -> Tensor:
        """Count the tokens that are not padding."""
        counted: Tensor = batch.targets != self.PADDING
        return counted.sum()

    def metrics(self) -> list[Metric]:
        """Return perplexity and bits per token."""
        return [Perplexity(ignore=self.PADDING)]

    def train_metrics(self) -> list[Metric]:
        """Return none: perplexity is exp of the loss, which is reported."""
        return []

    def predict(self, outputs: Tensor) -> Tensor:
        """Return a probability per token at every position."""
        return outputs.float().softmax(-1)


def perceptron_loss(scores: Float[Tensor, "batch 1"], targets: Shaped[Tensor, " batch"]) -> Float[Tensor, ""]:
    """Return the mean distance of misclassified examples to the decision boundary, in units of the weights' norm.

    An example on the boundary itself counts as misclassified, so that zero weights are updated.

    Source: Rosenblatt 1958; as a loss: Bishop 2006, "Pattern Recognition and Machine Learning", eq. 4.54.
    """
    margin = torch.where(targets == 1, 1, -1) * scores.squeeze(1).float()
    return torch.where(margin <= 0, -margin, torch.zeros_like(margin)).mean()


def smoothed(task: Task, share: float) -> Task:
    """Return the task with label smoothing.

    Args:
        task: the task.
        share: fraction of a target that is spread over all classes.

    Raises:
        ConfigError: the fraction is negative, or 1 or more, or the task is no classification.
    """
    if share == 0:
        return task
    if not isinstance(task, Classification):
        raise ConfigError("label_smoothing", got=share, need=f"0 for {task.name}")
    return dataclasses.replace(task, label_smoothing=share)


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Classification(),
        Regression(),
        TablePrediction(),
        PerceptronTask(),
        Segmentation(),
        LanguageModeling(),
    )
}


def register_task(task: Task) -> Task:
    """Register a task under its name, for recipes in a user's own file; return it.

    Raises:
        ConfigError: it has no name, or the name of a task of d2lab.
    """
    shipped = TASKS.get(task.name)
    if not task.name or (shipped is not None and type(shipped).__module__.startswith("d2lab.")):
        raise ConfigError("the name of a task", got=repr(task.name), need="a name of its own")
    TASKS[task.name] = task
    return task


def find_task(name: str) -> Task:
    """Look a task up by name.

    Raises:
        ConfigError: there is no such task.
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return TASKS[name]
