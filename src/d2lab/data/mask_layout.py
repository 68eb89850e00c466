"""Images and their masks as they lie in folders: which are for training, which for testing.

    PATH/JPEGImages, PATH/SegmentationClass, PATH/ImageSets/Segmentation/train.txt and val.txt      Pascal VOC
    PATH/train/images, PATH/train/masks, or PATH/images/train, PATH/masks/train; beside "train" also "test" and "valid"
    PATH/images, PATH/masks: a fifth of the images is held out

`masks/photo.png` is the mask of `images/photo.jpg`, of its size: a palette PNG, a gray image of class numbers, or VOC's
colors; 255 is void. `classes.txt` in PATH names the classes line by line, the first one being number 0.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from d2lab.core.errors import DataError
from d2lab.core.regular_file import read_regular
from d2lab.core.void import VOID
from d2lab.data import listing
from d2lab.data.annotation_files import image_size
from d2lab.data.annotation_folder import HOLDOUT, PARTS
from d2lab.data.image import quiet_pillow
from d2lab.data.voc_classes import VOC_CLASSES

LIST_BYTES = 2**24  # of a list of names
VOC_LISTS = {"train": "train", "val": "test"}  # VOC's test part has no masks that anybody may see


@dataclass(frozen=True, eq=False, slots=True)
class MaskPart:
    """Images of one part, the mask of each, and their sizes: width and height, pixels."""

    images: tuple[Path, ...]
    masks: tuple[Path, ...]
    sizes: Int64[np.ndarray, "image 2"]


def read_mask_parts(root: Path) -> dict[str, MaskPart]:
    """List images and their masks by part: "train" and "test", and "valid" where all three are set apart.

    Raises:
        DataError: no such folder, not a layout that is known, or an image without its mask.
    """
    pairs = _voc(root) or _by_part(root)
    if "train" not in pairs:
        pairs = {"all": (root / "images", root / "masks", None)}
    parts = {name: _part(*place, where=f"the {name} part of {root}") for name, place in pairs.items()}
    if "all" in parts:
        return dict(zip(("train", "test"), _held_out(parts["all"]), strict=True))
    if "test" not in parts:
        if "valid" not in parts:
            raise DataError(f"the folder {root}", got="a training part alone", need="one for testing beside it")
        return {"train": parts["train"], "test": parts["valid"]}
    return {name: parts[name] for name in ("train", "test", "valid") if name in parts}


Place = tuple[Path, Path, list[str] | None]  # folders of images and masks, and names where a list has them


def _voc(root: Path) -> dict[str, Place]:
    """Find the parts of Pascal VOC by its lists; none where the folder has another layout."""
    folders = root / "JPEGImages", root / "SegmentationClass"
    lists = {part: root / "ImageSets" / "Segmentation" / f"{word}.txt" for word, part in VOC_LISTS.items()}
    if not all(folder.is_dir() for folder in folders):
        return {}
    missing = [path for path in lists.values() if not path.is_file()]
    if missing:
        raise DataError(f"the folder {root}", got=f"no {missing[0]}", need="the lists of Pascal VOC")
    return {part: (*folders, _lines(path)) for part, path in lists.items()}


def _by_part(root: Path) -> dict[str, Place]:
    """Find the folders of each part, in either order."""
    found: dict[str, Place] = {}
    for word, part in PARTS.items():
        pairs = (root / word / "images", root / word / "masks"), (root / "images" / word, root / "masks" / word)
        for pair in pairs:
            if part not in found and all(folder.is_dir() for folder in pair):
                found[part] = (*pair, None)
    return found


def _part(images: Path, masks: Path, names: list[str] | None, *, where: str) -> MaskPart:
    """Pair the images of a part with their masks by name."""
    for folder in (images, masks):
        if not folder.is_dir():
            need = "folders named images and masks, or those of Pascal VOC"
            raise DataError(where, got=f"no folder {folder}", need=need)
    files = _by_stem(images)
    chosen = sorted(files) if names is None else names
    beside = _by_stem(masks)
    for kind, there in (("image", files), ("mask", beside)):
        missing = [name for name in chosen if name not in there]
        if missing:
            got = f"no {kind} of {missing[0]} and {len(missing) - 1} more"
            raise DataError(where, got=got, need="an image and a mask of each name")
    if not chosen:
        raise DataError(where, got="no image", need="at least one")
    with quiet_pillow():
        sizes = np.array([image_size(files[name]) for name in chosen], np.int64)
    return MaskPart(tuple(files[name] for name in chosen), tuple(beside[name] for name in chosen), sizes)


def _by_stem(folder: Path) -> dict[str, Path]:
    """Return the image files of a folder by their names without suffix.

    Raises:
        DataError: two files differ in their suffix alone.
    """
    found: dict[str, Path] = {}
    for entry in listing.find_images(folder, "."):
        place = Path(entry.name)
        stem = place.with_suffix("").as_posix()
        if stem in found:
            raise DataError(f"the folder {folder}", got=f"{stem} in two formats", need="one file of each name")
        found[stem] = folder / place
    return found


def _held_out(part: MaskPart) -> tuple[MaskPart, MaskPart]:
    """Divide a part: a fifth, chosen by a hash of its name, is for testing.

    Raises:
        DataError: there are too few images.
    """
    entries = [listing.Entry(path.name, 0, number=0) for path in part.images]
    away = {entry.name for entry in listing.hold_out(entries, HOLDOUT)[1]}
    if not away:
        need = f"{listing.smallest_to_divide(HOLDOUT)} images or more, so that one can be held out"
        raise DataError("images with masks", got=len(entries), need=need)
    gone = np.array([path.name in away for path in part.images])
    train, test = (np.flatnonzero(gone == out).tolist() for out in (False, True))
    return _some(part, train), _some(part, test)


def _some(part: MaskPart, rows: list[int]) -> MaskPart:
    return MaskPart(tuple(part.images[row] for row in rows), tuple(part.masks[row] for row in rows), part.sizes[rows])


def read_classes(root: Path) -> tuple[str, ...]:
    """Return the names of the classes: those in `classes.txt`, or Pascal VOC's where the folder is laid out so.

    Raises:
        DataError: there are no names, a name stands twice, or there are more than 255.
    """
    path = root / "classes.txt"
    if not path.is_file() and (root / "SegmentationClass").is_dir():
        return VOC_CLASSES
    need = f"the names of 2 to {VOID} classes, one a line, the first being number 0"
    if not path.is_file():
        raise DataError(f"the classes of {root}", got="no classes.txt", need=need)
    names = tuple(_lines(path))
    if not 2 <= len(names) <= VOID or len(set(names)) < len(names) or not all(name.isprintable() for name in names):
        raise DataError(f"the classes in {path}", got=f"{len(names)} names", need=f"{need}, each once")
    return names


def _lines(path: Path) -> list[str]:
    """Return the lines of a list that hold something."""
    try:
        text = read_regular(path, LIST_BYTES, links=True, error=DataError).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as cause:
        got = getattr(cause, "strerror", None) or str(cause)
        raise DataError(f"the list {path}", got=got, need="names, one a line, in UTF-8") from cause
    return [line.strip() for line in text.splitlines() if line.strip()]
