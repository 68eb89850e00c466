"""VGG-11 of a quarter's width; on Fashion-MNIST at the notes' own settings."""

from d2lab.models.vgg import VGGConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.book_settings import book_settings
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

NOTES = book_settings(side=224, learning_rate=0.05, batch_size=128) | {"hidden": 4096}

RECIPE = Recipe(
    name="vgg11",
    chapter=16,
    en="VGG-11 with a quarter of the channels: blocks of 3x3 convolutions.",
    zh="VGG-11，通道数为四分之一：由 3×3 卷积块堆叠而成。",
    data="digits",
    parameters=910_666,
    task="classification",
    settings=Settings(
        model=VGGConfig(width=0.25, side=32, hidden=512),
        init="kaiming",
        optimizer=OptimizerConfig(name="adam", learning_rate=0.0005),
        schedule=ScheduleConfig(name="cosine", warmup_steps=20),
        loop=LoopConfig(epochs=10, batch_size=32),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 3}},
)
