"""Fit the models of a table: each judged on rows it has not seen, then on all training rows, and a mean of them.

Inside a fold everything is learned from its training rows: the preparation of columns, the mean of the target, the
strength of regularization. What is reported as `valid` is of such rows; the weights of the mean were chosen on them, so
that the test part, which nothing here has seen, is the figure to trust.
"""

import dataclasses
import time
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float64, Int64, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.core.seed import derive
from d2lab.data import catalog
from d2lab.data.folds import k_fold
from d2lab.data.split import Split
from d2lab.experiments.plan import Experiment
from d2lab.models.catalog import build_model
from d2lab.models.table_ensemble import LEAST, TableEnsemble, TableEnsembleConfig
from d2lab.models.table_members import Member, member_of
from d2lab.tables.ensemble import greedy_ensemble, out_of_fold, score
from d2lab.tables.estimators import Size, fit_member, members
from d2lab.tables.leaks import LEAST_ROWS, telling_columns
from d2lab.tables.preparation import fit_preparation, skewness
from d2lab.tables.table_data import SKEWED, OwnTable, is_table, preparation_of, table_of
from d2lab.train.evaluate import evaluate
from d2lab.train.progress import Progress
from d2lab.train.record import Row

Rows = Int64[np.ndarray, " _"]
Features = Float64[np.ndarray, "_ feature"]
MEAN = "mean"  # of the models, beside their names in the row of a run
Predictions = Float64[np.ndarray, "_ answer"]  # numbers or their logarithms, or probabilities


def with_table(experiment: Experiment) -> Experiment:
    """Return the experiment with the preparation of its table's columns; as it is where the data are none.

    Raises:
        DataError: the table is missing or has changed.
    """
    if not is_table(experiment.card) or experiment.table is not None:
        return experiment
    return dataclasses.replace(experiment, table=preparation_of(experiment.card))


@dataclass(frozen=True, slots=True)
class TargetScale:
    """How numbers to predict are standardized.

    Args:
        log: whether their logarithm is.
        mean: of the training rows.
        scale: their standard deviation; 1 where all are equal.
    """

    log: bool
    mean: float = 0.0
    scale: float = 1.0

    def fitted(self, values: Shaped[np.ndarray, " row"]) -> "TargetScale":
        """Return the standardization of these rows."""
        plain = np.log(values) if self.log else values
        return TargetScale(self.log, float(plain.mean()), float(plain.std()) or 1.0)

    def __call__(self, values: Shaped[np.ndarray, " row"]) -> Float64[np.ndarray, " row"]:
        """Return standardized numbers."""
        plain = np.log(values) if self.log else np.asarray(values, dtype=np.float64)
        return (plain - self.mean) / self.scale


def log_is_better(values: Shaped[np.ndarray, " row"], setting: str) -> bool:
    """Return whether the logarithm of a target is predicted.

    Raises:
        ConfigError: it is asked for, and a number is 0 or less.
    """
    positive = bool((values > 0).all())
    if setting == "yes" and not positive:
        raise ConfigError("log_target", got="yes, and a target of 0 or less", need="positive targets, or no")
    if setting != "auto" or not positive:
        return setting == "yes"
    return skewness(values) > SKEWED


def fit_table(
    experiment: Experiment, splits: tuple[Split, Split | None, Split], progress: Progress
) -> tuple[nn.Module, Row]:
    """Fit a table's models; return their mean and the row of the run.

    Args:
        experiment: of the run.
        splits: training, no validation, and test rows, prepared.
        progress: is told how each model does.

    Raises:
        ConfigError: the data are no table, a part of the rows was asked for, or a model does not suit them.
    """
    began = time.perf_counter()
    fitting, config = fitting_of(experiment, splits), experiment.settings.model
    for line in fitting.warnings():
        progress.note(line)
    held, scores = {}, {}
    for name in fitting.names:
        held[name] = fitting.held_out(name)
        scores[name] = score(fitting.losses(held[name]))
        progress.note(f"{name}: {fitting.told(*scores[name])}")
    weights = greedy_ensemble(list(held.values()), lambda one: float(fitting.losses(one).mean()))
    chosen = {name: weight for name, weight in zip(held, weights.tolist(), strict=True) if weight}
    model = cast("TableEnsemble", build_model(config))
    features = cast("Tensor", splits[0].inputs).double().numpy()
    kept = {name: fitting.fitted(name, features) for name in chosen}
    scale = fitting.scale.fitted(fitting.targets) if not fitting.classes else TargetScale(log=False)
    model.fill(kept, torch.tensor(list(chosen.values())), scale.mean, scale.scale, scale.log)
    mean_of_all = cast("Predictions", sum(weight * held[name] for name, weight in chosen.items()))
    scores[MEAN] = score(fitting.losses(mean_of_all))
    told = ", ".join(f"{weight:.2f} {name}" for name, weight in chosen.items())
    progress.note(f"mean of {told}: {fitting.told(*scores[MEAN])}, chosen on these rows")
    row = _row(experiment, model, splits, began) | {f"valid_{fitting.measure}": fitting.shown(scores[MEAN][0])}
    for name, found in scores.items():
        row |= fitting.judged(name, *found)
    return model, row | {f"weight_{name}": chosen.get(name, 0.0) for name in held}


