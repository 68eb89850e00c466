"""Mini-batches of a set that fits in memory: one gather a step, in an order that only seed and epoch decide.

The set stays as it was read (bytes for images) and lives on the training device. The order of an epoch is a
permutation drawn from the stream (seed, "order", epoch): it does not depend on what was trained before, on
the number of workers, or on where a run was broken off.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from jaxtyping import Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.seed import stream
from d2lab.core.tensor_tree import tensors_of
from d2lab.data.batch import Batch, Prepare, prepares_batches
from d2lab.data.split import Split

T = TypeVar("T")
Order = Literal["shuffled", "sequential"]
GROUP_BYTES = 10_000_000  # of prepared inputs gathered at once: fewer waste hand-overs or orders, more the cache
_END = object()
POLL_S = 0.1  # how soon the prefetching thread notices that nobody wants its items any more


@dataclass(frozen=True, slots=True)
class Part:
    """One of several parts of every batch, such as the one that a process takes; sizes differ by at most one.

    Args:
        number: which one, from 0.
        of: how many there are; 1 for whole batches.
    """

    number: int = 0
    of: int = 1

    def rows(self, count: int) -> slice:
        """Return which of so many rows the part holds.

        >>> [Part(number, of=3).rows(8) for number in range(3)]
        [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
        """
        return slice(count * self.number // self.of, count * (self.number + 1) // self.of)


WHOLE = Part()


def epoch_order(count: int, *, seed: int, epoch: int) -> Int64[Tensor, " count"]:
    """Return the order in which an epoch visits `count` examples (epochs count from 0)."""
    return torch.randperm(count, generator=stream(seed, "order", epoch))


def order_of(order: Order, count: int, *, seed: int, epoch: int) -> Int64[Tensor, " count"]:
    """Return the order of an epoch: shuffled by seed and epoch, or as the examples stand."""
    return torch.arange(count) if order == "sequential" else epoch_order(count, seed=seed, epoch=epoch)


def steps_per_epoch(count: int, batch_size: int, *, drop_last: bool = False) -> int:
    """Count the batches of one pass: the ragged last one counts unless it is dropped.

    Raises:
        ConfigError: the batch is empty, or larger than the set when the ragged batch is dropped.
    """
    if batch_size < 1:
        raise ConfigError("batch_size", got=batch_size, need="1 or more")
    steps = count // batch_size if drop_last else -(-count // batch_size)
    if steps < 1:
        fix = "Take a smaller batch_size, or keep the last batch with drop_last=false."
        raise ConfigError("batch_size", got=batch_size, need=f"at most {count}, the size of the set", fix=fix)
    return steps


class Batches:
    """Seeded mini-batches of a `Split`, held on `device`.

    Args:
        split: the set.
        batch_size: examples a batch.
        seed: decides the order, with the epoch.
        device: where the set is held and the batches are made; a name such as "cuda:1" serves too.
        drop_last: leave out the ragged last batch.
        order: "shuffled" anew each epoch; "sequential" takes the examples as they stand, as a state that is carried
            from batch to batch needs.
        prepare: turns inputs as stored into what the model reads; works on many at once. See `prepares_batches`.
        prefetch: let a second thread make the next batches; for models too small to use every core.
        part: the part of each batch that is made here; the order of the whole batches does not depend on it.
    """

    def __init__(
        self,
        split: Split,
        *,
        batch_size: int,
        seed: int,
        device: torch.device | str = "cpu",
        drop_last: bool = False,
        order: Order = "shuffled",
        prepare: Prepare | None = None,
        prefetch: bool = False,
        part: Part = WHOLE,
    ) -> None:
        self.steps = steps_per_epoch(len(split), batch_size, drop_last=drop_last)
        self.part = part
        self.batch_size, self.seed, self.device, self.count = batch_size, seed, torch.device(device), len(split)
        self.order = order
        self.whole = split.whole().to(device)
        self.prepare, self.prefetch = prepares_batches(prepare), prefetch
        example = tensors_of(self.prepare(self.whole.map(lambda tensor: tensor[:1])).inputs)
        together = prefetch or self.device.type != "cpu"  # an accelerator is spared orders, a thread hand-overs
        numbers = sum(tensor.numel() for tensor in example)
        self.group = max(1, GROUP_BYTES // (4 * numbers * batch_size)) if together else 1

    def epoch(self, number: int, *, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of epoch `number` (from 0), from batch `start` on."""
        order = order_of(self.order, self.count, seed=self.seed, epoch=number).to(self.device)
        groups = self._groups(order, start) if self.part.of == 1 else self._parts(order, start)
        for group in prefetch(groups) if self.prefetch else groups:
            yield from group.split(self.batch_size)

    def _groups(self, order: Tensor, start: int) -> Iterator[Batch]:
        """Gather some batches at once: fewer hand-overs between threads, the same values."""
        for first in range(start, self.steps, self.group):
            last = min(first + self.group, self.steps)
            chosen = order[first * self.batch_size : last * self.batch_size]
            yield self.prepare(self.whole.select(chosen))

    def _parts(self, order: Tensor, start: int) -> Iterator[Batch]:
        """Gather this part of each batch alone."""
        for step in range(start, self.steps):
            chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
            yield self.prepare(self.whole.select(chosen[self.part.rows(len(chosen))]))


def prefetch(items: Iterable[T], depth: int = 2) -> Iterator[T]:
    """Yield the items in order, up to `depth` of them made by a thread before they are asked for.

    It pays where the consumer leaves a core idle: torch lets other Python threads run while an operation computes, so
    two threads really work at once. An error of the items is raised here, in its turn. When the consumer stops early,
    the thread ends too.
    """
    made: queue.Queue[object] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: object) -> None:
        while not stopped.is_set():
            try:
                made.put(item, timeout=POLL_S)
                return
            except queue.Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
            put(_END)
        except BaseException as error:
            put(_Raised(error))

    thread = threading.Thread(target=make, name="d2lab-prefetch", daemon=True)
    thread.start()
    try:
        while (item := made.get()) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()


class _Raised:
    """An error on its way to the consumer."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
