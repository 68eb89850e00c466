"""Small contests in the three layouts; the color of an image is its class, so that a model can be right."""

import csv

import numpy as np
from PIL import Image

KINDS = ("cat", "dog", "owl")


def paint(path, kind, seed):
    """Draw an image of which one channel is bright: the one of its class."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 100, (12, 12, 3), dtype=np.uint8)
    pixels[..., KINDS.index(kind)] += 150
    Image.fromarray(pixels).save(path, quality=95)


def write(path, *rows):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def kind_of(number):
    return KINDS[number % 3]


def numbered(root, labelled=30, asked=12):
    """CIFAR-10's layout; no sample submission."""
    for n in range(1, labelled + 1):
        paint(root / "train" / f"{n}.png", kind_of(n), n)
    for n in range(1, asked + 1):
        paint(root / "test" / f"{n}.png", kind_of(n), 100 + n)
    write(root / "trainLabels.csv", ("id", "label"), *((n, kind_of(n)) for n in range(1, labelled + 1)))
    return root


def dogs(root, labelled=30, asked=12):
    """The layout of dog breeds: ids are no numbers, columns of the sample are not sorted."""
    ids = [f"{n * 7919 % 1000:03}ab" for n in range(labelled + asked)]
    for n, name in enumerate(ids):
        paint(root / ("train" if n < labelled else "test") / f"{name}.jpg", kind_of(n), n)
    write(root / "labels.csv", ("id", "breed"), *((ids[n], kind_of(n)) for n in reversed(range(labelled))))
    sample = [(ids[n], 0.2, 0.3, 0.5) for n in range(labelled + asked - 1, labelled - 1, -1)]
    write(root / "sample_submission.csv", ("id", "owl", "cat", "dog"), *sample)
    return root


def leaves(root, labelled=30, asked=12):
    """The layout of leaves: one folder of images, named by their paths."""
    for n in range(labelled + asked):
        paint(root / "images" / f"{n}.jpg", kind_of(n), n)
    write(root / "train.csv", ("image", "label"), *((f"images/{n}.jpg", kind_of(n)) for n in range(labelled)))
    asked_for = range(labelled + asked - 1, labelled - 1, -1)
    write(root / "test.csv", ("image",), *((f"images/{n}.jpg",) for n in asked_for))
    return root


LAYOUTS = {"numbered": numbered, "dogs": dogs, "leaves": leaves}
