"""Recipes: data, model, task, optimizer and budget by name, one file each; declarations only."""

import importlib
import warnings
from typing import TYPE_CHECKING, Any

from d2lab.recipes.catalog import RECIPES, find_recipe

if TYPE_CHECKING:
    from d2lab.recipes.recipe import Recipe, Settings

__all__ = ["RECIPES", "Recipe", "Settings", "find_recipe"]
MOVED = ("train", "resume", "load_run", "Run", "Trained")  # to d2lab.experiments; kept here for one release


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import what needs torch when it is asked for."""
    if name in ("Recipe", "Settings"):
        return getattr(importlib.import_module("d2lab.recipes.recipe"), name)
    if name in MOVED:
        warnings.warn(f"d2lab.recipes.{name} is d2lab.experiments.{name} now", FutureWarning, stacklevel=2)
        return getattr(importlib.import_module("d2lab.experiments"), name)
    raise AttributeError(f"module 'd2lab.recipes' has no attribute {name!r}")
