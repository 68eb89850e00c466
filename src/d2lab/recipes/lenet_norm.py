"""LeNet with batch normalization before every sigmoid; on Fashion-MNIST at the notes' learning rate of 1."""

from d2lab.models.lenet import LeNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.book_settings import book_settings
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

NOTES = book_settings(side=None, learning_rate=1.0, batch_size=256)

RECIPE = Recipe(
    name="lenet-norm",
    chapter=16,
    en="LeNet with batch normalization: sigmoids learn at ten times the rate.",
    zh="带批量归一化的 LeNet：sigmoid 网络也能用十倍的学习率。",
    data="digits",
    parameters=62_158,
    task="classification",
    settings=Settings(
        model=LeNetConfig(activation="sigmoid", pooling="average", norm=True),
        init="xavier",
        optimizer=OptimizerConfig(learning_rate=0.5),
        schedule=ScheduleConfig(name="cosine"),
        loop=LoopConfig(epochs=15, batch_size=64),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
    budgets={"smoke": {"epochs": 1, "examples": 512}, "lesson": {"epochs": 5}},
)
