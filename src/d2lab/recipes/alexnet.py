"""AlexNet; on Fashion-MNIST at the notes' own settings, on the digits smaller and with a modern optimizer."""

from d2lab.models.alexnet import AlexNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.book_settings import book_settings
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

NOTES = book_settings(side=224, learning_rate=0.01, batch_size=128) | {"hidden": 4096}

RECIPE = Recipe(
    name="alexnet",
    chapter=16,
    en="AlexNet: five convolutions, ReLU and dropout.",
    zh="AlexNet：五个卷积层，ReLU 与暂退法。",
    data="digits",
    parameters=4_123_338,
    task="classification",
    settings=Settings(
        model=AlexNetConfig(side=67, hidden=512),
        init="kaiming",
        optimizer=OptimizerConfig(name="adam", learning_rate=0.0005),
        schedule=ScheduleConfig(name="cosine", warmup_steps=20),
        loop=LoopConfig(epochs=8, batch_size=32),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 2}},
)
