"""Examples in memory: a `Split` is inputs beside targets, a `Dataset` is a card with a training and a test split.

Images are uint8 ``[n, channel, height, width]`` in 0..255, tables float32 ``[n, feature]``, tokens int64
``[n, time]``; class targets are int64 ``[n]``, regression targets float32 ``[n, output]``, masks uint8
``[n, height, width]``, boxes float32 ``[n, most, 4]`` beside labels and a count. Nothing here changes a value: that is
vision's work.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.tensor_tree import Tree, map_tensors, tensors_of
from d2lab.data.batch import Batch
from d2lab.data.card import Card

KINDS = (torch.uint8, torch.int64, torch.bool)  # beside the floating ones


@dataclass(frozen=True, eq=False)
class Split:
    """Inputs beside their targets, example by example along the first axis; each a tensor, or a tuple or dict of them.

    Args:
        inputs: what a model reads: uint8 images, floating features, int64 tokens.
        targets: class numbers, floating numbers, uint8 masks, tokens; padded boxes beside labels and their count.
        lengths: how many entries of each padded example are real; None where nothing is padded.

    Raises:
        DataError: tensors differ in length, there is no example, or a type is none of those named above.
    """

    inputs: Tree
    targets: Tree
    lengths: Tensor | None = None

    def __post_init__(self) -> None:
        inputs, targets = tensors_of(self.inputs), tensors_of(self.targets)
        if not inputs or not targets:
            raise DataError("a split", got="no tensors", need="a tensor, or a tuple or dict of tensors")
        given = [*inputs, *targets, *(() if self.lengths is None else (self.lengths,))]
        if any(values.ndim == 0 for values in given):
            shapes = [list(values.shape) for values in given]
            raise DataError("the shapes of a split", got=shapes, need="a first axis that counts the examples")
        counts = {len(values) for values in given}
        if len(counts) > 1:
            got = f"{len(inputs[0])} inputs and {next(len(v) for v in given if len(v) != len(inputs[0]))} targets"
            raise DataError("the length of a split", got=got, need="one target for each input")
        if counts == {0}:
            raise DataError("the length of a split", got=0, need="at least one example")
        for values in given:
            if values.dtype not in KINDS and not values.is_floating_point():
                what = "targets" if any(values is target for target in targets) else "inputs"
                raise DataError(
                    f"the type of a split's {what}", got=values.dtype, need="uint8, int64, bool or floating"
                )

    def __len__(self) -> int:
        """Count the examples."""
        return len(tensors_of(self.inputs)[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input; of the first of several."""
        return tuple(tensors_of(self.inputs)[0].shape[1:])

    @property
    def example(self) -> Tree:
        """The first input, as a batch of one."""
        return map_tensors(lambda tensor: tensor[:1], self.inputs)

    @property
    def nbytes(self) -> int:
        """Count the bytes of the inputs."""
        return sum(tensor.nbytes for tensor in tensors_of(self.inputs))

    def whole(self) -> Batch:
        """Return all examples as one batch, sharing their memory."""
        return Batch(self.inputs, self.targets, self.lengths)

    def held(self) -> "Split":
        """The same examples with their inputs in memory: this one has them there."""
        return self

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the examples in order, `size` at a time; the last batch may be smaller."""
        yield from self.whole().split(size)

    def subset(self, indices: Int64[Tensor, " chosen"]) -> "Split":
        """The chosen examples, copied, in the order of `indices`.

        Raises:
            DataError: an index is outside the split, or there is none.
        """
        self._check(indices)
        return Split(*_fields(self.whole().map(lambda tensor: tensor[indices.to(tensor.device)])))

    def _check(self, indices: Tensor) -> None:
        outside = (indices < 0) | (indices >= len(self))
        if outside.any():
            got = int(indices[outside][0])
            raise DataError("an index of a subset", got=got, need=f"0 to {len(self) - 1}")


def _fields(batch: Batch) -> tuple[Tree, Tree, Tensor | None]:
    return batch.inputs, batch.targets, batch.lengths


def as_split(batch: Batch) -> Split:
    """Return a batch's examples as a split.

    Raises:
        DataError: see `Split`.
    """
    return Split(*_fields(batch))


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
            elif self.card.task == "regression" and not part.targets.is_floating_point():
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
    targets = split.targets
    if isinstance(targets, Tensor) and targets.dtype == torch.int64 and targets.ndim == 1:
        order = order[targets.cpu()[order].argsort(stable=True)]  # class by class, random within each
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
