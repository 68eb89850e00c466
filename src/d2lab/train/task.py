"""Tasks: what a model is asked to do, as a loss to descend and measures to report.

A loss is the mean over a batch. A measure is a sum over examples, so that batches add up exactly; the loop
divides by the number of examples once, at the end of an epoch.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.data.card import Card

Sums = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Task:
    """A loss (mean over the batch) and measures (sums over examples; `loss` is always among them)."""

    name: str
    kind: str  # of the data: classification or regression
    loss: Callable[[Tensor, Tensor], Tensor]
    measure: Callable[[Tensor, Tensor], Sums]
    predict: Callable[[Tensor], Tensor]  # outputs -> a probability per class, or the numbers themselves

    def check(self, card: Card) -> None:
        """Refuse data of another kind.

        Raises:
            ConfigError: the data set is for another task, or a perceptron is given more than two classes.
        """
        if card.task != self.kind:
            raise ConfigError("data", got=card.name, need=f"a set for {self.kind}; this one is for {card.task}")
        if self.name == "perceptron" and len(card.classes) != 2:
            fix = "Try --data blobs, xor or two-moons."
            raise ConfigError("data", got=f"{card.name} ({len(card.classes)} classes)", need="two classes", fix=fix)


def classification_sums(
    logits: Float[Tensor, "batch class_"], targets: Shaped[Tensor, " batch"]
) -> dict[str, Float[Tensor, ""]]:
    """Sum the cross-entropy (nats) and count the hits."""
    loss = functional.cross_entropy(logits.float(), targets, reduction="sum")
    return {"loss": loss, "accuracy": (logits.argmax(1) == targets).sum().float()}


def regression_sums(
    outputs: Float[Tensor, "batch output"], targets: Float[Tensor, "batch output"]
) -> dict[str, Float[Tensor, ""]]:
    """Sum the squared errors, averaged over the outputs of an example."""
    return {"loss": (outputs.float() - targets).square().mean(1).sum()}


def perceptron_loss(scores: Float[Tensor, "batch 1"], targets: Shaped[Tensor, " batch"]) -> Float[Tensor, ""]:
    """Charge each example on the wrong side its distance to the border, in units of the weights' length.

    An example on the border itself counts as wrong, so that a start from zero weights moves.

    Source: Rosenblatt 1958; as a loss: Bishop 2006, "Pattern Recognition and Machine Learning", eq. 4.54.
    """
    margin = torch.where(targets == 1, 1, -1) * scores.squeeze(1).float()
    return torch.where(margin <= 0, -margin, torch.zeros_like(margin)).mean()


def perceptron_sums(
    scores: Float[Tensor, "batch 1"], targets: Shaped[Tensor, " batch"]
) -> dict[str, Float[Tensor, ""]]:
    """Sum the perceptron's loss and count the hits."""
    hits = ((scores.squeeze(1) > 0) == (targets == 1)).sum().float()
    return {"loss": perceptron_loss(scores, targets) * len(targets), "accuracy": hits}


def _two_sides(scores: Tensor) -> Tensor:
    """Turn a score into certainty: a perceptron knows sides, not probabilities."""
    return torch.cat([scores <= 0, scores > 0], 1).float()


def smoothed(task: Task, share: float) -> Task:
    """Return the task with a loss that never wants certainty: this share of a target is spread over all classes.

    Source: Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7.

    Raises:
        ConfigError: the share is not from 0 up to, not with, 1, or the task has no classes to spread it over.
    """
    if not 0 <= share < 1:
        raise ConfigError("label_smoothing", got=share, need="a share from 0 up to, not with, 1")
    if not share:
        return task
    if task.name != "classification":
        raise ConfigError("label_smoothing", got=share, need=f"0 for {task.name}")
    return dataclasses.replace(task, loss=partial(functional.cross_entropy, label_smoothing=share))


TASKS = {
    "classification": Task(
        "classification",
        "classification",
        functional.cross_entropy,
        classification_sums,
        lambda logits: logits.float().softmax(1),
    ),
    "regression": Task("regression", "regression", functional.mse_loss, regression_sums, lambda outputs: outputs),
    "perceptron": Task("perceptron", "classification", perceptron_loss, perceptron_sums, _two_sides),
}


def find_task(name: str) -> Task:
    """Look a task up by name.

    Raises:
        ConfigError: there is no such task.
    """
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return TASKS[name]
