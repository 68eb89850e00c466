"""All recipes by name."""

from d2lab.core.names import unknown_name
from d2lab.recipes import (
    alexnet,
    cifar10_fast,
    densenet,
    finetune,
    googlenet,
    lenet,
    lenet_norm,
    lenet_sigmoid,
    linear,
    mlp,
    nin,
    perceptron,
    resnet18,
    resnet20,
    softmax,
    vgg11,
)
from d2lab.recipes.recipe import Recipe

FILES = (
    linear,
    softmax,
    perceptron,
    mlp,
    lenet,
    lenet_sigmoid,
    alexnet,
    vgg11,
    nin,
    googlenet,
    lenet_norm,
    resnet18,
    resnet20,
    densenet,
    cifar10_fast,
    finetune,
)
RECIPES: dict[str, Recipe] = {file.RECIPE.name: file.RECIPE for file in FILES}


def find_recipe(name: str) -> Recipe:
    """Look a recipe up by name.

    Raises:
        ConfigError: there is no such recipe; the error proposes the nearest name.
    """
    if name not in RECIPES:
        raise unknown_name("recipe", name, RECIPES)
    return RECIPES[name]
