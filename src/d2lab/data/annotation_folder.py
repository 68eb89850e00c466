"""Annotated images as they lie in folders: which files are for training, which for testing, and where the images are.

    coco:PATH      PATH/annotations/*train*.json and *test* or *val*, PATH/train/*.json and test ..., or one JSON file
    voc:PATH       PATH/Annotations/*.xml with ImageSets/Main/train.txt and test.txt or val.txt, or PATH/train/*.xml ...
    yolo:PATH      PATH/labels/train and PATH/images/train ..., or PATH/train/labels ...; data.yaml or classes.txt
    labelme:PATH   PATH/train/*.json and test, valid or val, or PATH/*.json

Where nothing is set apart for testing, a fifth of the images is held out. Boxes are returned as they stand.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.regular_file import read_regular
from d2lab.data import listing
from d2lab.data.annotation import Annotations
from d2lab.data.coco import LIMIT, read_coco
from d2lab.data.labelme import read_labelme
from d2lab.data.voc import read_voc
from d2lab.data.yolo import NAMES, read_names, read_yolo

TESTS = ("test", "valid", "val", "validation")  # names of the part for testing; the first that is there is taken
HOLDOUT = 0.2
NO_BOXES = ("captions", "image_info", "person_keypoints", "panoptic", "stuff")  # files of COCO without boxes

Parts = list[tuple[Annotations, list[Path]]]  # annotations, and folders to look for their images in


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Images of one part with their boxes, and where the files of the images lie; None where one is missing."""

    annotations: Annotations
    files: tuple[Path | None, ...]


def read_parts(kind: str, root: Path) -> dict[str, Part]:
    """Read what lies in a folder, by part: "train" and "test", or "all" where nothing is set apart.

    Args:
        kind: "coco", "voc", "yolo" or "labelme".
        root: the folder; for COCO also one JSON file, for YOLO also its data.yaml.

    Raises:
        ConfigError: the kind is unknown.
        DataError: no such folder, not a layout that is known, or a file that can't be read.
    """
    if kind not in READERS:
        raise ConfigError("the format of annotations", got=kind, need=f"one of {', '.join(READERS)}")
    if not root.exists():
        raise DataError(f"the folder {root}", got="nothing there", need=f"annotated images as {kind}")
    parts = READERS[kind](root)
    names = ("train", "test") if len(parts) == 2 else ("all",)
    found = {}
    for name, (annotations, folders) in zip(names, parts, strict=True):
        if not len(annotations):
            raise DataError(f"the {name} part of {kind}:{root}", got="no image", need="at least one")
        files = tuple(_file_of(image, folders) for image in annotations.names)
        found[name] = Part(annotations, files)
    if len({part.annotations.classes for part in found.values()}) > 1:
        got, need = (", ".join(part.annotations.classes) for part in reversed(found.values()))
        raise DataError(f"the classes of the test part of {kind}:{root}", got=got, need=need)
    return found


def hold_out(part: Part) -> tuple[Part, Part]:
    """Divide the images of a part: a fifth, chosen by a hash of its name, becomes the test part.

    Raises:
        DataError: there are too few images.
    """
    names = part.annotations.names
    entries = [listing.Entry(name, 0, number=0) for name in names]
    away = {entry.name for entry in listing.hold_out(entries, HOLDOUT)[1]}
    if not away:
        need = f"{listing.smallest_to_divide(HOLDOUT)} images or more, so that one can be held out"
        raise DataError("annotated images", got=len(names), need=need)
    gone = np.array([name in away for name in names])
    train, test = (np.flatnonzero(gone == out) for out in (False, True))
    return _some(part, train), _some(part, test)


def _some(part: Part, numbers: np.ndarray) -> Part:
    return Part(part.annotations.subset(numbers), tuple(part.files[number] for number in numbers.tolist()))


def guess_kind(root: Path) -> str:
    """Return the format of the annotations in a folder, or of a file.

    Raises:
        DataError: it is none that is known.
    """
    if not root.exists():
        raise DataError(f"the annotations in {root}", got="nothing there", need="a folder of annotated images")
    if root.suffix in (".yaml", ".yml"):
        return "yolo"
    if root.is_dir() and any((root / name).is_file() for name in NAMES):
        return "yolo"
    if root.is_dir() and _files(root, "*.xml"):
        return "voc"
    if (root.is_file() and root.suffix == ".json") or _coco_files(root):
        first = root if root.is_file() else _coco_files(root)[0]
        content = read_regular(first, LIMIT, links=True, error=DataError)
        return "labelme" if b'"shapes"' in content and b'"imagePath"' in content else "coco"
    need = "a folder of COCO JSON, VOC XML, YOLO text or LabelMe JSON files"
    raise DataError(f"the annotations in {root}", got="no such files", need=need)


