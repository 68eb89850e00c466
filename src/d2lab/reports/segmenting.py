"""Masks of photos as files, and the photos with the classes painted over them."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from d2lab.core.atomic import write_bytes
from d2lab.data.image import open_image, quiet_pillow, to_gray_or_rgb
from d2lab.data.palette import voc_palette, write_mask
from d2lab.experiments.segmenting import Segmented
from d2lab.plot.overlay import bright, overlay
from d2lab.reports.chosen import names_of_files

MASKS, OVERLAYS = "masks", "overlays"  # folders


def write_segmented(found: Sequence[Segmented], folder: Path) -> list[Path]:
    """Write each mask as a PNG file with Pascal VOC's palette, and the image with its classes; return the files.

    Args:
        found: by `experiments.segmenting.segment_files`.
        folder: `photo.jpg` becomes `masks/photo.png` and `overlays/photo.png` in it, a second file of that name
            `photo-2.png`.

    Raises:
        DataError: a file is no image any more, or a folder can't be written.
    """
    paths = []
    for one, name in zip(found, names_of_files([one.file for one in found]), strict=True):
        mask = one.mask.numpy()
        paths += [folder / MASKS / f"{name}.png", folder / OVERLAYS / f"{name}.png"]
        write_mask(mask, paths[-2])
        _write_overlay(one.file, mask, paths[-1])
    return paths


def _write_overlay(file: Path, mask: np.ndarray, path: Path) -> None:
    from PIL import Image

    with quiet_pillow(), open_image(file, str(file)) as image:
        pixels = np.asarray(to_gray_or_rgb(image, str(file), 3))
    content = io.BytesIO()
    Image.fromarray(overlay(pixels, mask, bright(voc_palette()))).save(content, "PNG")
    write_bytes(path, content.getvalue())
