"""Luck for a whole batch, drawn on the device that uses it: no copy from the processor, no wait."""

import functools

import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor

QUANTILES = 4096  # of a Beta law: between two of them a straight line


def uniform(shape: tuple[int, ...], low: float, high: float, draw: Generator) -> Float[Tensor, "..."]:
    """Draw numbers between low and high, all equally likely.

    Source: none; plumbing.
    """
    return low + (high - low) * torch.rand(shape, generator=draw, device=draw.device)


def whole(count: int, below: int, draw: Generator) -> Int64[Tensor, " count"]:
    """Draw whole numbers from 0 up to, not with, `below`.

    Source: none; plumbing.
    """
    return torch.randint(below, (count,), generator=draw, device=draw.device)


def chosen(count: int, share: float, draw: Generator) -> Bool[Tensor, " count"]:
    """Choose each of `count` with the probability `share`: never at 0, always at 1.

    Source: none; plumbing.
    """
    return uniform((count,), 0.0, 1.0, draw) < share


def beta(alpha: float, count: int, draw: Generator) -> Float[Tensor, " count"]:
    """Draw from Beta(alpha, alpha): torch's own sampler takes no generator.

    Source: inversion, Devroye 1986, "Non-Uniform Random Variate Generation", section II.2.
    Changed: the inverse is tabulated, and straight between two entries.

    Args:
        alpha: above 0; below 1 shares near 0 and 1 are likeliest, 1 makes all alike, above 1 those near 1/2 are.
        count: how many.
        draw: luck, on the device wanted.
    """
    quantiles = _beta_quantiles(alpha, draw.device)
    place = torch.rand(count, generator=draw, device=draw.device) * (QUANTILES - 1)
    below = place.long().clamp(max=QUANTILES - 2)
    return torch.lerp(quantiles[below], quantiles[below + 1], place - below)


@functools.cache
def _beta_quantiles(alpha: float, device: torch.device) -> Float[Tensor, " quantiles"]:
    """Tabulate the inverse distribution function."""
    from scipy.special import betaincinv

    shares = torch.linspace(0, 1, QUANTILES, dtype=torch.float64)
    return torch.from_numpy(betaincinv(alpha, alpha, shares.numpy())).float().to(device)
