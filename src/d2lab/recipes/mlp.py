"""An MLP of 256 hidden units; on Fashion-MNIST at the notes' own settings."""

from d2lab.models.mlp import MLPConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="mlp",
    chapter=4,
    en="A multilayer perceptron with 256 hidden units.",
    zh="多层感知机：一个隐藏层，256 个隐藏单元。",
    data="digits",
    parameters=19_210,
    task="classification",
    settings=Settings(
        model=MLPConfig(),
        init="normal",
        optimizer=OptimizerConfig(learning_rate=0.1),
        loop=LoopConfig(epochs=30, batch_size=32),
    ),
    on={"fashion-mnist": {"epochs": 10, "batch_size": 256}, "mnist": {"epochs": 10, "batch_size": 256}},
    budgets={"smoke": {"epochs": 1, "examples": 512}, "lesson": {"epochs": 5}},
)
