"""A folder of a contest of images: labelled images, images to label, and the form of the submission.

    PATH/train/ID.png, trainLabels.csv (id,label), test/ID.png            as CIFAR-10 has it: a label for each id
    PATH/train/ID.jpg, labels.csv (id,breed), test/ID.jpg                 as dogs have it: a probability a class
    PATH/images/*.jpg, train.csv (image,label), test.csv (image)          as leaves have it: a label for each path

The headers of the tables decide, not the name of the contest. `sample_submission.csv` (or `sampleSubmission.csv`),
where there is one, has the form and the order of the submission; otherwise the order is that of `test.csv`, or of the
numbers.
A tenth of each class, one image at least, is held out: which ones, a seed decides (``kaggle:PATH#SEED``).
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from d2lab.core.errors import DataError
from d2lab.data.contest_copies import describe_copies, same_images
from d2lab.data.contest_table import Table, missing, natural, read_table, refuse
from d2lab.data.listing import Entry, Listing, find_images, hold_out, make_listing, why_not

HELD = 0.1  # share of each class that is held out
TRAINING = ("trainLabels.csv", "labels.csv", "train.csv")
SAMPLES = ("sample_submission.csv", "sampleSubmission.csv")
QUESTIONS = "test.csv"
IMAGES = "images"  # the folder of images that tables name by their paths
HEADERS: dict[tuple[str, ...], str] = {
    ("id", "label"): "labels",
    ("id", "breed"): "probabilities",
    ("image", "label"): "labels",
}
KNOWN = "id,label or id,breed (images by id) or image,label (images by path)"
LAYOUTS = "train/ID.png with trainLabels.csv or labels.csv, or images/ with train.csv and test.csv"


@dataclass(frozen=True, slots=True)
class Labelled:
    """The labelled images: classes, sorted, and files in natural order of their names, each with its class."""

    classes: tuple[str, ...]
    entries: list[Entry]
    columns: tuple[str, ...]  # of the table


@dataclass(frozen=True, slots=True)
class Questions:
    """The images to label, in the order of the submission, and its columns."""

    ids: tuple[str, ...]
    entries: list[Entry]
    columns: tuple[str, ...]  # the id's and the label's; the id's alone where each class has one, in any order
    classes: tuple[str, ...] | None  # columns of probabilities; () for those of the model; None for one label


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a contest, by what they are for; None where there is none."""

    training: Table | None
    sample: Table | None
    questions: Table | None

    @property
    def by_path(self) -> bool:
        """Whether the tables name images by their paths."""
        return any(table is not None and table.columns[0] == "image" for table in self.all)

    @property
    def all(self) -> tuple[Table | None, ...]:
        """All three."""
        return self.training, self.sample, self.questions


def read_tables(root: Path) -> Tables:
    """Read what tables there are, and check that they belong together.

    Raises:
        DataError: no such folder, two tables for one purpose, a header that is not known, tables that name images in
            two ways, or ids of a test table and of a sample submission that differ or come in two orders.
    """
    if not root.is_dir():
        got = "a file" if root.exists() else "nothing there"
        raise DataError(f"the folder {root}", got=got, need=f"the folder of a contest: {LAYOUTS}")
    tables = Tables(_one(root, TRAINING), _one(root, SAMPLES), _one(root, (QUESTIONS,)))
    if tables.training is not None and tables.training.columns not in HEADERS:
        raise _unknown(tables.training, KNOWN)
    if tables.questions is not None and tables.questions.columns not in (("image",), ("id",)):
        raise _unknown(tables.questions, "image, or id")
    sample = tables.sample
    if sample is not None and (len(sample.columns) < 2 or sample.columns[0] not in ("id", "image")):
        raise _unknown(sample, "id,label or image,label, or id and a column for each class")
    first = {table.columns[0]: table.path.name for table in tables.all if table is not None}
    if len(first) > 1:
        got = " and ".join(f"{name} in {file}" for name, file in first.items())
        raise DataError(f"the tables of {root}", got=got, need="one name for the first column in all of them")
    if sample is not None and tables.questions is not None:
        _same_order(tables.questions, sample)
    return tables


