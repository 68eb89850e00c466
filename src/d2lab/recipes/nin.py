"""Network in network; on Fashion-MNIST at the notes' own settings.

On the few digits the last ReLU, on the scores, is left out: behind it a class whose map is 0 everywhere never learns,
and on 1,437 examples this happens to one or more of the ten. The model is half as wide there, with warmup and gradient
clipping: otherwise every ReLU outputs 0 after the first steps, and the loss stays at ln 10.
"""

from d2lab.models.nin import NiNConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.book_settings import book_settings
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

NOTES = book_settings(side=224, learning_rate=0.1, batch_size=128) | {
    "widths": (96, 256, 384),
    "dropout": 0.5,
    "relu_scores": True,
}

RECIPE = Recipe(
    name="nin",
    chapter=16,
    en="Network in network: 1x1 convolutions, and no linear layer at the end.",
    zh="NiN（网络中的网络）：用 1×1 卷积，末端不用全连接层。",
    data="digits",
    parameters=510_310,
    task="classification",
    settings=Settings(
        model=NiNConfig(side=67, widths=(48, 128, 192), dropout=0.0, relu_scores=False),
        init="kaiming",
        optimizer=OptimizerConfig(name="adam", learning_rate=0.001, clip_norm=1.0),
        schedule=ScheduleConfig(name="cosine", warmup_steps=100),
        loop=LoopConfig(epochs=10, batch_size=32),
    ),
    on={"fashion-mnist": NOTES, "mnist": NOTES},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 3}},
)
