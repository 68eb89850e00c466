"""Windows of a long stream of tokens: where each begins, batches of them, and parts that cannot leak into each other.

A window of `steps` tokens and its targets, the same tokens shifted by one, are `steps + 1` neighbors of the stream. All
windows are one view of it (`Tensor.unfold`); a batch of random windows is one gather, a batch of sequential ones is a
view again.

Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section 9.3 (random sampling and sequential
    partitioning); Roberts et al. 2017, Ecography 40, "Cross-validation strategies for data with temporal, spatial,
    hierarchical, or phylogenetic structure" (blocks with a gap).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int64, Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.seed import stream as random_stream
from d2lab.data.batch import Batch
from d2lab.data.split import Split

Span = tuple[int, int]  # first token, and the one after the last


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of a stream, by their first tokens; no token is copied until a batch is gathered.

    Args:
        stream: tokens, or the values of a series, in order.
        starts: where each window begins.
        steps: tokens that a window reads; its targets end one token later.

    Raises:
        ConfigError: `steps` is below 1, there is no window, or one leaves the stream.
    """

    stream: Shaped[Tensor, " time"]
    starts: Int64[Tensor, " windows"]
    steps: int

    def __post_init__(self) -> None:
        _check_steps(self.steps, len(self.stream))
        if not len(self.starts):
            raise ConfigError("the windows", got="none", need="a part that holds at least one window and its target")
        low, high = int(self.starts.min()), int(self.starts.max())
        if low < 0 or high + self.steps >= len(self.stream):
            last = len(self.stream) - self.steps - 1
            raise ConfigError("the start of a window", got=f"{low} to {high}", need=f"0 to {last}")

    def __len__(self) -> int:
        """Count the windows."""
        return len(self.starts)

    def gather(self, chosen: Int64[Tensor, " batch"]) -> Batch:
        """Return the windows of these numbers as a batch; inputs and targets share one copy.

        Raises:
            IndexError: there is no window of such a number.
        """
        rows = self.stream.unfold(0, self.steps + 1, 1)[self.starts[chosen]]  # batch steps+1
        return Batch(rows[:, :-1], rows[:, 1:])

    def split(self) -> Split:
        """Return all windows as a `Split` for `data.Batches`: views where neighbors lie evenly, else one copy.

        Raises:
            DataError: see `Split`.
        """
        apart = self.starts.diff()
        if len(apart) and int(apart.min()) == int(apart.max()) > 0:
            every = self.stream.unfold(0, self.steps + 1, 1)[int(self.starts[0]) :: int(apart[0])][: len(self)]
            return Split(every[:, :-1], every[:, 1:])
        whole = self.gather(torch.arange(len(self)))
        return Split(whole.inputs, whole.targets)


def windows(
    stream: Shaped[Tensor, " time"],
    steps: int,
    *,
    stride: int | None = None,
    offset: int = 0,
    spans: Sequence[Span] | None = None,
) -> Windows:
    """Return the windows of a stream, or of some of its spans; none reaches over the end of a span, targets included.

    Args:
        stream: tokens in order.
        steps: tokens that a window reads.
        stride: tokens from one window to the next; `steps` without it, so that no target stands in two windows.
        offset: tokens to skip at the beginning of each span.
        spans: parts of the stream; all of it without them.

    Raises:
        ConfigError: a number is out of range, or no window fits.
    """
    stride = steps if stride is None else stride
    if stride < 1:
        raise ConfigError("stride", got=stride, need="1 or more")
    if offset < 0:
        raise ConfigError("offset", got=offset, need="0 or more")
    _check_steps(steps, len(stream))
    parts = [torch.arange(first + offset, last - steps, stride) for first, last in spans or [(0, len(stream))]
             if first + offset < last - steps]  # fmt: skip
    starts = torch.cat(parts) if parts else torch.empty(0, dtype=torch.int64)
    return Windows(stream, starts, steps)


def random_batches(
    stream: Shaped[Tensor, " time"],
    batch_size: int,
    steps: int,
    *,
    seed: int,
    epoch: int = 0,
    spans: Sequence[Span] | None = None,
) -> Iterator[Batch]:
    """Yield each window of the stream once, in random order, from a random offset; the ragged last batch is left out.

    Windows of neighboring batches are no neighbors in the text: a state must not be carried from batch to batch.

    Args:
        stream: tokens in order.
        batch_size: windows a batch.
        steps: tokens that a window reads.
        seed: decides offset and order, with the epoch.
        epoch: counts from 0.
        spans: parts of the stream that may be read.

    Raises:
        ConfigError: a number is out of range, or there are fewer windows than a batch takes.
    """
    draw = random_stream(seed, "windows", epoch)
    shortest = min((last - first for first, last in spans or [(0, len(stream))]), default=0)
    most = max(1, min(steps, shortest - steps))
    offset = int(torch.randint(most, (), generator=draw))
    found = windows(stream, steps, offset=offset, spans=spans)
    _check_batch(batch_size, len(found))
    order = torch.randperm(len(found), generator=draw)
    for first in range(0, len(order) - batch_size + 1, batch_size):
        yield found.gather(order[first : first + batch_size])


