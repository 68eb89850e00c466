"""Every data set by its name: what it is, whether it is here, and the data themselves. Needs no torch until `load`."""

import importlib
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import DataError
from d2lab.core.names import unknown_name
from d2lab.data import cards
from d2lab.data.card import Card
from d2lab.data.source import Status, on_disk

if TYPE_CHECKING:
    import d2lab.data.split

CARDS: dict[str, Card] = {card.name: card for card in cards.ALL}

__all__ = ["CARDS", "Status", "card", "load", "on_disk"]


def card(name: str) -> Card:
    """The card of the set with this name.

    Raises:
        ConfigError: no set has this name; the message has the nearest one and all of them.
    """
    if name not in CARDS:
        raise unknown_name("the data set", name, CARDS)
    return CARDS[name]


def load(name: str, *, seed: int = 0, fetch: bool = True) -> "d2lab.data.split.Dataset":
    """The set with this name, in memory.

    Args:
        name: name of the set, as on its card.
        seed: decides what a generated set holds; real sets are always the same.
        fetch: may use the network when the files are not on disk.

    Raises:
        ConfigError: no set has this name.
        DataError: the files are missing, broken or not what the card says.
    """
    found = card(name)
    module: Any = importlib.import_module(found.module)
    data: d2lab.data.split.Dataset = module.load(found, seed=seed, fetch=fetch)
    counts = (len(data.train), len(data.test))
    if counts != found.examples:
        raise DataError(f"the examples of {name}", got=counts, need=f"{found.examples} for training and test")
    return data
