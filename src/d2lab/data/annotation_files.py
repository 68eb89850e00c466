"""What formats with a file for each image share: names of files, numbers of classes, sizes of images."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from d2lab.core.errors import DataError
from d2lab.data.annotation import Annotations, Entry, Thing
from d2lab.data.image import BROKEN, ORIENTATION, open_image


def by_image(annotations: Annotations) -> Iterator[Entry]:
    """Yield image after image with its objects."""
    ends = np.cumsum(annotations.counts)
    for number, (name, (width, height), end) in enumerate(
        zip(annotations.names, annotations.sizes.tolist(), ends.tolist(), strict=True)
    ):
        here = slice(int(ends[number - 1]) if number else 0, end)
        columns = (annotations.boxes, annotations.labels, annotations.ignored)
        rows = zip(*(column[here].tolist() for column in columns), strict=True)
        yield Entry(name, (width, height), [Thing((x1, y1, x2, y2), k, out) for (x1, y1, x2, y2), k, out in rows])


def files_for_images(annotations: Annotations, folder: Path, suffix: str) -> list[Path]:
    """Return the place of a file beside each image, of the image's name with another suffix.

    Raises:
        DataError: two images differ in their suffix alone, so that they would share a file.
    """
    places = [str(PurePosixPath(name).with_suffix(suffix)) for name in annotations.names]
    if len({place.casefold() for place in places}) < len(places):
        folded = [place.casefold() for place in places]
        twice = next(place for place, key in zip(places, folded, strict=True) if folded.count(key) > 1)
        raise DataError(f"files in {folder}", got=f"{twice} for two images", need="one a file")
    return [folder / place for place in places]


def class_numbers(
    found: Iterable[str], classes: Sequence[str] | None, where: str
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the names of the classes, and the number of each.

    Args:
        found: the class of each object, by name.
        classes: names in the order of their numbers; all that are found, sorted, unless given.
        where: what an error calls the files.

    Raises:
        DataError: a class is found that is not among those given.
    """
    occurring = set(found)
    names = tuple(sorted(occurring) if classes is None else classes)
    if occurring - set(names):
        got = ", ".join(sorted(occurring - set(names)))
        raise DataError(f"the classes of {where}", got=got, need=f"one of {', '.join(names)}")
    return names, {name: number for number, name in enumerate(names)}


def image_size(path: Path) -> tuple[int, int]:
    """Return width and height of an image in pixels, upright as its EXIF orientation says; pixels are not decoded.

    Raises:
        DataError: it can't be opened.
    """
    with open_image(path, str(path)) as image:
        width, height = image.size
        try:
            lying = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
        except BROKEN:
            lying = False
    return (height, width) if lying else (width, height)
