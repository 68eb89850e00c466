"""Base class of metrics: sums that stay on the device, are merged between processes and read once.

A metric holds sums, never outputs, so its memory does not grow with the data (average precision, which needs the order
of all scores, keeps some bytes for each detection). Perplexity and average precision are not means over batches, which
is why each metric computes its own result.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError, RunError
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch

SMALL, TOGETHER = 4096, 64  # entries of a mask that is not counted at once, and how many are then counted together


class Metric(ABC):
    """Base class of a quantity that is accumulated batch by batch.

    A subclass adds to named sums in `update` and turns them into results in `compute`:

        class Misses(Metric):
            def update(self, outputs, batch):
                self.count("misses", outputs.argmax(1) != batch.targets)

            def compute(self):
                return {"misses": float(self.sums["misses"])}

    `merge` adds the sums of another metric; override it where parts can't simply be added.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counted: dict[str, list[Tensor]] = {}  # not yet added up: see `count`

    @property
    def sums(self) -> dict[str, Tensor]:
        """The sums so far, by name."""
        for name, parts in self._counted.items():
            if parts:
                self.add(name, torch.cat(parts).sum())
        self._counted.clear()
        return self._sums

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
        if name in self._sums:
            self._sums[name] += value
        else:
            self._sums[name] = value.detach().clone()

    def count(self, name: str, which: Tensor) -> None:
        """Count the true entries of a mask.

        Small masks are kept and counted together, since a sum costs a small model a twentieth of its step.
        """
        if which.numel() > SMALL:
            self.add(name, which.sum())
            return
        parts = self._counted.setdefault(name, [])
        parts.append(which.flatten())
        if len(parts) == TOGETHER:
            self.add(name, torch.cat(parts).sum())
            parts.clear()

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
        self._sums, self._counted = {}, {}

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
        self._counted = {}
        self._sums = {name: value.to(device) for name, value in state.items()}


def ratio(part: Tensor | None, whole: Tensor | None) -> float:
    """Return part / whole as a Python number; NaN where nothing was counted."""
    return float("nan") if part is None or whole is None or not float(whole) else float(part) / float(whole)
