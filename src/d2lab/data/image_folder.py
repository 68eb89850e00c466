"""Sets whose images lie in folders: the user's own (``folder:PATH``, ``kaggle:PATH``) and archives that unpack to such.

Decoded once into the cache where that is not too large, else read from the files in each epoch. Both give the same
bytes in the same order.
"""

import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.machine import usable_cores
from d2lab.data import source
from d2lab.data.card import Card, SquareFit
from d2lab.data.contest import contest_listing, contest_notes, place_of
from d2lab.data.decoded import Decoded, Rows
from d2lab.data.folder import scan
from d2lab.data.image import decoder_version, quiet_pillow
from d2lab.data.image_files import HELD_BYTES, ImageFiles
from d2lab.data.image_sample import SIDE, sample_images
from d2lab.data.listing import Listing, Part
from d2lab.data.places import cache_folder
from d2lab.data.split import Dataset, Split
from d2lab.data.stream import default_workers

PREFIX = "folder:"
CONTEST = "kaggle:"
CHUNK = 256  # images decoded together


def card_of(name: str) -> Card:
    """Build the card of a user's folder.

    Args:
        name: ``folder:`` or ``kaggle:`` and the path; behind the latter maybe the seed, as in ``kaggle:PATH#1``.

    Raises:
        DataError: no such folder, not a layout that is known, or an image that can't be opened.
    """
    name, listing = _own_listing(name)
    sample = sample_images(listing)
    notes = (sample.note,) if sample.note else ()
    if name.startswith(CONTEST):
        notes = (*notes, *contest_notes(listing))
    return _card(name, listing, sample.channels, sample.side, sample.mixed, notes)


def folder_card(name: str) -> Card:
    """Build the card of a folder without opening its images: any of them may be broken.

    Args:
        name: as `card_of` takes it.

    Raises:
        DataError: no such folder, or not a layout that is known.
    """
    name, listing = _own_listing(name)
    return _card(name, listing, 3, SIDE, mixed=True)


def _own_listing(name: str) -> tuple[str, Listing]:
    """Return the name of a user's folder with its whole path, and the list of its images."""
    if not name.startswith(CONTEST):
        listing = scan(root_of(name).resolve())
        return f"{PREFIX}{listing.root}", listing
    place, seed = place_of(name.removeprefix(CONTEST))
    listing = contest_listing(root_of(place, CONTEST).resolve(), seed)
    return f"{CONTEST}{listing.root}" + (f"#{seed}" if seed else ""), listing


def _card(name: str, listing: Listing, channels: int, side: int, mixed: bool, notes: tuple[str, ...] = ()) -> Card:
    root = listing.root
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in listing.left_out.items())
    counts = len(listing.train.names), len(listing.test.names)
    return Card(
        name=name,
        task="classification",
        en=f"The images in {root}.",
        zh=f"{root} 中的图片。",
        shape=(channels, side, side),
        examples=counts,
        classes=listing.classes,
        licence="as their owner says",
        cite="their owner",
        files=(),
        module="d2lab.data.image_folder",
        streams=True,
        mixed=mixed,
        listing=listing.digest,
        times=listing.times,
        notes=((f"left out: {left_out}",) if left_out else ()) + notes,
    )


def root_of(name: str, prefix: str = PREFIX) -> Path:
    """Return the path in ``folder:PATH``, or in the path alone.

    Raises:
        ConfigError: there is none.
    """
    place = name.removeprefix(prefix)
    if not place.strip():
        raise ConfigError("data", got=name, need=f"{prefix}PATH, the path of a folder of images")
    path = Path(place).expanduser()
    try:
        os.fspath(path.absolute()).encode()
    except UnicodeEncodeError:
        spoken = os.fsencode(path).decode("utf-8", "backslashreplace")
        fix = "Rename it; or set PYTHONUTF8=1 where the system's locale knows only ASCII."
        raise ConfigError("data", got=f"{prefix}{spoken}", need="a path that is UTF-8", fix=fix) from None
    return path


