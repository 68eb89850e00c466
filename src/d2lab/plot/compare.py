"""Several runs on one page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError
from d2lab.plot.curves import MANY_EPOCHS, said
from d2lab.plot.history import History
from d2lab.plot.label import End, label_ends
from d2lab.plot.scale import fit_accuracy, fit_loss, time_axis
from d2lab.plot.theme import LIGHT, Theme, dress, figure, header
from d2lab.plot.values import column, last

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

MARKERS = "osD^vPX*"  # one per run: not by color alone
MOST_RUNS = len(MARKERS)


def compare(histories: Sequence[History], theme: Theme = LIGHT) -> "matplotlib.figure.Figure":
    """Overlay the loss and, where there is one, the accuracy of up to eight runs.

    It draws the test split; where no run has one, the validation split, else the training split. Each line is
    named at its end, in the last panel that the run appears in.

    Args:
        histories: one per run; their titles name the lines.
        theme: `LIGHT` or `DARK`.

    Raises:
        ConfigError: there are no runs or too many, or one lacks the loss that the others have.
    """
    if not 1 <= len(histories) <= MOST_RUNS:
        raise ConfigError("runs to compare", got=len(histories), need=f"1 to {MOST_RUNS}")
    split = _split(histories)
    accurate = any(split in history.of("accuracy") for history in histories)
    drawn = figure(11.0 if accurate else 8.0, 4.4, theme)
    panels = drawn.subplots(1, 2 if accurate else 1, squeeze=False)[0]
    metrics = ["loss", "accuracy"] if accurate else ["loss"]
    header(drawn, f"{split} {' and '.join(metrics)} of {_counted(histories)}", _best(histories, split), theme)
    for axes, metric in zip(panels, metrics, strict=True):
        _panel(axes, histories, split, metric, theme)
    return drawn


def _split(histories: Sequence[History]) -> str:
    for split in ("test", "valid", "train"):
        lacking = [history.title for history in histories if split not in history.of("loss")]
        if not lacking:
            return split
        if len(lacking) < len(histories):
            fix = "Compare runs that were evaluated alike."
            raise ConfigError(f"{split} loss", got=f"none in {lacking[0]}", need="one in every run", fix=fix)
    raise ConfigError("runs to compare", got="no loss per epoch", need="at least one finished epoch")


def _panel(axes: "matplotlib.axes.Axes", histories: Sequence[History], split: str, metric: str, theme: Theme) -> None:
    dress(axes, theme, title=f"{split} {metric}", horizontal="epoch")
    ends, shown, longest = [], [], 0.0
    for number, history in enumerate(histories):
        values = history.of(metric).get(split)
        if values is None:
            continue
        epochs, place, color = column("epochs", history.epochs), last(values), theme.line(number)
        every = 1 if len(epochs) <= MANY_EPOCHS / 2 else -(-len(epochs) // 10)
        marks: dict[str, Any] = {"marker": MARKERS[number], "markersize": 5, "markevery": (place % every, every)}
        edge: dict[str, Any] = {"markeredgecolor": theme.background, "markeredgewidth": 0.5}
        axes.plot(epochs, values, color=color, linewidth=1.5, gid=f"run-{number}-{metric}", **marks, **edge)
        named = metric == "accuracy" or split not in history.of("accuracy")
        text = f"{said(values[place], metric)}  {_brief(history.title) if named else ''}".rstrip()
        ends.append(End(x=float(epochs[place]), y=float(values[place]), text=text, color=color, marker=MARKERS[number]))
        shown.append(values)
        longest = max(longest, float(epochs[-1]))
    (fit_accuracy if metric == "accuracy" else fit_loss)(axes, shown)
    time_axis(axes, longest)
    label_ends(axes, ends, theme)


def _best(histories: Sequence[History], split: str) -> str:
    """Say which run ended best: by accuracy if all have one, else by loss."""
    metric = "accuracy" if all(split in history.of("accuracy") for history in histories) else "loss"
    finals = [history.of(metric)[split] for history in histories]
    numbers = [float(values[last(values)]) for values in finals]
    best = max(numbers) if metric == "accuracy" else min(numbers)
    return f"best last {split} {metric}: {said(best, metric)}, {histories[numbers.index(best)].title}"


def _counted(histories: Sequence[History]) -> str:
    return "1 run" if len(histories) == 1 else f"{len(histories)} runs"


def _brief(title: str, most: int = 34) -> str:
    """Cut the middle out of a long name: runs differ at their ends (recipe first, seed last)."""
    half = (most - 1) // 2
    return title if len(title) <= most else f"{title[:half].rstrip()}…{title[-half:].lstrip()}"
