"""YOLO's text files, one an image, read and written: a line an object, its class's number and its relative box.

A line is ``class cx cy width height``: center and sides as shares of the image's width and height, 0 to 1. Longer lines
(``class x1 y1 x2 y2 x3 y3 ...``) are polygons, read as the boxes around them. An empty file, or none, is an image
without objects. Pixels need the image's size, so the images are opened, not decoded.
Source: Redmon et al. 2016, You Only Look Once; the files of its program darknet.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import DataError
from d2lab.core.regular_file import read_regular
from d2lab.data.annotation import Annotations, BadBoxes, Entry, Thing, gather, handle_bad_boxes, number
from d2lab.data.annotation_files import by_image, files_for_images, image_size
from d2lab.data.image import quiet_pillow
from d2lab.data.listing import find_images

LIMIT = 16 * 2**20  # bytes of a text file
MOST_LINE = 1000  # letters of a line with a name
NAMES = ("data.yaml", "data.yml", "dataset.yaml", "classes.txt", "obj.names")  # where the names of classes may stand
WORD = re.compile(r"""\s*(?:(\d+)\s*:\s*)?('[^']*'|"[^"]*"|[^,'"{}\[\]]+?)\s*(?:,|$)""")  # of a list on one line
LINE = re.compile(r"""\s*(?:-|(\d+)\s*:)\s+('[^']*'|"[^"]*"|[^#'"]+?)\s*(?:#.*)?""")  # of a list of lines


def read_yolo(images: Path, labels: Path, classes: Sequence[str], *, bad_boxes: BadBoxes = "refuse") -> Annotations:
    """Read a folder of images and their label files, NAME.txt for NAME.jpg.

    Args:
        images: folder of the images, searched with the folders inside it.
        labels: folder of the label files.
        classes: names in the order of their numbers.
        bad_boxes: see `handle_bad_boxes`.

    Raises:
        DataError: an image can't be opened, a line is none of an object, a label file has no image, or a box is bad.
    """
    found = sorted(entry.name.partition("/")[2] for entry in find_images(images.parent, images.name))
    places = {PurePosixPath(name).with_suffix(".txt").as_posix(): name for name in found}
    if len(places) < len(found):
        twice = next(name for name in found if name not in places.values())
        raise DataError(f"the images in {images}", got=f"{twice} and another of its label file", need="one a file")
    files = (path for path in labels.rglob("*.txt") if not path.name.startswith("."))
    there = {path.relative_to(labels).as_posix() for path in files}
    alone = sorted(name for name in there - places.keys() if name not in NAMES)
    if alone:
        got = f"{alone[0]} and {len(alone) - 1} more without an image"
        raise DataError(f"the label files in {labels}", got=got, need="an image of the same name for each")
    entries = []
    with quiet_pillow():
        for place, name in places.items():
            size = image_size(images / name)
            things = _things(labels / place, size, len(classes)) if place in there else []
            entries.append(Entry(name, size, things))
    return handle_bad_boxes(gather(tuple(classes), entries), bad_boxes, str(labels))


def write_yolo(annotations: Annotations, folder: Path) -> list[Path]:
    """Write a label file for each image (an empty one where it has no object) and classes.txt; return their places.

    The format has no place for the flag `ignored`, nor for the sizes of the images.

    Raises:
        DataError: two images would share a file, or a file can't be written.
    """
    paths = files_for_images(annotations, folder, ".txt")
    for path, entry in zip(paths, by_image(annotations), strict=True):
        width, height = entry.size
        lines = []
        for thing in entry.things:
            x1, y1, x2, y2 = thing.box
            shares = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
            lines.append(" ".join([str(thing.label), *(f"{share:.12g}" for share in shares)]) + "\n")
        write_bytes(path, "".join(lines).encode(), DataError)
    names = "".join(f"{name}\n" for name in annotations.classes)
    write_bytes(folder / "classes.txt", names.encode("utf-8"), DataError)
    return paths


