"""Photos in classes of one's own words, by a classifier of others and without training: zero-shot by class rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.names import unknown_name
from d2lab.data.image import GAP, open_image, quiet_pillow, read_small, to_gray_or_rgb
from d2lab.data.listing import SUFFIXES, find_images
from d2lab.models.zero_shot import zero_shot
from d2lab.pretrained.load import Pretrained

BATCH = 32  # photos at once


def find_photos(places: Sequence[Path]) -> list[Path]:
    """Return image files: those that are named, and those in folders that are named and below, in the order of names.

    Args:
        places: files and folders.

    Raises:
        DataError: a folder holds no image, or can't be read.
    """
    found: list[Path] = []
    for place in places:
        inside = [place]
        if place.is_dir():
            inside = sorted(place / entry.name for entry in find_images(place, "."))
        if not inside:
            raise DataError(f"the folder {place}", got="no image", need=f"images ({', '.join(sorted(SUFFIXES))})")
        found += inside
    return found


def parse_groups(text: str, known: Sequence[str]) -> dict[str, list[int]]:
    """Return the numbers of the known classes that belong to each new one.

    >>> parse_groups("pet=cat,dog; other=", ["cat", "dog", "car"])
    {'pet': [0, 1], 'other': []}

    Args:
        text: ``NEW=KNOWN,KNOWN; NEW=KNOWN``; ``NEW`` alone is the known class of that name, ``NEW=`` all the rest. A
            known class is a name, in upper or lower case, or a number.
        known: names of the source's classes, in the order of their numbers.

    Raises:
        ConfigError: a class is unknown, or named twice.
    """
    groups: dict[str, list[int]] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        name, equals, members = (word.strip() for word in part.partition("="))
        words = [word.strip() for word in (members if equals else name).split(",")]
        if not name or name in groups:
            raise ConfigError("--classes", got=part, need="a new name before each =, and each name once")
        groups[name] = [number for word in filter(None, words) for number in _numbers(word, known)]
    named = [number for group in groups.values() for number in group]
    twice = next((number for number in named if named.count(number) > 1), None)
    if twice is not None:
        raise ConfigError("--classes", got=f"{known[twice]} twice", need="each known class once")
    if len(groups) < 2:
        fix = 'For example --classes "hot dog=hotdog; other=".'
        raise ConfigError("--classes", got=text, need="two classes or more, with ; between them", fix=fix)
    if sum(not group for group in groups.values()) > 1:
        raise ConfigError("--classes", got=text, need="one class at most without members: it stands for all the rest")
    return groups


def _numbers(word: str, known: Sequence[str]) -> list[int]:
    """Return the numbers of a known class: those of its name (two classes may share one), or the number itself."""
    found = [number for number, name in enumerate(known) if name.casefold() == word.casefold()]
    if not found and word.isdecimal() and int(word) < len(known):
        found = [int(word)]
    if not found:
        raise unknown_name("the class", word, known)
    return found


def classify_photos(
    source: Pretrained, files: Sequence[Path], groups: Mapping[str, Sequence[int]] | None = None
) -> Float[Tensor, "file class_"]:
    """Return a probability for each class of each photo: of the source's classes, or of new ones.

    The probabilities of new classes are the softmax of their scores, the largest logit of their members each: shares
    among the classes that are asked about.

    Args:
        source: a classifier.
        files: image files; each is cropped as the model's authors did for evaluation.
        groups: numbers of the source's classes for each new one; see `parse_groups`.

    Raises:
        ConfigError: the groups do not go together.
        DataError: a file is no image.
    """
    rows = []
    for first in range(0, len(files), BATCH):
        images = torch.cat([source.prepare(_read(source, file)) for file in files[first : first + BATCH]])
        with torch.inference_mode():
            rows.append(source.model(images))
    logits = torch.cat(rows)
    return (logits if groups is None else zero_shot(logits, list(groups.values()))).softmax(1)


def _read(source: Pretrained, file: Path) -> UInt8[Tensor, "1 channel height width"]:
    """Return a photo as it is, turned upright; a large JPEG with as many pixels as are needed."""
    channels = source.config.channels
    with quiet_pillow(), open_image(file, str(file)) as image:
        scale = GAP * source.origin.resize / min(image.size)
        read_small(image, (round(image.width * scale), round(image.height * scale)), str(file))
        pixels = np.array(to_gray_or_rgb(image, str(file), channels))
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], channels)).permute(2, 0, 1).unsqueeze(0)
