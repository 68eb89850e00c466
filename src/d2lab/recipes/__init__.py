"""Recipes: data, model, task, optimizer and budget by name, one file each; declarations only."""

from d2lab.recipes.catalog import RECIPES, find_recipe
from d2lab.recipes.recipe import Recipe, Settings

__all__ = ["RECIPES", "Recipe", "Settings", "find_recipe"]
