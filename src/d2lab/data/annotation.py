"""Objects in images, as every file format of boxes here is read to and written from: boxes, classes, image sizes.

A box is (x1, y1, x2, y2) in pixels, and coordinates are continuous: 0 is the left (upper) edge of the first pixel, the
image's width the right edge of its last one. The box of the first pixel alone is (0, 0, 1, 1); x2 - x1 is a width.
An image without objects is an image like others.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from d2lab.core.errors import DataError
from d2lab.core.json_file import read_object

BadBoxes = Literal["refuse", "keep", "repair"]
ROUNDING = 0.01  # pixels that a box may reach out of its image: six decimals of a relative center do so
MOST_SIDE = 1_000_000  # pixels
FARTHEST = 1e7  # pixels: no coordinate lies farther out
LONGEST = 500  # letters of a class name or of a file's name
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


class Thing(NamedTuple):
    """One object of an image: its box in pixels, the number of its class, whether evaluation ignores it."""

    box: tuple[float, float, float, float]
    label: int
    ignored: bool = False  # COCO's iscrowd, Pascal VOC's difficult


class Entry(NamedTuple):
    """One image: its file's name with forward slashes, its width and height in pixels, its objects."""

    name: str
    size: tuple[int, int]
    things: Sequence[Thing]


@dataclass(frozen=True, eq=False, slots=True)
class Annotations:
    """Boxes and classes of the objects in some images, object by object in the order of the images.

    Args:
        classes: names, by number.
        names: of the image files, with forward slashes.
        sizes: width and height of each image, pixels.
        boxes: of each object, pixels.
        labels: number of each object's class.
        images: number of each object's image, ascending.
        ignored: whether evaluation ignores the object.

    Raises:
        DataError: a name is not one or stands twice, a size is none, a number is not finite or out of range.
    """

    classes: tuple[str, ...]
    names: tuple[str, ...]
    sizes: Int64[np.ndarray, "image 2"]
    boxes: Float64[np.ndarray, "object 4"]
    labels: Int64[np.ndarray, " object"]
    images: Int64[np.ndarray, " object"]
    ignored: Bool[np.ndarray, " object"]

    def __post_init__(self) -> None:
        for what, names in (("the name of a class", self.classes), ("the name of an image", self.names)):
            _check_names(what, names)
        if len(self.sizes) != len(self.names):
            raise DataError("the sizes of images", got=len(self.sizes), need=f"one for each of {len(self.names)}")
        for row in np.flatnonzero(((self.sizes < 1) | (self.sizes > MOST_SIDE)).any(1))[:1]:
            got = "{} x {} pixels".format(*self.sizes[row])
            raise DataError(f"the size of {self.names[row]}", got=got, need=f"1 to {MOST_SIDE:,} pixels a side")
        for numbers, what, count in ((self.labels, "class", self.classes), (self.images, "image", self.names)):
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(count):
                got = f"{numbers.min()} to {numbers.max()}"
                raise DataError(f"the {what} of an object", got=got, need=f"0 to {len(count) - 1}")
        if (np.diff(self.images) < 0).any():
            raise DataError("the objects", got="another order", need="the order of their images")
        for row in np.flatnonzero(~(np.abs(self.boxes) <= FARTHEST).all(1))[:1]:  # NaN compares as false
            got = self.boxes[row].tolist()
            raise DataError(f"a box of {self.names[self.images[row]]}", got=got, need="four finite numbers of pixels")

    def __len__(self) -> int:
        """Count the images."""
        return len(self.names)

    @property
    def counts(self) -> Int64[np.ndarray, " image"]:
        """Objects of each image."""
        return np.bincount(self.images, minlength=len(self)).astype(np.int64)

    def keep(self, chosen: Bool[np.ndarray, " object"]) -> "Annotations":
        """Return the same images with some of their objects."""
        parts = (self.boxes[chosen], self.labels[chosen], self.images[chosen], self.ignored[chosen])
        return Annotations(self.classes, self.names, self.sizes, *parts)

    def renumber(self, classes: tuple[str, ...]) -> "Annotations":
        """Return the same objects with their classes numbered as in a list that holds all of them.

        Raises:
            DataError: a class is not in the list.
        """
        missing = sorted(set(self.classes) - set(classes))
        if missing:
            raise DataError("the list of classes", got=f"no {missing[0]}", need=f"all of {', '.join(self.classes)}")
        number_of = np.array([classes.index(name) for name in self.classes], np.int64)
        parts = (number_of[self.labels], self.images, self.ignored)
        return Annotations(classes, self.names, self.sizes, self.boxes, *parts)

    def subset(self, numbers: Int64[np.ndarray, " chosen"]) -> "Annotations":
        """Return some of the images with their objects, in the order of `numbers`.

        Raises:
            DataError: an image is chosen twice.
        """
        place = np.full(len(self), -1, np.int64)
        place[numbers] = np.arange(len(numbers))
        moved = place[self.images]
        order = np.argsort(moved, kind="stable")
        order = order[moved[order] >= 0]
        names = tuple(self.names[number] for number in numbers.tolist())
        parts = (self.boxes[order], self.labels[order], moved[order], self.ignored[order])
        return Annotations(self.classes, names, self.sizes[numbers], *parts)

    def padded(
        self, most: int | None = None
    ) -> tuple[Float32[np.ndarray, "image most 4"], Int64[np.ndarray, "image most"], Int64[np.ndarray, " image"]]:
        """Return boxes and labels image by image, filled up with zeros, and the count of each image.

        Args:
            most: rows of each image; those of the fullest one, and at least one, unless given.

        Raises:
            DataError: an image has more objects than rows.
        """
        counts = self.counts
        fullest = int(counts.max(initial=0))
        rows = max(fullest, 1) if most is None else most
        if fullest > rows:
            raise DataError("objects of one image", got=fullest, need=f"at most {rows}")
        boxes = np.zeros((len(self), rows, 4), np.float32)
        labels = np.zeros((len(self), rows), np.int64)
        row = np.arange(len(self.images)) - (np.cumsum(counts) - counts)[self.images]
        boxes[self.images, row], labels[self.images, row] = self.boxes, self.labels
        return boxes, labels, counts


