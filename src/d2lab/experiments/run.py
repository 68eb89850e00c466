"""Run an experiment, or go on with one that was broken off."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from d2lab.core.allocator import configure_malloc
from d2lab.core.device import resolve_device
from d2lab.core.errors import RunError
from d2lab.core.machine import describe_machine
from d2lab.core.seed import derive
from d2lab.experiments.data import build_batches, load_data
from d2lab.experiments.experiment import Experiment, build_train_step, count_threads, fork_rng, from_json, plan
from d2lab.experiments.pretrained import source_start, start_from, stated_source
from d2lab.recipes.catalog import find_recipe
from d2lab.train.checkpoint import Checkpoint, load_checkpoint
from d2lab.train.loop import Loop, Status
from d2lab.train.progress import Progress, Silence
from d2lab.train.record import RunRecord, open_record
from d2lab.train.threads import using_threads

OnEpoch = Callable[[RunRecord], None]


@dataclass(frozen=True, slots=True)
class Run:
    """How a run ended, and where its record lies."""

    record: RunRecord
    status: Status
    model: torch.nn.Module

    @property
    def last(self) -> dict[str, Any]:
        """The row of the last whole epoch; empty when there was none."""
        rows = [row for row in self.record.rows() if "epoch" in row]
        return rows[-1] if rows else {}


def train(
    name: str,
    *,
    data: str | None = None,
    changes: dict[str, object] | None = None,
    seed: int = 0,
    device: str = "auto",
    budget: str = "full",
    source: str | None = None,
    root: Path | None = None,
    progress: Progress | None = None,
    on_epoch: OnEpoch | None = None,
) -> Run:
    """Train a recipe and leave its record.

    Args:
        name: the recipe's.
        data: another data set of the same task.
        changes: settings by name, as `--set` takes them.
        seed: decides weights, order and dropout; the same seed gives the same weights on the same machine.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        budget: smoke, lesson or full.
        source: weights to begin with, and their model: a run, torchvision/NAME or timm/NAME, also NAME:FILE.
        root: the folder of all runs; $D2LAB_RUNS or `runs` here unless given.
        progress: who is told; nobody unless given.
        on_epoch: called after each epoch, its rows written.

    Raises:
        ConfigError: a choice that can't be used; nothing was written.
        DataError: the data can't be had; nothing was written.
        NonFiniteError: a loss broke; the record holds the last checkpoint.
        RunError: the record can't be written.
    """
    choices: dict[str, Any] = {"data": data, "changes": changes, "seed": seed, "device": device, "budget": budget}
    source, before = source or stated_source(changes), find_recipe(name).before
    if source is None and before is not None:
        plan(name, **choices)  # what is wrong shows before the first of two runs
        common: dict[str, Any] = {"seed": seed, "device": device, "budget": budget, "root": root, "progress": progress}
        first = train(before.recipe, changes=dict(before.changes), **common)
        if first.status == "interrupted":
            return first
        source = str(first.record.folder)
    experiment, start = start_from(name, choices, source)
    splits = load_data(experiment)
    threads = count_threads(experiment, splits[0])
    with using_threads(threads), fork_rng(experiment.device):
        torch.manual_seed(derive(seed, "training"))
        train_step = build_train_step(experiment, splits[0], start)
        machine = {**describe_machine(), "device": experiment.device, "threads": threads}
        record = RunRecord.create(name, seed, experiment.to_json(), machine, root)
        return _run(experiment, splits, train_step, record, progress or Silence(), on_epoch, None)


def resume(
    folder: Path, *, device: str | None = None, progress: Progress | None = None, on_epoch: OnEpoch | None = None
) -> Run:
    """Go on with a run that was interrupted or killed; a finished one is only opened.

    On the same device and with the same number of threads, which the record remembers, the weights come out
    as if the run had never been broken off.

    Raises:
        ConfigError: no such device here.
        RunError: no run of ours, a broken checkpoint, or a run that another process is at.
    """
    record = open_record(folder)
    if device is not None:
        resolve_device(device)  # a wrong one is the caller's mistake, not the record's
    experiment = from_json(record.recipe(), record.name, device=device)
    splits = load_data(experiment)
    threads = record.machine().get("threads")
    if not isinstance(threads, int) or threads < 1:
        raise RunError(f"run {record.name}", got=f"threads {threads!r}", need="a number in machine.json")
    with record.lock(), using_threads(threads), fork_rng(experiment.device):
        checkpoint = load_checkpoint(record.checkpoint) if (record.checkpoint / "state.json").exists() else None
        start = None if checkpoint is not None else source_start(experiment)[1]
        torch.manual_seed(derive(experiment.seed, "training"))
        train_step = build_train_step(experiment, splits[0], start)
        return _run(experiment, splits, train_step, record, progress or Silence(), on_epoch, checkpoint)


def _run(
    experiment: Experiment,
    splits: Any,  # noqa: ANN401
    train_step: Any,  # noqa: ANN401
    record: RunRecord,
    progress: Progress,
    on_epoch: OnEpoch | None,
    checkpoint: Checkpoint | None,
) -> Run:
    """Train with the record locked; a checkpoint is gone on from, no checkpoint starts at step 0."""
    configure_malloc()
    training, validation, test = splits
    with record.lock():
        loop = Loop(
            train_step,
            build_batches(experiment, training, torch.get_num_threads()),
            config=experiment.settings.loop,
            test=test,
            validation=validation,
            record=record,
            progress=progress,
            on_epoch=None if on_epoch is None else lambda: on_epoch(record),
        )
        if checkpoint is None:
            record.cut(0)
        else:
            loop.restore(checkpoint)
            if checkpoint.values.get("status") in ("finished", "stopped early"):
                return Run(record, checkpoint.values["status"], train_step.model)
        return Run(record, loop.run(), train_step.model)
