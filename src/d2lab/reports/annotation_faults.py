"""What is wrong, or needs another look, in annotated images: named image by image, the gravest first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch

from d2lab.core.errors import DataError
from d2lab.data.annotation import Annotations, is_degenerate, is_out_of_frame, is_thin
from d2lab.data.annotation_files import image_size
from d2lab.data.annotation_source import Source
from d2lab.data.image import quiet_pillow
from d2lab.data.same_files import same_files
from d2lab.vision.iou import paired_iou

TWICE = 0.9  # IoU from which on two boxes of one class are taken for one object marked twice
PAIRS = 2**20  # of boxes compared at once
KINDS = {  # in their order: whether training refuses such data, and what is said
    "missing": (True, "image files that are not there"),
    "broken": (True, "files that are no image"),
    "size": (True, "images of another size than their annotation says"),
    "copied": (False, "images of which another part has a copy"),
    "degenerate": (False, "boxes without area"),
    "outside": (False, "boxes out of their image"),
    "twice": (False, "boxes of one class that cover one another: an object marked twice"),
    "thin": (False, "boxes with a side of at most one pixel"),
}


class Fault(NamedTuple):
    """One fault of one image.

    Args:
        kind: a key of `KINDS`.
        part: of the set.
        image: its number in the part.
        said: name of the image, and what else there is to say.
        objects: numbers of the boxes, among all of the part.
    """

    kind: str
    part: str
    image: int
    said: str
    objects: tuple[int, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether training refuses such an image."""
        return KINDS[self.kind][0]


def find_faults(parts: Mapping[str, Source]) -> list[Fault]:
    """Look at every box, at the head of every image file, and for copies in other parts; no image is decoded.

    Args:
        parts: by `read_source`.
    """
    found = list(_copied(parts))
    for part, source in parts.items():
        found += _of_files(part, source)
        found += _of_boxes(part, source.annotations)
    places = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda fault: places[fault.kind])


def marked_twice(found: Annotations) -> np.ndarray:
    """Return which boxes cover an earlier one of their class in the same image by an IoU of .9 or more.

    What evaluation ignores, such as a crowd, may cover others.
    """
    twice = np.zeros(len(found.boxes), bool)
    boxes, labels, counts = found.padded()
    most = boxes.shape[1]
    first, places = np.cumsum(counts) - counts, np.arange(most)
    ignored = np.zeros((len(found), most), bool)
    ignored[found.images, np.arange(len(found.images)) - first[found.images]] = found.ignored
    real = (places < counts[:, None]) & ~ignored
    step = max(1, PAIRS // most**2)
    for start in range(0, len(found) if most > 1 else 0, step):
        some = slice(start, start + step)
        own = torch.from_numpy(boxes[some])
        covering = paired_iou(own[:, :, None], own[:, None]).numpy() >= TWICE  # image most most
        alike = labels[some, :, None] == labels[some, None]
        both = real[some, :, None] & real[some, None] & (places[:, None] > places)
        image, place = np.nonzero((covering & alike & both).any(2))
        twice[first[some][image] + place] = True
    return twice


def _of_boxes(part: str, found: Annotations) -> Iterator[Fault]:
    """Yield the faults of boxes, an image each."""
    masks = {
        "degenerate": is_degenerate(found.boxes),
        "outside": is_out_of_frame(found),
        "twice": marked_twice(found),
        "thin": is_thin(found.boxes),
    }
    for kind, mask in masks.items():
        by_image = defaultdict(list)
        for row in np.flatnonzero(mask).tolist():
            by_image[int(found.images[row])].append(row)
        for image, rows in by_image.items():
            names = ", ".join(dict.fromkeys(found.classes[found.labels[row]] for row in rows))
            yield Fault(kind, part, image, f"{found.names[image]} ({names})", tuple(rows))


def _of_files(part: str, source: Source) -> Iterator[Fault]:
    """Yield the faults of image files; only their heads are read."""
    with quiet_pillow():
        for image, file in enumerate(source.files):
            name, stated = source.annotations.names[image], tuple(source.annotations.sizes[image].tolist())
            if file is None:
                yield Fault("missing", part, image, name)
                continue
            try:
                size = image_size(file)
            except DataError as error:
                yield Fault("broken", part, image, f"{name} ({error.got})")
                continue
            if size != stated:
                yield Fault("size", part, image, "{} ({} x {}, not {} x {})".format(name, *size, *stated))


def _copied(parts: Mapping[str, Source]) -> Iterator[Fault]:
    """Yield images whose bytes an image of an earlier part has too; only files of one size are read."""
    found = [(part, image, file) for part, source in parts.items() for image, file in enumerate(source.files) if file]
    for group in same_files((part, file) for part, _, file in found):
        (first, shown, _), *others = (found[place] for place in group)
        other = parts[first].annotations.names[shown]
        for part, image, _ in others:
            if part != first:
                yield Fault("copied", part, image, f"{parts[part].annotations.names[image]} ({first}: {other})")
