"""Subsets of classes of a data set, for pretraining on some and fine-tuning on others."""

import dataclasses
from collections.abc import Sequence

import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.names import unknown_name
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.data.split import Split


def with_classes(card: Card, only: Sequence[str]) -> Card:
    """Return the card of a data set restricted to some classes, numbered in the given order.

    Args:
        card: the data set.
        only: names of classes; empty for all.

    Raises:
        ConfigError: a class is not in the data set, stated twice, or there are fewer than two.
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
    """Return the card of the whole data set; undoes `with_classes`.

    Raises:
        DataError: it is a user's folder whose files changed since the run began.
    """
    if not only:
        return card
    whole = catalog.card(card.name)
    if whole.listing != card.listing:
        raise DataError(card.name, got="other files than the run began with", need="the folder as it was then")
    return dataclasses.replace(whole, times=card.times)


def keep_classes(split: Split, classes: Sequence[str], only: Sequence[str]) -> Split:
    """Keep the examples of some classes.

    Args:
        split: examples with class numbers as targets.
        classes: names of all classes, in order.
        only: names of those to keep, in the order of their new numbers; empty for all.
    """
    if not only:
        return split
    number = torch.full((len(classes),), -1)
    for new, name in enumerate(only):
        number[list(classes).index(name)] = new
    renamed = number[split.targets]
    kept = (renamed >= 0).nonzero().flatten()
    return Split(split.subset(kept).held().inputs, renamed[kept])
