"""Annotated images for tests: random boxes with sides of one pixel and more, images without any, drawn images."""

import numpy as np
from tests.data.pictures import draw

from d2lab.data.annotation import Annotations, Entry, Thing, gather

CLASSES = ("cat", "dog", "traffic light")


def random_annotations(seed, images=8, most=5, *, whole=False, size=None) -> Annotations:
    """Draw annotations; every third image is empty, and some boxes fill their image or are a pixel wide."""
    random = np.random.default_rng(seed)
    entries = []
    for row in range(images):
        width, height = size or random.integers(20, 200, 2).tolist()
        things = []
        for _ in range(0 if row % 3 == 2 else random.integers(1, most + 1)):
            x1, y1 = random.integers(0, [width - 1, height - 1]).tolist()
            x2, y2 = random.integers([x1 + 1, y1 + 1], [width + 1, height + 1]).tolist()
            box = [x1, y1, x2, y2] if whole else [x1 + 0.25, y1 + 0.5, x2 - 0.25, y2 - 0.125]
            things.append(Thing(tuple(map(float, box)), int(random.integers(len(CLASSES))), bool(random.integers(2))))
        entries.append(Entry(f"{row:03}.png", (width, height), things))
    return gather(CLASSES, entries)


def draw_all(annotations, folder):
    """Draw a file of the right size for each image."""
    for number, (name, size) in enumerate(zip(annotations.names, annotations.sizes.tolist(), strict=True)):
        draw(folder / name, number, size=tuple(size))


def assert_same(mine, theirs, *, ignored=True, atol=0.0):
    assert mine.classes == theirs.classes
    assert mine.names == theirs.names
    np.testing.assert_array_equal(mine.sizes, theirs.sizes)
    np.testing.assert_allclose(mine.boxes, theirs.boxes, rtol=0, atol=atol)
    np.testing.assert_array_equal(mine.labels, theirs.labels)
    np.testing.assert_array_equal(mine.images, theirs.images)
    if ignored:
        np.testing.assert_array_equal(mine.ignored, theirs.ignored)
