"""Base class of metrics: sums that stay on the device, are merged between processes and read once.

A metric holds sums, never outputs, so its memory does not grow with the data. Perplexity and average precision are
not means over batches, which is why each metric computes its own result.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError, RunError
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch


class Metric(ABC):
    """Base class of a quantity that is accumulated batch by batch.

    A subclass adds to named sums in `update` and turns them into results in `compute`:

        class Misses(Metric):
            def update(self, outputs, batch):
                self.add("misses", (outputs.argmax(1) != batch.targets).sum())

            def compute(self):
                return {"misses": float(self.sums["misses"])}

    `merge` adds the sums of another metric; override it where parts can't simply be added.
    """

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}

    @abstractmethod
    def update(self, outputs: Tree, batch: Batch) -> None:
        """Accumulate a batch.

        Args:
            outputs: the model's outputs, detached.
            batch: the prepared batch, with the targets of the loss.
        """

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """Return the results by name; reading the sums synchronizes with the device."""

    def add(self, name: str, value: Tensor) -> None:
        """Add a tensor to the sum of this name, on the tensor's device."""
        if name in self.sums:
            self.sums[name] += value
        else:
            self.sums[name] = value.detach().clone()

    def merge(self, other: "Metric") -> None:
        """Add the sums of another metric: of another process, or another part of the data.

        Raises:
            ConfigError: the other is of another class.
        """
        if type(other) is not type(self):
            raise ConfigError("merge", got=type(other).__name__, need=f"another {type(self).__name__}")
        for name, value in other.sums.items():
            self.add(name, value.to(self.sums[name].device) if name in self.sums else value)

    def reset(self) -> None:
        """Set all sums to zero."""
        self.sums = {}

    def state(self) -> dict[str, Tensor]:
        """Return the sums, for a checkpoint."""
        return dict(self.sums)

    def load(self, state: dict[str, Tensor], device: torch.device) -> None:
        """Restore the sums that `state` returned.

        Raises:
            RunError: a sum holds numbers that are not finite.
        """
        for name, value in state.items():
            if value.is_floating_point() and not bool(torch.isfinite(value).all()):
                raise RunError(f"metric {name}", got="a number that is not finite", need="the sums d2lab writes")
        self.sums = {name: value.to(device) for name, value in state.items()}


def ratio(part: Tensor | None, whole: Tensor | None) -> float:
    """Return part / whole as a Python number; NaN where nothing was counted."""
    return float("nan") if part is None or whole is None or not float(whole) else float(part) / float(whole)
