"""A schedule of messages carried out on a list of tensors, one for each rank, and what it sends.

Source: Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations" (bytes a rank).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxtyping import Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.parallel.schedules import Message, Schedule


@dataclass(frozen=True)
class Traffic:
    """What an all-reduce costs: the latency of its steps, and bytes on the link of each rank."""

    steps: int
    messages: int
    sent_bytes: tuple[int, ...]  # one for each rank
    received_bytes: tuple[int, ...]  # one for each rank


def simulate(parts: Sequence[Shaped[Tensor, "*shape"]], schedule: Schedule) -> list[list[Tensor]]:
    """Return what each rank holds before the first step and after every step: states[step][rank], copies of one shape.

    The last state is the result. Powers of ten as parts show whose values a sum has taken in:

    >>> import torch
    >>> from d2lab.parallel import ring_schedule
    >>> parts = [torch.full((3,), 10**rank) for rank in range(3)]
    >>> for state in simulate(parts, ring_schedule(3)):
    ...     print([held.tolist() for held in state])
    [[1, 1, 1], [10, 10, 10], [100, 100, 100]]
    [[1, 1, 101], [11, 10, 10], [100, 110, 100]]
    [[1, 111, 101], [11, 10, 111], [111, 110, 100]]
    [[111, 111, 101], [11, 111, 111], [111, 110, 111]]
    [[111, 111, 111], [111, 111, 111], [111, 111, 111]]

    Args:
        parts: one tensor for each rank, of one shape and type; they are left as they are.
        schedule: who sends what to whom.

    Raises:
        ConfigError: the number of parts is not that of the ranks, or shapes or types differ.
    """
    _check_parts(parts, schedule)
    shape = parts[0].shape
    held = [part.detach().flatten().clone() for part in parts]
    views = [flat.tensor_split(schedule.chunks) for flat in held]  # a change of a view is one of what is held
    states = [[flat.reshape(shape).clone() for flat in held]]
    for step in schedule.steps:
        sent = [views[message.sender][message.chunk].clone() for message in step]  # all at once: read before writing
        for message, chunk in zip(step, sent, strict=True):
            message.deliver(chunk, views[message.receiver][message.chunk])
        states.append([flat.reshape(shape).clone() for flat in held])
    return states


def traffic(schedule: Schedule, size: int, item_bytes: int = 4) -> Traffic:
    """Count steps, messages and the bytes of each rank; an empty chunk is no message.

    >>> from d2lab.parallel import ring_schedule
    >>> traffic(ring_schedule(4), 25_000_000).sent_bytes  # 100 MB each
    (150000000, 150000000, 150000000, 150000000)

    Args:
        schedule: who sends what to whom.
        size: number of elements of a tensor.
        item_bytes: bytes of an element.

    Raises:
        ConfigError: a negative size, or an element of no byte.
    """
    if size < 0 or item_bytes < 1:
        raise ConfigError("size and bytes of an element", got=(size, item_bytes), need="size >= 0, bytes >= 1")
    sizes = chunk_sizes(size, schedule.chunks)
    sent, received = [0] * schedule.ranks, [0] * schedule.ranks
    steps = [messages for messages in _filled(schedule, sizes) if messages]
    for message in (message for step in steps for message in step):
        sent[message.sender] += sizes[message.chunk] * item_bytes
        received[message.receiver] += sizes[message.chunk] * item_bytes
    return Traffic(len(steps), sum(map(len, steps)), tuple(sent), tuple(received))


def chunk_sizes(size: int, chunks: int) -> list[int]:
    """Return the sizes of the chunks of `size` elements, as `tensor_split` cuts them: the larger ones first.

    Args:
        size: number of elements.
        chunks: number of chunks, which `size` need not be a multiple of.
    """
    return [size // chunks + (chunk < size % chunks) for chunk in range(chunks)]


def _filled(schedule: Schedule, sizes: Sequence[int]) -> Iterator[list[Message]]:
    """Yield the messages of each step that carry an element."""
    for step in schedule.steps:
        yield [message for message in step if sizes[message.chunk]]


def _check_parts(parts: Sequence[Tensor], schedule: Schedule) -> None:
    if len(parts) != schedule.ranks:
        raise ConfigError("the number of parts", got=len(parts), need=f"{schedule.ranks}, one for each rank")
    kinds = sorted({f"{part.dtype} {tuple(part.shape)}" for part in parts})
    if len(kinds) > 1:
        raise ConfigError("the parts of a sum", got=kinds, need="one shape and one type")
