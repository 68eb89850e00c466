"""LeNet as one would train it today: ReLU, max pooling, momentum and a cosine schedule."""

from d2lab.models.lenet import LeNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

RECIPE = Recipe(
    name="lenet",
    chapter=15,
    en="LeNet reads handwritten digits: convolutions, pooling, three linear maps.",
    zh="LeNet 识别手写数字：卷积、汇聚，再加三个线性映射。",
    data="digits",
    parameters=61_706,
    task="classification",
    settings=Settings(
        model=LeNetConfig(),
        init="kaiming",
        optimizer=OptimizerConfig(learning_rate=0.02, momentum=0.9, weight_decay=5e-4),
        schedule=ScheduleConfig(name="cosine", warmup_steps=20),
        loop=LoopConfig(epochs=15, batch_size=32),
    ),
    on={"fashion-mnist": {"epochs": 10, "batch_size": 128}, "mnist": {"epochs": 10, "batch_size": 128}},
    budgets={"smoke": {"epochs": 1, "examples": 512}, "lesson": {"epochs": 5}},
)
