"""Mini-batches of a set larger than memory, read by torch's own workers; the same order as held in memory.

Anything with a length and an index serves (a memory-mapped file, a folder of pictures). Where it has a
`__getitems__` that takes a list of indices, a whole batch is read by one call.
"""

import signal
from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from d2lab.core.errors import ConfigError
from d2lab.core.seed import stream
from d2lab.data.batch import epoch_order, steps_per_epoch


@runtime_checkable
class Source(Protocol):
    """What a streamed set must offer."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]: ...


class MappedArrays(Dataset[tuple[Tensor, Tensor]]):
    """Inputs and targets in memory-mapped arrays: only the batches that are asked for are read.

    A worker that is started afresh opens a mapped file again; pickle alone would send it the whole array.
    """

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
    """The batches of one epoch as lists of indices."""

    def __init__(self, order: Tensor, batch_size: int, steps: Sequence[int]) -> None:
        self.order, self.batch_size, self.steps = order, batch_size, steps

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            yield self.order[step * self.batch_size : (step + 1) * self.batch_size].tolist()


def _as_read(batch: Any) -> Any:  # noqa: ANN401
    """Hand over what the source read: it is a batch already."""
    return batch


def _ignore_ctrl_c(worker: int) -> None:
    """Leave Ctrl-C to the process that trains: a worker that dies of it would break the step being taken."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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
        loader: DataLoader[tuple[Tensor, Tensor]] = DataLoader(
            self.source,  # type: ignore[arg-type]
            batch_sampler=sampler,
            num_workers=self.workers,
            collate_fn=_as_read,
            pin_memory=self.device.type == "cuda",
            worker_init_fn=_ignore_ctrl_c,
            # A loader draws a number when it starts; from torch's own stream it would shift the next dropout.
            generator=stream(self.seed, "workers", number),
        )
        for inputs, targets in loader:
            yield inputs.to(self.device, non_blocking=True), targets.to(self.device, non_blocking=True)