def gather(classes: tuple[str, ...], entries: Iterable[Entry]) -> Annotations:
    """Build annotations from images one by one.

    Args:
        classes: names, by number.
        entries: the images.

    Raises:
        DataError: see `Annotations`.
    """
    entries = list(entries)
    things = [thing for entry in entries for thing in entry.things]
    return Annotations(
        classes,
        names=tuple(entry.name for entry in entries),
        sizes=np.array([entry.size for entry in entries], np.int64).reshape(-1, 2),
        boxes=np.array([thing.box for thing in things], np.float64).reshape(-1, 4),
        labels=np.array([thing.label for thing in things], np.int64),
        images=np.repeat(np.arange(len(entries)), [len(entry.things) for entry in entries]).astype(np.int64),
        ignored=np.array([thing.ignored for thing in things], bool),
    )


def clip_to_frame(found: Annotations) -> Float64[np.ndarray, "object 4"]:
    """Return the boxes cut off at the edges of their images."""
    frame = np.tile(found.sizes[found.images], 2).astype(np.float64)  # object 4: width, height, width, height
    clipped: np.ndarray = np.clip(found.boxes, 0, frame)
    return clipped


def is_degenerate(boxes: Float64[np.ndarray, "object 4"]) -> Bool[np.ndarray, " object"]:
    """Return which boxes have no area: a side of length 0, or turned round."""
    degenerate: np.ndarray = np.any(boxes[:, 2:] <= boxes[:, :2], axis=1)
    return degenerate


def is_thin(boxes: Float64[np.ndarray, "object 4"]) -> Bool[np.ndarray, " object"]:
    """Return which boxes have an area, but a side of at most one pixel."""
    thin: np.ndarray = np.any(boxes[:, 2:] - boxes[:, :2] <= 1, axis=1)
    thin &= ~is_degenerate(boxes)
    return thin


def is_out_of_frame(found: Annotations) -> Bool[np.ndarray, " object"]:
    """Return which boxes reach out of their image by more than 0.01 pixel."""
    outside: np.ndarray = np.any(np.abs(found.boxes - clip_to_frame(found)) > ROUNDING, axis=1)
    return outside


