"""Runs of models that are counted or fitted, not trained: one pass over the data, one row, one checkpoint.

There is no loss to descend and no step to resume from: a run that was killed counts again.
"""

import time
from typing import Any, cast

import torch
from torch import nn

from d2lab.experiments.build import new_model
from d2lab.experiments.data import Splits
from d2lab.experiments.plan import Experiment
from d2lab.experiments.table_fit import fit_table, fitting_of
from d2lab.experiments.tokens import row_completer
from d2lab.models.table_ensemble import TableEnsembleConfig
from d2lab.train.checkpoint import Checkpoint
from d2lab.train.evaluate import evaluate
from d2lab.train.generators import get_rng_state
from d2lab.train.position import Position
from d2lab.train.progress import Progress
from d2lab.train.record import Row, RunRecord
from d2lab.train.rows import finite


def is_counted(experiment: Experiment) -> bool:
    """Return whether the model is counted in one pass."""
    return bool(getattr(experiment.settings.model, "COUNTED", False))


def check_counted(experiment: Experiment, splits: Splits) -> None:
    """Refuse what can't be fitted before a record is begun.

    Raises:
        ConfigError: settings and data do not go together.
    """
    if isinstance(experiment.settings.model, TableEnsembleConfig):
        fitting_of(experiment, splits)


def count_model(experiment: Experiment, splits: Splits, *, sampled: bool) -> tuple[nn.Module, Row]:
    """Count the training text; return the model and the row of its one epoch.

    Args:
        experiment: of the run.
        splits: training, validation (or None) and test text.
        sampled: add a sample to the row.
    """
    began, tokens = time.perf_counter(), splits[0].tokens  # type: ignore[attr-defined]
    model: Any = new_model(experiment)
    model.count(tokens)
    loss = -float(model.counts.log_probabilities(tokens).mean())
    row: Row = {"epoch": 1, "step": 1, "train_loss": loss, "examples": len(splits[0])}
    row |= {"seconds": time.perf_counter() - began}
    device, size = torch.device(experiment.device), experiment.settings.loop.batch_size
    for name, split in (("valid", splits[1]), ("test", splits[2])):
        if split is not None:
            task, prepare = experiment.task, experiment.preparation
            found = evaluate(model.to(device), split, task, prepare=prepare, device=device, batch=size)
            row |= {f"{name}_{measure}": value for measure, value in found.items()}
    return cast("nn.Module", model), row_completer(experiment, model, sampled=sampled)(row)


def count_into(record: RunRecord, experiment: Experiment, splits: Splits, progress: Progress) -> nn.Module:
    """Count a run's model and write row and checkpoint; return the model.

    Raises:
        RunError: the record can't be written, or another process writes it.
    """
    with record.lock():
        progress.start(steps=1, done=0, epochs=1)
        try:
            if isinstance(experiment.settings.model, TableEnsembleConfig):
                model, row = fit_table(experiment, splits, progress)
            else:
                model, row = count_model(experiment, splits, sampled=True)
            record.cut(0)
            written = record.append([finite(row)])
            position = Position(status="finished")
            values = {**position.values(), "metrics_bytes": written, "train_step": {}}
            tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
            tensors |= {f"rng.{name}": value for name, value in get_rng_state(torch.device("cpu")).items()}
            record.save(Checkpoint(1, tensors, values))
            progress.epoch(row)
        finally:
            progress.stop()
    return model
