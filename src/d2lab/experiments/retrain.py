"""Train a run's recipe anew on training and validation part together, for as many epochs as validation chose."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from d2lab.core.errors import ConfigError, RunError
from d2lab.core.settings import leaves
from d2lab.experiments.data import load_data
from d2lab.experiments.pretrained import initialization_of
from d2lab.experiments.recorded import from_json
from d2lab.experiments.run import train
from d2lab.experiments.run_loop import Run
from d2lab.train.progress import Progress
from d2lab.train.record import RunRecord, open_record


def best_epoch(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the epoch with the lowest validation loss, the first of several; None where nothing was validated."""
    found = [(row["valid_loss"], row["epoch"]) for row in rows if isinstance(row.get("valid_loss"), int | float)]
    finite = [pair for pair in found if math.isfinite(pair[0])]
    return min(finite)[1] if finite else None


def retrain(
    run: Path,
    *,
    device: str | None = None,
    recipe_file: Path | None = None,
    download: bool = False,
    root: Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Train a run's recipe anew, with nothing held out for validation and the epochs that validation chose.

    The seed is the same, and so are all other settings; a schedule spans the new number of epochs. The test part stays
    what it was: no image of it is learned from.

    Args:
        run: folder of the run, or its name in the folder of runs.
        device: another device than the run's.
        recipe_file: the user's file, where the run's recipe came from one.
        download: may fetch the data and pretrained weights that the record names where they are not on disk.
        root: the folder of all runs.
        progress: shows the progress, such as a bar.

    Raises:
        ConfigError: the run had no validation part.
        DataError: the data are not on disk, or are not those of the run.
        RunError: there is no such run, or it has not ended.
    """
    record = open_record(run)
    epochs = chosen_epochs(record)
    experiment = from_json(record.recipe(), record.name, device=device, recipe_file=recipe_file)
    load_data(experiment, fetch=download)  # refuses data that changed since
    source = experiment.settings.finetune.source
    if source is not None:
        initialization_of(experiment, fetch=download)
    changes = dict(leaves(experiment.settings))
    changes |= {"loop.epochs": epochs, "loop.validation": 0.0, "loop.patience": None}
    if progress is not None:
        progress.note(f"epochs: {epochs}, as validation chose in {record.name}; nothing is held out for validation")
    return train(
        experiment.recipe.name if recipe_file is None else str(recipe_file),
        data=experiment.card.name,
        changes=changes,
        seed=experiment.seed,
        device=experiment.device,
        budget=experiment.budget,
        source=source,
        root=root,
        progress=progress,
    )


def chosen_epochs(record: RunRecord) -> int:
    """Return the number of epochs that a run's validation part chose.

    Raises:
        ConfigError: it had none.
        RunError: it has not ended.
    """
    status = record.status()
    if status not in ("finished", "stopped early"):
        fix = f"Go on with d2lab resume {record.folder}."
        raise RunError(f"run {record.name}", got=status, need="a run that has ended", fix=fix)
    epochs = best_epoch(record.rows())
    if epochs is None:
        fix = "Train it with --set validation=0.1."
        raise ConfigError(f"run {record.name}", got="no validation part", need="one that chooses the epochs", fix=fix)
    return epochs
