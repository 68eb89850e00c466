"""Trained models: a run's model with its preparation, to evaluate and to predict."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, RunError
from d2lab.core.tensor_tree import Tree
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.data.split import Split, as_split
from d2lab.experiments.classes import with_classes
from d2lab.experiments.data import fit_images, load_data
from d2lab.experiments.plan import Experiment
from d2lab.experiments.recorded import from_json
from d2lab.metrics import Metric
from d2lab.models.catalog import build_model
from d2lab.train.checkpoint import load_weights
from d2lab.train.evaluate import evaluate, predict
from d2lab.train.record import RunRecord, open_record
from d2lab.train.train_step import split_by_prefix
from d2lab.vision.preparation import Preparation

Images = Split | Tensor | Path | str | Sequence[Path | str]


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with the weights of its last checkpoint, and the experiment that made them."""

    record: RunRecord
    experiment: Experiment
    model: nn.Module
    step: int

    @property
    def net(self) -> nn.Module:
        """Former name of `model`."""
        return self.model

    @property
    def preparation(self) -> Preparation:
        """Preparation of raw data for the model."""
        return self.experiment.preparation

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their numbers."""
        return self.experiment.card.classes

    def test_split(self, data: str | None = None, *, download: bool = False) -> Split:
        """Load the test split: the run's own, or that of another set of the same task and sizes.

        Args:
            data: the other set; it is downloaded where it is not on disk, for the caller has named it.
            download: may download the run's own, which only the record names.

        Raises:
            ConfigError: the other set has other classes or does not fit the model.
            DataError: the run's own data are not on disk.
        """
        experiment = self.experiment if data is None else self.on(data)
        return load_data(experiment, fetch=download or data is not None)[2]

    def on(self, data: str) -> Experiment:
        """Return the experiment on another data set of the same task and sizes.

        Raises:
            ConfigError: the other set has other classes or does not fit the model.
        """
        if data == self.experiment.card.name:
            return self.experiment
        own, other = self.experiment.card, with_classes(catalog.card(data), self.experiment.settings.only)
        self.experiment.task.check(other)
        if other.classes != own.classes:
            raise ConfigError("data", got=data, need=f"the classes of {own.name}: {', '.join(own.classes)}")
        given, wanted = sizes_read(self.experiment, other), sizes_read(self.experiment, own)
        if given != wanted:
            raise ConfigError("data", got=f"{data}, {given}", need=f"inputs of the sizes of {own.name}, {wanted}")
        return dataclasses.replace(self.experiment, card=other, kept=None)

    def evaluate(
        self, data: str | None = None, metrics: Sequence[Metric] | None = None, *, download: bool = False
    ) -> dict[str, float]:
        """Return loss and metrics on a test split, by name.

        Args:
            data: another data set of the same classes and sizes.
            metrics: newly built metrics in place of the task's.
            download: may download the run's own data, which only the record names.
        """
        split = self.test_split(data, download=download)
        return evaluate(self.model, split, self.experiment.task, metrics=metrics, **self.how())

    def read_images(self, paths: Sequence[Path], *, invert: bool = False) -> Split:
        """Read image files as the run's own data are read; targets are blank, as there are no labels.

        Raises:
            ConfigError: the run is not on images.
            DataError: a file is not an image.
        """
        if self.preparation.fit == "none":
            raise ConfigError(f"run {self.record.name}", got=self.experiment.card.name, need="a run on images")
        images = self.preparation.read(paths, invert=invert)
        split = Split(images, self.experiment.task.blank_targets(images))
        return fit_images(split, self.preparation)

    def predict(self, inputs: Images) -> Tree:
        """Return a probability per class (or the predicted numbers) for every example.

        Args:
            inputs: a split; a batch of inputs as they are stored (uint8 images `[n, channel, height, width]`) or as
                the model reads them; the path of an image file, or several.

        Raises:
            ConfigError: the run is not on images, or the inputs are of another shape.
            DataError: a file is not an image.
        """
        return predict(self.model, self._as_split(inputs), self.experiment.task, **self.how())

    def _as_split(self, inputs: Images) -> Split:
        if isinstance(inputs, Split):
            return inputs
        if isinstance(inputs, Tensor):
            shape, fit = tuple(inputs.shape[1:]), self.preparation
            known = (fit.shape, fit.prepared_shape)
            if shape not in known and not (fit.side is not None and shape[:1] == fit.shape[:1] and len(shape) == 3):
                raise ConfigError("inputs", got=f"shape {list(inputs.shape)}", need=f"a batch of shape {fit.shape}")
            return Split(inputs, self.experiment.task.blank_targets(inputs))
        paths = [inputs] if isinstance(inputs, Path | str) else inputs
        return self.read_images([Path(path) for path in paths])

    def how(self) -> dict[str, Any]:
        """Return the arguments shared by `evaluate` and `predict`."""
        experiment, loop = self.experiment, self.experiment.settings.loop
        return {
            "prepare": self.preparation,
            "device": torch.device(experiment.device),
            "flips": loop.test_flips,
            "batch": loop.batch_size if experiment.task.carries_state or experiment.task.wide_outputs else None,
        }

    def prepared(self, split: Split) -> Split:
        """Return a prepared split on the model's device."""
        return as_split(self.preparation.batch(split.held().whole()).to(self.experiment.device))


def sizes_read(experiment: Experiment, card: Card) -> str:
    """Describe the input sizes that another data set must share; images of any size are resized."""
    names = {field.name for field in dataclasses.fields(experiment.settings.model)}
    if len(card.shape) == 3 and "side" in names:
        return f"images of {card.shape[0]} channels"
    return "x".join(map(str, card.shape))


def load_run(folder: Path | str, *, device: str = "cpu", recipe_file: Path | None = None) -> Trained:
    """Load a run's model with its last weights.

    Args:
        folder: folder of the run, or its name in the folder of runs.
        device: device of the model.
        recipe_file: the user's file, where the run's recipe came from one.

    Raises:
        ConfigError: there is no such device.
        RunError: there is no such run, it has no checkpoint yet, or a damaged one.
    """
    record = open_record(Path(folder))
    where = resolve_device(device)  # a wrong one is the caller's mistake, not the record's
    experiment = from_json(record.recipe(), record.name, device=str(where), recipe_file=recipe_file)
    if not record.has_checkpoint():
        fix = f"Go on with d2lab resume {record.folder}."
        raise RunError(f"run {record.name}", got="no checkpoint yet", need="a run that has trained", fix=fix)
    checkpoint = record.load()
    model, weights = build_model(experiment.settings.model), split_by_prefix(checkpoint.tensors).get("model", {})
    allocate: Callable[[dict[str, Tensor]], None] | None = getattr(model, "allocate", None)
    if allocate is not None:  # of a size that only the text decides
        allocate(weights)
    load_weights(model, weights, record.name)
    return Trained(record, experiment, model.to(where).eval(), checkpoint.step)
