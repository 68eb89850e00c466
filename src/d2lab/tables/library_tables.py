"""Tables that come with scikit-learn, with their columns: no file, no network."""

from typing import Any

import numpy as np

from d2lab.tables.frame import Column, Frame

TARGETS = {"diabetes": "progression", "wine": "cultivar"}


def library_frame(name: str) -> Frame:
    """Return a table of scikit-learn with its target, whose name `TARGETS` has.

    Args:
        name: of the data set, one of `TARGETS`.
    """
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
    return Frame((*columns, target))
