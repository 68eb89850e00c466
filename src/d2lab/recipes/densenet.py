"""DenseNet as in the notes; on Fashion-MNIST at their own settings."""

from d2lab.models.densenet import DenseNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.book_settings import book_settings
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

NOTES = book_settings(side=96, learning_rate=0.1, batch_size=256)

RECIPE = Recipe(
    name="densenet",
    chapter=16,
    en="DenseNet: every layer reads the feature maps of all layers before it.",
    zh="DenseNet：每一层都能看到前面所有层的特征图。",
    data="digits",
    parameters=758_226,
    task="classification",
    settings=Settings(
        model=DenseNetConfig(side=32),
        init="kaiming",
        optimizer=OptimizerConfig(learning_rate=0.02, momentum=0.9, weight_decay=5e-4),
        schedule=ScheduleConfig(name="cosine", warmup_steps=20),
        loop=LoopConfig(epochs=8, batch_size=32),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 3}},
)
