"""Annotated images of the reader: `coco:PATH`, `voc:PATH`, `yolo:PATH` and `labelme:PATH` as sets for detection.

Images are fitted whole into one size, decoded once into the cache and mapped from there; their boxes move along. Boxes
that reach out of their image are cut off, those without area are left out, and so are objects that evaluation ignores;
the card's notes say how many. Sets by name that come in such files are loaded by `load_parts`.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.annotation import Annotations, handle_bad_boxes
from d2lab.data.annotation_check import count_annotations
from d2lab.data.annotation_folder import KINDS, Part, hold_out, read_parts
from d2lab.data.card import Card
from d2lab.data.decoded import Known, Rows, check_unchanged, fitted_in_cache, known_unread, read_together, sized
from d2lab.data.image_fit import fitted_sizes, frame_for, read_fitted
from d2lab.data.split import Dataset, Split
from d2lab.data.three_parts import ThreeParts

LONGEST = 320  # longest side of the images, pixels, where nobody says another; smaller ones keep theirs

Parts = Mapping[str, Part]  # "train", "test", and "valid" where all three are set apart
WORDS = {"train": "training", "test": "test", "valid": "validation"}


def card_of(name: str) -> Card:
    """Build the card of annotated images; no image is decoded.

    Args:
        name: ``coco:``, ``voc:``, ``yolo:`` or ``labelme:`` and the path.

    Raises:
        ConfigError: no path stands behind the format.
        DataError: nothing is there, or a file can't be read.
    """
    kind, root = _place_of(name)
    parts = _parts_of(name)
    notes = tuple(note for key, part in parts.items() for note in _notes(part, WORDS[key]))
    if "valid" in parts:
        notes += (f"{len(parts['valid'].files):,} images are the validation part, read where validation is asked for",)
    sizes = np.concatenate([part.annotations.sizes for part in parts.values()])
    listing, times = _digests(parts, "size"), _digests(parts, "changed")
    return Card(
        name=f"{kind}:{root}",
        task="detection",
        en=f"The annotated images in {root}.",
        zh=f"{root} 中带标注的图片。",
        shape=(3, *frame_for(sizes, min(int(sizes.max()), LONGEST))),
        examples=(len(parts["train"].files), len(parts["test"].files)),
        classes=parts["train"].annotations.classes,
        licence="as their owner says",
        cite="their owner",
        files=(),
        module=__name__,
        streams=True,
        mixed=True,
        listing=listing,
        times=times,
        notes=notes,
    )


def load(
    card: Card, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> Dataset:
    """Load the annotated images of this card; `seed` and `fetch` change nothing here.

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
    parts = _parts_of(card.name)
    check_unchanged(card, _digests(parts, "size"), _digests(parts, "changed"))
    return load_parts(card, parts, side=side, workers=workers)


def load_parts(card: Card, parts: Parts, *, side: int | None = None, workers: int | None = None) -> Dataset:
    """Load annotated images that were read from their files, boxes as they stand there.

    Args:
        card: of the images.
        parts: "train" and "test"; "valid" makes a set of `ThreeParts`.
        side: longest side of the images, pixels; the card's shape unless given.
        workers: must be None: such images are held in memory or mapped from the cache.

    Raises:
        ConfigError: the side is below 1, or workers are asked for.
        DataError: images are missing or broken, or take more than 2 GiB decoded.
    """
    card = sized(card, side=side, workers=workers)
    shapes = {name: (len(part.files), *card.shape) for name, part in parts.items()}
    images = fitted_in_cache(card, shapes, _digests(parts, "stamp"))
    images.make(lambda *rows: _decode(card, parts, rows))
    usable = {name: _usable(part.annotations, card) for name, part in parts.items()}
    most = max(1, *(int(annotations.counts.max(initial=0)) for annotations in usable.values()))
    splits = {name: Split(images.open(name), _targets(found, most)) for name, found in usable.items()}
    return ThreeParts(card, **splits) if "valid" in splits else Dataset(card, **splits)


def _place_of(name: str) -> tuple[str, Path]:
    """Divide a name into the format and the path."""
    kind, _, place = name.partition(":")
    if kind not in KINDS or not place.strip():
        need = f"one of {', '.join(f'{kind}:PATH' for kind in KINDS)}, the path of annotated images"
        raise ConfigError("data", got=name, need=need)
    return kind, Path(place).expanduser().resolve()


def _parts_of(name: str) -> dict[str, Part]:
    """Read the training part, that for testing ("test", else "valid", else a fifth of all), that for validation.

    Raises:
        DataError: the file of an image is missing.
    """
    found = read_parts(*_place_of(name))
    if "all" in found:
        train, test = hold_out(found["all"])
        parts = {"train": train, "test": test}
    elif "test" in found:
        parts = {key: found[key] for key in WORDS if key in found}
    else:
        parts = {"train": found["train"], "test": found["valid"]}
    for part in parts.values():
        missing = [name for name, file in zip(part.annotations.names, part.files, strict=True) if file is None]
        if missing:
            got = f"{missing[0]} and {len(missing) - 1} more not found"
            raise DataError(f"the images of {name}", got=got, need="a file for each image that is annotated")
    return parts


def _notes(part: Part, word: str) -> list[str]:
    """Return what is to be said about a part's boxes."""
    counts = count_annotations(part.annotations)
    said = {
        "boxes without area left out": counts.degenerate,
        "boxes cut off at the edge of their image": counts.out_of_frame,
        "objects left out that evaluation ignores": counts.ignored,
        "images without objects": counts.empty,
    }
    return [f"{count:,} {what} in the {word} part" for what, count in said.items() if count]


def _usable(found: Annotations, card: Card) -> Annotations:
    """Return the boxes that can be learned from, in pixels of the fitted images."""
    whole = handle_bad_boxes(found.keep(~found.ignored), "repair", card.name)
    scale = fitted_sizes(whole.sizes, (card.shape[1], card.shape[2])) / whole.sizes  # image 2
    return dataclasses.replace(whole, boxes=whole.boxes * np.tile(scale, 2)[whole.images])


def _targets(usable: Annotations, most: int) -> dict[str, torch.Tensor]:
    boxes, labels, counts = (torch.from_numpy(values) for values in usable.padded(most))
    return {"boxes": boxes, "labels": labels, "count": counts}


def _digests(parts: Parts, what: Known) -> str:
    """Return a hash of the annotations and the image files.

    Args:
        parts: in their order.
        what: of the files, as `known_unread` has it.
    """
    digest = hashlib.sha256()
    for part in parts.values():
        found = part.annotations
        digest.update("\0".join((*found.classes, "", *found.names)).encode("utf-8", "surrogateescape"))
        for column in (found.sizes, found.boxes, found.labels, found.images, found.ignored):
            digest.update(np.ascontiguousarray(column).tobytes())
        for file in part.files:
            digest.update(repr(known_unread(Path(str(file)), what)).encode())
    return digest.hexdigest()


def _decode(card: Card, parts: Parts, rows: Sequence[Rows]) -> None:
    """Decode every image of all parts."""
    frame = card.shape[1], card.shape[2]

    def read(file: Path | None, size: list[int]) -> np.ndarray:
        return read_fitted(Path(str(file)), size=(size[0], size[1]), frame=frame)

    for part, own in zip(parts.values(), rows, strict=True):
        own.extend(read_together(read, part.files, part.annotations.sizes.tolist()))
