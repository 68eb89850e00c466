"""Limits and ticks of the axes that curves are drawn on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import matplotlib.axes

DECADES = 2.0  # a loss that spans more is drawn on a logarithmic scale


def fit_loss(axes: "matplotlib.axes.Axes", values: Sequence[NDArray[np.float64]]) -> None:
    """Choose scale and limits for losses: logarithmic above two decades, else from zero if zero is near."""
    low, high = _range(values)
    if low > 0 and np.log10(high / low) > DECADES:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.5, high * 1.5)
        return
    pad = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
    bottom = 0.0 if 0 <= low < 0.4 * high else low - pad
    axes.set_ylim(bottom, high + pad)


def fit_accuracy(axes: "matplotlib.axes.Axes", values: Sequence[NDArray[np.float64]]) -> None:
    """Choose limits for shares from 0 to 1, shown in percent: close to the values, never beyond what can be."""
    low, high = _range(values)
    room = max(high - low, 0.04)  # a flat line stays flat
    middle = (high + low) / 2
    low, high = min(low, middle - room / 2), max(high, middle + room / 2)
    axes.set_ylim(max(low - 0.08 * room, -0.02), min(high + 0.08 * room, 1 + 0.02 * room))
    axes.yaxis.set_major_formatter(lambda share, _: f"{round(100 * share, 6):g} %")


def fit_plain(axes: "matplotlib.axes.Axes", values: Sequence[NDArray[np.float64]]) -> None:
    """Choose limits around any other metric."""
    low, high = _range(values)
    pad = 0.08 * (high - low) or 0.05 * abs(high) or 0.5
    axes.set_ylim(low - pad, high + pad)


def time_axis(axes: "matplotlib.axes.Axes", end: float) -> None:
    """Run from zero to the end, with ticks at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(-0.01 * end, 1.02 * end)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, steps=[1, 2, 5, 10]))


def _range(values: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    together = np.concatenate(values)
    return float(np.nanmin(together)), float(np.nanmax(together))
