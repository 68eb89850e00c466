"""Training batches of a tokenized text: random windows, or strands whose rows go on from batch to batch.

The windows of each epoch begin at another offset, drawn from seed and epoch, so that a token stands at another place of
its window each time. What is held out is cut once, and every token of it is predicted once.

Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section 9.3 (random sampling and sequential
    partitioning).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int64
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.core.seed import stream
from d2lab.data.batch import Batch
from d2lab.data.batches import WHOLE, Batches, Part
from d2lab.data.split import Split

Sampling = Literal["random", "sequential"]
PADDING = -100  # a target that is not counted


@dataclass(frozen=True, eq=False, kw_only=True)
class TokenSplit(Split):
    """Windows of a text for training, with the text itself, from which each epoch cuts its own windows.

    Args:
        tokens: the text.
        starts: first token of each window at offset 0, in the order of batches.
        rows: strands that are read side by side; 0 for random windows.
    """

    tokens: Int64[Tensor, " time"]
    starts: Int64[Tensor, " windows"]
    rows: int

    @property
    def steps(self) -> int:
        """Tokens that a window reads."""
        return int(self.shape[0])


def training_windows(tokens: Int64[Tensor, " time"], steps: int, *, rows: int = 0) -> TokenSplit:
    """Cut a training text into windows of `steps` tokens, as many as fit at every offset below `steps`.

    Args:
        tokens: the text.
        steps: tokens that a window reads; its targets end one later.
        rows: strands to read side by side, one row of a batch each; 0 for windows to shuffle.

    Raises:
        ConfigError: the text is too short for a window of each strand.
    """
    width = max(0, len(tokens) - steps) // max(1, rows)  # tokens of a strand; the rest lets it begin later
    count = width // steps
    if count < 1:
        need = f"at least {steps + max(1, rows) * steps} tokens for {max(1, rows)} strands of {steps}"
        fix = "Set a smaller batch_size or steps." if rows else "Set smaller steps."
        raise ConfigError("the training text", got=f"{len(tokens)} tokens", need=need, fix=fix)
    starts = (torch.arange(count)[:, None] * steps + torch.arange(max(1, rows)) * width).flatten()  # batch by batch
    every = tokens.unfold(0, steps + 1, 1)
    chosen = every[starts] if rows > 1 else every[::steps][:count]  # the latter is a view
    return TokenSplit(inputs=chosen[:, :-1], targets=chosen[:, 1:], tokens=tokens, starts=starts, rows=rows)


def held_out_windows(tokens: Int64[Tensor, " time"], steps: int, *, rows: int = 1) -> Split:
    """Cut a held-out text into windows that predict each of its tokens but the first once; the ends are padded.

    Args:
        tokens: the text.
        steps: tokens that a window reads.
        rows: strands that are read side by side, each from beginning to end.

    Raises:
        ConfigError: the text has fewer than two tokens.
    """
    if len(tokens) < 2:
        raise ConfigError("the held-out text", got=f"{len(tokens)} tokens", need="two or more")
    width = -(-(len(tokens) - 1) // rows)
    batches = -(-width // steps)
    inputs, targets = (
        functional.pad(
            functional.pad(part, (0, rows * width - len(part)), value=fill).view(rows, width),
            (0, batches * steps - width),
            value=fill,
        )
        for part, fill in ((tokens[:-1], 0), (tokens[1:], PADDING))
    )
    shape = (rows, batches, steps)
    return Split(*(part.view(shape).transpose(0, 1).reshape(-1, steps) for part in (inputs, targets)))


class TokenBatches(Batches):
    """Batches of a `TokenSplit`: the windows of an epoch begin at an offset of its own.

    Args:
        split: the training windows; its strands are as many as the batch has rows.
        batch_size: windows a batch.
        seed: decides offset and order, with the epoch.
        device: where the text is held.
        drop_last: leave out the ragged last batch.
        part: the part of each batch that is made here.
    """

    def __init__(
        self,
        split: TokenSplit,
        *,
        batch_size: int,
        seed: int,
        device: torch.device | str = "cpu",
        drop_last: bool = False,
        part: Part = WHOLE,
    ) -> None:
        super().__init__(split, batch_size=batch_size, seed=seed, device=device, drop_last=drop_last, part=part)
        self.split = split
        self.windows = split.tokens.to(device).unfold(0, split.steps + 1, 1)  # a view

    def epoch(self, number: int, *, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of epoch `number` (from 0), from batch `start` on."""
        draw = stream(self.seed, "windows", number)
        starts = self.split.starts + torch.randint(self.split.steps, (), generator=draw)
        if not self.split.rows:
            starts = starts[torch.randperm(len(starts), generator=draw)]
        starts = starts.to(self.device)
        for batch in range(start, self.steps):
            chosen = starts[batch * self.batch_size : (batch + 1) * self.batch_size]
            rows = self.windows[chosen[self.part.rows(len(chosen))]]  # batch steps+1
            yield Batch(rows[:, :-1], rows[:, 1:])