def read_labelled(root: Path, tables: Tables, left_out: Counter[str] | None = None) -> Labelled:
    """Read the labelled images.

    Args:
        root: the folder.
        tables: of it.
        left_out: is told how many files were not taken, by reason.

    Raises:
        DataError: no table of labels, a row without its image, an image without its row, a path that leaves the folder,
            or fewer than two classes.
    """
    table = tables.training
    if table is None:
        got = f"none of {', '.join(TRAINING)}"
        raise DataError(f"the folder {root}", got=got, need=f"a table of labels: {LAYOUTS}")
    _check_keys(table)
    classes = tuple(sorted({row[1] for row in table.rows}))
    if len(classes) < 2:
        raise DataError(f"the table {table.path.name}", got=f"one label, {classes[0]}", need="two labels or more")
    refuse(table.path.name, "label that can't be printed", [c for c in classes if not c.isprintable()], "plain text")
    found = _found(root, "train", by_path=tables.by_path, left_out=left_out)
    _check_rows(table, found)
    if not tables.by_path:
        _check_images("train", found, table.keys, table.path.name)
    numbers = {name: number for number, name in enumerate(classes)}
    rows = sorted(table.rows, key=lambda row: natural(row[0]))
    return Labelled(classes, [found[key]._replace(number=numbers[label]) for key, label in rows], table.columns)


def read_questions(root: Path, tables: Tables) -> Questions:
    """Read the images to label and the form of the submission.

    Raises:
        DataError: none are there, or rows and images don't agree.
    """
    listed = tables.sample or tables.questions
    known = set(tables.training.keys) if tables.by_path and tables.training is not None else set[str]()
    found = {k: e for k, e in _found(root, "test", by_path=tables.by_path).items() if k not in known}
    if listed is not None:
        _check_keys(listed)
        refuse(listed.path.name, "image of the training table", [k for k in listed.keys if k in known], "other images")
        _check_rows(listed, found)
        _check_images(IMAGES if tables.by_path else "test", found, listed.keys, listed.path.name)
    elif not found:
        where = root / (IMAGES if tables.by_path else "test")
        raise DataError(f"the folder {where}", got="no image to label", need="the test part of a contest")
    ids = listed.keys if listed is not None else sorted(found, key=natural)
    columns, classes = _form(tables)
    return Questions(tuple(ids), [found[name] for name in ids], columns, classes)


def contest_listing(root: Path, seed: int = 0) -> Listing:
    """List the labelled images, a tenth of each class held out; the test part, where there is one, must be whole.

    Args:
        root: the folder.
        seed: decides which images are held out.

    Raises:
        DataError: see `read_tables`, `read_labelled` and `read_questions`.
    """
    left_out = Counter[str]()
    tables = read_tables(root)
    labelled = read_labelled(root, tables, left_out)
    if tables.sample or tables.questions or _any_image(root / "test"):
        form = read_questions(root, tables)
        if form.classes:
            check_classes(form.classes, labelled.classes)
    train, held = divide(labelled.entries, seed)
    return make_listing(root, labelled.classes, train, held, left_out=left_out)


def contest_notes(listing: Listing) -> tuple[str, ...]:
    """Return what to tell of a contest's folder: copies of an image in both parts."""
    parts = {"training part": listing.train, "held-out part": listing.test}
    names = {part: [files.names[n] for n in range(len(files.names))] for part, files in parts.items()}
    return tuple(describe_copies(names, same_images(listing.root, names)))


def divide(entries: list[Entry], seed: int = 0) -> tuple[list[Entry], list[Entry]]:
    """Hold out a tenth of each class, rounded, and one image at least of a class that has two; both parts in order."""
    held = set[str]()
    for number in {entry.number for entry in entries}:
        mine = [entry for entry in entries if entry.number == number]
        held |= {entry.name for entry in hold_out(mine, max(HELD, 1 / len(mine)), seed)[1]}
    return [e for e in entries if e.name not in held], [e for e in entries if e.name in held]


def check_classes(columns: tuple[str, ...], classes: tuple[str, ...]) -> None:
    """Refuse columns of probabilities that are not the classes, in whatever order.

    Raises:
        DataError: one is missing or too many.
    """
    need = "the classes of the labels, each once"
    refuse("the columns of the sample submission", "class without a column", missing(classes, columns), need)
    refuse("the columns of the sample submission", "column without a class", missing(columns, classes), need)


