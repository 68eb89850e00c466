"""Folders of small pictures, each with a color of its own."""

from pathlib import Path

import numpy as np
from PIL import Image


def draw(path, seed, size=(10, 10), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def fill(root, counts, size=(10, 10), mode="RGB", suffix=".png"):
    """Draw so many pictures into each folder (its path from the root on)."""
    for number, (folder, count) in enumerate(counts.items()):
        for n in range(count):
            draw(Path(root) / folder / f"{n:03}{suffix}", 1000 * number + n, size, mode)
    return Path(root)


TRAIN_TEST = {"train/cat": 5, "train/dog": 4, "test/cat": 2, "test/dog": 2}
