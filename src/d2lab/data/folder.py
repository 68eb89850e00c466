"""A folder of images as a list: its classes, training files and test files. No image is opened here.

    PATH/train/CLASS/*.jpg and PATH/test/CLASS/*.jpg   (or training, seg_train; testing, val, validation, eval ...)
    PATH/CLASS/*.jpg                                    a share of each class is held out as the test part
    PATH/train/ID.png and PATH/trainLabels.csv          Kaggle's layout: see kaggle.py

The names of the parts are known in any case. Classes are numbered in the order of their names, which are composed
(NFC) and compared letter by letter. Hidden files and files of other kinds (notes, Thumbs.db) are counted as left out;
folders inside a class are searched; a link that leads back to a folder it lies in is not followed.
"""

import os
from collections import Counter
from pathlib import Path

from d2lab.core.errors import DataError
from d2lab.data.kaggle import LABELS, VALID, entries
from d2lab.data.listing import (
    SUFFIXES,
    Entry,
    Listing,
    find_images,
    hold_out,
    make_listing,
    smallest_to_divide,
    spoken_name,
    why_not,
)

TRAIN_FOLDERS = ("train", "training", "seg_train", "train_set", "training_set")
TEST_FOLDERS = (  # the first that has the classes is taken
    *("test", "testing", "seg_test", "test_set", "testing_set"),
    *("val", "valid", "validation", "val_set", "validation_set", "eval", "evaluation", "dev"),
)
UNLABELLED = {"unknown", "unlabelled", "unlabeled"}  # what holds images without classes in place of class folders
HOLDOUT = 0.2  # share of each class that becomes the test part, where no folder is set apart for it
NOT_CLASSES = {"__macosx"}  # what unpacking on another system leaves behind
LAYOUT = "PATH/train/CLASS/*.jpg with PATH/test/CLASS/*.jpg, or PATH/CLASS/*.jpg"


def scan(root: Path) -> Listing:
    """List a folder of images.

    Raises:
        DataError: no folder, none of the layouts above, fewer than two classes, a class without images, or a test
            part with other classes than the training part.
    """
    if not root.is_dir():
        got = "a file" if root.exists() else "nothing there"
        raise DataError(f"the folder {root}", got=got, need=f"a folder of images: {LAYOUT}")
    left_out = Counter[str]()
    if (root / LABELS).is_file():
        classes, train, test = entries(root, left_out=left_out)
        _check_divided(root, test, VALID)
    else:
        trained = _training_folder(root)
        folders = class_folders(root, trained)
        classes, train = tuple(folders), _labelled(root, folders, left_out)
        tested = _test_folder(root, trained, classes) if trained else None
        if tested is None:
            train, test = hold_out(train, HOLDOUT)
            _check_divided(root, test, HOLDOUT)
        else:
            test = _labelled(root, _folders(root, tested), left_out)
        _count_others(root, [part for part in (trained, tested) if part is not None], left_out)
    return make_listing(root, classes, train, test, left_out=left_out)


def _check_divided(root: Path, test: list[Entry], share: float) -> None:
    """Refuse a set of which nothing could be held out, and say how many images it would take."""
    if not test:
        need = f"{smallest_to_divide(share)} images or more of some class, so that one can be held out"
        raise DataError(f"the folder {root}", got="nothing to hold out", need=need)


def class_folders(root: Path, part: str) -> dict[str, str]:
    """Return the place of each class's folder by the name of the class, in the order of their numbers.

    Args:
        root: of the set.
        part: place of the folder that holds the folders of the classes; "" for the root.

    Raises:
        DataError: there are fewer than two classes, or two folders for one.
    """
    classes, where = _folders(root, part), root / part
    if not part and classes and all(_plain(name) in (*TRAIN_FOLDERS, *TEST_FOLDERS) for name in classes):
        got = f"{', '.join(classes)} without training images in folders of their classes"
        raise DataError(f"the folder {root}", got=got, need=f"a folder for each of two classes or more: {LAYOUT}")
    if len(classes) < 2:
        got = "no folders in it" if not classes else f"one class, {next(iter(classes))}"
        raise DataError(f"the folder {where}", got=got, need=f"a folder for each of two classes or more: {LAYOUT}")
    return classes


