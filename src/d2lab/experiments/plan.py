"""Plan an experiment: turn names and settings into checked values; no data are read."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, DataError, RunError
from d2lab.core.seed import derive
from d2lab.core.settings import change, leaves
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.experiments.classes import with_classes
from d2lab.experiments.request import RunRequest
from d2lab.models.catalog import default_settings
from d2lab.recipes.catalog import find_recipe
from d2lab.recipes.own_file import OwnFile, find_file, recipe_of
from d2lab.recipes.recipe import Recipe, Settings, check_sizes
from d2lab.train.finetune import Source
from d2lab.train.task import Task
from d2lab.train.tasks import find_task, smoothed
from d2lab.vision.augment import Augment
from d2lab.vision.preparation import Preparation
from d2lab.vision.targets import OF_TASK, TargetKind

FORMAT = 2
READABLE = (1, 2)  # format 1 has no preparation: it is derived
FOLDER_MODULE = "d2lab.data.image_folder"


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

    @property
    def task(self) -> Task:
        """The task of the recipe."""
        return smoothed(task_of(self.recipe), self.settings.label_smoothing)

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
            **({"card": dataclasses.asdict(self.card)} if self.card.listing else {}),
            **({"own_file": self.own_file.to_json()} if self.own_file else {}),
        }


def task_of(recipe: Recipe) -> Task:
    """Return the task of a recipe, which names it or holds it."""
    return recipe.task if isinstance(recipe.task, Task) else find_task(recipe.task)


def derive_preparation(card: Card, settings: Settings) -> Preparation:
    """Return the preparation of a data set for a run with these settings."""
    stored = stored_side(card, settings)
    shape = card.shape if stored is None else (card.shape[0], stored, stored)
    images = len(card.shape) == 3
    return Preparation(
        shape=shape,
        side=getattr(settings.model, "side", None),
        fit="none" if not images else "crop" if card.streams else "pad",
        classes=card.classes,
        kinds=kinds_of(card),
    )


def kinds_of(card: Card) -> dict[str, TargetKind] | TargetKind:
    """Return the kinds of targets of a data set, which decide how augmentation moves them."""
    kinds = OF_TASK.get(card.task, "class")
    return kinds if isinstance(kinds, str) else dict(kinds)


def stored_side(card: Card, settings: Settings) -> int | None:
    """Return the side to which images of varying sizes are decoded: the model's, unless they are augmented first."""
    if not card.mixed:
        return None
    side: int | None = getattr(settings.model, "side", None)
    return side if side is not None and settings.augment.idle else card.shape[1]


