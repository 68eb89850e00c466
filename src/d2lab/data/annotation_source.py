"""Annotated images by any of their names: a set's, ``coco:PATH``, or a path alone; boxes as the files have them."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.data.annotation import Annotations, Entry, Thing, gather
from d2lab.data.annotation_folder import KINDS, guess_kind, read_parts
from d2lab.data.card import Card
from d2lab.data.catalog import CARDS, load_card
from d2lab.data.image import open_image, quiet_pillow, to_gray_or_rgb
from d2lab.data.split import Split


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """One part of a set.

    Args:
        annotations: boxes and classes.
        files: of the images, None where one is missing; empty for a set that has none.
        pixels: the images of a set without files.
    """

    annotations: Annotations
    files: tuple[Path | None, ...] = ()
    pixels: UInt8[Tensor, "image 3 height width"] | None = None

    def read(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        """Return an image in its own size.

        Raises:
            DataError: its file is missing or broken.
        """
        if self.pixels is not None:
            return self.pixels[number].permute(1, 2, 0).numpy()
        file = self.files[number] or Path(self.annotations.names[number])
        with quiet_pillow(), open_image(file, str(file)) as image:
            return np.asarray(to_gray_or_rgb(image, str(file), 3))


def read_source(name: str, kind: str | None = None) -> dict[str, Source]:
    """Read annotations by part: "train", "test", "valid", or "all" where nothing is set apart; no image is decoded.

    Args:
        name: a set for detection, ``FORMAT:PATH``, or the path of a folder or a file.
        kind: the format, "coco", "voc", "yolo" or "labelme"; found from the files unless given.

    Raises:
        ConfigError: the format is unknown, or the set has no boxes.
        DataError: nothing is there, or a file can't be read.
    """
    if kind is not None and kind not in KINDS:
        raise ConfigError("the format of annotations", got=kind, need=f"one of {', '.join(KINDS)}")
    if name in CARDS:
        return _named(CARDS[name])
    prefix, colon, place = name.partition(":")
    if prefix in KINDS and colon:
        if kind not in (None, prefix):
            raise ConfigError("the format of annotations", got=kind, need=f"{prefix}, as in {name}")
        kind, name = prefix, place
    if not name.strip():
        sets = ", ".join(card.name for card in CARDS.values() if card.task == "detection")
        raise ConfigError("annotated images", got=name, need=f"the path of a folder or a file, or one of {sets}")
    path = Path(name).expanduser()
    parts = read_parts(kind or guess_kind(path), path)
    return {part: Source(found.annotations, found.files) for part, found in parts.items()}


def _named(card: Card) -> dict[str, Source]:
    """Read a set by its name; its module has `read_files`, or it has no files."""
    if card.task != "detection":
        raise ConfigError("annotated images", got=f"{card.name}, a set for {card.task}", need="a set with boxes")
    module: Any = importlib.import_module(card.module)
    if card.files:
        return {part: Source(one.annotations, one.files) for part, one in module.read_files(card, fetch=False).items()}
    loaded = load_card(card, fetch=False)
    return {part: _of_split(split, part, card) for part, split in (("train", loaded.train), ("test", loaded.test))}


def _of_split(split: Split, part: str, card: Card) -> Source:
    """Return a split in memory as annotations; images get names by their numbers."""
    size, targets = (card.shape[2], card.shape[1]), split.targets
    columns = (targets[name].tolist() for name in ("boxes", "labels", "count"))
    entries = []
    for row, (boxes, labels, count) in enumerate(zip(*columns, strict=True)):
        things = [Thing(tuple(box), label) for box, label in zip(boxes, labels, strict=True)][:count]
        entries.append(Entry(f"{part}-{row:05}.png", size, things))
    return Source(gather(card.classes, entries), pixels=split.inputs)
