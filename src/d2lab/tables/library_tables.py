"""Tables that come with scikit-learn, with their columns: no file, no network."""

from functools import lru_cache
from typing import Any

import numpy as np

from d2lab.data.card import Card
from d2lab.data.split import Dataset
from d2lab.tables.frame import Column, Frame
from d2lab.tables.preparation import TablePreparation
from d2lab.tables.table_data import OwnTable, as_dataset, divided, preparation_for

TARGETS = {"diabetes": "progression", "wine": "cultivar"}


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return features and targets; the split is always the same.

    Args:
        card: of one of these tables.
        seed: changes nothing here.
        fetch: neither does this.
    """
    return as_dataset(card, table_of(card))


def table_of(card: Card) -> OwnTable:
    """Return a table's columns, divided into training and test part."""
    return _table(card.name)


def preparation_of(card: Card) -> TablePreparation:
    """Return how rows become features: learned from the training part."""
    return preparation_for(table_of(card))


@lru_cache(maxsize=4)
def _table(name: str) -> OwnTable:
    from sklearn import datasets  # slow to import

    found: Any = datasets.load_diabetes(scaled=False) if name == "diabetes" else datasets.load_wine()
    columns = [
        Column(name=str(column), kind="number", values=values.astype(np.float64))
        for column, values in zip(found.feature_names, found.data.T, strict=True)
    ]
    if name == "wine":
        levels = tuple(map(str, found.target_names))
        target = Column(name=TARGETS[name], kind="category", values=found.target.astype(np.int64), levels=levels)
    else:
        target = Column(name=TARGETS[name], kind="number", values=found.target.astype(np.float64))
    return divided(Frame((*columns, target)), TARGETS[name])