def plan(request: RunRequest | str, *, source: Source | None = None, **choices: Any) -> Experiment:  # noqa: ANN401
    """Check all options and return the experiment; reads no data.

    With pretrained weights the model is theirs, and everything else the recipe's.

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
        recipe = recipe.with_model(source.model)
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


def check(experiment: Experiment) -> None:
    """Check settings that only images or classifications have, and that early stopping has a validation set.

    Raises:
        ConfigError: augmentation or flips for a table, mixed images or smoothed labels for another task than
            classification, amounts that the images are too small for.
    """
    settings, card, task = experiment.settings, experiment.card, experiment.task  # the task refuses labels to smooth
    settings.loop.check_watched()
    if settings.loop.test_flips and len(card.shape) != 3:
        raise ConfigError("test_flips", got=f"true for {card.name}, a table", need="images")
    for name in ("mixup", "cutmix"):
        if getattr(settings.augment, name) and task.name != "classification":
            raise ConfigError(f"augment.{name}", got=getattr(settings.augment, name), need=f"0 for {task.name}")
    build_augment(experiment)


def build_augment(experiment: Experiment) -> Augment | None:
    """Build the augmentation of the run; None where its settings have none.

    Raises:
        ConfigError: the data are not images, or too small ones.
    """
    config, card = experiment.settings.augment, experiment.card
    if config.idle:
        return None
    if len(card.shape) != 3:
        raise ConfigError("augment", got=f"{card.name}, a table", need="images")
    side, classes = experiment.preparation.side, len(card.classes)
    kinds = experiment.preparation.kinds
    return Augment(config, shape=card.shape, side=side, classes=classes, seed=experiment.seed, kinds=kinds)


def from_json(
    value: dict[str, Any],
    where: str,
    *,
    data: str | None = None,
    device: str | None = None,
    recipe_file: Path | None = None,
) -> Experiment:
    """Rebuild the experiment that a recipe.json describes.

    Args:
        value: content of the file.
        where: what errors call the run.
        data: new place of the run's own data, as `folder:PATH`.
        device: another device than the record's.
        recipe_file: the user's file that the recipe was read from. A record can't decide which code runs, so a
            user's file has to be named again.

    Raises:
        DataError: the data at the new place are others.
        RunError: the file is of another format, or names what does not exist here.
    """
    if value.get("format") not in READABLE:
        raise RunError(f"run {where}", got=f"format {value.get('format')!r}", need=f"format {FORMAT}")
    try:
        recipe, own_file = _recipe_of(value, where, recipe_file)
        card = _card_of(value) if data is None else moved_card(_card_of(value), data)
        task_of(recipe).check(card)
        kind = str(value.get("model", type(recipe.settings.model).__name__))  # old records don't say
        if kind != type(recipe.settings.model).__name__:
            recipe = recipe.with_model(default_settings(kind))
        settings = change(recipe.settings, dict(value["settings"]), warn=False)
        card = with_classes(card, settings.only)
        check_sizes(settings.model, card)
        derive(int(value["seed"]))
        experiment = Experiment(
            recipe=recipe,
            card=card,
            settings=settings,
            seed=int(value["seed"]),
            device=_device_of(value, where, device),
            budget=str(value["budget"]),
            own_file=own_file,
            kept=Preparation.from_json(value["preparation"], where) if "preparation" in value else None,
        )
        check(experiment)
    except ConfigError as cause:
        raise RunError(f"run {where}", got=str(cause), need="a recipe.json that fits this d2lab") from cause
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        if isinstance(cause, RunError | DataError):
            raise
        raise RunError(f"run {where}", got=repr(cause), need="a recipe.json that d2lab wrote") from cause
    return experiment


def _device_of(value: dict[str, Any], where: str, device: str | None) -> str:
    """Return the device that is asked for, else the record's.

    Raises:
        RunError: this machine has no device of the record's kind.
    """
    if device is not None:
        return str(resolve_device(device))
    try:
        return str(resolve_device(str(value["device"])))
    except ConfigError as cause:
        fix = "Use --device cpu: the last bits of the weights may differ from a run on the other device."
        raise RunError(f"run {where}", got=f"device {value['device']}", need=cause.need, fix=fix) from cause


def _recipe_of(value: dict[str, Any], where: str, file: Path | None) -> tuple[Recipe, OwnFile | None]:
    """Find the recipe of a record: one of d2lab, or the one in the file that the user names."""
    if "own_file" not in value:
        return find_recipe(str(value["recipe"])), None
    kept = OwnFile.from_json(value["own_file"])
    if file is None:
        fix = f"Add --recipe {kept.path}, if that is your file."
        raise RunError(f"run {where}", got="a recipe of a user's file", need="that file", fix=fix)
    if find_file(file).sha256 != kept.sha256:
        fix = "Restore the old file, or train again."
        raise RunError(f"run {where}", got=f"{file}, changed since", need=f"sha256 {kept.sha256[:12]}...", fix=fix)
    return recipe_of(str(file))


def _card_of(value: dict[str, Any]) -> Card:
    """Return the card named in a recipe.json; a user's folder has its card there, as the folder may have changed."""
    if "card" not in value:
        return catalog.card(str(value["data"]))
    card = msgspec.convert(value["card"], Card)
    if not card.listing or card.name != value["data"] or not card.name.startswith(catalog.FOLDER):
        raise ValueError(f"a card of {card.name!r}")
    return dataclasses.replace(card, module=FOLDER_MODULE)  # a file does not say which code runs


def moved_card(card: Card, data: str) -> Card:
    """Return the card of a run's data at another place, where the same files lie there.

    Args:
        card: of the record.
        data: the new place, as `folder:PATH`.

    Raises:
        DataError: other files, or a set that can't move.
    """
    if data == card.name:
        return card
    if not card.listing or not data.startswith(catalog.FOLDER):
        need = f"{card.name}, the data of the run" + (", or folder:PATH, where they are now" if card.listing else "")
        raise DataError("--data", got=data, need=need)
    there = catalog.card(data)
    if there.classes != card.classes:
        got, need = f"the classes {', '.join(there.classes)}", f"those of the run, {', '.join(card.classes)}"
        raise DataError(f"--data {data}", got=got, need=need)
    if there.listing != card.listing:
        raise DataError(f"--data {data}", got="other files", need=f"those of {card.name}, names and sizes alike")
    return dataclasses.replace(card, name=there.name)
