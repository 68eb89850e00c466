"""Train an experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from d2lab.core.seed import fork_rng
from d2lab.experiments.build import build_train_step, count_threads
from d2lab.experiments.config_file import CONFIG, write_config
from d2lab.experiments.counted import check_counted, count_into, is_counted
from d2lab.experiments.data import describe_data, load_data
from d2lab.experiments.plan import Experiment, RunRequest, plan, stated_source
from d2lab.experiments.pretrained import plan_with_source
from d2lab.experiments.processes import (
    interrupted_record,
    new_record,
    own_device,
    own_threads,
    require_one,
    seed_training,
)
from d2lab.experiments.resumption import resume
from d2lab.experiments.run_loop import Run, run_loop
from d2lab.experiments.table_fit import with_table
from d2lab.experiments.tokens import with_tokenizer
from d2lab.parallel.ranks import Ranks, joined_ranks
from d2lab.recipes.catalog import recipe_of
from d2lab.train.callback import Callback
from d2lab.train.progress import NoProgress, Progress
from d2lab.train.record import RunRecord
from d2lab.train.threads import using_threads

RANDOM = "random"  # in place of a name after --from: no pretrained weights, and no run before this one


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
    recipe, _ = recipe_of(request.recipe)
    pretraining = recipe.pretraining
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
    begun = interrupted_record(recipe.name, root, ranks)
    if begun is not None:
        return resume(begun, progress=progress, callbacks=callbacks)
    with ranks.leader_first():
        experiment, initialize = (plan(request), None) if request.source is None else plan_with_source(request)
        experiment = with_table(with_tokenizer(experiment))
        splits = load_data(experiment)
    told = progress or NoProgress()
    if is_counted(experiment):
        require_one(ranks, experiment.recipe.name)
        check_counted(experiment, splits)
        told.note(describe_data(experiment, splits))
        record = _new_record(experiment, 1, root, ranks)
        return Run(record, "finished", count_into(record, experiment, splits, told))
    threads = own_threads(count_threads(experiment, splits[0]), ranks)
    with using_threads(threads), fork_rng(experiment.device):
        seed_training(experiment.seed, ranks)
        train_step = build_train_step(experiment, splits[0], initialize, ranks)
        told.note(describe_data(experiment, splits))
        record = _new_record(experiment, threads, root, ranks)
        return run_loop(experiment, splits, train_step, record, told, callbacks, None)


def _new_record(experiment: Experiment, threads: int, root: Path | None, ranks: Ranks) -> RunRecord:
    """Make the record of a run, with its settings in a file to train from again."""
    name, seed, recipe = experiment.recipe.name, experiment.seed, experiment.to_json()
    record = new_record(name, seed, recipe, experiment.device, threads, root, ranks)
    if ranks.leads:
        write_config(experiment, record.folder / CONFIG)
    return record
