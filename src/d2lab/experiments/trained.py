"""A trained model, opened from its run: ready to evaluate, to predict and to draw."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, RunError
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.data.split import Split
from d2lab.experiments.classes import with_classes
from d2lab.experiments.data import fit_images, load_data
from d2lab.experiments.experiment import Experiment, from_json
from d2lab.models.catalog import build_model
from d2lab.train.checkpoint import load_checkpoint, load_weights
from d2lab.train.evaluate import evaluate, predict
from d2lab.train.record import RunRecord, open_record
from d2lab.train.train_step import split_by_prefix
from d2lab.vision.read import read_image


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with the weights of its last checkpoint, and the experiment that made them."""

    record: RunRecord
    experiment: Experiment
    model: nn.Module
    step: int

    def test_split(self, data: str | None = None) -> Split:
        """Load the test split: the run's own, or that of another set of the same task and sizes.

        Raises:
            ConfigError: the other set has other classes or does not fit the model.
        """
        if data is None or data == self.experiment.card.name:
            return load_data(self.experiment)[2]
        own, other = self.experiment.card, with_classes(catalog.card(data), self.experiment.settings.only)
        self.experiment.task.check(other)
        if other.classes != own.classes:
            raise ConfigError("data", got=data, need=f"the classes of {own.name}: {', '.join(own.classes)}")
        given, wanted = sizes_read(self.experiment, other), sizes_read(self.experiment, own)
        if given != wanted:
            raise ConfigError("data", got=f"{data}, {given}", need=f"inputs of the sizes of {own.name}, {wanted}")
        return load_data(dataclasses.replace(self.experiment, card=other))[2]

    def evaluate(self, data: str | None = None) -> dict[str, float]:
        """Measure the model on a test split."""
        return evaluate(self.model, self.test_split(data), self.experiment.task, **self._how())

    def read_images(self, paths: list[Path], *, invert: bool = False) -> Split:
        """Read picture files into the form of the run's data; their targets are 0 and mean nothing.

        Raises:
            ConfigError: the run is not about images.
            DataError: a file is no picture.
        """
        shape = self.experiment.card.shape
        if len(shape) != 3:
            raise ConfigError(f"run {self.record.name}", got=self.experiment.card.name, need="a run on images")
        channels, height, width = shape
        pixels = [read_image(p, channels=channels, height=height, width=width, invert=invert) for p in paths]
        split = Split(torch.stack(pixels), torch.zeros(len(paths), dtype=torch.int64))
        return fit_images(split, self.experiment.prepare.side)

    def predict(self, split: Split) -> Tensor:
        """Return a probability per class (or the predicted numbers) for every example."""
        return predict(self.model, split, self.experiment.task, **self._how())

    def _how(self) -> dict[str, Any]:
        """Say how the model is asked."""
        experiment = self.experiment
        flips = experiment.settings.loop.test_flips
        return {"prepare": experiment.prepare, "device": torch.device(experiment.device), "flips": flips}


def sizes_read(experiment: Experiment, card: Card) -> str:
    """Describe what of a set's inputs a run's model can't do with another size of; images may be resized for it."""
    names = {field.name for field in dataclasses.fields(experiment.settings.model)}
    if len(card.shape) == 3 and "side" in names:
        return f"images of {card.shape[0]} channels"
    return "x".join(map(str, card.shape))


def load_run(folder: Path, *, device: str = "cpu") -> Trained:
    """Open a run's model.

    Raises:
        ConfigError: no such device here.
        RunError: no run of ours, no checkpoint yet, or a broken one.
    """
    record = open_record(folder)
    where = resolve_device(device)  # a wrong one is the caller's mistake, not the record's
    experiment = from_json(record.recipe(), record.name, device=str(where))
    if not (record.checkpoint / "state.json").exists():
        fix = f"Go on with d2lab resume {record.folder}."
        raise RunError(f"run {record.name}", got="no checkpoint yet", need="a run that has trained", fix=fix)
    checkpoint = load_checkpoint(record.checkpoint)
    model = build_model(experiment.settings.model)
    load_weights(model, split_by_prefix(checkpoint.tensors).get("model", {}), record.name)
    return Trained(record, experiment, model.to(where).eval(), checkpoint.step)
