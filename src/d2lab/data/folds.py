"""Parts of a set in different roles: k-fold cross-validation, and training, validation and test at once."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.split import Split, holdout

Indices = Int64[Tensor, " _"]


def k_fold(
    count: int, k: int, *, seed: int, classes: Int64[Tensor, " example"] | None = None
) -> list[tuple[Indices, Indices]]:
    """Divide examples into k parts; each in turn validates what the others train: pairs (training, validation).

    Every example validates exactly once; the parts differ by one example at most. With classes, every part has the
    same share of each class, to within one example.

    Source: Stone 1974, "Cross-Validatory Choice and Assessment of Statistical Predictions", section 1; shares: Kohavi
    1995, "A Study of Cross-Validation and Bootstrap", section 2.2.

    Args:
        count: number of examples.
        k: number of parts, 2 to count.
        seed: decides who is where.
        classes: class number of each example, for parts that mirror the whole.

    Raises:
        ConfigError: k is below 2 or above count, or there are other than count classes.
    """
    if not 2 <= k <= count:
        raise ConfigError("k", got=k, need=f"2 to {count}, the number of examples")
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    if classes is not None:
        if len(classes) != count:
            raise ConfigError("the classes", got=len(classes), need=f"one for each of {count} examples")
        order = order[classes[order].argsort(stable=True)]  # class by class; dealt out in turn below
    part = torch.empty(count, dtype=torch.int64)
    part[order] = torch.arange(count) % k
    return [((part != turn).nonzero().flatten(), (part == turn).nonzero().flatten()) for turn in range(k)]


def train_validation_test(split: Split, validation: float, test: float, *, seed: int) -> tuple[Split, Split, Split]:
    """Divide a set for training, for choosing between models, and for the final evaluation.

    Of every class the same share goes to each part.

    Source: Ripley 1996, "Pattern Recognition and Neural Networks", section 2.7 (the names of the three).

    Args:
        split: the whole.
        validation: share of the whole.
        test: share of the whole.
        seed: decides who is where.

    Raises:
        ConfigError: a share is not above 0, or nothing is left for training.
    """
    if not (validation > 0 and test > 0 and validation + test < 1):
        raise ConfigError("the shares", got=(validation, test), need="two numbers above 0, below 1 together")
    rest, tested = holdout(split, test, seed=seed)
    trained, chosen = holdout(rest, validation / (1 - test), seed=seed)
    return trained, chosen, tested


def cross_validate(
    fit: Callable[[Split], Any], score: Callable[[Any, Split], float], split: Split, k: int, *, seed: int
) -> Float[Tensor, " k"]:
    """Fit on k - 1 parts and score on the other, for each part in turn.

    Source: Stone 1974, section 1.

    Args:
        fit: from a training part to a model; whatever it uses is training data, scaling included.
        score: of a model on a validation part.
        split: the examples; the test set is none of them.
        k: number of parts.
        seed: decides who is where.

    Raises:
        ConfigError: k is below 2 or above the number of examples.
    """
    whole = split.targets.dtype == torch.int64 and split.targets.ndim == 1
    folds = k_fold(len(split), k, seed=seed, classes=split.targets.cpu() if whole else None)
    scores = [score(fit(split.subset(train)), split.subset(validation)) for train, validation in folds]
    return torch.tensor(scores, dtype=torch.float64)
