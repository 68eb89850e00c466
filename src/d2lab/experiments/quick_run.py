"""Quick runs: train a recipe without a record, for experiments of many short runs."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from d2lab.core.errors import NonFiniteError
from d2lab.core.machine import configure_malloc
from d2lab.core.seed import derive, fork_rng
from d2lab.experiments.build import build_loop, build_train_step
from d2lab.experiments.counted import count_model, is_counted
from d2lab.experiments.data import Splits, load_data
from d2lab.experiments.features import train_on_features
from d2lab.experiments.plan import Experiment, plan
from d2lab.experiments.tokens import with_tokenizer
from d2lab.recipes.language import LanguageSettings, SeriesSettings
from d2lab.train.progress import NoProgress
from d2lab.train.threads import using_threads

Row = dict[str, Any]


class Rows(NoProgress):
    """Collects the rows of the epochs."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Append the epoch's row."""
        self.rows.append(dict(row))


def quick_run(
    name: str, *, data: str | None = None, changes: Mapping[str, object] | None = None, seed: int = 0
) -> list[Row]:
    """Train a recipe on the processor; return the rows of its epochs: train_loss, test_accuracy and so on.

    A run whose loss is no longer finite ends there; the rows until then are returned.

    Args:
        name: name of the recipe.
        data: another data set of the same task.
        changes: settings by name, as `--set` takes them.
        seed: decides weights, order and dropout.

    Raises:
        ConfigError: a setting that can't be used.
        DataError: the data can't be loaded.
    """
    settings = {"threads": 1, **(changes or {})}  # the same order of sums, so the same numbers, on any number of cores
    experiment = with_tokenizer(plan(name, data=data, changes=settings, seed=seed, device="cpu"))
    splits = _splits(experiment)
    if is_counted(experiment):
        return [count_model(experiment, splits, sampled=False)[1]]
    rows = Rows()
    configure_malloc()
    with using_threads(experiment.settings.loop.threads or 1), fork_rng("cpu"):
        torch.manual_seed(derive(seed, "training"))
        train_step = build_train_step(experiment, splits[0])
        if experiment.settings.finetune.cached:
            splits = train_on_features(experiment, splits, train_step.model, rows)
        loop = build_loop(experiment, splits, train_step, record=None, progress=rows)
        try:
            loop.run()
        except NonFiniteError:
            return rows.rows
    return rows.rows


def last(measure: str, name: str, seeds: Sequence[int], **changes: object) -> list[float]:
    """Return a metric of the last epoch for each seed; NaN where no epoch was finished.

    Args:
        measure: a name in the rows, such as test_accuracy.
        name: name of the recipe.
        seeds: seeds of the runs.
        changes: settings by name, as `--set` takes them, and `data`.
    """
    data = changes.pop("data", None)
    found = []
    for seed in seeds:
        rows = quick_run(name, data=None if data is None else str(data), changes=changes, seed=seed)
        found.append(float(rows[-1][measure]) if rows else float("nan"))
    return found


_READ: dict[tuple[object, ...], Splits] = {}  # whole data sets by name and image size


def _splits(experiment: Experiment) -> Splits:
    """Load the splits of an experiment; whole data sets are read once and kept."""
    settings = experiment.settings
    if isinstance(settings, LanguageSettings | SeriesSettings):  # cut by their settings
        return load_data(experiment)
    if settings.loop.examples is not None or settings.loop.validation:
        return load_data(experiment)
    reads = experiment.preparation
    key = (experiment.card.name, reads.shape, reads.side, reads.fit, settings.augment.idle)
    if key not in _READ:
        _READ[key] = load_data(experiment)
    return _READ[key]
