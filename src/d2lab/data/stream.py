"""Mini-batches of a set larger than memory, read by torch's own workers; the same order as held in memory.

Anything with a length and an index serves (a memory-mapped file, a folder of images). Where it has a
`__getitems__` that takes a list of indices, a whole batch is read by one call.
"""

import signal
from collections.abc import Iterable, Iterator, Sequence
from mmap import mmap
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from d2lab.core.errors import ConfigError, D2labError
from d2lab.core.machine import usable_cores
from d2lab.core.seed import stream
from d2lab.data.batch import Batch
from d2lab.data.batches import WHOLE, Order, Part, order_of, steps_per_epoch

MOST_WORKERS = 4  # unless more are asked for


@runtime_checkable
class Source(Protocol):
    """What a streamed set must offer."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: list[int]) -> Batch: ...


class MappedArrays(Dataset[Batch]):
    """Inputs and targets in memory-mapped arrays: only the batches that are asked for are read.

    A worker that is started afresh opens a mapped file again; pickle alone would send it the whole array.
    """

    def __init__(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        if len(inputs) != len(targets):
            raise ConfigError("targets", got=len(targets), need=f"{len(inputs)}, one for each input")
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitems__(self, indices: list[int]) -> Batch:
        """Read one batch; rows are read in the order of the file, then put in the order asked for."""
        rows = np.asarray(indices)
        by_place = np.argsort(rows)
        back = np.argsort(by_place)
        inputs, targets = (np.asarray(a[rows[by_place]])[back] for a in (self.inputs, self.targets))
        return Batch(torch.from_numpy(inputs), torch.from_numpy(targets))

    def __getstate__(self) -> dict[str, Any]:
        return {"inputs": _packed(self.inputs), "targets": _packed(self.targets)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.inputs, self.targets = _unpacked(state["inputs"]), _unpacked(state["targets"])


def _packed(array: np.ndarray) -> np.ndarray | dict[str, Any]:
    """Describe where a whole mapped file lies; any other array stands for itself."""
    if type(array) is not np.memmap or array.filename is None or not isinstance(array.base, mmap):
        return array
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    order = "F" if fortran else "C"
    place = {"filename": array.filename, "offset": array.offset, "shape": array.shape}
    return {**place, "dtype": array.dtype, "order": order}


def _unpacked(packed: np.ndarray | dict[str, Any]) -> np.ndarray:
    """Undo `_packed`."""
    return np.memmap(mode="r", **packed) if isinstance(packed, dict) else packed


class _EpochOrder(Sampler[list[int]]):
    """The batches of one epoch, or a part of each, as lists of indices."""

    def __init__(self, order: Tensor, batch_size: int, steps: Sequence[int], part: Part) -> None:
        self.order, self.batch_size, self.steps, self.part = order, batch_size, steps, part

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            batch = self.order[step * self.batch_size : (step + 1) * self.batch_size]
            yield batch[self.part.rows(len(batch))].tolist()


class _Careful:
    """A source whose errors come home as they are: a worker would pack them into a page of text."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def __getitems__(self, indices: list[int]) -> Batch | D2labError:
        try:
            return self.source.__getitems__(indices)
        except D2labError as error:
            return error


def _as_read(batch: Any) -> Any:  # noqa: ANN401
    """Hand over what the source read: it is a batch already."""
    return batch


def read_batches(
    source: Source, batches: Iterable[list[int]], *, workers: int, generator: torch.Generator, pin_memory: bool = False
) -> Iterator[Batch]:
    """Read the batches that a sampler names, in its order, ahead of their use.

    Args:
        source: what is read.
        batches: lists of indices.
        workers: processes that read; 0 reads in this one.
        generator: a loader draws a number when it starts; from torch's own stream it would shift the next dropout.
        pin_memory: put the batches where an accelerator copies them from while it computes.

    Raises:
        D2labError: whatever the source raises.
    """
    loader: DataLoader[Any] = DataLoader(
        _Careful(source),  # type: ignore[arg-type]
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=_as_read,
        pin_memory=pin_memory,
        worker_init_fn=_ignore_ctrl_c,
        generator=generator,
    )
    for batch in loader:
        if isinstance(batch, D2labError):
            raise batch
        yield batch


def default_workers() -> int:
    """How many processes read where nobody said: a core is left to the one that trains."""
    return max(1, min(MOST_WORKERS, usable_cores() - 1))


def _ignore_ctrl_c(worker: int) -> None:
    """Leave Ctrl-C to the process that trains: a worker that dies of it would break the step being taken."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class StreamedBatches:
    """Seeded mini-batches of a `Source`, or a part of each, read ahead by `workers` processes (0 reads in this one)."""

    def __init__(
        self,
        source: Source,
        *,
        batch_size: int,
        seed: int,
        device: torch.device,
        drop_last: bool = False,
        order: Order = "shuffled",
        workers: int = 0,
        part: Part = WHOLE,
    ) -> None:
        self.order, self.part = order, part
        self.count = len(source)
        self.steps = steps_per_epoch(self.count, batch_size, drop_last=drop_last)
        if workers < 0:
            raise ConfigError("workers", got=workers, need="0 or more")
        self.source, self.batch_size, self.seed = source, batch_size, seed
        self.device, self.workers = device, workers

    def epoch(self, number: int, *, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of epoch `number` (from 0), from batch `start` on."""
        order = order_of(self.order, self.count, seed=self.seed, epoch=number)
        sampler = _EpochOrder(order, self.batch_size, range(start, self.steps), self.part)
        generator, pinned = stream(self.seed, "workers", number), self.device.type == "cuda"
        read = read_batches(self.source, sampler, workers=self.workers, generator=generator, pin_memory=pinned)
        for batch in read:
            yield batch.to(self.device, non_blocking=True)
