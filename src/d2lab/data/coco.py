"""COCO JSON, the one file of boxes of the COCO data set, of Roboflow, CVAT and many others, read and written.

A box is [x, y, width, height] in pixels, counted continuously from 0. Ids of images and categories are any whole
numbers; classes are numbered in the order of their ids. Segmentations and keypoints are not read.
Source: Lin et al. 2014, Microsoft COCO: Common Objects in Context; the format of its instances_*.json.
"""

from pathlib import Path
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

LIMIT = 2**30  # bytes; the training annotations of COCO 2017 take 0.45 GB


def read_coco(path: Path, *, bad_boxes: BadBoxes = "refuse") -> Annotations:
    """Read a COCO JSON file; no image is opened.

    Args:
        path: of the file.
        bad_boxes: see `handle_bad_boxes`.

    Raises:
        DataError: the file is missing or broken, an id is unknown or there twice, or a box is bad.
    """
    content = read_annotation_json(path, "the COCO file", LIMIT)
    kinds = dict(sorted(_by_id(content, "categories", path).items()))
    images = _by_id(content, "images", path)
    labels = {key: label for label, key in enumerate(kinds)}
    things: dict[int, list[Thing]] = {key: [] for key in images}
    for place, value in enumerate(_objects(content, "annotations", path)):
        where = f"annotations[{place}] of {path}"
        image, kind = _known(value, "image_id", images, where), _known(value, "category_id", labels, where)
        things[image].append(Thing(_box(value, where), labels[kind], ignored=value.get("iscrowd") in (1, True)))
    classes = tuple(_class_name(value, path) for value in kinds.values())
    entries = [Entry(*_facts(value, path), things[key]) for key, value in images.items()]
    return handle_bad_boxes(gather(classes, entries), bad_boxes, str(path))


def write_coco(annotations: Annotations, path: Path) -> None:
    """Write annotations as a COCO JSON file, whole or not at all.

    Ids begin at 1: pycocotools takes the id 0 of an annotation for "not matched".

    Raises:
        DataError: the file can't be written.
    """
    images = [
        {"id": key, "file_name": name, "width": width, "height": height}
        for key, (name, (width, height)) in enumerate(
            zip(annotations.names, annotations.sizes.tolist(), strict=True), start=1
        )
    ]
    columns = (annotations.boxes, annotations.labels, annotations.images, annotations.ignored)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    objects = [
        {
            "id": key,
            "image_id": image + 1,
            "category_id": label + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": (x2 - x1) * (y2 - y1),
            "iscrowd": int(ignored),
        }
        for key, ((x1, y1, x2, y2), label, image, ignored) in enumerate(rows, start=1)
    ]
    categories = [{"id": key, "name": name} for key, name in enumerate(annotations.classes, start=1)]
    write_json(path, {"images": images, "annotations": objects, "categories": categories}, DataError)


def _objects(content: dict[str, Any], name: str, path: Path) -> list[dict[str, Any]]:
    """Return one of the lists of the file."""
    values = content.get(name)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        got = f"no list of objects named {name!r}"
        raise DataError(f"the COCO file {path}", got=got, need="lists named images, annotations and categories")
    return values


def _by_id(content: dict[str, Any], name: str, path: Path) -> dict[int, dict[str, Any]]:
    """Return the objects of one list by their ids."""
    found: dict[int, dict[str, Any]] = {}
    for place, value in enumerate(_objects(content, name, path)):
        key = value.get("id")
        if not isinstance(key, int) or isinstance(key, bool):
            raise DataError(f"the id of {name}[{place}] of {path}", got=key, need="a whole number")
        if key in found:
            raise DataError(f"the id of {name}[{place}] of {path}", got=f"{key} again", need="one of its own")
        found[key] = value
    return found


def _known(value: dict[str, Any], key: str, known: dict[int, Any], where: str) -> int:
    """Return an id that the file declares."""
    found = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found not in known:
        raise DataError(f"the {key} of {where}", got=found, need=f"one of the {len(known):,} ids declared")
    return found


def _box(value: dict[str, Any], where: str) -> tuple[float, float, float, float]:
    """Return x, y, width and height as the corners of a box."""
    box = value.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        raise DataError(f"the bbox of {where}", got=box, need="[x, y, width, height] in pixels")
    x, y, width, height = (number(part, f"the bbox of {where}") for part in box)
    return x, y, x + width, y + height


def _facts(value: dict[str, Any], path: Path) -> tuple[str, tuple[int, int]]:
    """Return name and size of an image."""
    name = inside_name(value.get("file_name"), f"the file_name of an image in {path}")
    width, height = (whole_number(value.get(side), f"the {side} of {name} in {path}") for side in ("width", "height"))
    return name, (width, height)


def _class_name(value: dict[str, Any], path: Path) -> str:
    name = value.get("name")
    if not isinstance(name, str):
        raise DataError(f"the name of a category in {path}", got=name, need="a text")
    return name
