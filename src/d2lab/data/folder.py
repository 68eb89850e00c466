"""A folder of images as a list: its classes, training files and test files. No image is opened here.

    PATH/train/CLASS/*.jpg and PATH/test/CLASS/*.jpg   (or val, valid, validation instead of test)
    PATH/CLASS/*.jpg                                    a share of each class is held out as the test part
    PATH/train/ID.png and PATH/trainLabels.csv          Kaggle's layout: see kaggle.py

Classes are numbered in the order of their names. Hidden files and files of other kinds (notes, Thumbs.db) are not
seen; folders inside a class are; a link that leads back to a folder it lies in is not followed.
"""

from collections.abc import Iterable
from pathlib import Path

from d2lab.core.errors import DataError
from d2lab.data.kaggle import LABELS, entries
from d2lab.data.listing import SUFFIXES, Entry, Listing, find_images, hold_out, make_listing

TEST_FOLDERS = ("test", "val", "valid", "validation")
HOLDOUT = 0.2  # share of each class that becomes the test part, where no folder is set apart for it
NOT_CLASSES = {"__macosx"}  # what unpacking on another system leaves behind
LAYOUT = "PATH/train/CLASS/*.jpg with PATH/test/CLASS/*.jpg, or PATH/CLASS/*.jpg"


def scan(root: Path) -> Listing:
    """List a folder of images.

    Raises:
        DataError: no folder, none of the layouts above, fewer than two classes, or a class without images.
    """
    if not root.is_dir():
        got = "a file" if root.exists() else "nothing there"
        raise DataError(f"the folder {root}", got=got, need=f"a folder of images: {LAYOUT}")
    if (root / LABELS).is_file():
        return make_listing(root, *entries(root))
    if not (root / "train").is_dir():
        classes = class_names(root)
        return make_listing(root, classes, *hold_out(_labelled(root, "", classes), HOLDOUT))
    classes = class_names(root / "train")
    train = _labelled(root, "train", classes)
    for name in TEST_FOLDERS:
        if set(_folders(root / name)) == set(classes):
            return make_listing(root, classes, train, _labelled(root, name, classes))
    there = [name for name in TEST_FOLDERS if (root / name).is_dir()]
    if any(set(_folders(root / name)) & set(classes) for name in there):
        got = f"{', '.join(there)} with other classes than train"
        raise DataError(f"the folder {root}", got=got, need=f"the same classes in both: {', '.join(classes)}")
    return make_listing(root, classes, *hold_out(train, HOLDOUT))


def class_names(folder: Path) -> tuple[str, ...]:
    """Return the classes of a folder, in the order of their numbers.

    Raises:
        DataError: there are fewer than two.
    """
    classes = tuple(_folders(folder))
    if len(classes) < 2:
        got = "no folders in it" if not classes else f"one class, {classes[0]}"
        raise DataError(f"the folder {folder}", got=got, need=f"a folder for each of two classes or more: {LAYOUT}")
    return classes


def _labelled(root: Path, part: str, classes: Iterable[str]) -> list[Entry]:
    """List the images of each class under `part`, class by class, sorted by name.

    Raises:
        DataError: a class has none.
    """
    found: list[Entry] = []
    for number, name in enumerate(classes):
        folder = f"{part}/{name}" if part else name
        mine = sorted((place, size, number) for place, size in find_images(root, folder))
        if not mine:
            need = f"images ({', '.join(sorted(SUFFIXES))}) of each class"
            raise DataError(f"the class folder {root / folder}", got="no image", need=need)
        found += mine
    return found


def _folders(folder: Path) -> list[str]:
    """Return the names of the folders in a folder, sorted; none where there is no such folder."""
    if not folder.is_dir():
        return []
    names = (p.name for p in folder.iterdir() if p.is_dir())
    return sorted(name for name in names if not name.startswith(".") and name.lower() not in NOT_CLASSES)
