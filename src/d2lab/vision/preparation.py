"""What a run does to raw data before the model reads them: one object, kept with the run and in exported files.

Training, evaluation, prediction, figures and export all go through it, so they see the same pixels.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import torch
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from d2lab.core.errors import ConfigError, RunError
from d2lab.core.tensor_tree import Tree, map_tensors
from d2lab.data.batch import Batch
from d2lab.vision.color import to_unit
from d2lab.vision.read import read_image
from d2lab.vision.resample import resize
from d2lab.vision.targets import TargetKind, check_kinds, resize_targets

Fit = Literal["crop", "letterbox", "pad", "whole", "none"]


@dataclass(frozen=True, slots=True)
class Prepare:
    """Resize images, on the device and a batch at a time, and scale bytes to [0, 1]."""

    side: int | None = None  # of the images that the model reads, pixels; None keeps their size

    def __call__(self, inputs: Shaped[Tensor, " batch *input"]) -> Float[Tensor, " batch *prepared"]:
        """Prepare a batch."""
        if self.side is not None and inputs.ndim == 4:
            inputs = resize(inputs, self.side)
        return to_unit(inputs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """Raw -> stored -> what the model reads.

    A file becomes stored pixels (`read`): for "crop" the largest central square, bilinear, as folders of images are
    decoded; for "letterbox" the whole image in the middle of a square, between gray bars; for "pad" the whole image,
    padded with the color of its border, as a drawing becomes one of a set whose images all have one size; for "whole"
    the whole image in the upper left corner, as annotated images are decoded; "none" where the data are no images.
    Stored inputs become what the model reads (calling it): resized to `side`, bytes scaled to [0, 1]. `batch` does the
    same to a batch, and moves targets along.

    Args:
        shape: of a stored input, without the batch axis.
        side: of the images that the model reads, pixels; None keeps their size.
        fit: how a file of other proportions becomes stored pixels.
        classes: names in the order of their numbers; empty where there are none.
        kinds: what a target is, or what each is where targets are a dict; see `vision.targets`.
    """

    shape: tuple[int, ...]
    side: int | None = None
    fit: Fit = "none"
    classes: tuple[str, ...] = ()
    kinds: dict[str, TargetKind] | TargetKind = "class"

    @property
    def prepared_shape(self) -> tuple[int, ...]:
        """The shape of one input as the model reads it."""
        return (self.shape[0], self.side, self.side) if self.side is not None and len(self.shape) == 3 else self.shape

    def __call__(self, inputs: Tree) -> Tree:
        """Return inputs as the model reads them; what is prepared already stays as it is."""
        return map_tensors(self._prepared, inputs)

    def _prepared(self, inputs: Tensor) -> Tensor:
        """Prepare one tensor: bytes and numbers; tokens (int64) are read as they are."""
        return Prepare(self.side)(inputs) if inputs.dtype == torch.uint8 or inputs.is_floating_point() else inputs

    def batch(self, batch: Batch) -> Batch:
        """Return a batch as the model reads it: inputs resized and scaled, masks, boxes and points moved with them."""
        fitted = self.resized(batch)
        return Batch(self(fitted.inputs), fitted.targets, batch.lengths)

    def resized(self, batch: Batch) -> Batch:
        """Return a batch with its images resized to `side`, and what lies on them moved by the same map."""
        images, side = batch.inputs, self.side
        if side is None or not isinstance(images, Tensor) or images.ndim != 4 or images.shape[-2:] == (side, side):
            return batch
        height, width = images.shape[-2:]
        targets = resize_targets(batch.targets, self.kinds, from_size=(height, width), to_size=(side, side))
        return Batch(resize(images, side), targets, batch.lengths)

    def read(self, paths: Sequence[Path], *, invert: bool = False) -> UInt8[Tensor, "file channel height width"]:
        """Read image files as they would be stored.

        Args:
            paths: of the files.
            invert: swap dark and bright, for ink on paper where the data are white on black.

        Raises:
            ConfigError: the data are no images.
            DataError: a file is no image.
        """
        if self.fit == "none":
            raise ConfigError("the run's data", got=f"inputs of shape {self.shape}", need="images")
        channels, height, width = self.shape
        how: dict[str, Any] = {"channels": channels, "height": height, "width": width, "fit": self.fit}
        return torch.stack([read_image(path, invert=invert, **how) for path in paths])

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as the record and exported files keep them."""
        return {"format": 1, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, value: object, where: str) -> "Preparation":
        """Build the preparation that `to_json` described.

        Raises:
            RunError: the values are of another form.
        """
        try:
            made = msgspec.convert(value, _Stated)
            check_kinds(made.kinds)
        except (ValueError, TypeError) as cause:  # msgspec's errors are ValueErrors
            raise RunError(f"the preparation in {where}", got=str(cause), need="what d2lab wrote") from cause
        if made.format != 1 or (made.fit != "none" and (len(made.shape) != 3 or min(made.shape) < 1)):
            got = f"format {made.format}, shape {made.shape}"
            raise RunError(f"the preparation in {where}", got=got, need="what d2lab wrote")
        return cls(shape=made.shape, side=made.side, fit=made.fit, classes=made.classes, kinds=made.kinds)


class _Stated(msgspec.Struct, forbid_unknown_fields=True):
    """The values of a preparation in JSON."""

    format: int
    shape: tuple[int, ...]
    side: int | None
    fit: Fit
    classes: tuple[str, ...]
    kinds: dict[str, TargetKind] | TargetKind


def as_images(inputs: Float[Tensor, "batch channel height width"]) -> UInt8[Tensor, "batch height width channel"]:
    """Return prepared images as bytes with the channels last, as they are drawn."""
    return (inputs.cpu() * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
