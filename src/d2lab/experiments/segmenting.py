"""The class of each pixel of image files, in the pixels of the files, by a run's model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.data.image_fit import fitted_sizes
from d2lab.experiments.detecting import size_of
from d2lab.experiments.exported import ExportedModel
from d2lab.experiments.trained import Trained
from d2lab.train.segmentation import Segmentation, class_shares


@dataclass(frozen=True, slots=True, eq=False)
class Segmented:
    """One image file and the class of each of its pixels.

    Args:
        file: of the image.
        mask: class numbers, upright.
        shares: of each class in the pixels, 0 to 1.
    """

    file: Path
    mask: UInt8[Tensor, "height width"]
    shares: Float[Tensor, " class_"]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        height, width = self.mask.shape
        return width, height


def segment_files(model: Trained | ExportedModel, files: Sequence[Path]) -> Iterator[Segmented]:
    """Yield the class of each pixel of image files, each read as the run's training images were.

    The model answers in its own pixels; its probabilities are interpolated to those of the file, and there the most
    probable class is taken. All files are looked at before the first is answered.

    Args:
        model: a run for segmentation, or an exported file of one.
        files: of the images.

    Raises:
        ConfigError: the model is for another task, or reads no color images.
        DataError: a file is no image.
    """
    if isinstance(model, Trained) and not isinstance(model.experiment.task, Segmentation):
        need = "a run for segmentation, such as d2lab train unet"
        raise ConfigError(f"run {model.record.name}", got=model.experiment.task.name, need=need)
    if model.preparation.kinds != "mask":
        raise ConfigError("model", got="a file for another task", need="one for segmentation, such as that of unet")
    if model.preparation.fit != "whole":
        raise ConfigError("model", got=f"inputs of shape {model.preparation.shape}", need="one of color images")
    sizes = [size_of(file) for file in files]
    return (_segmented(model, file, size) for file, size in zip(files, sizes, strict=True))


def _segmented(model: Trained | ExportedModel, file: Path, size: tuple[int, int]) -> Segmented:
    answer: Any = model.predict([file])
    height, width = model.preparation.shape[1:]
    seen_width, seen_height = fitted_sizes(np.array([size]), (height, width))[0].tolist()
    rows, columns = answer.shape[-2:]  # of a model that resizes, other than those of the frame
    seen = answer[0, :, : -(-seen_height * rows // height), : -(-seen_width * columns // width)]
    mask = most_probable(seen, (size[1], size[0]))
    return Segmented(file, mask, class_shares(mask.long(), len(answer[0])))


def most_probable(
    chances: Float[Tensor, "class_ rows columns"], size: tuple[int, int]
) -> UInt8[Tensor, "height width"]:
    """Return the most probable class of each pixel of an image of another size; of equal ones the first.

    Probabilities are interpolated bilinearly, class by class: a photo of many pixels needs three maps of its size.

    Args:
        chances: a probability for each class at each place.
        size: height and width of the image, pixels.
    """
    best = torch.full(size, -1.0)
    mask = torch.zeros(size, dtype=torch.uint8)
    for number, place in enumerate(chances.float()):
        here = place if place.shape == size else functional.interpolate(place[None, None], size, mode="bilinear")[0, 0]
        mask[here > best] = number
        best = torch.maximum(best, here)
    return mask


def as_json(found: Sequence[Segmented], classes: Sequence[str]) -> dict[str, Any]:
    """Return what stands in a JSON file: of each image its size and the share of each class in its pixels.

    Args:
        found: by `segment_files`.
        classes: names by number.
    """
    images = [
        {
            "file_name": str(one.file),
            "width": one.size[0],
            "height": one.size[1],
            "shares": dict(zip(classes, one.shares.tolist(), strict=True)),
        }
        for one in found
    ]
    return {"classes": list(classes), "images": images}
