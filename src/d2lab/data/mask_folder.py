"""Images with the class of each pixel: `masks:PATH` as a set for segmentation, and sets by name in such files.

Images are fitted whole into one size, decoded once into the cache and mapped from there; each mask with its image, by
the nearest pixel. What is beside an image is gray, and void in its mask.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.void import VOID
from d2lab.data.card import Card
from d2lab.data.decoded import Known, Rows, check_unchanged, fitted_in_cache, known_unread, read_together, sized
from d2lab.data.image_fit import frame_for, read_fitted
from d2lab.data.mask_layout import MaskPart, read_classes, read_mask_parts
from d2lab.data.palette import fit_mask, read_mask
from d2lab.data.split import Dataset, Split
from d2lab.data.three_parts import ThreeParts

PREFIX = "masks:"
LONGEST = 320  # longest side of the images, pixels, where nobody says another; smaller ones keep theirs

MaskParts = Mapping[str, MaskPart]  # "train", "test", and "valid" where all three are set apart


def card_of(name: str) -> Card:
    """Build the card of images with masks; no pixel is decoded.

    Args:
        name: ``masks:`` and the path.

    Raises:
        ConfigError: no path stands there.
        DataError: no such folder, not a layout that is known, or a mask is missing.
    """
    root = _root_of(name)
    parts, classes = read_mask_parts(root), read_classes(root)
    sizes = np.concatenate([part.sizes for part in parts.values()])
    return Card(
        name=f"{PREFIX}{root}",
        task="segmentation",
        en=f"The images in {root}, with the class of each pixel.",
        zh=f"{root} 中的图片，附每个像素的类别。",
        shape=(3, *frame_for(sizes, min(int(sizes.max()), LONGEST))),
        examples=(len(parts["train"].images), len(parts["test"].images)),
        classes=classes,
        licence="as their owner says",
        cite="their owner",
        files=(),
        module=__name__,
        streams=True,
        mixed=True,
        listing=_digest(root, parts, classes, "size"),
        times=_digest(root, parts, classes, "changed"),
    )


def load(
    card: Card, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> Dataset:
    """Load the images of this card; `seed` and `fetch` change nothing here.

    Args:
        card: of the images.
        seed: not used.
        fetch: not used.
        side: longest side of the images, pixels; the card's shape unless given.
        workers: must be None: such images are held in memory or mapped from the cache.

    Raises:
        ConfigError: the side is below 1, or workers are asked for.
        DataError: files are missing, broken or not those of the card, or take more than 2 GiB decoded.
    """
    root = _root_of(card.name)
    parts, classes = read_mask_parts(root), read_classes(root)
    check_unchanged(card, _digest(root, parts, classes, "size"), _digest(root, parts, classes, "changed"))
    return load_parts(card, parts, root, side=side, workers=workers)


def load_parts(
    card: Card, parts: MaskParts, root: Path, *, side: int | None = None, workers: int | None = None
) -> Dataset:
    """Load images and masks, fitted whole into one size; what is beside an image is gray, and void in its mask.

    Args:
        card: of the images.
        parts: "train" and "test"; "valid" makes a set of `ThreeParts`.
        root: the folder that they lie in.
        side: longest side of the images, pixels; the card's shape unless given.
        workers: must be None: such images are held in memory or mapped from the cache.

    Raises:
        ConfigError: the side is below 1, or workers are asked for.
        DataError: a file is broken, a pixel is no class, or no training pixel is of any class but the first.
    """
    card = sized(card, side=side, workers=workers)
    frame = card.shape[1], card.shape[2]
    shapes: dict[str, tuple[int, ...]] = {name: (len(part.images), *card.shape) for name, part in parts.items()}
    shapes |= {f"{name}-masks": (len(part.images), *frame) for name, part in parts.items()}
    store = fitted_in_cache(card, shapes, _digest(root, parts, card.classes, "stamp"))
    store.make(lambda *rows: _decode(card, parts, rows))
    splits = {name: Split(store.open(name), store.open(f"{name}-masks")) for name in parts}
    return ThreeParts(card, **splits) if "valid" in splits else Dataset(card, **splits)


def _decode(card: Card, parts: MaskParts, rows: Sequence[Rows]) -> None:
    """Decode every image and every mask of all parts."""
    frame = card.shape[1], card.shape[2]

    def image(file: Path, size: list[int]) -> np.ndarray:
        return read_fitted(file, size=(size[0], size[1]), frame=frame)

    def mask(file: Path, size: list[int]) -> np.ndarray:
        return fit_mask(read_mask(file, size=(size[0], size[1]), classes=len(card.classes)), frame)

    for part, own in zip(parts.values(), rows[: len(parts)], strict=True):
        own.extend(read_together(image, part.images, part.sizes.tolist()))
    for (name, part), own in zip(parts.items(), rows[len(parts) :], strict=True):
        seen = np.zeros(256, bool)
        for masks in read_together(mask, part.masks, part.sizes.tolist()):
            own.append(masks)
            seen[np.unique(masks)] = True
        if name == "train" and not seen[1:VOID].any():
            got = f"{'no pixel of a class' if not seen[0] else 'every pixel of class 0'}, or {VOID}, which is void"
            fix = f"Where {VOID} is meant to be a class, write its number instead."
            raise DataError(f"the training masks of {card.name}", got=got, need="pixels of two classes", fix=fix)


def _root_of(name: str) -> Path:
    """Return the path in ``masks:PATH``."""
    place = name.removeprefix(PREFIX)
    if not place.strip():
        raise ConfigError("data", got=name, need=f"{PREFIX}PATH, the path of a folder of images and masks")
    root = Path(place).expanduser().resolve()
    if not root.is_dir():
        raise DataError(f"the folder {root}", got="nothing there", need="images with masks")
    return root


def _digest(root: Path, parts: MaskParts, classes: tuple[str, ...], what: Known) -> str:
    """Return a hash of the names of classes and files, and of what is known of the files.

    Args:
        root: where names begin.
        parts: in their order.
        classes: their names.
        what: of the files, as `known_unread` has it.
    """
    digest = hashlib.sha256("\0".join(classes).encode())
    for name, part in parts.items():
        digest.update(f"\0{name}\0".encode())
        for file in (*part.images, *part.masks):
            known = known_unread(file, what)
            digest.update(f"{file.relative_to(root).as_posix()}\0{known}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
