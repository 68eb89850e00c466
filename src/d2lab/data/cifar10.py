"""CIFAR-10 as its publisher serves it: six pickles of 10,000 images, which are read without being run.

Source: Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images; the layout is on the publisher's page:
a row is 1,024 red, 1,024 green and 1,024 blue bytes, row by row of a 32x32 image.
"""

from pathlib import Path

import numpy as np
import torch

from d2lab.core.errors import DataError
from d2lab.data import source
from d2lab.data.card import Card
from d2lab.data.pickled import read_pickled
from d2lab.data.split import Dataset, Split

BATCHES = 5  # that the training set comes in
LIMIT_BYTES = 40_000_000  # of one file; the real ones have 31 MB


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Load the set of this card from disk or (when `fetch`) from the network; `seed` changes nothing here.

    Raises:
        DataError: the files are missing, broken or not what the card says.
    """
    file = card.files[0]
    folder = (source.fetch(card) if fetch else source.need(card))[file.path] / file.folder
    names = [f"data_batch_{number + 1}" for number in range(BATCHES)]
    return Dataset(card, *(_split(card, folder, part, n) for part, n in ((names, 0), (["test_batch"], 1))))


def _split(card: Card, folder: Path, names: list[str], part: int) -> Split:
    """Read the batches one by one into their place, so that only one is in memory twice."""
    count = card.examples[part]
    pixels = np.empty((count, *card.shape), np.uint8)
    targets = np.empty(count, np.int64)
    each = count // len(names)
    for number, name in enumerate(names):
        rows = slice(number * each, (number + 1) * each)
        pixels[rows], targets[rows] = _batch(folder / name, (each, *card.shape))
    return Split(torch.from_numpy(pixels), torch.from_numpy(targets))


def _batch(path: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels and labels of one file."""
    content = read_pickled(path, limit_bytes=LIMIT_BYTES)
    pixels, labels = content.get(b"data"), content.get(b"labels")
    if not isinstance(pixels, np.ndarray) or pixels.shape != (shape[0], int(np.prod(shape[1:]))):
        got = list(pixels.shape) if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise DataError(f"the data of {path}", got=got, need=f"bytes of shape {list(shape)}, flat")
    if not isinstance(labels, list) or len(labels) != shape[0] or not all(type(label) is int for label in labels):
        raise DataError(f"the labels of {path}", got=type(labels).__name__, need=f"a list of {shape[0]} numbers")
    return pixels.reshape(shape), np.array(labels, np.int64)
