"""LeNet as the notes train it: sigmoid, average pooling, Xavier; on Fashion-MNIST at their learning rate of 0.9.

Sigmoids start on a plateau and need some epochs before they learn anything at all. On the few digits plain
gradient descent does not leave it (rates 0.2 to 0.9, with and without momentum, 30 and 60 epochs); Adam does.
"""

import dataclasses

from d2lab.models.lenet import LeNetConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes import lenet
from d2lab.recipes.recipe import Settings
from d2lab.train.config import LoopConfig

NOTES = {"optimizer.name": "sgd", "learning_rate": 0.9, "epochs": 10, "batch_size": 256}

RECIPE = dataclasses.replace(
    lenet.RECIPE,
    chapter=15,
    data="digits",
    parameters=61_706,
    name="lenet-sigmoid",
    en="LeNet with sigmoids and average pooling, as the notes train it.",
    zh="按笔记的设置训练 LeNet：sigmoid 激活、平均汇聚、学习率 0.9。",
    settings=Settings(
        model=LeNetConfig(activation="sigmoid", pooling="average"),
        init="xavier",
        optimizer=OptimizerConfig(name="adam", learning_rate=0.005),
        loop=LoopConfig(epochs=20, batch_size=32),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
)
