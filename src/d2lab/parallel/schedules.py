"""All-reduce as a schedule of messages: naive, tree and ring.

An all-reduce gives each of n ranks the sum of the tensors of all ranks. A schedule says who sends which chunk to whom
in which step. In one step a rank sends at most one message and receives at most one, so the number of steps is what
latency is paid for. Floating-point addition is not associative: each schedule fixes the order of the sum, which is the
same on all ranks, so all ranks hold the same bits. With g_r for the tensor of rank r:

- naive: ((g_0 + g_1) + g_2) + ..., everywhere;
- tree: pairs, then pairs of pairs: (g_0 + g_1) + (g_2 + g_3);
- ring: chunk c begins with g_c and goes round the ring: ((g_c + g_{c+1}) + g_{c+2}) + ..., indices modulo n.

Source: Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations in MPICH" (binomial
tree, ring); Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations" (ring).
"""

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

    def deliver(self, received: Shaped[Tensor, " n"], own: Shaped[Tensor, " n"]) -> None:
        """Add what was received to the receiver's own chunk, in place, or replace that one by it.

        Args:
            received: the chunk as it was sent.
            own: what the receiver holds; it is changed.
        """
        if self.adds:
            own += received
        else:
            own.copy_(received)


@dataclass(frozen=True)
class Schedule:
    """The messages of an all-reduce, step by step; those of one step are sent at the same time."""

    ranks: int
    chunks: int  # into how many parts a tensor is split
    steps: tuple[tuple[Message, ...], ...]


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


def _check_ranks(ranks: int) -> None:
    if ranks < 1:
        raise ConfigError("the number of ranks", got=ranks, need="at least 1")
