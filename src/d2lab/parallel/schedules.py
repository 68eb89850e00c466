"""All-reduce as a schedule of messages: naive, tree and ring, simulated on lists of tensors.

An all-reduce gives each of n ranks the sum of the tensors of all ranks. A schedule says who sends which chunk to whom
in which step. In one step a rank sends at most one message and receives at most one, so the number of steps is what
latency is paid for. Floating-point addition is not associative: each schedule fixes the order of the sum, which is the
same on all ranks, so all ranks hold the same bits. With g_r for the tensor of rank r:

- naive: ((g_0 + g_1) + g_2) + ..., everywhere;
- tree: pairs, then pairs of pairs: (g_0 + g_1) + (g_2 + g_3);
- ring: chunk c begins with g_c and goes round the ring: ((g_c + g_{c+1}) + g_{c+2}) + ..., indices modulo n.

Source: Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations in MPICH", sections 4
and 8 (binomial tree, ring); Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of
workstations", section 3 (reduce-scatter, then all-gather, on a ring).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxtyping import Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError


@dataclass(frozen=True)
class Message:
    """One chunk on its way from one rank to another."""

    sender: int  # rank
    receiver: int  # rank
    chunk: int  # index of the chunk, the same on both ranks
    adds: bool  # whether the receiver adds the chunk to its own, else it replaces its own


@dataclass(frozen=True)
class Schedule:
    """The messages of an all-reduce, step by step; those of one step are sent at the same time."""

    ranks: int
    chunks: int  # into how many parts a tensor is split
    steps: tuple[tuple[Message, ...], ...]


@dataclass(frozen=True)
class Traffic:
    """What an all-reduce costs: the latency of its steps, and bytes on the link of each rank."""

    steps: int
    messages: int
    sent_bytes: tuple[int, ...]  # one for each rank
    received_bytes: tuple[int, ...]  # one for each rank


def naive_schedule(ranks: int) -> Schedule:
    """Return the all-reduce through rank 0: it receives every tensor, adds in order of the ranks, sends the sum to all.

    2 (n - 1) steps and messages of the whole tensor, all over the link of rank 0.

    Args:
        ranks: number of ranks n, at least 1.

    Raises:
        ConfigError: there is no rank.
    """
    _check_ranks(ranks)
    gather = tuple((Message(rank, 0, 0, adds=True),) for rank in range(1, ranks))
    send = tuple((Message(0, rank, 0, adds=False),) for rank in range(1, ranks))
    return Schedule(ranks, 1, gather + send)


def tree_schedule(ranks: int) -> Schedule:
    """Return the all-reduce on a binomial tree: pairs add, then pairs of pairs; the sum goes back the same way.

    2 ceil(log2 n) steps of the whole tensor, 2 (n - 1) messages; rank 0 receives and sends ceil(log2 n) of them.

    Args:
        ranks: number of ranks n, at least 1; it need not be a power of two.

    Raises:
        ConfigError: there is no rank.
    """
    _check_ranks(ranks)
    strides = [2**level for level in range((ranks - 1).bit_length())]
    pairs = [[(low, low + stride) for low in range(0, ranks - stride, 2 * stride)] for stride in strides]
    up = tuple(tuple(Message(high, low, 0, adds=True) for low, high in level) for level in pairs)
    down = tuple(tuple(Message(low, high, 0, adds=False) for low, high in level) for level in reversed(pairs))
    return Schedule(ranks, 1, up + down)


def ring_schedule(ranks: int) -> Schedule:
    """Return the ring all-reduce: n - 1 steps of reduce-scatter, then n - 1 steps of all-gather.

    Each rank sends one chunk of about 1/n of the tensor to the next rank in every step: 2 (n - 1) / n of a tensor in
    all, over every link alike. After the first half rank r holds the sum of chunk r + 1 (modulo n).

    Args:
        ranks: number of ranks n, at least 1.

    Raises:
        ConfigError: there is no rank.
    """
    _check_ranks(ranks)

    def step(first: int, *, adds: bool) -> tuple[Message, ...]:
        chunks = [(rank + first) % ranks for rank in range(ranks)]
        return tuple(Message(rank, (rank + 1) % ranks, chunk, adds=adds) for rank, chunk in enumerate(chunks))

    scatter = tuple(step(-time, adds=True) for time in range(ranks - 1))
    gather = tuple(step(1 - time, adds=False) for time in range(ranks - 1))
    return Schedule(ranks, ranks, scatter + gather)


def simulate(parts: Sequence[Shaped[Tensor, "*shape"]], schedule: Schedule) -> list[list[Tensor]]:
    """Return what each rank holds before the first step and after every step: states[step][rank], copies of one shape.

    The last state is the result. Powers of ten as parts show whose values a sum has taken in:

    >>> import torch
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
            deliver(chunk, views[message.receiver][message.chunk], adds=message.adds)
        states.append([flat.reshape(shape).clone() for flat in held])
    return states


def deliver(chunk: Shaped[Tensor, " n"], own: Shaped[Tensor, " n"], *, adds: bool) -> None:
    """Add a received chunk to the receiver's own, in place, or replace that one by it.

    Args:
        chunk: what was received.
        own: what the receiver holds; it is changed.
        adds: whether to add.
    """
    if adds:
        own += chunk
    else:
        own.copy_(chunk)


def traffic(schedule: Schedule, size: int, item_bytes: int = 4) -> Traffic:
    """Count steps, messages and the bytes of each rank; an empty chunk is no message.

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


def _check_ranks(ranks: int) -> None:
    if ranks < 1:
        raise ConfigError("the number of ranks", got=ranks, need="at least 1")


def _check_parts(parts: Sequence[Tensor], schedule: Schedule) -> None:
    if len(parts) != schedule.ranks:
        raise ConfigError("the number of parts", got=len(parts), need=f"{schedule.ranks}, one for each rank")
    kinds = sorted({f"{part.dtype} {tuple(part.shape)}" for part in parts})
    if len(kinds) > 1:
        raise ConfigError("the parts of a sum", got=kinds, need="one shape and one type")
