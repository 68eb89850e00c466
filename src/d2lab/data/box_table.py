"""Boxes in one table beside a folder of images, as the book's banana-detection has them: an object a row.

    img_name,label,xmin,ymin,xmax,ymax
    0.jpg,0,63,46,163,212

Corners are pixels, counted continuously from 0; images lie in `images` beside the table, and one without a row has no
object.
Source: Zhang, Lipton, Li and Smola 2023, Dive into Deep Learning, section 14.6.
"""

from collections.abc import Sequence
from pathlib import Path

from d2lab.core.errors import DataError
from d2lab.data.annotation import Annotations, Entry, Thing, gather, inside_name, number, whole_number
from d2lab.data.annotation_files import image_size
from d2lab.data.csv_file import read_rows
from d2lab.data.image import quiet_pillow
from d2lab.data.listing import find_images

LIMIT = 64 * 2**20  # bytes of a table
COLUMNS = ("img_name", "label", "xmin", "ymin", "xmax", "ymax")


def read_box_table(table: Path, classes: Sequence[str]) -> Annotations:
    """Read a table and the sizes of the images beside it, in the order of their numbers; boxes as they stand.

    Args:
        table: ``label.csv``, with ``images`` beside it.
        classes: names in the order of their numbers.

    Raises:
        DataError: the table is missing, broken or of other columns, or a row names no image or no class.
    """
    names = [entry.name.partition("/")[2] for entry in find_images(table.parent, "images")]
    things: dict[str, list[Thing]] = {name: [] for name in sorted(names, key=_order)}
    for row, line in enumerate(_rows(table), start=2):
        where = f"line {row} of {table}"
        if len(line) != len(COLUMNS):
            raise DataError(where, got=",".join(line), need=",".join(COLUMNS))
        name, label = inside_name(line[0], f"the image on {where}"), whole_number(line[1], f"the label on {where}")
        if name not in things or label >= len(classes):
            got, need = f"image {name}, class {label}", f"an image that is there, and a class below {len(classes)}"
            raise DataError(where, got=got, need=need)
        x1, y1, x2, y2 = (number(word, f"a corner on {where}") for word in line[2:])
        things[name].append(Thing((x1, y1, x2, y2), label))
    with quiet_pillow():
        entries = [Entry(name, image_size(table.parent / "images" / name), found) for name, found in things.items()]
    return gather(tuple(classes), entries)


def _order(name: str) -> tuple[int, str]:
    """Return what sorts 9.jpg before 10.jpg."""
    return len(name), name


def _rows(table: Path) -> list[list[str]]:
    """Return the rows below the names of the columns."""
    need = f"a table of the columns {','.join(COLUMNS)}"
    what = f"the table {table}"
    if not table.exists():
        raise DataError(what, got="no such file", need=need)
    head, *rows = read_rows(table, what=what, need=need, most=LIMIT) or [[]]
    if tuple(head) != COLUMNS:
        raise DataError(what, got=",".join(head), need=need)
    return [row for row in rows if row]