def read_names(path: Path) -> tuple[str, ...]:
    """Read the names of classes: the list `names` of a data.yaml, or a text file with a name on each line.

    Of YAML the three ways are known in which such files say it: ``names: [cat, dog]``, lines ``- cat``, and numbers,
    ``0: cat``, which must be 0, 1, 2 and so on.

    Raises:
        DataError: the file is missing, has no names, or numbers that are not 0, 1, 2, ...
    """
    text = _text(path)
    if path.suffix not in (".yaml", ".yml"):
        if not text.strip():
            raise DataError(f"the names in {path}", got="none", need="a name on each line")
        return tuple(line.strip() for line in text.rstrip().splitlines())
    after = re.search(r"^names[ \t]*:[ \t]*(.*)$", text, re.MULTILINE)
    first = "" if after is None else re.sub(r"(^|\s)#.*", "", after[1])
    rest = "" if after is None else text[after.end() :]
    found = _inline(first + rest) if first[:1] in ("[", "{") else _lines(rest) if not first.strip() else []
    if not found:
        need = "names: [cat, dog], or lines with - cat or 0: cat"
        raise DataError(f"the names in {path}", got=first or "none", need=need)
    numbers = [number_ for number_, _ in found if number_]
    if numbers and numbers != [str(place) for place in range(len(found))]:
        raise DataError(f"the numbers of classes in {path}", got=", ".join(numbers), need="0, 1, 2 and so on")
    return tuple(name.strip("'\"") for _, name in found)


def _inline(text: str) -> list[tuple[str, str]]:
    """Read names in brackets, each with its number or "" before it."""
    end = text.find("]" if text.startswith("[") else "}")
    inside, place, found = " ".join(text[1:end].split()), 0, []
    while end > 0 and place < len(inside):
        word = WORD.match(inside, place)
        if word is None:
            return []
        found.append((word[1] or "", word[2]))
        place = word.end()
    return found


def _lines(text: str) -> list[tuple[str, str]]:
    """Read names on lines of their own, up to the first line that is none."""
    found = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            word = LINE.fullmatch(line) if len(line) <= MOST_LINE else None
            if word is None:
                break
            found.append((word[1] or "", word[2]))
    return found


def _text(path: Path) -> str:
    need = "a text file in UTF-8"
    try:
        return read_regular(path, LIMIT, links=True, error=DataError).decode("utf-8-sig")
    except (OSError, UnicodeError) as cause:
        got = getattr(cause, "strerror", None) or str(cause)
        raise DataError(str(path), got=got, need=need) from cause


def _things(path: Path, size: tuple[int, int], classes: int) -> list[Thing]:
    """Read the objects of a label file."""
    return [
        _thing(line.split(), size, classes, f"line {row} of {path}")
        for row, line in enumerate(_text(path).splitlines(), start=1)
        if line.strip()
    ]


def _thing(words: list[str], size: tuple[int, int], classes: int, where: str) -> Thing:
    """Read a line of an object: its class and a box, or a polygon."""
    polygon = len(words) >= 7 and len(words) % 2 == 1
    if not polygon and len(words) != 5:
        need = "class cx cy width height, or the class and the corners of a polygon"
        raise DataError(where, got=" ".join(words), need=need)
    if not re.fullmatch(r"\d{1,9}(\.0*)?", words[0]) or int(float(words[0])) >= classes:
        need = f"0 to {classes - 1}, the numbers of {classes} classes"
        raise DataError(f"the class on {where}", got=words[0], need=need)
    shares = [number(word, where) for word in words[1:]]
    width, height = size
    if max(shares) > 2:
        need = "shares of the image's sides, 0 to 1"
        raise DataError(where, got=" ".join(words), need=need, fix="Divide pixels by width and height.")
    if polygon:
        xs, ys = shares[::2], shares[1::2]
        box = (min(xs), min(ys), max(xs), max(ys))
    else:
        cx, cy, wide, high = shares
        box = (cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2)
    return Thing((box[0] * width, box[1] * height, box[2] * width, box[3] * height), int(float(words[0])))
