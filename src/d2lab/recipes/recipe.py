"""Recipes: data, model, task, optimizer and budget, with all settings in one nested dataclass.

Settings are layered: the recipe's own, then those for a data set (`on`), then the budget, then `--set`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from d2lab.core.bounds import Share
from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.core.settings import change, full_name
from d2lab.data.card import Card, SquareFit
from d2lab.layers.init import InitName
from d2lab.models.catalog import ModelConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.train.config import LoopConfig
from d2lab.train.finetune import FineTuneConfig
from d2lab.train.task import Task
from d2lab.vision.augment import AugmentConfig

BudgetName = Literal["smoke", "lesson", "full"]
Changes = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All settings that `--set` can change."""

    RENAMED: ClassVar[dict[str, str]] = {"start": "finetune"}  # former names of groups

    model: ModelConfig
    init: InitName = "default"
    finetune: FineTuneConfig = field(default_factory=FineTuneConfig)
    only: tuple[str, ...] = ()  # classes to use, in the order of their new numbers; empty for all
    fit: SquareFit = "crop"  # how photos in files become squares: the central one, or letterbox: whole, between bars
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    label_smoothing: Share = 0.0  # fraction of a target that is spread over all classes
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)


@dataclass(frozen=True, slots=True)
class Pretraining:
    """A run that is trained first where the user names no pretrained weights."""

    recipe: str
    changes: Changes


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """An experiment by name; one per file."""

    name: str
    chapter: int  # of the notes
    en: str
    zh: str
    data: str  # default data set
    task: str | Task  # a name of train.tasks, or a task object
    settings: Settings
    on: Mapping[str, Changes] = field(default_factory=dict)  # changes for a data set and for similar ones (card.like)
    budgets: Mapping[str, Changes] = field(default_factory=dict)  # changes for a budget; full has none
    parameters: int = 0  # of the model on the default data, as `d2lab list` shows it; 0 where nobody has counted them
    on_backbone: Mapping[str, Changes] = field(default_factory=dict)  # with a classifier of others; "": any data set
    measured: str = ""  # measured test result and seconds of the default run
    pretraining: Pretraining | None = None

    def with_model(self, model: ModelConfig) -> "Recipe":
        """Return the recipe with another model; changes of its own model's settings are left out."""

        def rest(changes: Changes) -> Changes:
            return {k: v for k, v in changes.items() if not full_name(self.settings, k).startswith("model.")}

        on = {name: rest(changes) for name, changes in self.on.items()}
        budgets = {name: rest(changes) for name, changes in self.budgets.items()}
        settings = dataclasses.replace(self.settings, model=model)
        return dataclasses.replace(self, settings=settings, on=on, budgets=budgets)

    def with_backbone(self, model: ModelConfig) -> "Recipe":
        """Return the recipe with a model on a classifier of others, and its changes for such (`on_backbone`)."""
        other, any_data = self.with_model(model), dict(self.on_backbone.get("", {}))
        names = {*other.on, *self.on_backbone} - {""}
        on = {name: {**other.on.get(name, {}), **any_data, **self.on_backbone.get(name, {})} for name in names}
        return dataclasses.replace(other, settings=change(other.settings, any_data), on=on)

    def configure(self, card: Card, *, budget: str = "full", changes: Changes | None = None) -> Settings:
        """Return the settings for a data set and a budget, with the model fitted to the data's sizes.

        Args:
            card: the data set.
            budget: smoke, lesson or full.
            changes: settings by name, as `--set` takes them.

        Raises:
            ConfigError: an unknown budget or setting, or a value of the wrong kind.
        """
        budgets = ("smoke", "lesson", "full")
        if budget not in budgets:
            raise unknown_name("budget", budget, budgets)
        given = dict(changes or {})
        model = fit_to_data(self.settings.model, card)
        settings = dataclasses.replace(self.settings, model=model)
        own = self.on.get(card.name) or self.on.get(card.like, {})
        for layer in (own, self.budgets.get(budget, {}), given):
            settings = change(settings, layer)
        check_sizes(settings.model, card)
        return settings


def data_sizes(card: Card) -> dict[str, int]:
    """Return the sizes that a data set decides, by their names in model settings."""
    pixels = 1
    for size in card.shape:
        pixels *= size
    sizes = {"inputs": pixels, "outputs": 1, "classes": len(card.classes), "answers": len(card.classes) or 1}
    if len(card.shape) == 3:
        sizes["channels"] = card.shape[0]
    return sizes


def fit_to_data(model: ModelConfig, card: Card) -> ModelConfig:
    """Return the model's settings with the sizes of a data set.

    Raises:
        ConfigError: the model reads images and the data set has none, or it has no classes.
    """
    names = {f.name for f in dataclasses.fields(model)}
    if "side" in names and len(card.shape) != 3:
        raise ConfigError("data", got=f"{card.name}, a table", need=f"images for {type(model).__name__}")
    sizes = {name: size for name, size in data_sizes(card).items() if name in names}
    if "classes" in sizes and not card.classes:
        raise ConfigError("data", got=f"{card.name}, for {card.task}", need="a set with classes")
    return dataclasses.replace(model, **sizes)


def check_sizes(model: ModelConfig, card: Card) -> None:
    """Check that no size contradicts the data set.

    Raises:
        ConfigError: a size was set to another value than the data set's.
    """
    for name, size in data_sizes(card).items():
        chosen = getattr(model, name, size)
        if chosen != size:
            fix = "Leave it out: the data decide it."
            raise ConfigError(f"setting {name}", got=chosen, need=f"{size}, which {card.name} has", fix=fix)
