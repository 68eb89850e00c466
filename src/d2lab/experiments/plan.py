"""Plan an experiment: turn a request, names and settings, into checked values; no data are read."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError
from d2lab.core.seed import derive
from d2lab.core.settings import leaves
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.data.image_fit import scaled_frame
from d2lab.experiments.classes import with_classes
from d2lab.recipes.catalog import OwnFile, recipe_of
from d2lab.recipes.detection import DetectionSettings
from d2lab.recipes.language import LanguageSettings, SeriesSettings, check_language
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.tables.preparation import TablePreparation
from d2lab.text.tokenizer import Tokenizer
from d2lab.train.finetune import Source
from d2lab.train.language import WindowedLanguageModeling
from d2lab.train.task import Task
from d2lab.train.tasks import find_task, smoothed
from d2lab.vision.augment import Augment
from d2lab.vision.preparation import Fit, Preparation
from d2lab.vision.targets import OF_TASK, TargetKind

FORMAT = 2  # of recipe.json
WHOLE = ("detection", "segmentation")  # tasks of which an image is fitted whole into a frame, what lies on it alike


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRequest:
    """A requested run.

    Args:
        recipe: name of a recipe, or the path of a Python file that holds one.
        data: another data set of the same task; the recipe's unless given.
        changes: settings by name, as `--set` takes them.
        seed: decides weights, order and dropout; the same seed gives the same weights on the same machine.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        budget: smoke, lesson or full.
        source: weights to initialize from, and their model: a run, torchvision/NAME or timm/NAME, also NAME:FILE.
    """

    recipe: str
    data: str | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    device: str = "auto"
    budget: str = "full"
    source: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """Everything that decides a run's weights, as plain values: settings, data, seed, device."""

    recipe: Recipe
    card: Card
    settings: Settings
    seed: int = 0
    device: str = "cpu"
    budget: str = "full"
    own_file: OwnFile | None = None  # the user's file that holds the recipe
    kept: Preparation | None = None  # of the record; derived from card and settings where there is none
    tokenizer: Tokenizer | None = None  # of a language model; learned from its training text
    table: TablePreparation | None = None  # of a run on a table: how its columns become features

    @property
    def task(self) -> Task:
        """The task of the recipe; of a language model that of its sampling, of a detector that of its settings."""
        if isinstance(self.settings, DetectionSettings):
            return smoothed(self.settings.task(len(self.card.classes)), self.settings.label_smoothing)
        task = task_of(self.recipe).for_data(self.card)
        if isinstance(self.settings, LanguageSettings) and self.settings.text.sampling == "random":
            task = WindowedLanguageModeling()
        return smoothed(task, self.settings.label_smoothing)

    @property
    def preparation(self) -> Preparation:
        """Preparation of raw data for the model."""
        return self.kept or derive_preparation(self.card, self.settings)

    def to_json(self) -> dict[str, Any]:
        """Return the plain values of recipe.json."""
        return {
            "format": FORMAT,
            "recipe": self.recipe.name,
            "model": type(self.settings.model).__name__,
            "data": self.card.name,
            "seed": self.seed,
            "device": self.device,
            "budget": self.budget,
            "settings": dict(leaves(self.settings)),
            "preparation": self.preparation.to_json(),
            **({"tokenizer": self.tokenizer.to_json()} if self.tokenizer else {}),
            **({"table": self.table.to_json()} if self.table else {}),
            **({"card": dataclasses.asdict(self.card)} if self.card.listing else {}),
            **({"own_file": self.own_file.to_json()} if self.own_file else {}),
        }


def task_of(recipe: Recipe) -> Task:
    """Return the task of a recipe, which names it or holds it."""
    return recipe.task if isinstance(recipe.task, Task) else find_task(recipe.task)


def derive_preparation(card: Card, settings: Settings) -> Preparation:
    """Return the preparation of a data set for a run with these settings."""
    stored = stored_side(card, settings)
    shape = card.shape
    if stored is not None:
        frame = scaled_frame(shape, stored) if card.task in WHOLE else (stored, stored)
        shape = (shape[0], *frame)
    if isinstance(settings, LanguageSettings):
        shape = (settings.steps,)
    elif isinstance(settings, SeriesSettings):
        shape = (int(settings.model.tau),)  # type: ignore[attr-defined]
    images = len(card.shape) == 3
    return Preparation(
        shape=shape,
        side=getattr(settings.model, "side", None),
        fit="none" if not images else _fit_of(card, settings),
        classes=card.classes,
        kinds=kinds_of(card),
    )


def squares(card: Card) -> bool:
    """Return whether the images of a set are files that become squares."""
    return card.streams and card.task not in WHOLE


def _fit_of(card: Card, settings: Settings) -> Fit:
    """Return how a file becomes an image of this set."""
    if card.task in WHOLE and card.shape[0] == 3:
        return "whole"
    return settings.fit if squares(card) else "pad"


def kinds_of(card: Card) -> dict[str, TargetKind] | TargetKind:
    """Return the kinds of targets of a data set, which decide how augmentation moves them."""
    kinds = OF_TASK.get(card.task, "class")
    masks: dict[str, TargetKind] = {"masks": "mask"} if card.masks else {}
    return kinds if isinstance(kinds, str) else {**kinds, **masks}


def stored_side(card: Card, settings: Settings) -> int | None:
    """Return the side to which images of varying sizes are decoded: the model's, unless they are augmented first.

    Of images that are fitted whole it is the longest one: the setting, else the card's.
    """
    if card.task in WHOLE:
        longest: int | None = getattr(settings, "longest", None)
        if not card.mixed and longest is not None:
            need = f"none: all images of {card.name} are {card.shape[2]} x {card.shape[1]} pixels"
            raise ConfigError("longest", got=longest, need=need)
        return longest or (max(card.shape[1:]) if card.mixed else None)
    if not card.mixed:
        return None
    side: int | None = getattr(settings.model, "side", None)
    return side if side is not None and settings.augment.idle else card.shape[1]


