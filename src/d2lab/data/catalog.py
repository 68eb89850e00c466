"""Every data set by its name: what it is, whether it is here, and the data themselves. Needs no torch until `load`."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import DataError
from d2lab.core.names import unknown_name
from d2lab.data import cards
from d2lab.data.card import Card
from d2lab.data.source import Status, on_disk

if TYPE_CHECKING:
    import d2lab.data.split

FOLDER = "folder:"
CARDS: dict[str, Card] = {card.name: card for card in cards.ALL}

__all__ = ["CARDS", "Status", "at_hand", "card", "load", "load_card", "on_disk"]


def card(name: str) -> Card:
    """The card of the set with this name, or of the folder of pictures in ``folder:PATH``.

    Raises:
        ConfigError: no set has this name; the message has the nearest one and all of them.
        DataError: the folder is not there, or no folder of pictures.
    """
    if name.startswith(FOLDER):
        from d2lab.data.image_folder import card_of

        return card_of(name)
    if name not in CARDS:
        unknown = unknown_name("the data set", name, CARDS)
        if name and Path(name).is_dir():
            unknown.fix = f"For a folder of pictures write {FOLDER}{name}."
        raise unknown
    return CARDS[name]


def at_hand(*names: str) -> str:
    """Return the first of these sets whose files are on disk, so that nothing is downloaded; one without files always is.

    Raises:
        ConfigError: no set has one of these names.
        DataError: none is here.
    """
    for name in names:
        if on_disk(card(name)).state in {"complete", "embedded"}:
            return name
    raise DataError("data", got="none of them on disk", need=f"one of {', '.join(names)}", fix="See d2lab data fetch.")


def load(
    name: str, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> "d2lab.data.split.Dataset":
    """The set with this name (or of the pictures in ``folder:PATH``), in memory where it fits.

    Args:
        name: name of the set, as on its card.
        seed: decides what a generated set holds; real sets are always the same.
        fetch: may use the network when the files are not on disk.
        side: of the pictures, pixels, where they lie in files and are of many sizes; the card's unless given.
        workers: read pictures that lie in files of their own in each epoch, by so many processes.

    Raises:
        ConfigError: no set has this name.
        DataError: the files are missing, broken or not what the card says.
    """
    return load_card(card(name), seed=seed, fetch=fetch, side=side, workers=workers)


def load_card(
    found: Card, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> "d2lab.data.split.Dataset":
    """As `load`, for a card at hand.

    Args:
        found: the card.
        seed: as for `load`.
        fetch: as for `load`.
        side: as for `load`; other sets keep the size they have.
        workers: as for `load`; other sets are held in memory.

    Raises:
        DataError: the files are missing, broken or not what the card says.
    """
    module: Any = importlib.import_module(found.module)
    how = {"side": side if found.mixed else None, "workers": workers} if found.streams else {}
    data: d2lab.data.split.Dataset = module.load(found, seed=seed, fetch=fetch, **how)
    counts = (len(data.train), len(data.test))
    if counts != found.examples:
        raise DataError(f"the examples of {found.name}", got=counts, need=f"{found.examples} for training and test")
    return data
