"""Texts as streams of bytes: inputs are the bytes of UTF-8 in order, targets the same one later, views of one tensor.

Characters, words and merged pairs are made of `text_of(split)` by `d2lab.text`; nothing is changed here.
"""

import io
import lzma
import zipfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.data import source
from d2lab.data.card import Card
from d2lab.data.split import Dataset, Split

TRAIN_SHARE = 0.9  # of a text that comes in one piece; nanoGPT's share of Tiny Shakespeare, for comparison


def byte_split(values: UInt8[Tensor, " bytes"]) -> Split:
    """Return a text as a split: each byte beside the next one.

    Raises:
        DataError: the text has fewer than two bytes.
    """
    if len(values) < 2:
        raise DataError("a text", got=f"{len(values)} bytes", need="two or more")
    return Split(values[:-1], values[1:])


def text_of(split: Split) -> str:
    """Return the text of a split of bytes, its last target included.

    Raises:
        DataError: the split holds no bytes in order.
    """
    inputs, targets = split.inputs, split.targets
    if not isinstance(inputs, Tensor) or inputs.dtype != torch.uint8 or inputs.ndim != 1:
        raise DataError("the split", got=f"inputs of shape {list(split.shape)}", need="a text, byte by byte")
    return (inputs.cpu().numpy().tobytes() + bytes([int(targets[-1])])).decode("utf-8", errors="replace")


def files_of(card: Card, fetch: bool) -> dict[str, Path]:
    """Return the files of a card by name, fetched or only looked for."""
    return (source.fetch if fetch else source.need)(card)


def read_notes(name: str) -> bytes:
    """Return a file of the course's own prose, which comes with d2lab: en-train, zh-test, pairs-train and others."""
    return lzma.decompress((files("d2lab.data") / "notes" / f"{name}.txt.xz").read_bytes())


def _notes(card: Card, _: bool) -> tuple[bytes, bytes]:
    language = card.name.removeprefix("notes-")
    return read_notes(f"{language}-train"), read_notes(f"{language}-test")


def _whole(card: Card, fetch: bool) -> tuple[bytes, bytes]:
    """Read a text of one file; what follows the first nine tenths of its characters is held out."""
    (place,) = files_of(card, fetch).values()
    text = place.read_bytes().decode("utf-8")
    cut = int(TRAIN_SHARE * len(text))
    return text[:cut].encode(), text[cut:].encode()


def _penn(card: Card, fetch: bool) -> tuple[bytes, bytes]:
    (place,) = files_of(card, fetch).values()
    try:
        with zipfile.ZipFile(io.BytesIO(place.read_bytes())) as archive:
            return archive.read("ptb/ptb.train.txt"), archive.read("ptb/ptb.test.txt")
    except (KeyError, zipfile.BadZipFile) as cause:
        raise DataError(str(place), got=str(cause), need="a zip with ptb/ptb.train.txt and ptb/ptb.test.txt") from cause


def _wikitext(card: Card, fetch: bool) -> tuple[bytes, bytes]:
    places = files_of(card, fetch)
    return places["wikitext-2/wiki.valid.tokens"].read_bytes(), places["wikitext-2/wiki.test.tokens"].read_bytes()


READERS: dict[str, Callable[[Card, bool], tuple[bytes, bytes]]] = {
    "notes-en": _notes,
    "notes-zh": _notes,
    "time-machine": _whole,
    "tiny-shakespeare": _whole,
    "ptb": _penn,
    "wikitext-2": _wikitext,
}


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the text of this card, byte by byte; `seed` changes nothing here.

    Raises:
        DataError: the card is not one of a text, or a file is missing or broken.
    """
    if card.name not in READERS:
        raise DataError("the text", got=card.name, need=f"one of {', '.join(READERS)}")
    parts = [np.frombuffer(bytearray(part), np.uint8) for part in READERS[card.name](card, fetch)]
    train, test = (byte_split(torch.from_numpy(part)) for part in parts)
    return Dataset(card, train, test)
