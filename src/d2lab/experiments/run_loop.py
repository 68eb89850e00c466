"""A run of an experiment: its loop from the first step or from a checkpoint, and what it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from d2lab.core.machine import configure_malloc
from d2lab.experiments.build import build_loop
from d2lab.experiments.data import Splits
from d2lab.experiments.features import train_on_features
from d2lab.experiments.plan import Experiment
from d2lab.experiments.processes import (
    locked,
)
from d2lab.train.callback import Callback
from d2lab.train.checkpoint import Checkpoint, load_weights
from d2lab.train.position import Status
from d2lab.train.progress import Progress
from d2lab.train.record import RunRecord
from d2lab.train.train_step import TrainStep, split_by_prefix


@dataclass(frozen=True, slots=True)
class Run:
    """Status, record and model of a run that ended."""

    record: RunRecord
    status: Status
    model: nn.Module
    trained: bool = True  # False where the run was finished before and only opened
    extendable: bool = True  # False where more epochs would change nothing: counts are the same after every pass

    @property
    def net(self) -> nn.Module:
        """Former name of `model`."""
        return self.model

    @property
    def last(self) -> dict[str, Any]:
        """Row of the last finished epoch; empty if there is none."""
        rows = [row for row in self.record.rows() if "epoch" in row]
        return rows[-1] if rows else {}


def _is_done(checkpoint: Checkpoint, steps: int) -> bool:
    """Say whether a run has ended: it stopped early, or has taken all its steps, of which more may be asked for now."""
    status = checkpoint.values.get("status")
    return status == "stopped early" or (status == "finished" and checkpoint.step >= steps)


def run_loop(
    experiment: Experiment,
    splits: Splits,
    train_step: TrainStep,
    record: RunRecord,
    progress: Progress,
    callbacks: Sequence[Callback],
    checkpoint: Checkpoint | None,
) -> Run:
    """Train with the record locked, from its checkpoint, or from step 0 where there is none."""
    configure_malloc()
    ranks = train_step.ranks
    with locked(record, ranks):
        done = checkpoint is not None and _is_done(checkpoint, train_step.total_steps)
        if experiment.settings.finetune.cached and not done:
            if checkpoint is not None:  # the body is the checkpoint's; its source may be gone
                load_weights(train_step.model, split_by_prefix(checkpoint.tensors).get("model", {}), record.name)
            with ranks.leader_first():
                splits = train_on_features(experiment, splits, train_step.model, progress)
        kept = record if ranks.leads else None
        loop = build_loop(experiment, splits, train_step, record=kept, progress=progress, callbacks=tuple(callbacks))
        if checkpoint is None:
            if ranks.leads:
                record.cut(0)
        else:
            loop.restore(checkpoint)
            if done:
                return Run(record, checkpoint.values["status"], train_step.model, trained=False)
        return Run(record, loop.run(), train_step.model)
