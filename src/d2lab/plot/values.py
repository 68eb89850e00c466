"""Numbers on their way into a figure: arrays of one length, or a line that says what is wrong with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2lab.core.errors import ConfigError

Numbers = Sequence[float | int | None] | NDArray[Any]


def column(name: str, values: Numbers) -> NDArray[np.float64]:
    """Return a list of numbers as an array; a missing one (None, NaN or infinite) is NaN and leaves a gap.

    Raises:
        ConfigError: the values are no numbers or no list, or all of them are missing.
    """
    given = np.asarray(values)
    if given.dtype == object:  # a list with None in it
        numbers = [value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in given]
        kind = "f" if all(numbers) else "O"
    else:
        kind = given.dtype.kind
    if given.ndim != 1 or (given.size and kind not in "iuf"):
        raise ConfigError(name, got=_said(given), need="a list of numbers")
    array = given.astype(np.float64)
    array[~np.isfinite(array)] = np.nan
    if array.size and np.isnan(array).all():
        raise ConfigError(name, got=f"{array.size} values, none finite", need="at least one finite number")
    return array


def class_numbers(name: str, values: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """Return a list of class numbers as an array.

    Raises:
        ConfigError: they are no whole numbers or no classes.
    """
    given = np.asarray(values)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ConfigError(name, got=_said(given), need="a list of whole numbers")
    if given.size and (given.min() < 0 or given.max() >= classes):
        got = f"{given.min()} to {given.max()}"
        raise ConfigError(name, got=got, need=f"class numbers from 0 to {classes - 1}, one name for each")
    return given.astype(np.int64)


def same_length(columns: dict[str, int]) -> int:
    """Return the one length of several lists.

    Raises:
        ConfigError: their lengths differ or are zero.
    """
    lengths = set(columns.values())
    if len(lengths) > 1:
        raise ConfigError("lengths", got=columns, need="the same for all")
    (length,) = lengths
    if length == 0:
        raise ConfigError(" and ".join(columns), got="nothing", need="at least one entry")
    return length


def last(values: NDArray[np.float64]) -> int:
    """Return the place of the last value that is not missing."""
    return int(np.flatnonzero(~np.isnan(values))[-1])


def _said(given: NDArray[Any]) -> str:
    return f"shape {given.shape} of {given.dtype}"
