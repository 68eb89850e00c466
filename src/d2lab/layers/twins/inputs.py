"""Inputs of the rows: batches drawn from a distribution, and cases that careless code gets wrong."""

import torch
from torch import Generator, Tensor

from d2lab.core.reference import Inputs

FLOAT = torch.float64
LENET_MAPS = (6, 28, 28)  # feature maps of LeNet's first convolution


def normal(*shape: int, mean: float = 0.0, scale: float = 1.0, batch: int | None = None) -> Inputs:
    """Build inputs: a batch drawn from a normal distribution.

    Args:
        shape: of one example.
        mean: of the distribution.
        scale: its standard deviation.
        batch: a fixed number of examples, where the case needs one.
    """
    return lambda draw, wanted: (mean + scale * torch.randn(batch or wanted, *shape, generator=draw, dtype=FLOAT),)


def fixed(*values: float) -> Inputs:
    """Build inputs: the given numbers, as one row."""
    return lambda draw, wanted: (torch.tensor([values], dtype=FLOAT),)


def strided(*shape: int) -> Inputs:
    """Build inputs that are not contiguous in memory: every second pixel of a transposed image."""
    return lambda draw, wanted: (
        torch.randn(wanted, *shape[:-2], shape[-1], 2 * shape[-2], generator=draw, dtype=FLOAT)[..., ::2].mT,
    )


def ties(*shape: int) -> Inputs:
    """Build inputs of integers 0 to 2, so that most windows hold their maximum more than once."""
    return lambda draw, wanted: (torch.randint(3, (wanted, *shape), generator=draw).to(FLOAT),)


def classes(count: int, *place: int, scale: float = 1.0, low: int = 0) -> Inputs:
    """Build inputs: logits and class indices.

    Args:
        count: number of classes.
        place: further axes, as in segmentation.
        scale: standard deviation of the logits.
        low: the lowest class index that occurs.
    """

    def draw_both(draw: Generator, wanted: int) -> tuple[Tensor, ...]:
        logits = scale * torch.randn(wanted, count, *place, generator=draw, dtype=FLOAT)
        indices = torch.randint(low, count, (wanted, *place), generator=draw)
        return logits, indices

    return draw_both


def pairs(*shape: int, scale: float = 1.0, same: bool = False, binary: bool = False) -> Inputs:
    """Build inputs: predictions and targets.

    Args:
        shape: of one example.
        scale: standard deviation of the predictions.
        same: make the first half equal, where |x - y| is not differentiable.
        binary: draw targets 0 and 1.
    """

    def draw_both(draw: Generator, wanted: int) -> tuple[Tensor, ...]:
        targets = torch.randn(wanted, *shape, generator=draw, dtype=FLOAT)
        predictions = scale * torch.randn(wanted, *shape, generator=draw, dtype=FLOAT)
        if same:
            predictions[: wanted // 2] = targets[: wanted // 2]
        return predictions, (targets > 0).to(FLOAT) if binary else targets

    return draw_both


def distributions(count: int) -> Inputs:
    """Build inputs: logits and target probabilities."""
    return lambda draw, wanted: (
        torch.randn(wanted, count, generator=draw, dtype=FLOAT),
        torch.randn(wanted, count, generator=draw, dtype=FLOAT).softmax(1).detach(),
    )
