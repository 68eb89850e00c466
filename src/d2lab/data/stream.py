"""Mini-batches of a set larger than memory, read by torch's own workers; the same order as held in memory.

Anything with a length and an index serves (a memory-mapped file, a folder of pictures). Where it has a
`__getitems__` that takes a list of indices, a whole batch is read by one call.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from d2lab.core.errors import ConfigError
from d2lab.data.batch import epoch_order, steps_per_epoch


class Source(Protocol):
    """What a streamed set must offer."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]: ...


class MappedArrays(Dataset[tuple[Tensor, Tensor]]):
    """Inputs and targets in memory-mapped arrays: only the batches that are asked for are read."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        if len(inputs) != len(targets):
            raise ConfigError("targets", got=len(targets), need=f"{len(inputs)}, one for each input")
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        """Read one batch; rows are read in the order of the file, then put in the order asked for."""
        rows = np.asarray(indices)
        by_place = np.argsort(rows)
        back = np.argsort(by_place)
        inputs, targets = (np.asarray(a[rows[by_place]])[back] for a in (self.inputs, self.targets))
        return torch.from_numpy(inputs), torch.from_numpy(targets)


class _EpochOrder(Sampler[list[int]]):
    """The batches of one epoch as lists of indices."""

    def __init__(self, order: Tensor, batch_size: int, steps: Sequence[int]) -> None:
        self.order, self.batch_size, self.steps = order, batch_size, steps

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            yield self.order[step * self.batch_size : (step + 1) * self.batch_size].tolist()


def _as_read(batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Hand over what the source read: it is a batch already."""
    return batch


class StreamedBatches:
    """Seeded mini-batches of a `Source`, read ahead by `workers` processes (0 reads in this one)."""

    def __init__(
        self,
        source: Source,
        *,
        batch_size: int,
        seed: int,
        device: torch.device,
        drop_last: bool = False,
        workers: int = 0,
    ) -> None:
        self.count = len(source)
        self.steps = steps_per_epoch(self.count, batch_size, drop_last=drop_last)
        if workers < 0:
            raise ConfigError("workers", got=workers, need="0 or more")
        self.source, self.batch_size, self.seed = source, batch_size, seed
        self.device, self.workers = device, workers

    def epoch(self, number: int, *, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches of epoch `number` (from 0), from batch `start` on."""
        order = epoch_order(self.count, seed=self.seed, epoch=number)
        sampler = _EpochOrder(order, self.batch_size, range(start, self.steps))
        loader = DataLoader(
            self.source,  # type: ignore[arg-type]
            batch_sampler=sampler,
            num_workers=self.workers,
            collate_fn=_as_read,
            pin_memory=self.device.type == "cuda",
        )
        for inputs, targets in loader:
            yield inputs.to(self.device, non_blocking=True), targets.to(self.device, non_blocking=True)