def place_of(place: str) -> tuple[str, int]:
    """Return path and seed of what stands behind ``kaggle:``; a folder whose own name ends in #7 is taken as it is.

    >>> place_of("dogs#7")
    ('dogs', 7)
    """
    found = re.fullmatch(r"(.+)#([0-9]{1,9})", place, re.DOTALL)
    return (place, 0) if found is None or Path(place).expanduser().is_dir() else (found[1], int(found[2]))


def _one(root: Path, names: tuple[str, ...]) -> Table | None:
    """Read the table with one of these names; None where there is none."""
    there = [name for name in names if (root / name).exists()]
    if len(there) > 1:
        raise DataError(f"the folder {root}", got=" and ".join(there), need="one of them", fix="Move the other away.")
    return read_table(root / there[0]) if there else None


def _unknown(table: Table, need: str) -> DataError:
    return DataError(f"the header of {table.path.name}", got=",".join(table.columns), need=need)


def _same_order(questions: Table, sample: Table) -> None:
    """Refuse a test table and a sample submission that disagree."""
    names = f"{questions.path.name} and {sample.path.name}"
    for one, other in ((questions, sample), (sample, questions)):
        alone = missing(one.keys, other.keys)
        refuse(names, f"row of {one.path.name} alone", alone, "the same images in both")
    moved = [a for a, b in zip(questions.keys, sample.keys, strict=True) if a != b]
    refuse(names, f"{sample.columns[0]} in another order", moved, "one order in both")


def _check_keys(table: Table) -> None:
    """Refuse ids that are no plain names, and paths that don't stay in the folder of images."""
    if table.columns[0] == "id":
        wrong = [k for k in table.keys if not k.isprintable() or k.startswith(".") or set(k) & set('/\\:*?"<>|')]
        refuse(f"the table {table.path.name}", "id that is no plain name", wrong, "names of files without their ending")
        return
    wrong = [key for key in table.keys if not _is_inside(key)]
    refuse(f"the table {table.path.name}", f"path outside {IMAGES}/", wrong, f"paths such as {IMAGES}/0.jpg")
    wrong = [key for key in table.keys if why_not(key.rpartition("/")[2])]
    refuse(f"the table {table.path.name}", "file that is no image", wrong, f"images such as {IMAGES}/0.jpg")


def _is_inside(key: str) -> bool:
    """Check that a path is written plainly and leads into the folder of images."""
    parts = PurePosixPath(key).parts
    plain = key.isprintable() and not set(key) & set('\\:*?"<>|') and "/".join(parts) == key
    return plain and len(parts) > 1 and parts[0] == IMAGES and not any(part.startswith(".") for part in parts)


def _found(root: Path, part: str, *, by_path: bool, left_out: Counter[str] | None = None) -> dict[str, Entry]:
    """Return the images of a part by their id, or of the whole folder of images by their path.

    Raises:
        DataError: the folder is missing, or two files have one id.
    """
    folder = IMAGES if by_path else part
    if not (root / folder).is_dir():
        raise DataError(f"the folder {root / folder}", got="no such folder", need=f"the images of a contest: {LAYOUTS}")
    entries = sorted(find_images(root, folder, left_out=left_out))
    if by_path:
        return {entry.name: entry for entry in entries}
    keys = [entry.name.removeprefix(f"{part}/").rpartition(".")[0] for entry in entries]
    twice = sorted((key for key, count in Counter(keys).items() if count > 1), key=natural)
    refuse(f"the folder {root / folder}", "two images of one id", twice, "one file an id")
    return dict(zip(keys, entries, strict=True))


def _check_rows(table: Table, found: dict[str, Entry]) -> None:
    alone = missing(table.keys, found)
    refuse(f"the table {table.path.name}", "row without an image", alone, "an image for each row")


def _check_images(folder: str, found: dict[str, Entry], keys: list[str], table: str) -> None:
    alone = missing(found, keys)
    refuse(f"the folder {folder}", "image without a row", alone, f"a row of {table} for each image")


def _any_image(folder: Path) -> bool:
    return folder.is_dir() and next(find_images(folder.parent, folder.name), None) is not None


def _form(tables: Tables) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the columns of the submission, and the classes where each has a column."""
    if tables.sample is not None:
        columns = tables.sample.columns
        return (columns, None) if len(columns) == 2 else (columns[:1], columns[1:])
    columns = tables.training.columns if tables.training is not None else ("id", "label")
    if tables.training is None and tables.by_path:
        columns = ("image", "label")
    return (columns, None) if HEADERS[columns] == "labels" else (columns[:1], ())
