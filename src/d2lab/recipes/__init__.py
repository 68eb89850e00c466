"""Experiments by name: one file each, and the door that runs them."""

from d2lab.recipes.catalog import RECIPES, find_recipe
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.recipes.run import Run, resume, train
from d2lab.recipes.trained import Trained, load_run

__all__ = ["RECIPES", "Recipe", "Run", "Settings", "Trained", "find_recipe", "load_run", "resume", "train"]
