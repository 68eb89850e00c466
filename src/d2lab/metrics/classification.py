"""Counts of right and wrong answers.

Everything stays on the device of its input. `correct` and `top_k_correct` belong inside a training loop, so they
never make an accelerator wait: on one, a target out of range counts as a wrong answer, on a CPU it is refused.
`confusion` always looks at its targets, so call it once per evaluation and not once per step.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError


def correct(logits: Float[Tensor, "batch class_"], targets: Int64[Tensor, "*targets"]) -> Int64[Tensor, ""]:
    """Count the rows whose largest logit is the target's.

    Args:
        logits: one score per class; of equal largest ones the first wins.
        targets: class numbers from 0, one per row.

    Raises:
        ConfigError: the batch is empty, a target is missing or (on a CPU) is no class.
    """
    _check_batch(logits, targets)
    _check_targets(targets, logits.shape[1])
    return (logits.argmax(1) == targets).sum()


def top_k_correct(
    logits: Float[Tensor, "batch class_"], targets: Int64[Tensor, "*targets"], k: int
) -> Int64[Tensor, ""]:
    """Count the rows whose target is among the `k` largest logits.

    Args:
        logits: one score per class.
        targets: class numbers from 0, one per row.
        k: from 1 to the number of classes.

    Raises:
        ConfigError: as for `correct`, or `k` is out of its range.
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
    """Return the share of right answers, from 0 to 1.

    Args:
        answers: logits, or class numbers already chosen.
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
    """Count each pair of true class (row) and predicted class (column); matrices of batches add up.

    Args:
        answers: logits, or class numbers already chosen.
        targets: class numbers from 0, one per row.
        classes: how many there are, also those absent from this batch.

    Raises:
        ConfigError: the batch is empty, or a target or an answer is none of the classes.
    """
    _check_batch(answers, targets)
    predictions = _predictions(answers)
    for name, numbers in (("targets", targets), ("predictions", predictions)):
        _check_range(name, numbers, classes)
    return torch.bincount(targets * classes + predictions, minlength=classes**2).view(classes, classes)


def per_class_accuracy(matrix: Int64[Tensor, "class_ class_"]) -> Float[Tensor, " class_"]:
    """Return the share of each true class that was found (its recall); NaN for a class that never occurred.

    Args:
        matrix: counts from `confusion`.
    """
    return matrix.diagonal() / matrix.sum(1)


def _predictions(answers: Tensor) -> Tensor:
    return answers.argmax(1) if answers.is_floating_point() else answers


def _check_batch(answers: Tensor, targets: Tensor) -> None:
    """Refuse an empty batch, and shapes that would broadcast into a wrong count without a word."""
    if answers.shape[0] == 0:
        raise ConfigError("batch", got=tuple(answers.shape), need="at least one row", fix="Skip empty batches.")
    if targets.shape != answers.shape[:1]:
        raise ConfigError("targets' shape", got=tuple(targets.shape), need=f"({answers.shape[0]},), one per row")


def _check_targets(targets: Tensor, classes: int) -> None:
    """Refuse a target that is no class, where looking is free."""
    if targets.device.type == "cpu":
        _check_range("targets", targets, classes)


def _check_range(name: str, numbers: Tensor, classes: int) -> None:
    low, high = numbers.aminmax()
    if low < 0 or high >= classes:
        got = f"{int(low)} to {int(high)}"
        raise ConfigError(name, got=got, need=f"class numbers from 0 to {classes - 1}", fix="Check the labels.")
