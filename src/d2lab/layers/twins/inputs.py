"""What rows feed to both twins: batches drawn from a law, and the traps that break careless code."""

import torch
from torch import Generator, Tensor

from d2lab.core.reference import Inputs

FLOAT = torch.float64
LENET_MAPS = (6, 28, 28)  # behind LeNet's first convolution


def normal(*shape: int, mean: float = 0.0, scale: float = 1.0, batch: int | None = None) -> Inputs:
    """Draw a batch from a normal law.

    Args:
        shape: of one example.
        mean: of the law.
        scale: its deviation.
        batch: a fixed number of examples, where the trap needs one.
    """
    return lambda draw, wanted: (mean + scale * torch.randn(batch or wanted, *shape, generator=draw, dtype=FLOAT),)


def fixed(*values: float) -> Inputs:
    """Return stated numbers as one row."""
    return lambda draw, wanted: (torch.tensor([values], dtype=FLOAT),)


def strided(*shape: int) -> Inputs:
    """Draw a batch that lies scattered in memory: every second pixel of a transposed image."""
    return lambda draw, wanted: (
        torch.randn(wanted, *shape[:-2], shape[-1], 2 * shape[-2], generator=draw, dtype=FLOAT)[..., ::2].mT,
    )


def ties(*shape: int) -> Inputs:
    """Draw whole numbers 0 to 2, so that most windows hold their maximum more than once."""
    return lambda draw, wanted: (torch.randint(3, (wanted, *shape), generator=draw).to(FLOAT),)


def classes(count: int, *place: int, scale: float = 1.0, low: int = 0) -> Inputs:
    """Draw scores and class numbers.

    Args:
        count: of classes.
        place: further axes, as of a segmentation.
        scale: deviation of the scores.
        low: the lowest class number that occurs.
    """

    def draw_both(draw: Generator, wanted: int) -> tuple[Tensor, ...]:
        scores = scale * torch.randn(wanted, count, *place, generator=draw, dtype=FLOAT)
        numbers = torch.randint(low, count, (wanted, *place), generator=draw)
        return scores, numbers

    return draw_both


def pairs(*shape: int, scale: float = 1.0, same: bool = False, binary: bool = False) -> Inputs:
    """Draw predictions and targets.

    Args:
        shape: of one example.
        scale: deviation of the predictions.
        same: make the first half equal, where |x - y| has a corner.
        binary: draw targets 0 and 1.
    """

    def draw_both(draw: Generator, wanted: int) -> tuple[Tensor, ...]:
        targets = torch.randn(wanted, *shape, generator=draw, dtype=FLOAT)
        guesses = scale * torch.randn(wanted, *shape, generator=draw, dtype=FLOAT)
        if same:
            guesses[: wanted // 2] = targets[: wanted // 2]
        return guesses, (targets > 0).to(FLOAT) if binary else targets

    return draw_both


def distributions(count: int) -> Inputs:
    """Draw scores and target probabilities."""
    return lambda draw, wanted: (
        torch.randn(wanted, count, generator=draw, dtype=FLOAT),
        torch.randn(wanted, count, generator=draw, dtype=FLOAT).softmax(1).detach(),
    )
