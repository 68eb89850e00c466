"""The processes of one training run: what each is, what they add up, and how they agree.

`torchrun` starts the processes and writes into the environment of each who it is; they meet in the default group of
`torch.distributed`, over gloo for tensors on the CPU and nccl for those on CUDA devices. A run of one process has no
group: all of this then does nothing.

Source: PyTorch's elastic launch, the environment variables of `torchrun`.
"""

import contextlib
import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError, RunError
from d2lab.data.batches import Part

T = TypeVar("T")
LAUNCHED = ("TORCHELASTIC_RUN_ID", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
WAIT = datetime.timedelta(minutes=30)  # for another process, which may be reading data or evaluating


class LostError(RunError):
    """Another process of the run is gone or has failed: what it said itself is the error to read."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """The processes that train one model together, seen from one of them.

    Args:
        rank: number of this process, from 0; process 0 leads: it writes the record and shows the progress.
        world: how many there are.
        local: number of this process among those on its machine.
        neighbors: how many there are on its machine.
    """

    rank: int = 0
    world: int = 1
    local: int = 0
    neighbors: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes and speaks for all."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        """Whether there is no other process."""
        return self.world == 1

    @property
    def part(self) -> Part:
        """This process's part of every batch."""
        return Part(self.rank, self.world)

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes, in place: the same to the bit on all of them."""
        if not self.alone:
            torch.distributed.all_reduce(tensor)
        return tensor

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Return of each flag whether it is set in any process, so that all decide alike."""
        if self.alone:
            return flags
        return tuple(count > 0 for count in self.sum(torch.tensor(flags, dtype=torch.int32)).tolist())

    def gather(self, thing: T) -> list[T]:
        """Return what each process gives, in the order of the ranks; anything that pickle can carry."""
        if self.alone:
            return [thing]
        things: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(things, thing)
        return things

    def from_leader(self, thing: T) -> T:
        """Return what the leading process gives; what the others give is dropped."""
        if self.alone:
            return thing
        things: list[Any] = [thing]
        torch.distributed.broadcast_object_list(things, src=0, device=torch.device("cpu"))
        return things[0]  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def leader_first(self) -> Iterator[None]:
        """Let the leading process of each machine do what follows before the others: a download, a file they share.

        Where it fails, the others fail too instead of waiting.

        Raises:
            LostError: the leading process failed.
        """
        if self.local:
            self._wait_for_leader()
            yield
            return
        failed = True
        try:
            yield
            failed = False
        finally:
            self.any(failed)

    def _wait_for_leader(self) -> None:
        (failed,) = self.any(False)
        if failed:
            raise LostError(f"process {self.rank}", got="an error of process 0", need="its success first")


ALONE = Ranks()


def launched() -> bool:
    """Return whether torchrun started this process, or whatever else speaks its language."""
    return all(name in os.environ for name in LAUNCHED)


def leads() -> bool:
    """Return whether this process speaks for its launch: the first of several, or one that was started alone."""
    return not launched() or os.environ["RANK"] == "0"


@contextlib.contextmanager
def joined_ranks() -> Iterator[Ranks]:
    """Meet the other processes of the run for as long as the context lasts; alone where torchrun started none.

    Within the context a second call finds the same processes.

    Raises:
        ConfigError: this torch can't work with several processes.
        LostError: the others can't be reached, or one of them is gone.
    """
    if not launched():
        yield ALONE
        return
    rank, world, local, neighbors = (int(os.environ[name]) for name in LAUNCHED[1:])
    ranks = Ranks(rank, world, local, neighbors)
    if ranks.alone:
        yield ALONE
        return
    if not torch.distributed.is_available():
        raise ConfigError("processes", got=world, need="1: this torch is built without torch.distributed")
    if torch.distributed.is_initialized():
        yield ranks
        return
    with _lost(ranks):
        store = _store_of_attempt(ranks)
        torch.distributed.init_process_group(_backend(), store=store, rank=rank, world_size=world, timeout=WAIT)
        try:
            yield ranks
        finally:
            torch.distributed.destroy_process_group()


def _store_of_attempt(ranks: Ranks) -> Any:  # noqa: ANN401
    """Return the store in which the processes find each other, apart from those of attempts before a restart.

    torchrun keeps its store when it starts all processes anew. The addresses in it are then those of processes that
    are gone, and gloo waits for them without end. Agents of several machines count restarts each for itself, so that
    their processes would not find each other under a number of their own: they share the store as it is.
    """
    store = next(torch.distributed.rendezvous("env://", timeout=WAIT))[0]  # type: ignore[attr-defined]
    store.set_timeout(WAIT)
    if ranks.neighbors == ranks.world:
        attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = torch.distributed.PrefixStore(f"attempt {attempt}", store)  # type: ignore[attr-defined]
    return store


@contextlib.contextmanager
def _lost(ranks: Ranks) -> Iterator[None]:
    """Turn the failure of a connection into a line: it follows from another process's end, which has its own."""
    try:
        yield
    except RuntimeError as cause:
        if isinstance(cause, torch.distributed.DistError) or "gloo" in str(cause):
            got = " ".join(str(cause).split())[-80:]
            raise LostError(
                f"process {ranks.rank} of {ranks.world}", got=got, need="an answer of the others"
            ) from cause
        raise


def _backend() -> str:
    """Return the backends by kind of tensor."""
    if torch.cuda.is_available() and torch.distributed.is_nccl_available():
        return "cpu:gloo,cuda:nccl"
    if not torch.distributed.is_gloo_available():
        raise ConfigError("processes", got="a torch without gloo", need="one that is built with it")
    return "gloo"
