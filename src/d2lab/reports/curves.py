"""Learning curves from a run's record: of one run, live, or of several runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from d2lab.core.errors import RunError
from d2lab.plot import History, LiveFigure, compare, curves, gradient_norms, save_both
from d2lab.reports.members import is_fitted, save_members
from d2lab.train.callback import Callback
from d2lab.train.record import Row, RunRecord


def history(record: RunRecord) -> History:
    """Return the learning curves of a record.

    Raises:
        RunError: no epoch was finished yet, so there is nothing to draw, or the rows are not ours.
    """
    return _history(record, record.rows())


def _history(record: RunRecord, rows: Sequence[Row]) -> History:
    steps, epochs = ([row for row in rows if key in row] for key in ("loss", "epoch"))
    if not epochs:
        fix = f"Go on with d2lab resume {record.folder}."
        raise RunError(f"run {record.name}", got="no finished epoch", need="at least one to draw", fix=fix)
    recipe = record.recipe()
    title = f"{recipe.get('recipe')} on {recipe.get('data')}, seed {recipe.get('seed')}"
    keys = [key for key in epochs[0] if key.startswith(("train_", "valid_", "test_"))]
    try:
        return History(
            title=title,
            steps=[row["step"] for row in steps],
            step_loss=[row["loss"] for row in steps],
            epochs=[row["epoch"] for row in epochs],
            series={key: [row[key] for row in epochs] for key in keys},
            steps_per_epoch=epochs[-1]["step"] / epochs[-1]["epoch"],  # steps of an unfinished epoch may follow
        )
    except KeyError as cause:
        raise RunError(f"metrics of {record.name}", got=f"a row without {cause}", need="rows of one kind") from cause
    except (TypeError, ValueError, ZeroDivisionError) as cause:
        raise RunError(f"metrics of {record.name}", got=str(cause), need="the numbers d2lab writes") from cause


def save_curves(record: RunRecord) -> Path:
    """Draw a run's curves into its folder, light and dark, as SVG and PNG; return the path of the light PNG.

    Of models of a table, which have no curves, how each does is drawn instead.
    """
    if is_fitted(record):
        return save_members(record)
    drawn = history(record)
    save_both(lambda theme: curves(drawn, theme), record.folder / "curves")
    return record.folder / "curves.png"


def save_record(record: RunRecord, clip: float | int | None) -> list[Path]:
    """Draw what a record alone tells: the curves, and the norms of the gradients where the run kept them.

    Args:
        record: of the run.
        clip: the norm above which gradients were clipped.
    """
    if is_fitted(record):
        return [save_members(record)]
    rows = record.rows()
    drawn = _history(record, rows)
    save_both(lambda theme: curves(drawn, theme), record.folder / "curves")
    norms = [row.get("gradient_norm") for row in rows if "loss" in row]
    if not any(norms):
        return [record.folder / "curves.png"]
    places, title = drawn.step_epochs(), drawn.title
    save_both(lambda theme: gradient_norms(places, norms, clip, theme, title=title), record.folder / "gradients")
    return [record.folder / "curves.png", record.folder / "gradients.png"]


def save_comparison(records: Sequence[RunRecord], out: Path) -> Path:
    """Overlay the curves of several runs; return the path of the light PNG."""
    drawn = [history(record) for record in records]
    save_both(lambda theme: compare(drawn, theme), out)
    return out.with_name(out.name + ".png")


class LiveCurves(Callback):
    """Redraws the curves of a run after each epoch; in a notebook they show inline."""

    def __init__(self) -> None:
        self._figure: LiveFigure | None = None

    def on_epoch(self, row: Mapping[str, Any], record: RunRecord | None) -> None:
        """Redraw."""
        if record is None:
            return
        if self._figure is None:
            self._figure = LiveFigure(record.folder / "curves")
        self._figure.update(history(record))
