"""All-reduce between processes, from point-to-point messages of `torch.distributed` alone.

Every process of the default group calls the function with a tensor of the same shape and type; each gets the sum over
all processes in a tensor of its own, the same to the bit everywhere. The order of the sums stands in `schedules`.

The library's own all_reduce may sum in another order: equal to the bit for two processes, since a + b = b + a, and
wherever no sum is rounded; else equal up to rounding. Measured with gloo of torch 2.15: it goes round the ring the
other way, chunk c in the order of the ranks c - 1, c - 2, ..., c, and cuts elsewhere.

Source: Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations".
"""

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.parallel.schedules import Schedule


def ring_all_reduce(tensor: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
    """Return the sum over all processes by a ring: reduce-scatter, then all-gather.

    The flat tensor is cut into n chunks, whose sizes differ by at most one. In the first n - 1 steps each process adds
    a received chunk to its own and passes it on in the next step; then one chunk of each process is complete. In the
    last n - 1 steps the complete chunks go round. Chunk c is summed in the order of the ranks c, c + 1, ..., c - 1.

    Twin: `simulation.simulate` with `ring_schedule`, to the bit; `torch.distributed.all_reduce`, up to rounding.

    Args:
        tensor: what this process adds to the sum; it is left as it is. All shapes and types must agree between the
            processes: this is not checked, and where they differ the processes fail or wait in vain.

    Raises:
        ConfigError: there is no process group.
    """
    _check_group()
    rank, ranks = dist.get_rank(), dist.get_world_size()
    total = _flat_copy(tensor)
    chunks = total.tensor_split(ranks)  # views of the total
    for time in range(ranks - 1):  # reduce-scatter
        sent, own = chunks[(rank - time) % ranks], chunks[(rank - time - 1) % ranks]
        own += _pass_on(sent, torch.empty_like(own))
    for time in range(ranks - 1):  # all-gather
        _pass_on(chunks[(rank - time + 1) % ranks], chunks[(rank - time) % ranks])
    return total.reshape(tensor.shape)


def scheduled_all_reduce(tensor: Shaped[Tensor, "*shape"], schedule: Schedule) -> Shaped[Tensor, "*shape"]:
    """Return the sum over all processes by the messages of a schedule: naive, tree, ring, or one of your own.

    Twin: `simulation.simulate`, to the bit.

    Args:
        tensor: what this process adds to the sum, as in `ring_all_reduce`.
        schedule: who sends what to whom; the same on all processes.

    Raises:
        ConfigError: there is no process group, or the schedule is for another number of processes.
    """
    _check_group()
    rank = dist.get_rank()
    if schedule.ranks != dist.get_world_size():
        need = f"{dist.get_world_size()}, the number of processes"
        raise ConfigError("the ranks of a schedule", got=schedule.ranks, need=need)
    total = _flat_copy(tensor)
    chunks = total.tensor_split(schedule.chunks)
    for step in schedule.steps:
        filled = [message for message in step if len(chunks[message.chunk])]
        coming = [(m, torch.empty_like(chunks[m.chunk])) for m in filled if m.receiver == rank]
        waiting = [dist.isend(chunks[m.chunk], m.receiver) for m in filled if m.sender == rank]
        waiting += [dist.irecv(buffer, message.sender) for message, buffer in coming]
        _wait(waiting)
        for message, buffer in coming:
            message.deliver(buffer, chunks[message.chunk])
    return total.reshape(tensor.shape)


def _pass_on(sent: Tensor, buffer: Tensor) -> Tensor:
    """Send a chunk to the next process of the ring and fill the buffer from the one before; no empty messages."""
    rank, ranks = dist.get_rank(), dist.get_world_size()
    waiting = [dist.isend(sent, (rank + 1) % ranks)] if len(sent) else []
    waiting += [dist.irecv(buffer, (rank - 1) % ranks)] if len(buffer) else []
    _wait(waiting)
    return buffer


def _wait(handles: "list[dist.Work | None]") -> None:  # a string: some builds of torch have no such name
    for handle in handles:
        if handle is not None:
            handle.wait()


def _flat_copy(tensor: Tensor) -> Tensor:
    return tensor.detach().flatten().clone()


def _check_group() -> None:
    if not (dist.is_available() and dist.is_initialized()):
        fix = "Call torch.distributed.init_process_group first, in every process."
        raise ConfigError("the process group", got=None, need="one that is initialized", fix=fix)
