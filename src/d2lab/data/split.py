"""Examples in memory: a `Split` is inputs beside targets, a `Dataset` is a card with a training and a test split.

Images are uint8 ``[n, channel, height, width]`` in 0..255, tables float32 ``[n, feature]``; class targets are
int64 ``[n]``, regression targets float32 ``[n, output]``. Nothing here changes a value: that is vision's work.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.card import Card


@dataclass(frozen=True, eq=False)
class Split:
    """Inputs and their targets, example by example along the first axis.

    Raises:
        DataError: the two differ in length, there is no example, or a type is none of those named above.
    """

    inputs: Tensor
    targets: Tensor

    def __post_init__(self) -> None:
        given = (self.inputs, self.targets)
        if any(values.ndim == 0 for values in given):
            shapes = [list(values.shape) for values in given]
            raise DataError("the shapes of a split", got=shapes, need="a first axis that counts the examples")
        if len(self.inputs) != len(self.targets):
            got = f"{len(self.inputs)} inputs and {len(self.targets)} targets"
            raise DataError("the length of a split", got=got, need="one target for each input")
        if len(self.inputs) == 0:
            raise DataError("the length of a split", got=0, need="at least one example")
        if self.inputs.dtype != torch.uint8 and not self.inputs.is_floating_point():
            raise DataError("the type of a split's inputs", got=self.inputs.dtype, need="uint8 or floating")
        if self.targets.dtype != torch.int64 and not self.targets.is_floating_point():
            need = "int64 for classes, floating for regression"
            raise DataError("the type of a split's targets", got=self.targets.dtype, need=need)

    def __len__(self) -> int:
        """Count the examples."""
        return len(self.inputs)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""
        return tuple(self.inputs.shape[1:])

    @property
    def example(self) -> Tensor:
        """The first input, as a batch of one."""
        return self.inputs[:1]

    def held(self) -> "Split":
        """The same examples with their inputs in memory: this one has them there."""
        return self

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield inputs and targets in order, `size` examples at a time; the last batch may be smaller."""
        for start in range(0, len(self), size):
            yield self.inputs[start : start + size], self.targets[start : start + size]

    def subset(self, indices: Int64[Tensor, " chosen"]) -> "Split":
        """The chosen examples, copied, in the order of `indices`.

        Raises:
            DataError: an index is outside the split, or there is none.
        """
        self._check(indices)
        places = indices.to(self.inputs.device)
        return Split(self.inputs[places], self.targets[places.to(self.targets.device)])

    def _check(self, indices: Tensor) -> None:
        outside = (indices < 0) | (indices >= len(self))
        if outside.any():
            got = int(indices[outside][0])
            raise DataError("an index of a subset", got=got, need=f"0 to {len(self) - 1}")


@dataclass(frozen=True, eq=False)
class Dataset:
    """A set that is loaded: its card, what to learn from, what to be judged by.

    Raises:
        DataError: inputs or class numbers contradict the card.
    """

    card: Card
    train: Split
    test: Split

    def __post_init__(self) -> None:
        for part in (self.train, self.test):
            shape = part.shape
            if shape != self.card.shape:
                raise DataError(f"the inputs of {self.card.name}", got=shape, need=f"shape {self.card.shape}")
            if self.card.task == "classification":
                _check_classes(self.card, part.targets)
            elif not part.targets.is_floating_point():
                need = "floating targets, for its task is regression"
                raise DataError(f"the targets of {self.card.name}", got=part.targets.dtype, need=need)


def _check_classes(card: Card, targets: Tensor) -> None:
    """Refuse targets that name no class of the card."""
    if targets.dtype != torch.int64 or targets.ndim != 1:
        got = f"{targets.dtype} {list(targets.shape)}"
        raise DataError(f"the targets of {card.name}", got=got, need="one int64 class number an example")
    low, high = int(targets.min()), int(targets.max())
    if low < 0 or high >= len(card.classes):
        need = f"class numbers 0 to {len(card.classes) - 1}"
        raise DataError(f"the targets of {card.name}", got=f"{low} to {high}", need=need)


def holdout(split: Split, share: float, *, seed: int) -> tuple[Split, Split]:
    """Two parts, for training and for validation, that together are the split.

    The choice is random; of every class the same share is held out, to within one example (round(share n) in
    all). Both parts keep the order of the split.

    Args:
        split: what to divide.
        share: part to hold out for validation, between 0 and 1.
        seed: decides which examples; the same seed gives the same parts on every device.

    Raises:
        ConfigError: the share is not between 0 and 1, or leaves one part empty.
    """
    count = round(share * len(split)) if 0 < share < 1 else 0
    if not 0 < count < len(split):
        need = f"a share between 0 and 1 that leaves examples on both sides of {len(split)}"
        raise ConfigError("the share to hold out", got=share, need=need)
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    if split.targets.dtype == torch.int64 and split.targets.ndim == 1:
        order = order[split.targets.cpu()[order].argsort(stable=True)]  # class by class, random within each
    # Every (n / count)-th example in this order: each run of one class gives its share, rounded up or down.
    steps = torch.arange(len(split) + 1) * count // len(split)
    chosen = torch.zeros(len(split), dtype=torch.bool)
    chosen[order] = steps.diff() == 1
    return split.subset((~chosen).nonzero().flatten()), split.subset(chosen.nonzero().flatten())


def limit(split: Split, count: int, *, seed: int) -> Split:
    """A random part of `count` examples; a larger count holds the examples of every smaller one.

    Args:
        split: what to choose from; a count of its length or more gives it back unchanged.
        count: number of examples to keep, at least 1.
        seed: decides which examples and in which order.

    Raises:
        ConfigError: the count is below 1.
    """
    if count < 1:
        raise ConfigError("the limit of examples", got=count, need="at least 1")
    if count >= len(split):
        return split
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    return split.subset(order[:count])
