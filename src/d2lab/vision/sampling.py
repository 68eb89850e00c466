"""Random numbers for a whole batch, drawn on the device that uses them: no copy from the processor, no wait."""

import functools
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor

from d2lab.core.seed import derive

QUANTILES = 4096  # of a Beta distribution: between two of them a straight line


@dataclass(frozen=True, slots=True)
class StepGenerators:
    """The random generators of one training step: one for each change of an image, on the device that uses it."""

    seed: int
    step: int
    device: torch.device

    def of(self, change: str) -> Generator:
        """Return the generator of a change, seeded by the run's seed, the step and the change's name alone."""
        return Generator(self.device).manual_seed(derive(self.seed, "augment", self.step, change))


def uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Float[Tensor, "..."]:
    """Draw numbers from the uniform distribution between low and high."""
    return low + (high - low) * torch.rand(shape, generator=generator, device=generator.device)


def integers(count: int, below: int, generator: Generator) -> Int64[Tensor, " count"]:
    """Draw `count` integers from 0 to `below` - 1, all equally likely."""
    return torch.randint(below, (count,), generator=generator, device=generator.device)


def bernoulli(count: int, probability: float, generator: Generator) -> Bool[Tensor, " count"]:
    """Draw `count` booleans that are true with this probability: never at 0, always at 1."""
    return uniform((count,), 0.0, 1.0, generator) < probability


def beta(alpha: float, count: int, generator: Generator) -> Float[Tensor, " count"]:
    """Draw from Beta(alpha, alpha); torch's own sampler takes no generator.

    Source: inversion, Devroye 1986, "Non-Uniform Random Variate Generation", section II.2.
    Changed: the inverse is tabulated, and linear between two entries.

    Args:
        alpha: above 0; below 1 values near 0 and 1 are likeliest, at 1 all are equally likely, above 1 those near 1/2.
        count: how many.
        generator: random generator, on the device wanted.
    """
    quantiles = _beta_quantiles(alpha, generator.device)
    place = torch.rand(count, generator=generator, device=generator.device) * (QUANTILES - 1)
    below = place.long().clamp(max=QUANTILES - 2)
    return torch.lerp(quantiles[below], quantiles[below + 1], place - below)


@functools.cache
def _beta_quantiles(alpha: float, device: torch.device) -> Float[Tensor, " quantiles"]:
    """Tabulate the inverse of the cumulative distribution function."""
    from scipy.special import betaincinv

    shares = torch.linspace(0, 1, QUANTILES, dtype=torch.float64)
    return torch.from_numpy(betaincinv(alpha, alpha, shares.numpy())).float().to(device)