def sequential_batches(
    stream: Shaped[Tensor, " time"], batch_size: int, steps: int, *, offset: int = 0
) -> Iterator[Batch]:
    """Yield batches whose row r goes on where row r of the batch before ended: views, nothing is copied.

    The stream is cut into `batch_size` strands, read side by side: a state may be carried from batch to batch,
    detached. At most `batch_size * steps` tokens at the end are left out.

    Args:
        stream: tokens in order.
        batch_size: strands.
        steps: tokens a batch reads of each strand.
        offset: tokens to skip at the beginning of the stream.

    Raises:
        ConfigError: a number is out of range, or the strands are shorter than a window.
    """
    _check_steps(steps, len(stream))
    _check_batch(batch_size, len(stream))
    if offset < 0:
        raise ConfigError("offset", got=offset, need="0 or more")
    width = (len(stream) - 1 - offset) // batch_size
    if width < steps:
        need = f"at least {batch_size * steps + 1 + offset} for {batch_size} strands of {steps} tokens"
        raise ConfigError("the stream", got=f"{len(stream)} tokens", need=need)
    used = width * batch_size
    inputs = stream[offset : offset + used].view(batch_size, width)
    targets = stream[offset + 1 : offset + 1 + used].view(batch_size, width)
    for first in range(0, width - steps + 1, steps):
        yield Batch(inputs[:, first : first + steps], targets[:, first : first + steps])


def split_blocks(count: int, *, share: float, blocks: int, gap: int, seed: int = 0) -> tuple[list[Span], list[Span]]:
    """Cut a stream into training and held-out spans: whole blocks, and `gap` tokens beside each that belong to none.

    A random choice of windows leaks, for the neighbors of a held-out window are trained on. With `gap` at least the
    window's length no training window shares a token with a held-out one, nor with its context.

    Args:
        count: tokens of the stream.
        share: of the blocks to hold out, between 0 and 1; at least one block.
        blocks: number of equal blocks; 1 holds out the end of the stream, which keeps the order of time.
        gap: tokens between a training span and a held-out one.
        seed: decides which blocks.

    Returns:
        The training spans and the held-out spans, both in order.

    Raises:
        ConfigError: a number is out of range, or one side is left empty.
    """
    if not 0 < share < 1:
        raise ConfigError("the share to hold out", got=share, need="between 0 and 1")
    if blocks < 1 or gap < 0:
        raise ConfigError("blocks and gap", got=(blocks, gap), need="1 block or more, and a gap of 0 or more")
    if blocks == 1:
        held = [(count - round(share * count), count)]
    else:
        edges = [count * i // blocks for i in range(blocks + 1)]
        order = torch.randperm(blocks, generator=random_stream(seed, "blocks"))
        chosen = sorted(order[: max(1, round(share * blocks))].tolist())
        held = _joined([(edges[i], edges[i + 1]) for i in chosen])
    ends = [0, *(last + gap for _, last in held)]
    starts = [*(first - gap for first, _ in held), count]
    kept = [(first, last) for first, last in zip(ends, starts, strict=True) if last > first]
    held = [(first, last) for first, last in held if last > first]
    if not kept or not held:
        fix = "Take a smaller gap, share or number of blocks."
        raise ConfigError("the stream", got=f"{count} tokens", need="some for training and some held out", fix=fix)
    return kept, held


def embed_series(
    series: Shaped[Tensor, " time"], tau: int
) -> tuple[Shaped[Tensor, "examples tau"], Shaped[Tensor, " examples"]]:
    """Return the last `tau` values before each moment, and the value of the moment: `time - tau` examples, as views.

    Source: Yule 1927, Philosophical Transactions A 226, "On a method of investigating periodicities" (autoregression).

    Raises:
        ConfigError: `tau` leaves no example; with `tau` equal to the length there is none, with one less there is one.
    """
    if not 1 <= tau < len(series):
        raise ConfigError("tau", got=tau, need=f"1 to {len(series) - 1}, for {len(series)} values")
    return series.unfold(0, tau, 1)[:-1], series[tau:]


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Make one span of neighbors that touch."""
    joined: list[Span] = []
    for first, last in spans:
        if joined and joined[-1][1] == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _check_steps(steps: int, count: int) -> None:
    """Refuse a window that is empty or, with its target, longer than the stream."""
    if not 1 <= steps < max(count, 2) or count < 2:
        raise ConfigError("steps", got=steps, need=f"1 to {count - 1}, for a stream of {count} tokens")


def _check_batch(batch_size: int, count: int) -> None:
    """Refuse a batch that is empty or larger than what there is."""
    if not 1 <= batch_size <= count:
        raise ConfigError("batch_size", got=batch_size, need=f"1 to {count}, as many as there are")
