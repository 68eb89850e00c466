"""How each model of a table does on rows that it has not seen, from the record of the run."""

from pathlib import Path

from d2lab.core.errors import RunError
from d2lab.plot import dots, save_both
from d2lab.train.record import RunRecord

WEIGHT, HELD_OUT = "weight_", "held_out_"
MEASURES = {"log_rmse": "log RMSE", "rmse": "RMSE", "cross_entropy": "cross-entropy, nats"}
MEAN = "their mean"


def is_fitted(record: RunRecord) -> bool:
    """Return whether a run's models were fitted to a table, not trained by steps."""
    return any(key.startswith(WEIGHT) for row in record.rows()[-1:] for key in row)


def save_members(record: RunRecord) -> Path:
    """Draw the loss of each model and of their mean, with intervals; return the path of the light PNG.

    Raises:
        RunError: the row of the run lacks a number.
    """
    row, recipe = record.rows()[-1], record.recipe()
    weights = {key.removeprefix(WEIGHT): value for key, value in row.items() if key.startswith(WEIGHT)}
    names = {f"{name}, weight {weight:.2f}": name for name, weight in weights.items()} | {MEAN: "mean"}
    measure = next((name for name in MEASURES if f"valid_{name}" in row), "")
    try:
        values = {said: [float(row[HELD_OUT + name])] for said, name in names.items()}
        ends = {
            said: (float(row[f"{HELD_OUT}{name}_low"]), float(row[f"{HELD_OUT}{name}_high"]))
            for said, name in names.items()
        }
        across = f"{MEASURES[measure]} on rows held out, 95 % interval"
        tested = f"; test part {row[f'test_{measure}']:.4g}" if f"test_{measure}" in row else ""
        tested = tested or f"; test part {row['test_loss']:.4g}"
    except (KeyError, TypeError, ValueError) as cause:
        raise RunError(f"metrics of {record.name}", got=f"a row without {cause}", need="rows of one kind") from cause
    best = f"mean {values[MEAN][0]:.4g}, its weights chosen on these rows{tested}"
    data = str(recipe.get("data")).rpartition("/")[2]
    save_both(
        lambda theme: dots(values, ends, theme, title=f"Models of {data}", subtitle=best, horizontal=across),
        record.folder / "members",
    )
    return record.folder / "members.png"
