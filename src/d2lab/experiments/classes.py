"""Some classes of a data set: what a model saw before, and what it shall learn now."""

import dataclasses
from collections.abc import Sequence

import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.names import unknown_name
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.data.split import Split


def with_classes(card: Card, only: Sequence[str]) -> Card:
    """Return the card of a set of which only some classes are used, numbered anew in the order stated; all for none.

    Raises:
        ConfigError: a class that the set does not have, one stated twice, or fewer than two.
    """
    if not only:
        return card
    for name in only:
        if name not in card.classes:
            raise unknown_name(f"only, a class of {card.name}", name, card.classes)
    if len(only) < 2 or len(set(only)) < len(only):
        raise ConfigError("only", got=", ".join(only), need="two classes or more, each once")
    return dataclasses.replace(card, classes=tuple(only))


def whole_card(card: Card, only: Sequence[str]) -> Card:
    """Undo `with_classes`: give the card of the whole set, from which classes are then kept.

    Raises:
        DataError: it is a user's folder, and changed since.
    """
    if not only:
        return card
    whole = catalog.card(card.name)
    if whole.listing != card.listing:
        raise DataError(card.name, got="other files than the run began with", need="the folder as it was then")
    return whole


def keep_classes(split: Split, classes: Sequence[str], only: Sequence[str]) -> Split:
    """Keep the examples of some classes.

    Args:
        split: examples with class numbers.
        classes: names of all classes, in order.
        only: those to keep, in the order of their new numbers; all for none.
    """
    if not only:
        return split
    number = torch.full((len(classes),), -1)
    for new, name in enumerate(only):
        number[list(classes).index(name)] = new
    renamed = number[split.targets]
    kept = (renamed >= 0).nonzero().flatten()
    return Split(split.subset(kept).held().inputs, renamed[kept])
