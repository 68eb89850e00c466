"""An experiment ready to run: the recipe's names turned into data, model and loop."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import torch
from torch import nn

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, RunError
from d2lab.core.seed import derive
from d2lab.core.settings import change, leaves
from d2lab.data import catalog
from d2lab.data.batch import steps_per_epoch
from d2lab.data.card import Card
from d2lab.data.split import Split
from d2lab.experiments.classes import with_classes
from d2lab.layers.init import initialize
from d2lab.models.catalog import PreparedFromData, build_model, default_settings
from d2lab.recipes.catalog import find_recipe
from d2lab.recipes.recipe import Recipe, Settings, check_sizes
from d2lab.train.finetune import Source, freeze_and_group
from d2lab.train.task import Task, find_task, smoothed
from d2lab.train.threads import choose_threads
from d2lab.train.train_step import TrainStep
from d2lab.vision.augment import Augment
from d2lab.vision.prepare import Prepare

FORMAT = 1
Start = Callable[[nn.Module], None]
WHITENED = 2000  # images whose patches a whitening layer is computed from: two million patches of CIFAR-10
FOLDER_MODULE = "d2lab.data.image_folder"


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """What decides a run's numbers, in plain values: together with the code it gives the same weights again."""

    recipe: Recipe
    card: Card
    settings: Settings
    seed: int = 0
    device: str = "cpu"
    budget: str = "full"

    @property
    def task(self) -> Task:
        """The recipe's task."""
        return smoothed(find_task(self.recipe.task), self.settings.label_smoothing)

    @property
    def prepare(self) -> Prepare:
        """What turns inputs as stored into what the model reads."""
        return Prepare(getattr(self.settings.model, "side", None))

    def to_json(self) -> dict[str, Any]:
        """Return the plain values that recipe.json holds."""
        return {
            "format": FORMAT,
            "recipe": self.recipe.name,
            "model": type(self.settings.model).__name__,
            "data": self.card.name,
            "seed": self.seed,
            "device": self.device,
            "budget": self.budget,
            "settings": dict(leaves(self.settings)),
            **({"card": dataclasses.asdict(self.card)} if self.card.listing else {}),
        }


def plan(
    name: str,
    *,
    data: str | None = None,
    changes: dict[str, object] | None = None,
    seed: int = 0,
    device: str = "auto",
    budget: str = "full",
    source: Source | None = None,
) -> Experiment:
    """Check every choice and return the experiment; reads no data yet.

    With a source the model is the source's, and the recipe gives all the rest.

    Raises:
        ConfigError: an unknown recipe, data set, setting, device or budget, or data of another task.
    """
    recipe = find_recipe(name)
    if source is not None:
        recipe = recipe.with_model(source.model)
    card = catalog.card(recipe.data if data is None else data)
    find_task(recipe.task).check(card)
    settings = recipe.configure(card, budget=budget, changes=changes)
    if settings.only:
        card = with_classes(card, settings.only)
        settings = recipe.configure(card, budget=budget, changes=changes)
    derive(seed)  # a bad seed is refused here
    kind = str(resolve_device(device))
    experiment = Experiment(recipe=recipe, card=card, settings=settings, seed=seed, device=kind, budget=budget)
    check_images(experiment)
    return experiment


def check_images(experiment: Experiment) -> None:
    """Refuse what only images, or only classes, can be asked for.

    Raises:
        ConfigError: augmentation or flips for a table, mixed images or smoothed labels for another task than
            classification, amounts that the images are too small for.
    """
    settings, card, task = experiment.settings, experiment.card, experiment.task  # the task refuses labels to smooth
    if settings.loop.test_flips and len(card.shape) != 3:
        raise ConfigError("test_flips", got=f"true for {card.name}, a table", need="images")
    for name in ("mixup", "cutmix"):
        if getattr(settings.augment, name) and task.name != "classification":
            raise ConfigError(f"augment.{name}", got=getattr(settings.augment, name), need=f"0 for {task.name}")
    build_augment(experiment)