def stated_source(changes: Mapping[str, object] | None) -> str | None:
    """Return the source that settings name, where `--set source=` was used for `--from`.

    Raises:
        ConfigError: it is no text.
    """
    value = next(
        (changes[key] for key in ("finetune.source", "start.source", "source") if changes and key in changes), None
    )
    if value is not None and not isinstance(value, str):
        raise ConfigError("source", got=value, need="a run's folder or a name such as torchvision/resnet18")
    return None if value is None or value.lower() == "none" else value


def plan(request: RunRequest | str, *, source: Source | None = None, **choices: Any) -> Experiment:  # noqa: ANN401
    """Check all options and return the experiment; reads no data.

    With pretrained weights the model is theirs, and everything else the recipe's; for segmentation a classifier of
    others becomes the backbone of a fully convolutional network.

    Args:
        request: the requested run, or the name of a recipe.
        source: pretrained weights, already opened.
        choices: other fields of `RunRequest`, where only a name was given.

    Raises:
        ConfigError: an unknown recipe, data set, setting, device or budget, or data of another task.
    """
    if isinstance(request, str):
        request = RunRequest(recipe=request, **{k: v for k, v in choices.items() if v is not None})
    recipe, own_file = recipe_of(request.recipe)
    if source is not None:
        recipe = _with_source(recipe, source)
    card = catalog.card(recipe.data if request.data is None else request.data)
    task_of(recipe).check(card)
    settings = recipe.configure(card, budget=request.budget, changes=request.changes)
    if settings.only:
        card = with_classes(card, settings.only)
        settings = recipe.configure(card, budget=request.budget, changes=request.changes)
    derive(request.seed)  # a bad seed is refused here
    experiment = Experiment(
        recipe=recipe,
        card=card,
        settings=settings,
        seed=request.seed,
        device=str(resolve_device(request.device)),
        budget=request.budget,
        own_file=own_file,
    )
    check(experiment)
    return experiment


def _with_source(recipe: Recipe, source: Source) -> Recipe:
    """Return the recipe with the model of pretrained weights, or with one that has it as its backbone."""
    from d2lab.models.backbone_fcn import on_backbone  # these two import all models: only where weights are borrowed
    from d2lab.models.pretrained import PretrainedConfig

    if task_of(recipe).name != "segmentation" or not isinstance(source.model, PretrainedConfig):
        return recipe.with_model(source.model)
    return recipe.with_backbone(on_backbone(source.model))


def check(experiment: Experiment) -> None:
    """Check settings that only images or classifications have, and that early stopping has a validation set.

    Raises:
        ConfigError: augmentation or flips for a table, mixed images or smoothed labels for another task than
            classification, amounts that the images are too small for.
    """
    settings, card, task = experiment.settings, experiment.card, experiment.task  # the task refuses labels to smooth
    settings.loop.check_watched(plateau=settings.schedule.name == "plateau")
    if getattr(settings.model, "COUNTED", False) and settings.loop.epochs != 1:
        need = "1: a model that is counted or fitted is the same after every pass"
        raise ConfigError("epochs", got=settings.loop.epochs, need=need)
    if settings.loop.test_flips and len(card.shape) != 3:
        raise ConfigError("test_flips", got=f"true for {card.name}, a table", need="images")
    if settings.loop.test_flips and card.task in WHOLE:
        raise ConfigError("test_flips", got="true", need=f"false for {card.task}: what lies on an image has a side")
    if settings.fit != "crop" and not squares(card):
        need = "crop: it is for image files of a classification"
        need += "; these are fitted whole already, bars to the right and below" if card.task in WHOLE else ""
        raise ConfigError("fit", got=f"{settings.fit} for {card.name}", need=need)
    for name in ("mixup", "cutmix"):
        if getattr(settings.augment, name) and task.name != "classification":
            raise ConfigError(f"augment.{name}", got=getattr(settings.augment, name), need=f"0 for {task.name}")
    if settings.finetune.cached:
        if task.name not in ("classification", "segmentation") or len(card.shape) != 3:
            raise ConfigError("cached", got=f"true for {card.name}", need="images with classes")
        height, width = experiment.preparation.prepared_shape[1:]
        multiple = getattr(settings.model, "multiple", 1)
        if height % multiple or width % multiple:
            need = f"height and width that {multiple} divides: features are maps"
            raise ConfigError("the images", got=f"{height} x {width}", need=need, fix=f"Set longest={8 * multiple}.")
        if not settings.augment.idle:
            fix = "Set mirrored=true, or cached=false."
            raise ConfigError("augment", got="changes of training images", need="none: each is seen once", fix=fix)
    build_augment(experiment)
    if isinstance(settings, LanguageSettings):
        check_language(settings)


def build_augment(experiment: Experiment, rank: int = 0) -> Augment | None:
    """Build the augmentation of the run; None where its settings have none.

    Args:
        experiment: settings, data and seed.
        rank: number of the process; each draws for its own part of the batch.

    Raises:
        ConfigError: the data are not images, or too small ones.
    """
    config, card = experiment.settings.augment, experiment.card
    if config.idle:
        return None
    if len(card.shape) != 3:
        raise ConfigError("augment", got=f"{card.name}, a table", need="images")
    stored, classes = experiment.preparation, len(card.classes)
    channels, height, width = stored.shape
    shape = (channels, height, width)
    seed = derive(experiment.seed, "augment", rank) if rank else experiment.seed
    return Augment(config, shape=shape, side=stored.side, classes=classes, seed=seed, kinds=stored.kinds)
