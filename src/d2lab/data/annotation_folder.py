"""Annotated images as they lie in folders: which files are for training, which for testing, and where the images are.

    coco:PATH      PATH/annotations/*train*.json, PATH/train/*.json, or one JSON file
    voc:PATH       PATH/Annotations/*.xml and PATH/ImageSets/Main/train.txt, or PATH/train/*.xml
    yolo:PATH      PATH/labels/train, images/train, or PATH/train/labels, train/images; data.yaml or classes.txt
    labelme:PATH   PATH/train/*.json, or PATH/*.json

Beside "train" stand "test" and "valid" (also "val", "validation") in the same way.
Where nothing is set apart for testing, a fifth of the images is held out. Boxes are returned as they stand.
"""

import os
from collections.abc import Callable, Iterable
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

PARTS = {"train": "train", "test": "test", "valid": "valid", "val": "valid", "validation": "valid"}  # by their folders
HOLDOUT = 0.2
NO_BOXES = ("captions", "image_info", "person_keypoints", "panoptic", "stuff")  # files of COCO without boxes

Parts = dict[str, tuple[Annotations, list[Path]]]  # by part: annotations, and folders to look for their images in


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Images of one part with their boxes, and where the files of the images lie; None where one is missing."""

    annotations: Annotations
    files: tuple[Path | None, ...]


def read_parts(kind: str, root: Path) -> dict[str, Part]:
    """Read what lies in a folder, by part: "train", "test" and "valid", or "all" where nothing is set apart.

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
    found = {}
    for name, (annotations, folders) in parts.items():
        if not len(annotations):
            raise DataError(f"the {name} part of {kind}:{root}", got="no image", need="at least one")
        files = tuple(_file_of(image, folders) for image in annotations.names)
        found[name] = Part(annotations, files)
    need, *others = (", ".join(part.annotations.classes) for part in found.values())
    for name, got in zip(list(found)[1:], others, strict=True):
        if got != need:
            raise DataError(f"the classes of the {name} part of {kind}:{root}", got=got, need=need)
    return found if len(found) > 1 else {"all": next(iter(found.values()))}


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
        return {"all": _coco_part(files[0], files[0].parent)}
    words = {path: path.relative_to(root).as_posix().lower() for path in files}
    names = [next((part for word, part in PARTS.items() if word in words[path]), "") for path in files]
    if len(set(names)) < len(names) or "train" not in names or "" in names:
        got = f"{len(files)} JSON files ({', '.join(path.name for path in files[:3])})"
        fix = "Name a single file with coco:PATH/FILE.json."
        raise DataError(f"the folder {root}", got=got, need="one for each of train, test and val", fix=fix)
    return {name: _coco_part(path, root) for name, path in sorted(zip(names, files, strict=True))}


def _coco_part(path: Path, root: Path) -> tuple[Annotations, list[Path]]:
    year = path.stem.rpartition("_")[2]  # instances_train2017.json: images in train2017
    tops = list(dict.fromkeys((path.parent, root, path.parent.parent)))
    return read_coco(path, bad_boxes="keep"), [top / name for top in tops for name in ("", "images", year)]


def _voc(root: Path) -> Parts:
    """Find the XML files of each part by the lists of VOC, or in folders of their own."""
    folders = [root / "JPEGImages", root / "images", root]
    lists, boxes = root / "ImageSets" / "Main", root / "Annotations"
    if not boxes.is_dir():
        return _read_together(_part_files(root, "*.xml"), read_voc, folders)
    groups = {part: files for word, part in PARTS.items() if (files := _listed(lists / f"{word}.txt", boxes))}
    groups = {part: files for part, files in groups.items() if part == "train" or all(map(Path.is_file, files))}
    return _read_together(groups if "train" in groups else {"all": _files(boxes, "*.xml")}, read_voc, folders)


def _labelme(root: Path) -> Parts:
    return _read_together(_part_files(root, "*.json"), lambda files, **how: read_labelme(files, root, **how), [root])


def _part_files(root: Path, pattern: str) -> dict[str, list[Path]]:
    """Return the files of the folder of each part; all files where there is none for training."""
    groups = {part: files for word, part in PARTS.items() if (files := _files(root / word, pattern))}
    return groups if "train" in groups else {"all": _files(root, pattern)}


def _read_together(groups: dict[str, list[Path]], read: Callable[..., Annotations], folders: list[Path]) -> Parts:
    """Read the files of each part; a class has one number in all of them."""
    parts = {name: read(group, bad_boxes="keep") for name, group in groups.items()}
    classes = tuple(sorted({name for part in parts.values() for name in part.classes}))
    beside = {name: list(dict.fromkeys(path.parent for path in group)) for name, group in groups.items()}
    return {name: (part.renumber(classes), beside[name] + folders) for name, part in parts.items()}


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
    pairs = {part: pair for word, part in PARTS.items() for pair in _yolo_folders(top, word)}
    if "train" not in pairs:
        pairs = {"all": (top / "images", top / "labels") if (top / "labels").is_dir() else (top, top)}
    read = {part: read_yolo(images, labels, classes, bad_boxes="keep") for part, (images, labels) in pairs.items()}
    return {part: (found, [pairs[part][0]]) for part, found in read.items()}


def _yolo_folders(top: Path, name: str) -> list[tuple[Path, Path]]:
    """Return the folders of one part's images and labels, if they are there."""
    places = ((top / "images" / name, top / "labels" / name), (top / name / "images", top / name / "labels"))
    return [pair for pair in places if pair[0].is_dir() and pair[1].is_dir()][:1]


def _file_of(name: str, folders: Iterable[Path]) -> Path | None:
    return next((folder / name for folder in folders if os.path.isfile(folder / name)), None)  # noqa: PTH113 (fast)


READERS: dict[str, Callable[[Path], Parts]] = {"coco": _coco, "voc": _voc, "yolo": _yolo, "labelme": _labelme}
KINDS: tuple[str, ...] = tuple(READERS)
