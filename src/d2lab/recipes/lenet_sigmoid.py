"""LeNet at the notes' own settings: sigmoid, average pooling, Xavier, a learning rate of 0.9.

On Fashion-MNIST it needs some epochs before it learns anything at all: sigmoids start on their plateau.
"""

import dataclasses

from d2lab.models.lenet import LeNetConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes import lenet
from d2lab.recipes.recipe import Settings
from d2lab.train.config import LoopConfig

RECIPE = dataclasses.replace(
    lenet.RECIPE,
    name="lenet-sigmoid",
    en="LeNet with sigmoids and average pooling, as the notes train it.",
    zh="按笔记的设置训练 LeNet：sigmoid 激活、平均汇聚、学习率 0.9。",
    settings=Settings(
        model=LeNetConfig(activation="sigmoid", pooling="average"),
        init="xavier",
        optimizer=OptimizerConfig(learning_rate=0.9),
        loop=LoopConfig(epochs=60, batch_size=32),
    ),
    on={"fashion-mnist": {"epochs": 10, "batch_size": 256}, "mnist": {"epochs": 10, "batch_size": 256}},
)
