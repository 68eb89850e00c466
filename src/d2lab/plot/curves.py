"""Learning curves of one run."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2lab.plot.history import History
from d2lab.plot.label import End, label_ends
from d2lab.plot.scale import fit_accuracy, fit_loss, fit_plain, time_axis
from d2lab.plot.theme import LIGHT, Theme, dress, figure, header
from d2lab.plot.values import column, last

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

MARKERS = {"train": "o", "valid": "D", "test": "s"}  # not by color alone
COLORS = {"train": 0, "valid": 2, "test": 1}
MANY_POINTS = 4000  # above this a line is drawn as the lowest and highest point of each bucket
MANY_EPOCHS = 40  # above this only some epochs bear a marker


def curves(history: History, theme: Theme = LIGHT) -> "matplotlib.figure.Figure":
    """Draw loss (left) and accuracy or another metric (right, where there is one) over epochs.

    The pale line is the loss of each step, the strong one its running mean over 2 % of the run. Loss gets a
    logarithmic scale when it spans more than two decades. The last value of each curve stands at its end.

    Args:
        history: the numbers of the run.
        theme: `LIGHT` or `DARK`.
    """
    metric = history.second_metric()
    drawn = figure(9.6 if metric else 7.2, 4.2, theme)
    panels = drawn.subplots(1, 2 if metric else 1, squeeze=False)[0]
    header(drawn, history.title, final_numbers(history), theme)
    _loss_panel(panels[0], history, theme)
    if metric:
        _metric_panel(panels[1], history, metric, theme)
    return drawn


def final_numbers(history: History) -> str:
    """Return how a run ended, in one line."""
    parts = []
    for metric in (history.second_metric(), "loss"):
        for split, values in history.of(metric).items() if metric else ():
            parts.append(f"{split} {metric} {said(values[last(values)], metric)}")
    done = column("epochs", history.epochs) if len(history.epochs) else column("steps", history.steps)
    unit = history.unit() if len(history.epochs) else "step"
    return " · ".join([f"{done[-1]:,g} {unit}{'s' if done[-1] != 1 else ''}", *parts])


def said(value: float, metric: str | None) -> str:
    """Write a value with the digits that a reader needs."""
    return f"{100 * value:.2f} %" if metric == "accuracy" else f"{value:.3g}"


def smoothed(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return the centered running mean, over fewer values at the ends and across gaps.

    Args:
        values: NaN where one is missing.
        window: how many values a mean spans.
    """
    known = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    middle = np.arange(len(values))
    start, stop = np.maximum(middle - window // 2, 0), np.minimum(middle + (window + 1) // 2, len(values))
    found = counts[stop] - counts[start]
    return np.where(found > 0, (sums[stop] - sums[start]) / np.maximum(found, 1), np.nan)


def _loss_panel(axes: "matplotlib.axes.Axes", history: History, theme: Theme) -> None:
    dress(axes, theme, title="loss", horizontal=history.unit())
    ends, read = [], []  # read: the values that decide the limits
    if len(history.steps):
        places, losses = history.step_epochs(), column("step_loss", history.step_loss)
        mean = smoothed(losses, max(1, len(losses) // 50))
        color = theme.line(COLORS["train"])
        axes.plot(*envelope(places, losses), color=color, alpha=0.28, linewidth=0.8, gid="step-loss")
        axes.plot(*envelope(places, mean), color=color, linewidth=1.4, gid="step-loss-smoothed")
        read += [mean, np.nanquantile(losses, [0.005, 0.995])]
        if not history.of("loss"):
            place = last(mean)
            text = f"train {said(mean[place], 'loss')}"
            ends.append(End(x=float(places[place]), y=float(mean[place]), text=text, color=color, marker="o"))
    ends += _epoch_lines(axes, history, "loss", theme)
    fit_loss(axes, [*read, *history.of("loss").values()])
    _finish(axes, history, ends, theme)


def _metric_panel(axes: "matplotlib.axes.Axes", history: History, metric: str, theme: Theme) -> None:
    dress(axes, theme, title=metric.replace("_", " "), horizontal=history.unit())
    ends = _epoch_lines(axes, history, metric, theme)
    (fit_accuracy if metric == "accuracy" else fit_plain)(axes, list(history.of(metric).values()))
    _finish(axes, history, ends, theme)


def _epoch_lines(axes: "matplotlib.axes.Axes", history: History, metric: str, theme: Theme) -> list[End]:
    """Draw one line per split and return the ends to label."""
    epochs, ends = column("epochs", history.epochs), []
    every = 1 if len(epochs) <= MANY_EPOCHS else -(-len(epochs) // 20)
    for split, values in history.of(metric).items():
        color, place = theme.line(COLORS[split]), last(values)
        crowded = metric == "loss" and split == "train" and len(history.steps)  # the smoothed line is there already
        style = "none" if crowded else "-"
        marks: dict[str, Any] = {"marker": MARKERS[split], "markersize": 4.5, "markevery": (place % every, every)}
        edge: dict[str, Any] = {"markeredgecolor": theme.background, "markeredgewidth": 0.6}
        axes.plot(epochs, values, color=color, linestyle=style, linewidth=1.6, gid=f"{split}_{metric}", **marks, **edge)
        text = f"{split} {said(values[place], metric)}"
        ends.append(End(x=float(epochs[place]), y=float(values[place]), text=text, color=color, marker=MARKERS[split]))
    return ends


def _finish(axes: "matplotlib.axes.Axes", history: History, ends: list[End], theme: Theme) -> None:
    places = history.step_epochs()
    lasts = [column("epochs", history.epochs)[-1:], places[-1:]]
    time_axis(axes, max(float(value) for part in lasts for value in part))
    label_ends(axes, ends, theme)


def envelope(
    places: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep the lowest and the highest point of each bucket: the same curve from a thousandth of the ink."""
    if len(values) <= MANY_POINTS or np.isnan(values).any():
        return places, values
    edges = np.linspace(0, len(values), MANY_POINTS // 4 + 1).astype(int)[:-1]
    bucket = np.repeat(np.arange(len(edges)), np.diff([*edges, len(values)]))
    order = np.lexsort((values, bucket))  # by value within each bucket
    lows, highs = order[edges], order[np.append(edges[1:], len(values)) - 1]
    kept = np.unique(np.concatenate([lows, highs, [0, len(values) - 1]]))
    return places[kept], values[kept]
