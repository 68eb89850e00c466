"""A batch: some examples, whatever their inputs and targets are made of, handled as one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from d2lab.core.tensor_tree import Tree, map_tensors, tensors_of

Prepare = Callable[[Any], Any]  # inputs as stored -> inputs as the model reads them


@dataclass(slots=True, eq=False)  # not frozen: three are made a step, and writing through a frozen one is slow
class Batch:
    """Some examples, handled as one: moved, gathered, pinned and prefetched together.

    `for inputs, targets in batches` unpacks it as a pair.

    Args:
        inputs: what the model reads: a tensor, or a tuple or dict of tensors, examples along the first axis.
        targets: what it is to answer, likewise; class numbers, masks, padded boxes beside their count, tokens.
        lengths: how many entries of each padded example are real; None where nothing is padded.
    """

    inputs: Tree
    targets: Tree
    lengths: Tensor | None = None

    def __len__(self) -> int:
        """Count the examples."""
        inputs = self.inputs
        return len(inputs if isinstance(inputs, Tensor) else tensors_of(inputs)[0])

    def __iter__(self) -> Iterator[Tree]:
        """Yield inputs and targets."""
        return iter((self.inputs, self.targets))

    def map(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        """Return the batch with every tensor changed."""
        lengths = None if self.lengths is None else change(self.lengths)
        return Batch(map_tensors(change, self.inputs), map_tensors(change, self.targets), lengths)

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> "Batch":
        """Return the batch on a device."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "Batch":
        """Return the batch in page-locked memory, from which a GPU copies while it computes."""
        return self.map(Tensor.pin_memory)

    def select(self, indices: Int64[Tensor, " chosen"]) -> "Batch":
        """Return the examples with these indices, copied, in their order."""
        return self.map(lambda tensor: tensor.index_select(0, indices))

    def chunk(self, pieces: int) -> list["Batch"]:
        """Cut the batch into at most so many pieces of (almost) equal size."""
        size = -(-len(self) // pieces)
        return self.split(size)

    def split(self, size: int) -> list["Batch"]:
        """Cut the batch into pieces of `size` examples; the last one may be smaller."""
        if self.lengths is None and isinstance(self.inputs, Tensor) and isinstance(self.targets, Tensor):
            pairs = zip(torch.split(self.inputs, size), torch.split(self.targets, size), strict=True)
            return [Batch(inputs, targets) for inputs, targets in pairs]
        starts = range(0, len(self), size)
        return [self.map(lambda tensor, start=start: tensor[start : start + size]) for start in starts]  # type: ignore[misc]


def prepares_batches(prepare: Prepare | None) -> Callable[[Batch], Batch]:
    """Return what prepares a whole batch: the preparation's own `batch`, else a function of the inputs applied to them.

    Args:
        prepare: turns inputs as stored into what the model reads; one with a method `batch` changes targets too (a
            mask is resized with its image). None leaves a batch as it is.
    """
    if prepare is None:
        return lambda batch: batch
    whole: Callable[[Batch], Batch] | None = getattr(prepare, "batch", None)
    if whole is not None:
        return whole
    return lambda batch: Batch(prepare(batch.inputs), batch.targets, batch.lengths)
