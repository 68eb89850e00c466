"""GoogLeNet; on Fashion-MNIST at the notes' own settings."""

from d2lab.models.googlenet import GoogLeNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.book_settings import book_settings
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

NOTES = book_settings(side=96, learning_rate=0.1, batch_size=128)

RECIPE = Recipe(
    name="googlenet",
    chapter=16,
    en="GoogLeNet: blocks of four parallel paths.",
    zh="GoogLeNet：每个块有四条并行路径。",
    data="digits",
    parameters=5_977_530,
    task="classification",
    settings=Settings(
        model=GoogLeNetConfig(side=32),
        init="kaiming",
        optimizer=OptimizerConfig(learning_rate=0.01, momentum=0.9, clip_norm=1.0),
        schedule=ScheduleConfig(name="cosine", warmup_steps=20),
        loop=LoopConfig(epochs=10, batch_size=32),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 3}},
)
