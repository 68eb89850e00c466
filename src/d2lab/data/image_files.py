"""A split whose images stay in their files and are decoded batch by batch, for what doesn't fit in memory.

It does what a `Split` does, with the same values in the same order; only `inputs` (all of them at once) has a limit.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.utils.data import Sampler

from d2lab.core.errors import DataError
from d2lab.data.batch import Batch
from d2lab.data.batches import steps_per_epoch
from d2lab.data.card import SquareFit
from d2lab.data.image import quiet_pillow
from d2lab.data.image_fit import read_as_square
from d2lab.data.names import Names
from d2lab.data.split import Split
from d2lab.data.stream import read_batches

HELD_BYTES = 2 * 2**30  # of decoded images, at most, that are held at once


class ImageFiles(Split):
    """Images in files beside their classes.

    Args:
        root: the folder that the names begin at.
        names: one for each image, with forward slashes.
        targets: class numbers.
        side: pixels; each image becomes a square of this side.
        channels: 1 for gray, 3 for color.
        workers: processes that read ahead when the images are asked for in order; 0 reads in this one.
        fit: how: its central square, or whole between two bars.
    """

    def __init__(
        self,
        root: Path,
        names: Names,
        targets: Int64[Tensor, " file"],
        *,
        side: int,
        channels: int,
        workers: int,
        fit: SquareFit = "crop",
    ) -> None:
        if len(names) != len(targets) or len(names) == 0:
            got = f"{len(names)} images and {len(targets)} targets"
            raise DataError("the length of a split", got=got, need="one target for each image, and at least one")
        facts = {"root": root, "names": names, "targets": targets, "side": side, "channels": channels}
        for name, value in {**facts, "workers": workers, "fit": fit}.items():
            object.__setattr__(self, name, value)

    root: Path
    names: Names
    side: int
    channels: int
    workers: int
    fit: SquareFit

    def __len__(self) -> int:
        """Count the images."""
        return len(self.names)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image as it is read."""
        return (self.channels, self.side, self.side)

    @property
    def example(self) -> Tensor:
        """The first image, as a batch of one."""
        image: Tensor = self.__getitems__([0]).inputs
        return image

    @property
    def inputs(self) -> Tensor:
        """All images, decoded now.

        Raises:
            DataError: they would take too much memory, or one of them can't be read.
        """
        images: Tensor = self.held().inputs
        return images

    def __getitems__(self, indices: list[int]) -> Batch:
        """Decode some images, in the order asked for.

        Raises:
            DataError: one of them can't be read.
        """
        pixels = np.empty((len(indices), *self.shape), np.uint8)
        with quiet_pillow():
            for row, number in enumerate(indices):
                pixels[row] = self.read(number)
        return Batch(torch.from_numpy(pixels), self.targets[torch.tensor(indices, dtype=torch.int64)])

    def read(self, number: int) -> np.ndarray:
        """Decode one image.

        Raises:
            DataError: it can't be read.
        """
        path = self.root / self.names[number]
        return read_as_square(path, str(path), side=self.side, channels=self.channels, fit=self.fit)

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield images and targets in order, `size` at a time, read ahead by the workers."""
        generator = torch.Generator().manual_seed(0)
        return read_batches(self, _InOrder(len(self), size), workers=self.workers, generator=generator)

    def subset(self, indices: Int64[Tensor, " chosen"]) -> "ImageFiles":
        """The chosen images, still in their files, in the order of `indices`.

        Raises:
            DataError: an index is outside the split, or there is none.
        """
        self._check(indices)
        chosen = self.names.take(indices.cpu().numpy())
        how = {"side": self.side, "channels": self.channels, "workers": self.workers}
        return ImageFiles(self.root, chosen, self.targets[indices.cpu()], **how, fit=self.fit)

    def held(self) -> Split:
        """The same images in memory.

        Raises:
            DataError: they would take too much of it, or one of them can't be read.
        """
        size = len(self) * self.channels * self.side**2
        if size > HELD_BYTES:
            fix = "Ask for a subset, or for batches."
            raise DataError("decoded images", got=f"{size / 2**30:.1f} GiB", need="2 GiB at most at once", fix=fix)
        return Split(torch.cat([inputs for inputs, _ in self.batches(256)]), self.targets)


class _InOrder(Sampler[list[int]]):
    """Name the batches from the first example to the last."""

    def __init__(self, count: int, size: int) -> None:
        self.count, self.size = count, size
        self.steps = steps_per_epoch(count, size)

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        for start in range(0, self.count, self.size):
            yield list(range(start, min(start + self.size, self.count)))
