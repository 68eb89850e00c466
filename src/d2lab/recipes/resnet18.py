"""ResNet-18; on Fashion-MNIST at the notes' own settings."""

from d2lab.models.resnet import ResNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.book_settings import book_settings
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

NOTES = book_settings(side=96, learning_rate=0.05, batch_size=256)

RECIPE = Recipe(
    name="resnet18",
    chapter=16,
    en="ResNet-18: every block adds to what comes in.",
    zh="ResNet-18：每个残差块都在输入上做加法。",
    data="digits",
    parameters=11_178_378,
    task="classification",
    settings=Settings(
        model=ResNetConfig(bias=True, side=32),
        init="kaiming",
        optimizer=OptimizerConfig(learning_rate=0.02, momentum=0.9, weight_decay=5e-4),
        schedule=ScheduleConfig(name="cosine", warmup_steps=20),
        loop=LoopConfig(epochs=5, batch_size=32),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 2}},
)