def _training_folder(root: Path) -> str:
    """Return the place of the training part; "" where the root itself holds the folders of the classes.

    Raises:
        DataError: there are several.
    """
    found = [part for part in _parts(root, TRAIN_FOLDERS) if _folders(root, part)]
    if len(found) > 1:
        fix = "Move all but one elsewhere."
        raise DataError(f"the folder {root}", got=" and ".join(found), need="one training folder", fix=fix)
    return found[0] if found else ""


def _test_folder(root: Path, trained: str, classes: tuple[str, ...]) -> str | None:
    """Return the place of the test part that has the classes of the training part; None where there is none.

    Raises:
        DataError: there are such folders, but of other classes.
    """
    others = {}
    for part in _parts(root, TEST_FOLDERS):
        found = set(_folders(root, part))
        if found == set(classes):
            return part
        if found - UNLABELLED:
            others[part] = found
    if not others:
        return None
    part, found = next(iter(others.items()))
    odd = sorted(found.symmetric_difference(classes))
    got = f"{part} with other classes than {trained} ({', '.join(odd[:4])}{', ...' if len(odd) > 4 else ''})"
    fix = "Rename the folders so that they agree letter by letter, or move that part elsewhere."
    raise DataError(f"the folder {root}", got=got, need=f"the same classes in both: {', '.join(classes)}", fix=fix)


def _parts(root: Path, names: tuple[str, ...]) -> list[str]:
    """Return the places of the folders with one of these names, in any case, in the order of the names.

    An archive may hold such a folder in another one of its own name (seg_train/seg_train): the inner one counts.
    """
    found = {name: place for name, place in _folders(root, "").items() if _plain(name) in names}
    places = []
    for name in sorted(found, key=lambda name: names.index(_plain(name))):
        inside = _folders(root, found[name])
        places.append(inside[name] if list(inside) == [name] else found[name])
    return places


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def _labelled(root: Path, folders: dict[str, str], left_out: Counter[str]) -> list[Entry]:
    """List the images of each class, class by class, sorted by name.

    Raises:
        DataError: a class has none.
    """
    found: list[Entry] = []
    for number, folder in enumerate(folders.values()):
        mine_left = Counter[str]()
        mine = sorted(find_images(root, folder, number, left_out=mine_left))
        if not mine:
            got = f"no image{said_left_out(mine_left)}"
            need = f"images ({', '.join(sorted(SUFFIXES))}) of each class"
            raise DataError(f"the class folder {root / folder}", got=got, need=need)
        found += mine
        left_out.update(mine_left)
    return found


def said_left_out(left_out: Counter[str] | dict[str, int]) -> str:
    """Return the number of files left out by reason, in brackets; "" for none."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
    return f" (left out: {reasons})" if reasons else ""


def _count_others(root: Path, used: list[str], left_out: Counter[str]) -> None:
    """Count the images that lie beside the folders of the classes, and those in parts that are not used."""
    for place in used:
        with os.scandir(root / place) as found:
            beside = sum(not why_not(entry.name) and entry.is_file() for entry in found)
        if beside:
            left_out[f"in {place or 'the folder itself'}, in no class"] += beside
    if "" in used:
        return
    tops = {place.partition("/")[0] for place in used}
    for name, place in _folders(root, "").items():
        if place not in tops:
            files = (file for _, _, files in os.walk(root / place) for file in files)
            if count := sum(not why_not(file) for file in files):
                left_out[f"in {name}"] += count


def _folders(root: Path, part: str) -> dict[str, str]:
    """Return the places of the folders in a part of the root by their names, sorted; none where there is no such part.

    Raises:
        DataError: two folders have one name, written in two ways.
    """
    where = root / part
    if not where.is_dir():
        return {}
    found: dict[str, str] = {}
    with os.scandir(where) as entries_:
        names = sorted(entry.name for entry in entries_ if not entry.name.startswith(".") and entry.is_dir())
    for name in names:
        spoken = spoken_name(name)
        if spoken.lower() in NOT_CLASSES:
            continue
        if spoken in found:
            fix = "Move the files of one to the other."
            raise DataError(f"the folder {where}", got=f"two folders named {spoken}", need="one a class", fix=fix)
        found[spoken] = f"{part}/{name}" if part else name
    return dict(sorted(found.items()))
