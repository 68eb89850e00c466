"""Random arguments for exercises: the same for the same seed."""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class RandomInputs:
    """Draws random numbers, tensors and choices from a generator of its own.

    Args:
        seed: of the generator.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def size(self, low: int, high: int) -> int:
        """Draw an integer from low to high, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._generator))

    def number(self, low: float | int = -3.0, high: float | int = 3.0) -> float:
        """Draw a float from the uniform distribution on [low, high)."""
        return float(self.uniform(low=low, high=high))

    def normal(self, *shape: int, scale: float | int = 1.0) -> Tensor:
        """Draw a tensor from the normal distribution with mean 0 and standard deviation `scale`."""
        return torch.randn(shape, generator=self._generator) * scale

    def uniform(self, *shape: int, low: float | int = 0.0, high: float | int = 1.0) -> Tensor:
        """Draw a tensor from the uniform distribution on [low, high)."""
        return torch.rand(shape, generator=self._generator) * (high - low) + low

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Draw a tensor of integers from low to high, both included."""
        return torch.randint(low, high + 1, shape, generator=self._generator)

    def choice(self, of: Sequence[T]) -> T:
        """Choose one element, all equally likely."""
        return of[self.size(0, len(of) - 1)]

    def boolean(self) -> bool:
        """Draw True or False, equally likely."""
        return self.size(0, 1) == 1
