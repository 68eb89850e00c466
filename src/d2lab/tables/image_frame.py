"""Folders of images as tables of a few numbers each: what a shift of cameras, light or content changes first.

Source: Rabanser, Günnemann and Lipton 2019, "Failing Loudly: An Empirical Study of Methods for Detecting Dataset Shift"
(reduced dimensions, then two-sample tests).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, UInt8

from d2lab.core.errors import DataError
from d2lab.data.image import open_image, quiet_pillow, read_square
from d2lab.data.listing import find_images
from d2lab.tables.frame import Column, Frame

SIDE = 64  # pixels of the square that statistics are computed on
SMALL = 16  # pixels of the square whose principal components are columns
COMPONENTS = 24
LEAST = 2  # images of a folder
STATISTICS = ("width", "height", "brightness", "contrast", "red - green", "blue - green", "sharpness")


@dataclass(frozen=True, eq=False, slots=True)
class ImageFrame:
    """A table with a row for each image of a folder.

    Args:
        files: their places in the folder.
        frame: the statistics above, then principal components of the pixels.
    """

    files: tuple[str, ...]
    frame: Frame


def image_frames(one: Path, other: Path, *, seed: int = 0) -> tuple[ImageFrame, ImageFrame]:
    """Return the images of two folders, however deep they lie, as tables of the same columns.

    The principal components are those of both folders together, at 16 x 16 pixels.

    Args:
        one: a folder.
        other: another.
        seed: of the search for the components.

    Raises:
        DataError: no folder, fewer than two images, or one that can't be read.
    """
    from sklearn.decomposition import PCA  # slow to import

    read = [_read(root) for root in (one, other)]
    pixels = np.concatenate([small for _, _, small in read])
    parts = min(COMPONENTS, len(pixels) - 1)
    scores = PCA(parts, svd_solver="randomized", random_state=seed).fit_transform(pixels)
    first = len(read[0][0])
    frames = []
    for (files, statistics, _), mine in zip(read, (scores[:first], scores[first:]), strict=True):
        columns = dict(zip(STATISTICS, statistics.T, strict=True))
        columns |= {f"component {number}": values for number, values in enumerate(mine.T, start=1)}
        named = (Column(name=name, kind="number", values=values.copy()) for name, values in columns.items())
        frames.append(ImageFrame(files, Frame(tuple(named))))
    return frames[0], frames[1]


def _read(root: Path) -> tuple[tuple[str, ...], Float64[np.ndarray, "image number"], Float64[np.ndarray, "image _"]]:
    """Return the files of a folder, and of each image its statistics and its small pixels."""
    if not root.is_dir():
        got = "a file" if root.exists() else "nothing there"
        raise DataError(f"the folder {root}", got=got, need="a folder of images")
    files = tuple(sorted(entry.name.removeprefix("./") for entry in find_images(root, ".")))
    if len(files) < LEAST:
        raise DataError(f"the folder {root}", got=f"{len(files)} images", need=f"{LEAST} or more")
    statistics, pixels = [], []
    with quiet_pillow():
        for name in files:
            with open_image(root / name, name) as image:
                size = image.size
            square = read_square(root / name, name, side=SIDE, channels=3)
            statistics.append([*map(float, size), *image_statistics(square)])
            pixels.append(_small(square).ravel())
    return files, np.array(statistics), np.array(pixels)


def image_statistics(image: UInt8[np.ndarray, "3 side side"]) -> list[float]:
    """Return brightness, contrast, red - green, blue - green and sharpness of an image.

    Brightness is the mean of the pixels over 255, contrast their standard deviation, sharpness the mean absolute
    difference of neighbors; all three of the mean of the channels.
    """
    values = image.astype(np.float64) / 255
    gray, (red, green, blue) = values.mean(axis=0), values.mean(axis=(1, 2)).tolist()
    sharpness = (np.abs(np.diff(gray, axis=0)).mean() + np.abs(np.diff(gray, axis=1)).mean()) / 2
    return [float(gray.mean()), float(gray.std()), red - green, blue - green, float(sharpness)]


def _small(image: UInt8[np.ndarray, "3 side side"]) -> Float64[np.ndarray, "3 small small"]:
    """Return the means of blocks of pixels."""
    block = SIDE // SMALL
    blocks = image.astype(np.float64).reshape(3, SMALL, block, SMALL, block) / 255
    return np.asarray(blocks.mean(axis=(2, 4)))
