"""Metrics of classification: accuracy, top-k accuracy, confusion matrix.

Everything stays on the device of its input. `correct` and `top_k_correct` are made for a training loop, so they never
synchronize with the device: on an accelerator a target out of range counts as wrong, on the CPU it raises.
`confusion` always reads its targets, so call it once per evaluation and not once per step.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.metrics.metric import Metric, ratio


class Accuracy(Metric):
    """Fraction of correct predictions, over examples, or over the pixels or tokens of each.

    Args:
        decide: outputs -> predicted classes of the targets' shape; argmax along axis 1 unless given.
        ignore: targets with this value are not counted, such as padding or void pixels.
    """

    def __init__(self, decide: Callable[[Tensor], Tensor] | None = None, *, ignore: int | None = None) -> None:
        super().__init__()
        self.decide, self.ignore = decide, ignore
        self.seen = 0  # targets seen, where none is left out

    def update(self, outputs: Tensor, batch: Batch) -> None:
        """Add a batch: outputs `[batch, class, ...]`, targets `[batch, ...]`."""
        targets: Tensor = batch.targets
        hits = (best_class(outputs) if self.decide is None else self.decide(outputs)) == targets
        if self.ignore is None:
            self.seen += targets.numel()
        else:
            counted = targets != self.ignore
            hits = hits & counted
            self.add("count", counted.sum())
        self.count("hits", hits)

    def compute(self) -> dict[str, float]:
        """Return `accuracy`, from 0 to 1."""
        count = self.sums.get("count", torch.tensor(self.seen))
        return {"accuracy": ratio(self.sums.get("hits"), count)}

    def merge(self, other: Metric) -> None:
        """Add the counts of another accuracy."""
        super().merge(other)
        self.seen += other.seen if isinstance(other, Accuracy) else 0

    def reset(self) -> None:
        """Set the counts to zero."""
        super().reset()
        self.seen = 0

    def state(self) -> dict[str, Tensor]:
        """Return the counts, for a checkpoint."""
        return {**self.sums} if self.ignore is not None else {**self.sums, "count": torch.tensor(self.seen)}

    def load(self, state: dict[str, Tensor], device: torch.device) -> None:
        """Restore the counts that `state` returned."""
        if self.ignore is None:
            self.seen = int(state["count"])
            state = {name: value for name, value in state.items() if name != "count"}
        super().load(state, device)


class ConfusionMatrix(Metric):
    """Count of examples by true class (row) and predicted class (column).

    Args:
        classes: number of classes.
        ignore: targets with this value are not counted.
    """

    def __init__(self, classes: int, *, ignore: int | None = None) -> None:
        super().__init__()
        self.classes, self.ignore = classes, ignore

    def update(self, outputs: Tensor, batch: Batch) -> None:
        """Add a batch: logits `[batch, class, ...]` or predicted classes `[batch, ...]`.

        Raises:
            ConfigError: a target that counts, or the prediction there, is no class; or the shapes do not fit.
        """
        answers = _predictions(outputs).flatten()
        targets = batch.targets.flatten().long()
        if answers.shape != targets.shape:
            got = f"{tuple(outputs.shape)} beside {tuple(batch.targets.shape)}"
            raise ConfigError("outputs and targets", got=got, need="a prediction for each target")
        if self.ignore is not None:
            kept = targets != self.ignore
            answers, targets = answers[kept], targets[kept]
        for name, numbers in (("targets", targets), ("predictions", answers)):
            _check_range(name, numbers, self.classes)
        self.add("matrix", _count_pairs(answers, targets, self.classes))

    @property
    def matrix(self) -> Int64[Tensor, "true predicted"]:
        """Counts so far, `[class, class]`; zero before the first batch."""
        return self.sums.get("matrix", torch.zeros(self.classes, self.classes, dtype=torch.int64))

    def compute(self) -> dict[str, float]:
        """Return `balanced_accuracy`: the mean recall of the classes that occurred."""
        return {"balanced_accuracy": float(per_class_accuracy(self.matrix).nanmean())}


def correct(logits: Float[Tensor, "batch class_"], targets: Int64[Tensor, "*targets"]) -> Int64[Tensor, ""]:
    """Return the number of rows whose largest logit is the target's.

    Args:
        logits: one score per class; of equal largest ones the first counts.
        targets: class numbers from 0, one per row.

    Raises:
        ConfigError: the batch is empty, a target is missing or (on a CPU) is no class.
    """
    _check_batch(logits, targets)
    _check_targets(targets, logits.shape[1])
    return (best_class(logits) == targets).sum()


def top_k_correct(
    logits: Float[Tensor, "batch class_"], targets: Int64[Tensor, "*targets"], k: int
) -> Int64[Tensor, ""]:
    """Return the number of rows whose target is among the `k` largest logits.

    Args:
        logits: one score per class.
        targets: class numbers from 0, one per row.
        k: from 1 to the number of classes.

    Raises:
        ConfigError: the batch is empty, a target is missing or (on a CPU) is no class, or `k` is out of its range.
    """
    _check_batch(logits, targets)
    classes = logits.shape[1]
    if not 1 <= k <= classes:
        raise ConfigError("top_k_correct: k", got=k, need=f"1 to {classes}, the number of classes")
    _check_targets(targets, classes)
    return (logits.topk(k, dim=1).indices == targets[:, None]).sum()  # at most one hit per row


def accuracy(
    answers: Float[Tensor, "batch class_"] | Int64[Tensor, " batch"], targets: Int64[Tensor, "*targets"]
) -> Float[Tensor, ""]:
    """Return the fraction of correct predictions, from 0 to 1.

    Args:
        answers: logits, or predicted classes.
        targets: class numbers from 0, one per row.

    Raises:
        ConfigError: the batch is empty or a target is missing.
    """
    _check_batch(answers, targets)
    return (_predictions(answers) == targets).float().mean()


def confusion(
    answers: Float[Tensor, "batch class_"] | Int64[Tensor, " batch"],
    targets: Int64[Tensor, "*targets"],
    classes: int,
) -> Int64[Tensor, "true predicted"]:
    """Return the confusion matrix: counts by true class (row) and predicted class (column).

    Matrices of batches can be added.

    Args:
        answers: logits, or predicted classes.
        targets: class numbers from 0, one per row.
        classes: number of classes, also those absent from this batch.

    Raises:
        ConfigError: the batch is empty, or a target or a prediction is out of range.
    """
    _check_batch(answers, targets)
    predictions = _predictions(answers)
    for name, numbers in (("targets", targets), ("predictions", predictions)):
        _check_range(name, numbers, classes)
    return _count_pairs(predictions, targets, classes)


def best_class(scores: Tensor) -> Tensor:
    """Return the number of the class with the largest score: of equal ones the first, and before all of them NaN.

    Equal to argmax, which on a CPU takes three times as long over the maps of a photo.

    Args:
        scores: `[batch, class, ...]`; the result is `[batch, ...]`.
    """
    return scores.max(1).indices


def _count_pairs(predictions: Tensor, targets: Tensor, classes: int) -> Tensor:
    return torch.bincount(targets * classes + predictions, minlength=classes**2).view(classes, classes)


def per_class_accuracy(matrix: Int64[Tensor, "class_ class_"]) -> Float[Tensor, " class_"]:
    """Return the recall of each class: the fraction of its examples predicted as it; NaN for an absent class.

    Args:
        matrix: counts from `confusion`.
    """
    return matrix.diagonal() / matrix.sum(1)


def _predictions(answers: Tensor) -> Tensor:
    return best_class(answers) if answers.is_floating_point() else answers


def _check_batch(answers: Tensor, targets: Tensor) -> None:
    """Refuse an empty batch, and shapes that would silently broadcast into a wrong count."""
    if answers.shape[0] == 0:
        raise ConfigError("batch", got=tuple(answers.shape), need="at least one row", fix="Skip empty batches.")
    if targets.shape != answers.shape[:1]:
        raise ConfigError("targets' shape", got=tuple(targets.shape), need=f"({answers.shape[0]},), one per row")


def _check_targets(targets: Tensor, classes: int) -> None:
    """Refuse a target out of range, on the CPU, where reading it does not synchronize."""
    if targets.device.type == "cpu":
        _check_range("targets", targets, classes)


def _check_range(name: str, numbers: Tensor, classes: int) -> None:
    if not numbers.numel():
        return
    low, high = numbers.aminmax()
    if low < 0 or high >= classes:
        got = f"{int(low)} to {int(high)}"
        raise ConfigError(name, got=got, need=f"class numbers from 0 to {classes - 1}", fix="Check the labels.")
