"""Image sets in four idx files (images and labels, for training and test): MNIST, Fashion-MNIST and their kin."""

from pathlib import Path

import numpy as np
import torch

from d2lab.core.errors import DataError
from d2lab.data import source
from d2lab.data.card import Card
from d2lab.data.idx import read_idx
from d2lab.data.split import Dataset, Split


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Load the set of this card from disk or (when `fetch`) from the network; `seed` changes nothing here.

    Raises:
        DataError: the files are missing, broken or not what the card says.
    """
    paths = source.fetch(card) if fetch else source.need(card)
    train, test = (_split(card, paths, part) for part in ("train", "t10k"))
    return Dataset(card, train, test)


def _split(card: Card, paths: dict[str, Path], part: str) -> Split:
    """Read the two files whose names begin with `part`."""
    images, labels = (
        next(paths[f.path] for f in card.files if f"/{part}-{kind}" in f.path) for kind in ("images", "labels")
    )
    count = card.examples[0 if part == "train" else 1]
    _, height, width = card.shape
    pixels = _values(images, (count, height, width))
    targets = torch.from_numpy(_values(labels, (count,))).long()
    return Split(torch.from_numpy(pixels).unsqueeze(1), targets)  # example channel height width


def _values(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read bytes of exactly this shape."""
    values = read_idx(path, limit_bytes=int(np.prod(shape, dtype=np.int64)))
    if values.shape != shape or values.dtype != np.uint8:
        raise DataError(str(path), got=f"{values.dtype} {list(values.shape)}", need=f"uint8 {list(shape)}")
    return values