def fitting_of(experiment: Experiment, splits: tuple[Split, Split | None, Split]) -> "Fitting":
    """Return the models of a run, not yet fitted; all that can be wrong with settings and data is found here.

    Raises:
        ConfigError: the data are no table, a part of the rows was asked for, or a model does not suit them.
    """
    card = experiment.card
    if not is_table(card):
        fix = f"For a file of yours: --data {catalog.TABLE}FILE.csv --target COLUMN."
        raise ConfigError("data", got=card.name, need="a table with columns", fix=fix)
    table = table_of(card)
    if len(splits[0]) != len(table.train):
        got, need = f"{len(splits[0]):,} of {len(table.train):,} rows", "all training rows: folds hold rows out"
        raise ConfigError("examples, validation or only", got=got, need=need)
    return Fitting(table, cast("TableEnsembleConfig", experiment.settings.model), experiment.seed)


class Fitting:
    """The models of a table, fitted within folds and on all rows.

    Args:
        table: training and test rows.
        config: which models, and how large.
        seed: of folds and of what models draw.
    """

    def __init__(self, table: OwnTable, config: TableEnsembleConfig, seed: int) -> None:
        self.table, self.config, self.classes = table, config, len(table.classes)
        self.frame = table.inputs(table.train)
        self.targets = table.train[table.target].values
        self.size = Size(rounds=config.rounds, trees=config.trees, seed=derive(seed, "table") % 2**31)
        self.names = members(self.classes, len(self.frame), config.members)
        self.scale = TargetScale(log=not self.classes and log_is_better(self.targets, config.log_target))
        self.measure = "cross_entropy" if self.classes else "log_rmse" if self.scale.log else "rmse"
        labels = torch.from_numpy(self.targets).long() if self.classes else None
        folds = k_fold(len(self.frame), config.folds, seed=derive(seed, "folds"), classes=labels)
        self.folds = [(train.numpy(), out.numpy()) for train, out in folds]
        self._prepared: dict[bytes, tuple[Features, Features]] = {}

    def warnings(self) -> list[str]:
        """Name columns that tell the target nearly alone."""
        if len(self.frame) < LEAST_ROWS:
            return []
        name = self.table.target
        return [
            f"{one.name} alone tells {one.share:.0%} of {name}: is it known when {name} is to be predicted?"
            for one in telling_columns(self.table.train, name)[:3]
        ]

    def held_out(self, name: str) -> Predictions:
        """Predict each training row by a model that has not seen it: the target or its logarithm, or probabilities."""
        return out_of_fold(len(self.frame), self.folds, lambda train, out: self._predicted(name, train, out))

    def _predicted(self, name: str, train: Rows, out: Rows) -> Predictions:
        features, others = self._features(train, out)
        if self.classes:
            fitted = fit_member(name, features, self.targets[train], classes=self.classes, size=self.size)
            chances = np.zeros((len(out), self.classes))
            chances[:, fitted.classes_] = fitted.predict_proba(others)  # a fold may lack a rare class
            return chances
        scale = self.scale.fitted(self.targets[train])
        fitted = fit_member(name, features, scale(self.targets[train]), classes=0, size=self.size)
        answers: Predictions = fitted.predict(others)[:, None] * scale.scale + scale.mean
        return answers

    def _features(self, train: Rows, out: Rows) -> tuple[Features, Features]:
        """Return the features of both parts of a fold, prepared by what its training rows say."""
        key = out.tobytes()
        if key not in self._prepared:
            prepare = fit_preparation(self.frame.take(train), skew=SKEWED)
            parts = [prepare(self.frame.take(rows)).astype(np.float32).astype(np.float64) for rows in (train, out)]
            self._prepared[key] = parts[0], parts[1]
        return self._prepared[key]

    def losses(self, predictions: Predictions) -> Float64[np.ndarray, " row"]:
        """Return the loss of each training row: the squared error, or the negative log-probability of its class."""
        lost: Float64[np.ndarray, " row"]
        if self.classes:
            lost = -np.log(np.maximum(predictions[np.arange(len(predictions)), self.targets], LEAST))
        else:
            wanted = np.log(self.targets) if self.scale.log else self.targets
            lost = (predictions[:, 0] - wanted) ** 2
        return lost

    def shown(self, loss: float) -> float:
        """Return what is reported for a mean loss: its root where errors are squared."""
        return loss if self.classes else loss**0.5

    def judged(self, name: str, mean: float, half: float) -> Row:
        """Return a mean loss and the ends of its interval, as the row of a run keeps them."""
        ends = {"": mean, "_low": max(0.0, mean - half), "_high": mean + half}
        return {f"held_out_{name}{end}": self.shown(loss) for end, loss in ends.items()}

    def told(self, mean: float, half: float) -> str:
        """Return a mean loss and its interval in words."""
        low, high = self.shown(max(0.0, mean - half)), self.shown(mean + half)
        what = self.measure.replace("_", " ").replace("rmse", "RMSE")
        return f"{what} {self.shown(mean):.4g} ({low:.4g} to {high:.4g}) on rows held out"

    def fitted(self, name: str, features: Features) -> Member:
        """Fit a model on all training rows, as tensors."""
        scale = self.scale if self.classes else self.scale.fitted(self.targets)
        targets = self.targets if self.classes else scale(self.targets)
        fitted = fit_member(name, features, targets, classes=self.classes, size=self.size)
        return member_of(fitted, classes=self.classes)


def _row(experiment: Experiment, model: nn.Module, splits: tuple[Split, Split | None, Split], began: float) -> Row:
    """Return the row of a run: losses of training and test part, and the test's metrics."""
    how: dict[str, Any] = {"prepare": experiment.preparation, "device": torch.device(experiment.device)}
    model.to(experiment.device)
    train, test = (evaluate(model, split, experiment.task, **how) for split in (splits[0], splits[2]))
    row: Row = {"epoch": 1, "step": 1, "train_loss": train["loss"], "examples": len(splits[0])}
    row |= {"seconds": time.perf_counter() - began}
    return row | {f"test_{name}": value for name, value in test.items()}
