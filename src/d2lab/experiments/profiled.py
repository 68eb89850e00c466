"""Profile a recipe, or a run as it was set up; nothing is kept and no record is written."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import torch

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError
from d2lab.core.machine import configure_malloc
from d2lab.core.names import unknown_name
from d2lab.core.seed import derive, fork_rng
from d2lab.core.settings import change
from d2lab.experiments.build import build_train_step, count_threads
from d2lab.experiments.counted import is_counted
from d2lab.experiments.data import build_batches, load_data
from d2lab.experiments.plan import Experiment, check, plan
from d2lab.experiments.profile import Profile, profile_steps
from d2lab.experiments.recorded import from_json
from d2lab.experiments.stylizing import is_style
from d2lab.experiments.tokens import with_tokenizer
from d2lab.recipes.catalog import RECIPES
from d2lab.train.record import RECIPE, open_record, runs_folder
from d2lab.train.threads import using_threads


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Profiled:
    """A profile, and what was profiled."""

    name: str
    experiment: Experiment
    profile: Profile


def profile(
    name: str,
    *,
    data: str | None = None,
    changes: Mapping[str, object] | None = None,
    device: str | None = None,
    steps: int | None = None,
    recipe_file: Path | None = None,
    download: bool = False,
) -> Profiled:
    """Profile the training step of a recipe or of a run.

    Args:
        name: a recipe, the path of a Python file that holds one, or a run's folder.
        data: another data set of the same task.
        changes: settings by name, as `--set` takes them.
        device: auto, cpu, cuda, cuda:1, mps or xpu; a run's own unless given.
        steps: that are timed; as many as fit into three seconds unless given.
        recipe_file: the user's file, where the run's recipe came from one.
        download: may fetch a run's data, which only its record names.

    Raises:
        ConfigError: nothing has this name, a setting does not fit, or the model is not trained by steps.
        DataError: the data can't be loaded.
        RunError: the record is broken.
    """
    experiment, fetch = _experiment(name, data, dict(changes or {}), device, recipe_file), download
    if name in RECIPES or name.endswith(".py"):
        fetch = True
    loop = experiment.settings.loop
    if is_counted(experiment) or experiment.settings.finetune.cached:
        need = "a recipe that computes its whole model in each step"
        raise ConfigError("profile", got=experiment.recipe.name, need=need, fix="For example: d2lab profile lenet.")
    if loop.compile:
        fix = "Set loop.compile=false."
        raise ConfigError("loop.compile", got=True, need="false: a compiled model hides its layers", fix=fix)
    experiment = with_tokenizer(experiment)
    training = load_data(experiment, fetch=fetch)[0]
    threads = count_threads(experiment, training)
    configure_malloc()
    with using_threads(threads), fork_rng(experiment.device):
        torch.manual_seed(derive(experiment.seed, "training"))
        step = build_train_step(experiment, training)
        batches = build_batches(experiment, training, threads)
        found = profile_steps(step, batches, metrics=experiment.task.train_metrics(), steps=steps)
    found = dataclasses.replace(found, batch_size=min(loop.batch_size, len(training)))
    return Profiled(name=Path(name).stem, experiment=experiment, profile=found)


def _experiment(
    name: str, data: str | None, changes: dict[str, object], device: str | None, recipe_file: Path | None
) -> Experiment:
    """Plan a recipe's experiment, or rebuild that of a run."""
    if name in RECIPES or name.endswith(".py"):
        return plan(name, data=data, changes=changes, device=device or "auto")
    if not any((folder / RECIPE).is_file() for folder in (Path(name), runs_folder() / name)):
        runs = {found.parent.name for found in runs_folder().glob(f"*/{RECIPE}")}
        raise unknown_name("recipe or run", name, {*RECIPES, *runs})
    if is_style(Path(name)):
        raise ConfigError("profile", got=f"{name}, a run of style transfer", need="a recipe, or a run of one")
    if device is not None:
        resolve_device(device)  # a wrong one is the caller's mistake, not the record's
    record = open_record(Path(name))
    experiment = from_json(record.recipe(), record.name, data=data, device=device, recipe_file=recipe_file)
    if changes:
        experiment = dataclasses.replace(experiment, settings=change(experiment.settings, changes), kept=None)
        check(experiment)
    return experiment
