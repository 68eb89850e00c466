"""Generated sets: the true parameters are known, so what a model learned can be compared with them.

All values are float32 and depend on the seed alone. Training and test examples are independent draws from one
distribution.
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.card import Card
from d2lab.data.split import Dataset, Split

WEIGHTS = (2.0, -3.4)  # of the linear set
BIAS = 4.2
LINEAR_NOISE = 0.01  # standard deviation of what is added to the targets
POLYNOMIAL_WEIGHTS = (5.0, 1.2, -3.4, 5.6)  # of x^i / i! for i = 0, 1, 2, 3; all higher ones are 0
POWERS = 20  # features of the polynomial set
POLYNOMIAL_NOISE = 0.1
XOR_NOISE = 0.2  # a corner lies 5 deviations from the border
MOON_NOISE = 0.1
BLOB_NORMAL = (0.6, 0.8)  # unit vector across the gap; the dividing line runs through the origin
BLOB_RADIUS = 1.0
BLOB_MARGIN = 0.5  # no point is nearer to the dividing line


def linear(count: int, draw: Generator) -> Split:
    """Draw inputs (a, b) from the standard normal distribution; targets are 2 a - 3.4 b + 4.2 plus noise."""
    inputs = torch.randn(count, len(WEIGHTS), generator=draw)
    noise = LINEAR_NOISE * torch.randn(count, 1, generator=draw)
    return Split(inputs, inputs @ torch.tensor(WEIGHTS).unsqueeze(1) + BIAS + noise)


def polynomial(count: int, draw: Generator) -> Split:
    """Draw features x^i / i! for i = 0..19 of a standard normal x; targets use the first four, plus noise.

    The factorial keeps high powers from drowning low ones: |x| = 4 gives 4^19 = 2.7e11, but 4^19 / 19! = 2.3e-6.
    """
    x = torch.randn(count, 1, generator=draw, dtype=torch.float64)
    powers = torch.arange(POWERS, dtype=torch.float64)
    inputs = (x**powers / torch.lgamma(powers + 1).exp()).float()  # lgamma(i + 1) = log i!
    weights = torch.tensor(POLYNOMIAL_WEIGHTS).unsqueeze(1)
    noise = POLYNOMIAL_NOISE * torch.randn(count, 1, generator=draw)
    return Split(inputs, inputs[:, : len(weights)] @ weights + noise)


def xor(count: int, draw: Generator) -> Split:
    """Draw noisy corners (+-1, +-1), equally many; class 1 where the signs differ."""
    corner = torch.arange(count) % 4
    right, up = corner % 2, corner // 2
    inputs = torch.stack([right, up], dim=1) * 2.0 - 1.0
    return _shuffled(inputs + XOR_NOISE * torch.randn(count, 2, generator=draw), right ^ up, draw)


def two_moons(count: int, draw: Generator) -> Split:
    """Draw points on two half circles of radius 1, the lower one moved by (1, 0.5), plus noise."""
    targets = torch.arange(count) % 2
    angle = math.pi * torch.rand(count, generator=draw)
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], dim=1)
    inputs = torch.where(targets.unsqueeze(1) == 0, upper, lower)
    return _shuffled(inputs + MOON_NOISE * torch.randn(count, 2, generator=draw), targets, draw)


def blobs(count: int, draw: Generator) -> Split:
    """Draw points uniformly on two discs of radius 1 whose nearest points lie 1.0 apart.

    The line 0.6 a + 0.8 b = 0 divides them with a margin of at least 0.5, and no point is farther than 2.5 from
    the origin: a perceptron without bias errs at most (2.5 / 0.5)^2 = 25 times.

    Source: Novikoff 1962, On convergence proofs on perceptrons.
    """
    targets = torch.arange(count) % 2
    angle = 2 * math.pi * torch.rand(count, generator=draw)
    # A hair under 1, so that float32 rounding can't take a point into the gap.
    radius = BLOB_RADIUS * 0.9999 * torch.rand(count, generator=draw).sqrt()  # the root: even over the area
    around = torch.stack([angle.cos(), angle.sin()], dim=1) * radius.unsqueeze(1)
    centers = (2.0 * targets - 1).unsqueeze(1) * torch.tensor(BLOB_NORMAL) * (BLOB_MARGIN + BLOB_RADIUS)
    return _shuffled(centers + around, targets, draw)


GENERATORS: dict[str, Callable[[int, Generator], Split]] = {
    "synthetic-linear": linear,
    "synthetic-polynomial": polynomial,
    "xor": xor,
    "two-moons": two_moons,
    "blobs": blobs,
}


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the set of this card as the seed draws it; `fetch` changes nothing here.

    Raises:
        ConfigError: the card is not one of a generated set.
    """
    if card.name not in GENERATORS:
        raise ConfigError("the generated set", got=card.name, need=f"one of {', '.join(GENERATORS)}")
    draw = torch.Generator().manual_seed(seed)
    train, test = (GENERATORS[card.name](count, draw) for count in card.examples)
    return Dataset(card, train, test)


def _shuffled(inputs: Tensor, targets: Tensor, draw: Generator) -> Split:
    """Mix the classes, so that the first examples are a fair sample."""
    order = torch.randperm(len(inputs), generator=draw)
    return Split(inputs[order], targets[order])
