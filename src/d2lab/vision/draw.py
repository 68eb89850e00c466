"""Luck for a whole batch, drawn on the device that uses it: no copy from the processor, no wait."""

import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor

QUANTILES = 4096  # of a Beta law: between two of them a straight line


def uniform(shape: tuple[int, ...], low: float, high: float, draw: Generator) -> Float[Tensor, "..."]:
    """Draw numbers between low and high, all equally likely."""
    return low + (high - low) * torch.rand(shape, generator=draw, device=draw.device)


def whole(count: int, below: int, draw: Generator) -> Int64[Tensor, " count"]:
    """Draw whole numbers from 0 up to, not with, `below`."""
    return torch.randint(below, (count,), generator=draw, device=draw.device)


def beta_quantiles(alpha: float, device: torch.device) -> Float[Tensor, " quantiles"]:
    """Tabulate the inverse distribution function of Beta(alpha, alpha): torch's own sampler takes no generator."""
    from scipy.special import betaincinv

    shares = torch.linspace(0, 1, QUANTILES, dtype=torch.float64)
    return torch.from_numpy(betaincinv(alpha, alpha, shares.numpy())).float().to(device)


def from_quantiles(quantiles: Float[Tensor, " quantiles"], count: int, draw: Generator) -> Float[Tensor, " count"]:
    """Draw numbers of the law whose inverse distribution function is tabulated."""
    place = torch.rand(count, generator=draw, device=draw.device) * (len(quantiles) - 1)
    below = place.long().clamp(max=len(quantiles) - 2)
    return torch.lerp(quantiles[below], quantiles[below + 1], place - below)
