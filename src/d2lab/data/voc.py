"""Pascal VOC XML, one file an image, as labelImg, CVAT and Roboflow write it too, read and written.

<bndbox> names the first and the last pixel of a box, both within it, and counts pixels from 1: xmin = 1, xmax = 1 is
the first column, x1 = xmin - 1 = 0 to x2 = xmax = 1 here. Some programs count from 0; read their files with
``first_pixel=0``. The fields <folder>, <path> and the parts of an object are not read.
Source: Everingham et al. 2010, The Pascal Visual Object Classes Challenge; section 4 of its development kit.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from d2lab.core.atomic import write_bytes
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
    whole_number,
)
from d2lab.data.annotation_files import by_image, class_numbers, files_for_images
from d2lab.data.xml_file import read_xml

CORNERS = ("xmin", "ymin", "xmax", "ymax")


def read_voc(
    files: Iterable[Path],
    *,
    classes: Sequence[str] | None = None,
    first_pixel: int = 1,
    bad_boxes: BadBoxes = "refuse",
) -> Annotations:
    """Read Pascal VOC XML files, an image each; no image is opened.

    Args:
        files: in the order of the images.
        classes: names in the order of their numbers; all that occur, sorted, unless given.
        first_pixel: number of the first pixel of a row: 1 as the format says, 0 as some programs write.
        bad_boxes: see `handle_bad_boxes`.

    Raises:
        DataError: a file is missing or broken, has a document type or an unknown class, or a box is bad.
    """
    read = [_image(path, first_pixel) for path in files]
    names, numbers = class_numbers([name for _, _, things in read for name, _, _ in things], classes, "XML files")
    entries = (
        Entry(image, size, [Thing(box, numbers[name], ignored) for name, box, ignored in things])
        for image, size, things in read
    )
    return handle_bad_boxes(gather(names, entries), bad_boxes, "XML files")


def write_voc(annotations: Annotations, folder: Path, *, first_pixel: int = 1) -> list[Path]:
    """Write annotations as Pascal VOC XML files, NAME.xml for the image NAME.jpg, and return their places.

    Args:
        annotations: what to write.
        folder: to write to; made where it is not there.
        first_pixel: number of the first pixel of a row: 1, or 0 for programs that count so.

    Raises:
        DataError: two images would share a file, or a file can't be written.
    """
    paths = files_for_images(annotations, folder, ".xml")
    for path, entry in zip(paths, by_image(annotations), strict=True):
        root = Element("annotation")
        SubElement(root, "filename").text = entry.name
        size = SubElement(root, "size")
        for side, pixels in zip(("width", "height", "depth"), (*entry.size, 3), strict=True):
            SubElement(size, side).text = str(pixels)
        for thing in entry.things:
            written = SubElement(root, "object")
            SubElement(written, "name").text = annotations.classes[thing.label]
            SubElement(written, "difficult").text = str(int(thing.ignored))
            box = SubElement(written, "bndbox")
            x1, y1, x2, y2 = thing.box
            inside = first_pixel - 1
            pixels_ = (x1 + first_pixel, y1 + first_pixel, x2 + inside, y2 + inside)
            for corner, value in zip(CORNERS, pixels_, strict=True):
                SubElement(box, corner).text = str(int(value)) if value == int(value) else repr(value)
        indent(root)
        write_bytes(path, tostring(root, encoding="utf-8") + b"\n", DataError)
    return paths


Read = tuple[str, tuple[int, int], list[tuple[str, tuple[float, float, float, float], bool]]]


def _image(path: Path, first_pixel: int) -> Read:
    """Read name, size and objects of an image."""
    root = read_xml(path, "the VOC file")
    if root.tag != "annotation":
        raise DataError(f"the VOC file {path}", got=f"<{root.tag}>", need="<annotation>")
    name = inside_name(_text(root, "filename", path), f"the <filename> of {path}")
    sides = [_text(_child(root, "size", path), side, path) for side in ("width", "height")]
    width, height = (whole_number(side, f"the <size> of {path}") for side in sides)
    things = []
    for thing in root.findall("object"):
        box = _child(thing, "bndbox", path)
        xmin, ymin, xmax, ymax = (number(_text(box, corner, path), f"<{corner}> of {path}") for corner in CORNERS)
        after = first_pixel - 1  # the box ends where its last pixel ends
        corners = (xmin - first_pixel, ymin - first_pixel, xmax - after, ymax - after)
        difficult = (thing.findtext("difficult") or "").strip() == "1"
        things.append((_text(thing, "name", path), corners, difficult))
    return name, (width, height), things


def _child(element: Element, name: str, path: Path) -> Element:
    found = element.find(name)
    if found is None:
        raise DataError(f"<{element.tag}> of {path}", got=f"no <{name}>", need="a VOC file with boxes")
    return found


def _text(element: Element, name: str, path: Path) -> str:
    return (_child(element, name, path).text or "").strip()