def handle_bad_boxes(found: Annotations, bad: BadBoxes, where: str) -> Annotations:
    """Refuse, keep or repair boxes without area and boxes that reach out of their image.

    Args:
        found: as a file has it.
        bad: "refuse" raises; "keep" changes nothing; "repair" cuts boxes off at the edges of their image and drops
            those of which nothing is left. What reaches out by 0.01 pixel or less is rounding, and cut off.
        where: what an error calls the file.

    Raises:
        DataError: a box is bad, and to be refused.
    """
    if bad == "keep":
        return found
    clipped = clip_to_frame(found)
    empty, outside = is_degenerate(clipped), is_out_of_frame(found)
    for row in np.flatnonzero(empty | outside)[:1] if bad == "refuse" else ():
        kind = "without area" if is_degenerate(found.boxes[row : row + 1]).any() else "out of its image"
        name, (width, height) = found.names[found.images[row]], found.sizes[found.images[row]]
        x1, y1, x2, y2 = found.boxes[row].tolist()
        got = f"({x1:g}, {y1:g}, {x2:g}, {y2:g}), {kind}, and {int((empty | outside).sum()) - 1} more like it"
        need = f"0 <= x1 < x2 <= {width} and 0 <= y1 < y2 <= {height}"
        raise DataError(f"a box of {name} in {where}", got=got, need=need, fix='Correct it, or read with "repair".')
    whole = Annotations(
        found.classes, found.names, found.sizes, clipped, found.labels, found.images, ignored=found.ignored
    )
    return whole.keep(~empty)


def number(text: object, what: str) -> float:
    """Return a finite number from a word of a file, or from a value of JSON.

    Raises:
        DataError: it is none.
    """
    if isinstance(text, str) and NUMBER.fullmatch(text.strip()):
        text = float(text)
    usable = isinstance(text, int | float) and not isinstance(text, bool)
    if not usable or not abs(text) <= FARTHEST:  # type: ignore[arg-type]
        raise DataError(what, got=text, need=f"a number between -{FARTHEST:.0f} and {FARTHEST:.0f}")
    return float(text)  # type: ignore[arg-type]


def whole_number(text: object, what: str) -> int:
    """Return a whole number of 0 or more; 3.0 is one.

    Raises:
        DataError: it is none.
    """
    value = number(text, what)
    if value < 0 or value != int(value):
        raise DataError(what, got=text, need="a whole number of 0 or more")
    return int(value)


def inside_name(text: object, what: str) -> str:
    r"""Return the name of a file inside its data folder, with forward slashes.

    >>> inside_name(r".\photos\cat.jpg", "a file")
    'photos/cat.jpg'

    Raises:
        DataError: it is none, or leads out of the folder: an absolute path, a drive of Windows, "..".
    """
    plain = text.replace("\\", "/") if isinstance(text, str) else ""
    parts = PurePosixPath(plain).parts
    if not parts or plain.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", plain) or not plain.isprintable():
        fix = "Write the file's name alone, or its path from the data folder on."
        raise DataError(what, got=text, need="the name of a file inside the data folder", fix=fix)
    return "/".join(parts)


def read_annotation_json(path: Path, what: str, limit: int) -> dict[str, Any]:
    """Read a JSON file of annotations that holds an object.

    Raises:
        DataError: it is missing or too large, or is no JSON: NaN, a key twice, brackets hundreds deep.
    """
    need = "a JSON file of annotations"
    try:
        return read_object(path, what, limit=limit, links=True, error=DataError, need=need)
    except FileNotFoundError:
        raise DataError(f"{what} {path}", got="no such file", need=need) from None


def _check_names(what: str, names: tuple[str, ...]) -> None:
    """Refuse names that are empty, too long, not to be printed, or there twice."""
    for name in names:
        if not name.strip() or len(name) > LONGEST or not name.isprintable():
            raise DataError(what, got=name, need=f"1 to {LONGEST} printable letters")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(what, got=f"{twice!r} twice", need="each once")
