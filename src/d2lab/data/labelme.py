"""LabelMe JSON, one file an image, read and written: rectangles, and the boxes around polygons, masks and circles.

Points are (x, y) in pixels, counted continuously from 0. `imagePath` is relative to the JSON file; backslashes of
Windows are read as slashes. An image inside the file (`imageData`, base64) is never decoded.
Source: Russell et al. 2008, LabelMe: A Database and Web-Based Tool for Image Annotation; its Python program's files.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from d2lab.core.atomic import write_json
from d2lab.core.errors import DataError
from d2lab.data.annotation import (
    Annotations,
    BadBoxes,
    Entry,
    Thing,
    gather,
    handle_bad_boxes,
    inside_name,
    number,
    read_annotation_json,
    whole_number,
)
from d2lab.data.annotation_files import by_image, class_numbers, files_for_images

LIMIT = 64 * 2**20  # bytes of a file
MOST_DATA = 48 * 2**20  # letters of base64: an image of 36 MB
AREAS = ("rectangle", "polygon", "mask", "circle")  # shapes that have a box; a point or a line has none
IGNORED = "ignored"  # the flag that stands for COCO's iscrowd and Pascal VOC's difficult

Corners = tuple[float, float, float, float]


def read_labelme(
    files: Iterable[Path], root: Path, *, classes: Sequence[str] | None = None, bad_boxes: BadBoxes = "refuse"
) -> Annotations:
    """Read LabelMe JSON files, an image each; no image is opened.

    Args:
        files: in the order of the images.
        root: the data folder, from which images are named; the files lie in it.
        classes: names in the order of their numbers; all that occur, sorted, unless given.
        bad_boxes: see `handle_bad_boxes`.

    Raises:
        DataError: a file is missing or broken, holds a larger image than 36 MB, names one outside the root, has a shape
            without area or an unknown class; or a box is bad.
    """
    read = [_image(path, root) for path in files]
    names, numbers = class_numbers([name for _, _, shapes in read for name, _, _ in shapes], classes, "LabelMe files")
    entries = (
        Entry(image, size, [Thing(box, numbers[name], ignored) for name, box, ignored in shapes])
        for image, size, shapes in read
    )
    return handle_bad_boxes(gather(names, entries), bad_boxes, "LabelMe files")


def write_labelme(annotations: Annotations, folder: Path) -> list[Path]:
    """Write annotations as LabelMe JSON files of rectangles, NAME.json for the image NAME.jpg; return their places.

    Raises:
        DataError: two images would share a file, or a file can't be written.
    """
    paths = files_for_images(annotations, folder, ".json")
    for path, entry in zip(paths, by_image(annotations), strict=True):
        shapes = [
            {
                "label": annotations.classes[thing.label],
                "points": [list(thing.box[:2]), list(thing.box[2:])],
                "group_id": None,
                "shape_type": "rectangle",
                "flags": {IGNORED: True} if thing.ignored else {},
            }
            for thing in entry.things
        ]
        width, height = entry.size
        facts = {"imagePath": PurePosixPath(entry.name).name, "imageData": None}
        sizes = {"imageHeight": height, "imageWidth": width}
        write_json(path, {"version": "5.0.1", "flags": {}, "shapes": shapes, **facts, **sizes}, DataError)
    return paths


def _image(path: Path, root: Path) -> tuple[str, tuple[int, int], list[tuple[str, Corners, bool]]]:
    """Read name, size and objects of an image."""
    content = read_annotation_json(path, "the LabelMe file", LIMIT)
    inside = content.get("imageData")
    if inside is not None and (not isinstance(inside, str) or len(inside) > MOST_DATA):
        got = f"{len(inside):,} letters" if isinstance(inside, str) else type(inside).__name__
        fix = "Save it without image data."
        raise DataError(f"the imageData of {path}", got=got, need=f"at most {MOST_DATA:,} letters of base64", fix=fix)
    name = inside_name(content.get("imagePath"), f"the imagePath of {path}")
    width, height = (whole_number(content.get(side), f"the {side} of {path}") for side in ("imageWidth", "imageHeight"))
    shapes = content.get("shapes")
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise DataError(f"the LabelMe file {path}", got="no list of shapes", need="a list of objects named shapes")
    folder = path.parent.relative_to(root)
    read = [_shape(shape, f"shapes[{place}] of {path}") for place, shape in enumerate(shapes)]
    return (folder / name).as_posix(), (width, height), read


def _shape(shape: dict[str, Any], where: str) -> tuple[str, Corners, bool]:
    """Return the class of a shape, the box around it, and whether evaluation ignores it."""
    kind, label, flags = shape.get("shape_type", "polygon"), shape.get("label"), shape.get("flags")
    if kind not in AREAS:
        raise DataError(f"the shape_type of {where}", got=kind, need=f"one of {', '.join(AREAS)}")
    if not isinstance(label, str):
        raise DataError(f"the label of {where}", got=label, need="a text")
    points = shape.get("points")
    pairs = isinstance(points, list) and all(isinstance(point, list) and len(point) == 2 for point in points)
    if not isinstance(points, list) or not pairs or len(points) < 2 or (kind != "polygon" and len(points) != 2):
        need = "pairs of numbers: two of them, or the corners of a polygon"
        raise DataError(f"the points of {where}", got=points, need=need)
    xs, ys = ([number(point[axis], f"the points of {where}") for point in points] for axis in (0, 1))
    if kind == "circle":  # its center and a point on it
        radius = math.hypot(xs[1] - xs[0], ys[1] - ys[0])
        xs, ys = [xs[0] - radius, xs[0] + radius], [ys[0] - radius, ys[0] + radius]
    ignored = isinstance(flags, dict) and flags.get(IGNORED) is True
    return label, (min(xs), min(ys), max(xs), max(ys)), ignored
