"""Annotated images from one format to another: a new folder that `coco:`, `voc:`, `yolo:` or `labelme:` reads.

A folder for each part ("train", "test", "valid") where parts are set apart; in it

    coco       _annotations.coco.json beside the images
    voc        NAME.xml beside NAME.jpg
    yolo       images/NAME.jpg, labels/NAME.txt; data.yaml with the names of the classes beside the parts
    labelme    NAME.json beside NAME.jpg
"""

import dataclasses
import json
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.annotation import Annotations
from d2lab.data.annotation_source import Source
from d2lab.data.coco import write_coco
from d2lab.data.kaggle import link_file
from d2lab.data.labelme import write_labelme
from d2lab.data.voc import write_voc
from d2lab.data.yolo import NAMES, write_yolo


def convert_annotations(parts: Mapping[str, Source], kind: str, out: Path) -> list[str]:
    """Write annotated images in another format, whole or not at all; return what the format has no place for.

    Boxes are written as they stand. Files of images are linked where the system can, else copied; pixels of a set
    without files become PNGs.

    Args:
        parts: by `read_source`.
        kind: "coco", "voc", "yolo" or "labelme".
        out: what shall hold the images; must not exist.

    Raises:
        ConfigError: the format is unknown.
        DataError: `out` exists or can't be written, the file of an image is missing, or two would share a name.
    """
    if kind not in WRITERS:
        raise ConfigError("the format of annotations", got=kind, need=f"one of {', '.join(WRITERS)}")
    if out.exists():
        raise DataError(str(out), got="something that exists", need="a new folder", fix="Remove it, or name another.")
    growing = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        for part, source in parts.items():
            folder = growing if part == "all" else growing / part
            folder.mkdir(parents=True)
            found = _flat(source.annotations)
            _write_images(source, found, folder / "images" if kind == "yolo" else folder)
            WRITERS[kind](found, folder)
            if kind == "yolo":
                _write_names(found.classes, list(parts), growing)
        growing.rename(out)
    except OSError as cause:
        raise DataError(f"writing {out}", got=cause.strerror or str(cause), need="a folder for it") from cause
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return _lost([source.annotations for source in parts.values()], kind)


def _write_names(classes: tuple[str, ...], parts: list[str], top: Path) -> None:
    """Write data.yaml, as YOLO's programs read it; where a name has a quote in it, a list of names alone."""
    if any(sign in name for name in classes for sign in '"\\'):
        (top / "classes.txt").write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")
        return
    places = {"train" if part == "all" else part.replace("valid", "val"): part for part in parts}
    lines = [f"{word}: {'images' if part == 'all' else f'{part}/images'}" for word, part in places.items()]
    lines.append(f"names: {json.dumps(list(classes), ensure_ascii=False)}")
    (top / "data.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _yolo(found: Annotations, folder: Path) -> None:
    """Write label files; the classes stand in data.yaml, for all parts."""
    write_yolo(found, folder / "labels")
    for name in NAMES:
        (folder / "labels" / name).unlink(missing_ok=True)


WRITERS: dict[str, Callable[[Annotations, Path], object]] = {
    "coco": lambda found, folder: write_coco(found, folder / "_annotations.coco.json"),
    "voc": write_voc,
    "yolo": _yolo,
    "labelme": write_labelme,
}


def _flat(found: Annotations) -> Annotations:
    """Return annotations whose images are named without folders.

    Raises:
        DataError: two images would have one name.
    """
    names = tuple(name.rpartition("/")[2] for name in found.names)
    if len({name.casefold() for name in names}) < len(names):
        names = tuple(name.replace("/", "_") for name in found.names)
    return dataclasses.replace(found, names=names)


def _write_images(source: Source, named: Annotations, folder: Path) -> None:
    """Link, copy or write the images under their new names."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(named.names):
        target = folder / name
        if source.pixels is not None:
            Image.fromarray(source.read(number)).save(target)
            continue
        file = source.files[number]
        if file is None:
            raise DataError(f"image {name}", got="no such file", need="a file for each image that is annotated")
        link_file(file, target)


def _lost(found: list[Annotations], kind: str) -> list[str]:
    """Say what the format has no place for."""
    said = []
    ignored = sum(int(one.ignored.sum()) for one in found)
    if kind == "yolo" and ignored:
        said.append(f"{ignored:,} objects that evaluation ignores are objects like others in YOLO's files")
    if kind in ("voc", "labelme"):
        used = {one.classes[label] for one in found for label in set(one.labels.tolist())}
        unused = [name for name in found[0].classes if name not in used]
        if unused:
            said.append(f"classes without an object are not in these files: {', '.join(unused)}")
        if used and sorted(used) != [name for name in found[0].classes if name in used]:
            said.append("classes are numbered by their names from here on")
    return said
