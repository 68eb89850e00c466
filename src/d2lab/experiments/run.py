"""Train an experiment, or resume an interrupted one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, RunError
from d2lab.core.machine import configure_malloc
from d2lab.core.seed import fork_rng
from d2lab.core.settings import change, leaves
from d2lab.experiments.build import build_loop, build_train_step, count_threads
from d2lab.experiments.config_file import CONFIG, write_config
from d2lab.experiments.counted import count_into, is_counted
from d2lab.experiments.data import Splits, describe_data, load_data
from d2lab.experiments.features import train_on_features
from d2lab.experiments.plan import Experiment, RunRequest, plan, stated_source
from d2lab.experiments.pretrained import initialization_of, plan_with_source
from d2lab.experiments.processes import (
    interrupted_record,
    locked,
    new_record,
    own_device,
    own_threads,
    require_one,
    seed_training,
)
from d2lab.experiments.recorded import from_json
from d2lab.experiments.tokens import with_tokenizer
from d2lab.experiments.trained import load_run
from d2lab.parallel.ranks import Ranks, joined_ranks
from d2lab.recipes.catalog import recipe_of
from d2lab.train.callback import Callback
from d2lab.train.checkpoint import Checkpoint, load_weights
from d2lab.train.position import Status
from d2lab.train.progress import NoProgress, Progress
from d2lab.train.record import RunRecord, open_record
from d2lab.train.threads import using_threads
from d2lab.train.train_step import TrainStep, split_by_prefix

RANDOM = "random"  # in place of a name after --from: no pretrained weights, and no run before this one


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


def train(
    recipe: str,
    *,
    data: str | None = None,
    changes: Mapping[str, object] | None = None,
    seed: int = 0,
    device: str = "auto",
    budget: str = "full",
    source: str | None = None,
    root: Path | None = None,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Train a recipe and write its record.

    Args:
        recipe: its name, or the path of a Python file that holds one.
        data: another data set of the same task.
        changes: settings by name, as `--set` takes them.
        seed: decides weights, order and dropout; the same seed gives the same weights on the same machine.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        budget: smoke, lesson or full.
        source: weights to initialize from, and their model: a run, torchvision/NAME, timm/NAME or wheel/NAME, also
            NAME:FILE; "random" for random weights of the recipe's own model, where it would pretrain it first.
        root: the folder of all runs; $D2LAB_RUNS or `runs` here unless given.
        progress: shows the progress, such as a bar; none unless given.
        callbacks: called after steps and epochs.

    Raises:
        ConfigError: an option or setting that can't be used; nothing was written.
        DataError: the data can't be loaded; nothing was written.
        NonFiniteError: a loss became NaN or infinite; the record holds the last checkpoint.
        RunError: the record can't be written.
    """
    request = RunRequest(
        recipe=recipe,
        data=data,
        changes=dict(changes or {}),
        seed=seed,
        device=device,
        budget=budget,
        source=source or stated_source(changes),
    )
    return run_request(request, root=root, progress=progress, callbacks=callbacks)


def run_request(
    request: RunRequest,
    *,
    root: Path | None = None,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Train what is asked for; see `train`.

    Under torchrun all its processes train one run: the first writes the record and shows the progress. Started anew
    after one was lost, they go on with the record that they began.

    Args:
        request: recipe and choices.
        root: the folder of all runs.
        progress: shows the progress, such as a bar.
        callbacks: called after steps and epochs.
    """
    with joined_ranks() as ranks:
        if not ranks.leads:
            progress, callbacks = None, ()
        request = replace(request, device=own_device(request.device, ranks))
        return _train_request(request, root, progress, callbacks, ranks)


def _train_request(
    request: RunRequest, root: Path | None, progress: Progress | None, callbacks: Sequence[Callback], ranks: Ranks
) -> Run:
    """Train what is asked for in these processes."""
    pretraining = recipe_of(request.recipe)[0].pretraining
    if request.source == RANDOM:
        pretraining, request = None, replace(request, source=None)
    if request.source is None and pretraining is not None:
        plan(request)  # raises before the first of two runs
        first = run_request(
            replace(request, recipe=pretraining.recipe, data=None, changes=dict(pretraining.changes)),
            root=root,
            progress=progress,
        )
        if first.status == "interrupted":
            return first
        request = replace(request, source=str(first.record.folder))
    begun = interrupted_record(recipe_of(request.recipe)[0].name, root, ranks)
    if begun is not None:
        return resume(begun, progress=progress, callbacks=callbacks)
    with ranks.leader_first():
        experiment, initialize = (plan(request), None) if request.source is None else plan_with_source(request)
        experiment = with_tokenizer(experiment)
        splits = load_data(experiment)
    told = progress or NoProgress()
    if is_counted(experiment):
        require_one(ranks, experiment.recipe.name)
        told.note(describe_data(experiment, splits))
        record = _new_record(experiment, 1, root, ranks)
        return Run(record, "finished", count_into(record, experiment, splits, told))
    threads = own_threads(count_threads(experiment, splits[0]), ranks)
    with using_threads(threads), fork_rng(experiment.device):
        seed_training(experiment.seed, ranks)
        train_step = build_train_step(experiment, splits[0], initialize, ranks)
        told.note(describe_data(experiment, splits))
        record = _new_record(experiment, threads, root, ranks)
        return _run(experiment, splits, train_step, record, told, callbacks, None)


def _new_record(experiment: Experiment, threads: int, root: Path | None, ranks: Ranks) -> RunRecord:
    """Make the record of a run, with its settings in a file to train from again."""
    name, seed, recipe = experiment.recipe.name, experiment.seed, experiment.to_json()
    record = new_record(name, seed, recipe, experiment.device, threads, root, ranks)
    if ranks.leads:
        write_config(experiment, record.folder / CONFIG)
    return record


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
        return _run(experiment, splits, train_step, record, told, callbacks, checkpoint)


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


def _is_done(checkpoint: Checkpoint, steps: int) -> bool:
    """Say whether a run has ended: it stopped early, or has taken all its steps, of which more may be asked for now."""
    status = checkpoint.values.get("status")
    return status == "stopped early" or (status == "finished" and checkpoint.step >= steps)


def _run(
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