def _coco_files(root: Path) -> list[Path]:
    files = [*root.glob("*.json"), *root.glob("*/*.json")]
    return sorted(path for path in files if not path.name.startswith((".", *NO_BOXES)))


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder and the folders inside it, but for hidden ones such as ._NAME."""
    return sorted(path for path in folder.rglob(pattern) if not path.name.startswith("."))


def _coco(root: Path) -> Parts:
    """Find one JSON file, or one for each part."""
    files = [root] if root.is_file() else _coco_files(root)
    if len(files) == 1:
        return [_coco_part(files[0], files[0].parent)]
    words = {path: path.relative_to(root).as_posix().lower() for path in files}
    train = [path for path in files if "train" in words[path]]
    tests = ([path for path in files if name in words[path] and path not in train] for name in TESTS)
    test = next((found for found in tests if found), [])
    if len(train) != 1 or len(test) != 1:
        got = f"{len(files)} JSON files, {len(train)} for training and {len(test)} for testing"
        fix = "Name a single file with coco:PATH/FILE.json."
        raise DataError(f"the folder {root}", got=got, need="one JSON file of boxes for each", fix=fix)
    return [_coco_part(path, root) for path in (*train, *test)]


def _coco_part(path: Path, root: Path) -> tuple[Annotations, list[Path]]:
    year = path.stem.rpartition("_")[2]  # instances_train2017.json: images in train2017
    tops = list(dict.fromkeys((path.parent, root, path.parent.parent)))
    return read_coco(path, bad_boxes="keep"), [top / name for top in tops for name in ("", "images", year)]


def _voc(root: Path) -> Parts:
    """Find the XML files of each part by the lists of VOC, or in folders of their own."""
    folders = [root / "JPEGImages", root / "images", root]
    lists, boxes = root / "ImageSets" / "Main", root / "Annotations"
    if boxes.is_dir() and (lists / "train.txt").is_file():
        tests = (_listed(lists / f"{name}.txt", boxes) for name in TESTS)
        test = next((files for files in tests if files and all(path.is_file() for path in files)), [])
        groups = [_listed(lists / "train.txt", boxes), test]
    elif boxes.is_dir():
        groups = [_files(boxes, "*.xml"), []]
    else:
        groups = _part_files(root, "*.xml")
    return _read_together([group for group in groups if group], read_voc, folders)


def _labelme(root: Path) -> Parts:
    groups = [group for group in _part_files(root, "*.json") if group]
    return _read_together(groups, lambda files, **how: read_labelme(files, root, **how), [root])


def _part_files(root: Path, pattern: str) -> list[list[Path]]:
    """Return the files of the training and of the test folder; all of them where there are no such folders."""
    train = _files(root / "train", pattern)
    test = next((found for name in TESTS if (found := _files(root / name, pattern))), [])
    return [train, test] if train else [_files(root, pattern), []]


def _read_together(groups: Sequence[list[Path]], read: Callable[..., Annotations], folders: list[Path]) -> Parts:
    """Read the files of each part; a class has one number in all of them."""
    if not groups:
        raise DataError(f"the folder {folders[-1]}", got="no annotation in it", need="a file for each image")
    parts = [read(group, bad_boxes="keep") for group in groups]
    classes = tuple(sorted({name for part in parts for name in part.classes}))
    beside = [list(dict.fromkeys(path.parent for path in group)) for group in groups]
    return [(part.renumber(classes), own + folders) for part, own in zip(parts, beside, strict=True)]


def _listed(path: Path, folder: Path) -> list[Path]:
    """Return the XML files that a list of VOC names; none where there is no such list."""
    if not path.is_file():
        return []
    words = (line.split() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return [folder / f"{line[0]}.xml" for line in words if line and (len(line) == 1 or line[1] != "-1")]


def _yolo(root: Path) -> Parts:
    """Find images and labels of each part, in either order of the folders."""
    top = root.parent if root.is_file() else root
    named = [root] if root.is_file() else [top / name for name in NAMES if (top / name).is_file()]
    if not named:
        raise DataError(f"the folder {top}", got="no names of classes", need=f"one of {', '.join(NAMES)}")
    classes = read_names(named[0])
    pairs = [(images, labels) for name in ("train", *TESTS) for images, labels in _yolo_folders(top, name)]
    if not pairs:
        pairs = [(top / "images", top / "labels") if (top / "labels").is_dir() else (top, top)]
    return [(read_yolo(images, labels, classes, bad_boxes="keep"), [images]) for images, labels in pairs[:2]]


def _yolo_folders(top: Path, name: str) -> list[tuple[Path, Path]]:
    """Return the folders of one part's images and labels, if they are there."""
    places = ((top / "images" / name, top / "labels" / name), (top / name / "images", top / name / "labels"))
    return [pair for pair in places if pair[0].is_dir() and pair[1].is_dir()][:1]


def _file_of(name: str, folders: Iterable[Path]) -> Path | None:
    return next((folder / name for folder in folders if os.path.isfile(folder / name)), None)  # noqa: PTH113 (fast)


READERS: dict[str, Callable[[Path], Parts]] = {"coco": _coco, "voc": _voc, "yolo": _yolo, "labelme": _labelme}
KINDS: tuple[str, ...] = tuple(READERS)
