"""CIFAR-10 as Kaggle's contest has it: numbered images, a table of labels, and a test part without labels.

    PATH/train/ID.png, PATH/trainLabels.csv (id,label), PATH/test/ID.png

Nothing has to be moved to train on it: `entries` lists the folder with a share of each class held out. `reorganize`
writes the folders that the book trains from, for those who want them.
"""

import os
import secrets
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.csv_file import read_rows, write_rows
from d2lab.data.listing import Entry, find_images, hold_out

VALID = 0.1  # share of each class that the book holds out
MOST_BYTES = 2**26  # of the table of labels
LABELS = "trainLabels.csv"  # the table of ids and classes
UNKNOWN = "unknown"  # class of the images without labels


def read_labels(path: Path) -> dict[str, str]:
    """Read the label of each image's id.

    Raises:
        DataError: no table of two columns headed id,label, an id twice, or nothing in it.
    """
    need = "a table headed id,label with one row an image"
    found = read_rows(path, what=str(path), need=need, most=MOST_BYTES, strict=False)
    rows = [row for row in found if row]
    if not rows or [name.strip() for name in rows[0]] != ["id", "label"]:
        raise DataError(str(path), got=f"first row {rows[0] if rows else []}", need=need)
    labels: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != 2 or not row[0].strip() or not row[1].strip() or row[0].strip() in labels:
            raise DataError(str(path), got=f"row {number}: {','.join(row)}", need=need)
        labels[row[0].strip()] = _folder_name(row[1].strip(), path)
    if not labels:
        raise DataError(str(path), got="no row below the first", need=need)
    return labels


def entries(
    root: Path, *, valid: float = VALID, seed: int = 0, left_out: Counter[str] | None = None
) -> tuple[tuple[str, ...], list[Entry], list[Entry]]:
    """Return classes, training and held-out files of a folder in Kaggle's layout.

    Args:
        root: the folder.
        valid: share of each class to hold out, at least 0 and below 1.
        seed: decides which images.
        left_out: is told how many files were not taken, by reason.

    Raises:
        ConfigError: the share is not between 0 and 1.
        DataError: a label without an image, an image without a label, or fewer than two classes.
    """
    if not 0 <= valid < 1:
        raise ConfigError("the share to hold out", got=valid, need="0 or more, below 1")
    labels = read_labels(root / LABELS)
    classes = tuple(sorted(set(labels.values())))
    if len(classes) < 2:
        raise DataError(str(root / LABELS), got=f"one label, {classes[0]}", need="two labels or more")
    found = {Path(entry.name).stem: entry for entry in sorted(find_images(root, "train", left_out=left_out))}
    for mine, other, what in ((labels, found, "label without an image"), (found, labels, "image without a label")):
        alone = sorted(set(mine) - set(other), key=_in_order)
        if alone:
            got = f"{len(alone)} {what}, such as id {alone[0]}"
            raise DataError(f"the folder {root}", got=got, need="train/ID.png for each row of trainLabels.csv")
    numbers = {name: number for number, name in enumerate(classes)}
    files = [found[name]._replace(number=numbers[labels[name]]) for name in sorted(labels, key=_in_order)]
    return classes, *hold_out(files, valid, seed)


def unlabelled(root: Path) -> list[tuple[str, str]]:
    """Return id and name (from the root on) of each image of the test part, in the order of Kaggle's ids.

    Raises:
        DataError: there is no such part, or nothing in it.
    """
    files = find_images(root, "test") if (root / "test").is_dir() else ()
    found = {Path(entry.name).stem: entry.name for entry in files}
    if not found:
        raise DataError(f"the folder {root / 'test'}", got="no image", need="the test part of Kaggle's contest")
    return [(name, found[name]) for name in sorted(found, key=_in_order)]


def reorganize(root: Path, out: Path, *, valid: float = VALID, seed: int = 0) -> dict[str, int]:
    """Write the folders of the book, whole or not at all, and count the images in each.

    OUT/train/CLASS, OUT/valid/CLASS, OUT/train_valid/CLASS (both together) and OUT/test/unknown. Files are linked
    where the system can (they then take no room), else copied.

    Args:
        root: a folder in Kaggle's layout.
        out: what shall hold the folders; must not exist.
        valid: share of each class to hold out, at least 0 and below 1.
        seed: decides which images.

    Raises:
        ConfigError: the share is not between 0 and 1.
        DataError: `root` is not in that layout, `out` exists, or it can't be written.
    """
    if out.exists():
        raise DataError(str(out), got="something that exists", need="a new folder", fix="Remove it, or name another.")
    classes, train, held = entries(root, valid=valid, seed=seed)
    wanted = [(f"train/{classes[entry.number]}", entry.name) for entry in train]
    wanted += [(f"valid/{classes[entry.number]}", entry.name) for entry in held]
    wanted += [(f"train_valid/{classes[entry.number]}", entry.name) for entry in (*train, *held)]
    if (root / "test").is_dir():
        wanted += [(f"test/{UNKNOWN}", name) for _, name in unlabelled(root)]
    growing = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    counts = dict.fromkeys(("train", "valid", "train_valid", "test"), 0)
    try:
        for folder, name in wanted:
            target = growing / folder / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            link_file(root / name, target)
            counts[folder.partition("/")[0]] += 1
        growing.rename(out)
    except OSError as cause:
        raise DataError(f"writing {out}", got=cause.strerror or str(cause), need="a folder for it") from cause
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return counts


def write_submission(path: Path, ids: Sequence[str], labels: Sequence[str]) -> None:
    """Write the table that Kaggle scores: id,label, one row an image, ids counted up.

    Raises:
        DataError: not one label for each id, an id twice, or the file can't be written.
    """
    if len(ids) != len(labels) or len(set(ids)) != len(ids):
        got = f"{len(labels)} labels for {len(set(ids))} ids"
        raise DataError("the rows of a submission", got=got, need="one label for each id")
    rows = sorted(zip(ids, labels, strict=True), key=lambda row: _in_order(row[0]))
    write_rows(path, [("id", "label"), *rows])


def _in_order(name: str) -> tuple[int, int, str]:
    """Numbers count up; whatever is none comes after them."""
    return (0, int(name), "") if name.isascii() and name.isdecimal() and len(name) < 20 else (1, 0, name)


def _folder_name(label: str, path: Path) -> str:
    """Refuse a label that would leave the folder that `reorganize` makes of it."""
    if label.startswith(".") or any(sign in label for sign in '/\\:\0<>"|?*'):
        raise DataError(str(path), got=f"the label {label}", need="labels that can name a folder")
    return label


def link_file(source: Path, target: Path) -> None:
    """Link a file to a second name, or copy it where that is not possible."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