def from_json(value: dict[str, Any], where: str, *, device: str | None = None) -> Experiment:
    """Rebuild the experiment that a recipe.json describes.

    Raises:
        RunError: the file is of another format, or names what does not exist here.
    """
    if value.get("format") != FORMAT:
        raise RunError(f"run {where}", got=f"format {value.get('format')!r}", need=f"format {FORMAT}")
    try:
        recipe, card = find_recipe(str(value["recipe"])), _card_of(value)
        find_task(recipe.task).check(card)
        kind = str(value.get("model", type(recipe.settings.model).__name__))  # records of old don't say
        if kind != type(recipe.settings.model).__name__:
            recipe = recipe.with_model(default_settings(kind))
        settings = change(recipe.settings, dict(value["settings"]))
        card = with_classes(card, settings.only)
        check_sizes(settings.model, card)
        seed, budget = int(value["seed"]), str(value["budget"])
        derive(seed)
        kind = str(resolve_device(device or str(value["device"])))
        experiment = Experiment(recipe=recipe, card=card, settings=settings, seed=seed, device=kind, budget=budget)
        check_images(experiment)
    except ConfigError as cause:
        raise RunError(f"run {where}", got=str(cause), need="a recipe.json that fits this d2lab") from cause
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        raise RunError(f"run {where}", got=repr(cause), need="a recipe.json that d2lab wrote") from cause
    return experiment


def _card_of(value: dict[str, Any]) -> Card:
    """The card that a recipe.json names; that of a user's folder stands in it, for the folder may have changed."""
    if "card" not in value:
        return catalog.card(str(value["data"]))
    card = msgspec.convert(value["card"], Card)
    if not card.listing or card.name != value["data"] or not card.name.startswith(catalog.FOLDER):
        raise ValueError(f"a card of {card.name!r}")
    return dataclasses.replace(card, module=FOLDER_MODULE)  # a file does not say which code runs


def new_model(experiment: Experiment) -> nn.Module:
    """Build the model with the weights that the seed decides."""
    with fork_rng(experiment.device):
        torch.manual_seed(derive(experiment.seed, "weights"))
        return initialize(build_model(experiment.settings.model), experiment.settings.init)


def prepare_model(model: nn.Module, experiment: Experiment, train: Split) -> nn.Module:
    """Let a model that computes weights from training data do so; any other comes back as it is."""
    if isinstance(model, PreparedFromData):
        some = train.subset(torch.arange(min(WHITENED, len(train))))
        model.prepare_from(experiment.prepare(some.inputs))
    return model


def count_parameters(experiment: Experiment) -> int:
    """Count the parameters of the model without building its weights."""
    with torch.device("meta"):
        return sum(p.numel() for p in build_model(experiment.settings.model).parameters())


def build_train_step(experiment: Experiment, train: Split, initialize_from: Start | None = None) -> TrainStep:
    """Build the model, its optimizer and what changes its batches.

    Args:
        experiment: says how.
        train: the examples.
        initialize_from: puts weights of a source into the model before anything is built on it.
    """
    settings, model = experiment.settings, prepare_model(new_model(experiment), experiment, train)
    if initialize_from is not None:
        initialize_from(model)
    steps = steps_per_epoch(len(train), settings.loop.batch_size, drop_last=settings.loop.drop_last)
    return TrainStep(
        model,
        experiment.task,
        optimizer=settings.optimizer,
        schedule=settings.schedule,
        loop=settings.loop,
        prepare=experiment.prepare,
        example=train.example,
        device=torch.device(experiment.device),
        total_steps=steps * settings.loop.epochs,
        augment=build_augment(experiment),
        groups=freeze_and_group(model, settings.finetune),
    )


def build_augment(experiment: Experiment) -> Augment | None:
    """Return what changes the batches of the run, or None where nothing does.

    Raises:
        ConfigError: the data are no images, or too small ones.
    """
    config, card = experiment.settings.augment, experiment.card
    if config.idle:
        return None
    if len(card.shape) != 3:
        raise ConfigError("augment", got=f"{card.name}, a table", need="images")
    side, classes = experiment.prepare.side, len(card.classes)
    return Augment(config, shape=card.shape, side=side, classes=classes, seed=experiment.seed)


def count_threads(experiment: Experiment, train: Split) -> int:
    """Return the number of processor threads: the setting, else what the model's size deserves."""
    if experiment.settings.loop.threads is not None:
        return experiment.settings.loop.threads
    example = experiment.prepare(train.example)
    return choose_threads(new_model(experiment), example, experiment.settings.loop.batch_size)


@contextlib.contextmanager
def fork_rng(device: str) -> Iterator[None]:
    """Leave the caller's global generators as they were."""
    kind = torch.device(device).type
    if kind == "cpu":
        with torch.random.fork_rng(devices=[]):
            yield
    else:
        count = torch.get_device_module(kind).device_count()
        with torch.random.fork_rng(devices=range(count), device_type=kind):
            yield
