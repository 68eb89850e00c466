"""What a data set is, as facts: its task, its shape, its files and their checksums. No torch, no data."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from d2lab.core.errors import ConfigError

TaskName = Literal["classification", "regression", "detection", "segmentation", "language", "pairs", "table"]
SquareFit = Literal["crop", "letterbox"]  # how an image becomes a square: its central one, or whole between bars


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """One file of a set, as its publisher serves it.

    Args:
        path: place inside a data folder, with forward slashes: ``FashionMNIST/raw/train-labels-idx1-ubyte.gz``.
        sha256: checksum of the whole file, 64 hexadecimal digits in lower case.
        bytes: size of the file.
        mirrors: full addresses, tried in this order.
        unpack: the file is an archive whose content is the data.
        plain_sha256: checksum of the inflated content of a ``.gz``; where it is stated, a file of the same
            name without ``.gz`` serves as well (other libraries leave those behind).
        plain_bytes: size of that content; of an archive, the largest size of all that is in it.
        folder: the folder that an archive unpacks to, where it may lie beside or instead of it: other libraries
            leave it behind.
        members: names and MD5 of the files in that folder, as those libraries check them.

    Raises:
        ConfigError: the path leaves its folder, the checksum is none, or the size is not positive.
    """

    path: str
    sha256: str
    bytes: int
    mirrors: tuple[str, ...]
    unpack: bool = False
    plain_sha256: str = ""
    plain_bytes: int = 0
    folder: str = ""
    members: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path).parts
        if not parts or "\\" in self.path or ":" in self.path or parts[0] == "/" or ".." in parts:
            raise ConfigError("DataFile.path", got=self.path, need="a relative path with forward slashes")
        for digest in filter(None, (self.sha256, self.plain_sha256)):
            if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
                raise ConfigError(
                    f"DataFile.sha256 of {self.path}", got=digest, need="64 lower-case hexadecimal digits"
                )
        if not self.sha256 or self.bytes < 1:
            raise ConfigError(f"DataFile {self.path}", got=self.bytes, need="a checksum and a size above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A set's identity: what it holds, whose it is, where it comes from.

    Args:
        name: id, kebab-case, as the command line takes it.
        task: "classification" (targets are class numbers), "regression" (real numbers), "detection" (boxes, labels and
            their count), "segmentation" (masks of class numbers), "language" (tokens), "pairs" (sentences), "table".
        en: one sentence in English.
        zh: one sentence in Chinese.
        shape: shape of one input, without the batch axis.
        examples: number of training and test examples.
        classes: names in the order of their numbers; empty for regression.
        licence: under which terms the data may be used.
        cite: whom to name when results are published.
        files: what has to be on disk; empty for a set that is embedded or generated.
        module: the module whose ``load(card, seed=, fetch=)`` gives the data; for a set that `streams`, also
            ``side=`` and ``workers=``.
        like: name of the set whose settings in a recipe serve this one as well.
        streams: the images are single files and may be read batch by batch.
        mixed: images vary in size; they are decoded to the side in `shape` unless told otherwise.
        listing: SHA-256 of the names and sizes of a user's files; empty for the sets that d2lab knows.
        times: SHA-256 of the times at which a user's files were changed; other times under the same names are told.
        notes: what is to be said about a user's files: which were left out and why, which need another look.
        masks: targets of a detection set hold a mask of each object beside its box.
        by_hand: where to get the files of a set that no server here has; one sentence.
    """

    name: str
    task: TaskName
    en: str
    zh: str
    shape: tuple[int, ...]
    examples: tuple[int, int]
    classes: tuple[str, ...]
    licence: str
    cite: str
    files: tuple[DataFile, ...]
    module: str
    like: str = ""
    streams: bool = False
    mixed: bool = False
    listing: str = ""
    times: str = ""
    notes: tuple[str, ...] = ()
    masks: bool = False
    by_hand: str = ""
