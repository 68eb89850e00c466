"""Resume an interrupted run, or train it on to more epochs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, RunError
from d2lab.core.seed import fork_rng
from d2lab.core.settings import change, leaves
from d2lab.experiments.build import build_train_step
from d2lab.experiments.counted import count_into, is_counted
from d2lab.experiments.data import Splits, load_data
from d2lab.experiments.plan import Experiment
from d2lab.experiments.pretrained import initialization_of
from d2lab.experiments.processes import (
    locked,
    own_device,
    own_threads,
    require_one,
    seed_training,
)
from d2lab.experiments.recorded import from_json
from d2lab.experiments.run_loop import Run, run_loop
from d2lab.experiments.trained import load_run
from d2lab.parallel.ranks import Ranks, joined_ranks
from d2lab.train.callback import Callback
from d2lab.train.checkpoint import Checkpoint
from d2lab.train.progress import NoProgress, Progress
from d2lab.train.record import RunRecord, open_record
from d2lab.train.threads import using_threads


def resume(
    folder: Path,
    *,
    data: str | None = None,
    device: str | None = None,
    epochs: int | None = None,
    recipe_file: Path | None = None,
    download: bool = False,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Resume a run that was interrupted or killed; a finished one is only opened, unless more epochs are given.

    On the same device and with the same number of threads, which the record remembers, the weights
    are those of an uninterrupted run, bit for bit.

    Args:
        folder: folder of the run, or its name in the folder of runs.
        data: new place of the run's own data, as `folder:PATH`.
        device: another device than the record's.
        epochs: train to this many epochs in all; the learning-rate schedule is computed anew over all of them.
        recipe_file: the user's file, where the run's recipe came from one.
        download: may fetch the data and pretrained weights that the record names where they are not on disk.
        progress: shows the progress, such as a bar.
        callbacks: called after steps and epochs.

    Raises:
        ConfigError: there is no such device, or not more epochs than the run has.
        DataError: the data are not on disk, or at the new place are others.
        RunError: there is no such run, its checkpoint is damaged, or another process trains it.
    """
    with joined_ranks() as ranks:
        record = open_record(folder)
        if not ranks.leads:
            progress, callbacks = None, ()
        if not ranks.alone:
            device = own_device(device or str(record.recipe().get("device", "auto")).partition(":")[0], ranks)
        if device is not None:
            resolve_device(device)  # a wrong one is the caller's mistake, not the record's
        experiment = from_json(record.recipe(), record.name, data=data, device=device, recipe_file=recipe_file)
        return _resume(record, experiment, epochs, download, progress or NoProgress(), callbacks, ranks)


def _resume(
    record: RunRecord,
    experiment: Experiment,
    epochs: int | None,
    download: bool,
    told: Progress,
    callbacks: Sequence[Callback],
    ranks: Ranks,
) -> Run:
    """Resume a run in these processes, of which it may have had another number."""
    if epochs is not None:
        told.note(f"epochs: {experiment.settings.loop.epochs} -> {epochs} in all; the schedule now spans all of them")
        experiment = extended(experiment, epochs)
    with ranks.leader_first():
        splits = load_data(experiment, fetch=download)
    if is_counted(experiment):
        require_one(ranks, experiment.recipe.name)
        return _resume_counted(record, experiment, splits, told)
    threads = record.machine().get("threads")
    if not isinstance(threads, int) or threads < 1:
        raise RunError(f"run {record.name}", got=f"threads {threads!r}", need="a number in machine.json")
    with locked(record, ranks), using_threads(own_threads(threads, ranks)), fork_rng(experiment.device):
        checkpoint = record.load() if record.has_checkpoint() else None
        initialize = None if checkpoint is not None else initialization_of(experiment, fetch=download)[1]
        ranks.any(False)  # all have read the checkpoint before the first writes another
        seed_training(experiment.seed, ranks)
        train_step = build_train_step(experiment, splits[0], initialize, ranks)
        if epochs is not None:
            _refuse_stopped(checkpoint, record.name)
            if ranks.leads:
                record.change_settings(dict(leaves(experiment.settings)), checkpoint)
        return run_loop(experiment, splits, train_step, record, told, callbacks, checkpoint)


def _resume_counted(record: RunRecord, experiment: Experiment, splits: Splits, progress: Progress) -> Run:
    """Count again where a kill came before the end; else open the run."""
    if record.has_checkpoint():
        return Run(record, "finished", load_run(record.folder).model, trained=False, extendable=False)
    return Run(record, "finished", count_into(record, experiment, splits, progress))


def extended(experiment: Experiment, epochs: int) -> Experiment:
    """Return the experiment with more epochs.

    Raises:
        ConfigError: they are not more.
    """
    now = experiment.settings.loop.epochs
    if epochs <= now:
        raise ConfigError("epochs", got=epochs, need=f"more than the {now} that the run has")
    return replace(experiment, settings=change(experiment.settings, {"loop.epochs": epochs}))


def _refuse_stopped(checkpoint: Checkpoint | None, name: str) -> None:
    """Refuse to train a run on that has stopped by itself: its weights are those of an earlier epoch.

    Raises:
        RunError: it has.
    """
    if checkpoint is not None and checkpoint.values.get("status") == "stopped early":
        fix = "Train anew with a larger patience."
        raise RunError(f"run {name}", got="a run that stopped early", need="one that trained to its end", fix=fix)
