"""Photos with what a detector found in them, a file for each."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from d2lab.data.image import open_image, quiet_pillow, to_gray_or_rgb
from d2lab.experiments.detecting import Found
from d2lab.plot.boxes import MarkedBoxes, box_names, draw_boxes, show_image
from d2lab.plot.save import PNG_DPI, save
from d2lab.plot.theme import LIGHT, figure
from d2lab.reports.chosen import names_of_files

if TYPE_CHECKING:
    import matplotlib.figure

SIDES = 480, 1600  # shortest and longest side of a drawing, pixels, where the photo's proportions allow both


def draw_found(found: Sequence[Found], classes: Sequence[str], folder: Path) -> list[Path]:
    """Draw each image with its boxes, names and scores; return the PNG files.

    Args:
        found: by `experiments.detecting.detect_files`.
        classes: names by number.
        folder: of the drawings; `photo.jpg` becomes `photo.png`, a second file of that name `photo-2.png`.

    Raises:
        DataError: a file is no image any more.
        RunError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for one, name in zip(found, names_of_files([one.file for one in found]), strict=True):
        paths += save(_drawn(one, classes), folder / name, ("png",))
    return paths


def _drawn(found: Found, classes: Sequence[str]) -> "matplotlib.figure.Figure":
    """Draw one image."""
    width, height = _size(found.size)
    drawn = figure(width / PNG_DPI, height / PNG_DPI, LIGHT)
    drawn.set_layout_engine("none")
    axes = drawn.add_axes((0, 0, 1, 1))
    show_image(axes, _pixels(found.file, (width, height)))
    scale = np.array([width, height, width, height]) / np.array([*found.size, *found.size])
    labels = found.labels.tolist()
    names = box_names(labels, classes, found.scores.tolist())
    draw_boxes(axes, MarkedBoxes(boxes=found.boxes.numpy() * scale, names=names, numbers=labels))
    return drawn


def _size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height of a drawing, pixels."""
    least, most = SIDES
    scale = min(max(1.0, least / min(size)), most / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _pixels(file: Path, size: tuple[int, int]) -> UInt8[np.ndarray, "height width 3"]:
    from PIL import Image

    with quiet_pillow(), open_image(file, str(file)) as image:
        whole = to_gray_or_rgb(image, str(file), 3)
        return np.asarray(whole.resize(size, Image.Resampling.BILINEAR))
