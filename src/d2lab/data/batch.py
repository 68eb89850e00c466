"""Mini-batches of a set that fits in memory: one gather a step, in an order that only seed and epoch decide.

The set stays as it was read (bytes for images) and lives on the training device. The order of an epoch is a
permutation drawn from the stream (seed, "order", epoch): it does not depend on what was trained before, on
the number of workers, or on where a run was broken off.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.seed import stream
from d2lab.data.split import Split


def epoch_order(count: int, *, seed: int, epoch: int) -> Int64[Tensor, " count"]:
    """Give the order in which an epoch visits `count` examples (epochs count from 0)."""
    return torch.randperm(count, generator=stream(seed, "order", epoch))


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
    """Seeded mini-batches of a `Split`, held on `device`."""

    def __init__(
        self, split: Split, *, batch_size: int, seed: int, device: torch.device, drop_last: bool = False
    ) -> None:
        self.steps = steps_per_epoch(len(split), batch_size, drop_last=drop_last)
        self.batch_size, self.seed, self.device, self.count = batch_size, seed, device, len(split)
        self.inputs, self.targets = split.inputs.to(device), split.targets.to(device)

    def epoch(self, number: int, *, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches of epoch `number` (from 0), from batch `start` on."""
        order = epoch_order(self.count, seed=self.seed, epoch=number).to(self.device)
        for step in range(start, self.steps):
            chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
            yield self.inputs.index_select(0, chosen), self.targets.index_select(0, chosen)
