"""Random arguments for exercises: the same for the same seed."""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class Draw:
    """Draws numbers, tensors and choices.

    Args:
        seed: of everything that is drawn.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def size(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return int(torch.randint(low, high + 1, (), generator=self._generator))

    def number(self, low: float | int = -3.0, high: float | int = 3.0) -> float:
        """Draw a number, evenly."""
        return float(self.uniform(low=low, high=high))

    def normal(self, *shape: int, scale: float | int = 1.0) -> Tensor:
        """Draw a tensor of normal numbers around 0."""
        return torch.randn(shape, generator=self._generator) * scale

    def uniform(self, *shape: int, low: float | int = 0.0, high: float | int = 1.0) -> Tensor:
        """Draw a tensor of numbers, evenly."""
        return torch.rand(shape, generator=self._generator) * (high - low) + low

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Draw a tensor of whole numbers, both ends included."""
        return torch.randint(low, high + 1, shape, generator=self._generator)

    def choice(self, of: Sequence[T]) -> T:
        """Choose one."""
        return of[self.size(0, len(of) - 1)]

    def flip(self) -> bool:
        """Throw a coin."""
        return self.size(0, 1) == 1