def load(
    card: Card,
    *,
    seed: int = 0,
    fetch: bool = True,
    side: int | None = None,
    workers: int | None = None,
    fit: SquareFit = "crop",
) -> Dataset:
    """Load the set of this card; `seed` changes nothing here.

    Args:
        card: of a folder, or of an archive that unpacks to one.
        seed: not used.
        fetch: may use the network when an archive is not on disk.
        side: of the images, pixels; the card's unless given.
        workers: read from the files in each epoch, by so many processes; unless given, images are decoded once
            where they take up to 2 GiB and the disk has room, else read by a few processes.
        fit: how an image of other proportions becomes a square.

    Raises:
        ConfigError: the side is below 1.
        DataError: files are missing, broken or not those of the card.
    """
    if side is not None and side < 1:
        raise ConfigError("side", got=side, need="1 pixel or more")
    listing = _listing(card, fetch)
    if card.listing and listing.digest != card.listing:
        fix = "Put the files back as they were, or train anew."
        raise DataError(f"the images of {card.name}", got="other files", need="those that the run knows", fix=fix)
    if card.times and listing.times != card.times:
        said = "files were written anew since the run, under the same names and sizes: the images may be others"
        warnings.warn(f"{card.name}: {said}.", UserWarning, stacklevel=2)
    if listing.classes != card.classes:
        raise DataError(f"the classes of {card.name}", got=listing.classes, need=f"{card.classes}")
    if side is not None and card.shape[1:] != (side, side):
        card = card_with_side(card, side)
    streamed = workers is not None or not fits(card)
    readers = default_workers() if workers is None else workers
    train, test = (image_files(listing, part, card, readers, fit) for part in (listing.train, listing.test))
    if streamed:
        return Dataset(card, train, test)
    store = decoded(card, listing, fit)
    store.make(lambda first, second: _decode_both((train, first), (test, second)))
    return Dataset(card, Split(store.open("train"), train.targets), Split(store.open("test"), test.targets))


def card_with_side(card: Card, side: int) -> Card:
    """Return the card with images of another side."""
    import dataclasses

    return dataclasses.replace(card, shape=(card.shape[0], side, side))


def image_files(listing: Listing, part: Part, card: Card, workers: int, fit: SquareFit = "crop") -> ImageFiles:
    """Return a part of the listing as a split that is read from its files."""
    targets = torch.from_numpy(part.targets.copy())
    channels, side = card.shape[:2]
    return ImageFiles(listing.root, part.names, targets, side=side, channels=channels, workers=workers, fit=fit)


def fits(card: Card) -> bool:
    """Check whether the decoded images are few enough to be held, and the disk of the cache has room for them twice."""
    size = sum(card.examples) * int(np.prod(card.shape))
    if size > HELD_BYTES:
        return False
    place = cache_folder().absolute()
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    return shutil.disk_usage(there).free > 2 * size


def decoded(card: Card, listing: Listing, fit: SquareFit = "crop") -> Decoded:
    """Return where the decoded images lie or would lie."""
    origin = {"files": listing.stamp, "shape": list(card.shape), "decoder": decoder_version()}
    named = f"{card.name}\0{card.shape}"
    if fit != "crop":
        origin["fit"] = fit
        named += f"\0{fit}"
    place = hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    shapes = {"train": (card.examples[0], *card.shape), "test": (card.examples[1], *card.shape)}
    return Decoded(cache_folder() / "decoded" / place / "pictures", card.name, origin, shapes)


def broken(card: Card, *, fetch: bool = False) -> list[str]:
    """Return what is wrong with each image that can't be read; all of them are decoded.

    Raises:
        DataError: the folder itself is not what it should be.
    """
    listing = _listing(card, fetch)
    found: list[str] = []
    with quiet_pillow(), ThreadPoolExecutor(usable_cores()) as pool:
        for part in (listing.train, listing.test):
            files = image_files(listing, part, card, 0)
            found += filter(None, pool.map(partial(_problem, files), range(len(files))))
    return found


def _problem(files: ImageFiles, number: int) -> str:
    try:
        files.read(number)
    except DataError as error:
        return str(error)
    return ""


def _listing(card: Card, fetch: bool) -> Listing:
    """Return the list of a card's images: of the user's folder, or of what its archive unpacks to."""
    if card.name.startswith((PREFIX, CONTEST)):
        return _own_listing(card.name)[1]
    return scan(_unpacked(card, fetch))


def _unpacked(card: Card, fetch: bool) -> Path:
    """Return the folder that a card's archive unpacks to."""
    paths = source.fetch(card) if fetch else source.need(card)
    folder = paths[card.files[0].path]
    inside = [place for place in folder.iterdir() if not place.name.startswith(".")]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _decode_both(*parts: tuple[ImageFiles, Rows]) -> None:
    """Decode every image of both parts, on all cores."""
    with quiet_pillow(), ThreadPoolExecutor(usable_cores()) as pool:
        for files, rows in parts:
            rows.extend(_decoded_chunks(files, pool))


def _decoded_chunks(files: ImageFiles, pool: ThreadPoolExecutor) -> Iterator[np.ndarray]:
    for start in range(0, len(files), CHUNK):
        yield np.stack(list(pool.map(files.read, range(start, min(start + CHUNK, len(files))))))
