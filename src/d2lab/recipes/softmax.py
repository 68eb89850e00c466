"""Softmax regression: one linear map names the digit; on Fashion-MNIST at the notes' own settings."""

from d2lab.models.softmax import SoftmaxConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="softmax",
    chapter=3,
    en="Softmax regression: one linear map, ten classes.",
    zh="Softmax 回归：一个线性映射，十个类别。",
    data="digits",
    parameters=650,
    task="classification",
    settings=Settings(
        model=SoftmaxConfig(),
        init="normal",
        optimizer=OptimizerConfig(learning_rate=0.1),
        loop=LoopConfig(epochs=30, batch_size=32),
    ),
    on={"fashion-mnist": {"epochs": 10, "batch_size": 256}, "mnist": {"epochs": 10, "batch_size": 256}},
    budgets={"smoke": {"epochs": 1, "examples": 512}, "lesson": {"epochs": 5}},
)
