"""The 20-layer ResNet for 32 pixels; on CIFAR-10 at the paper's own settings.

Source: He et al. 2016, "Deep Residual Learning", section 4.2: 64,000 steps, the rate cut at 32,000 and 48,000.
Changed: no mean is subtracted, the first normalization does that. Set `depth=110` for the paper's deepest,
`shortcut=none` for the plain model beside it.
"""

from d2lab.models.resnet import ResNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.recipe import Recipe, Settings
from d2lab.train.config import LoopConfig

PAPER = {
    "batch_size": 128,
    "epochs": 164,
    "learning_rate": 0.1,
    "weight_decay": 1e-4,
    "schedule.name": "multi-step",
    "milestones": (32_000, 48_000),
    "warmup_steps": 0,
    "flip": 0.5,
    "translate": 4,
    "border": "zeros",
}

RECIPE = Recipe(
    name="resnet20",
    chapter=16,
    en="A ResNet for 32 pixels, 20 layers deep or, by --set depth=110, 110.",
    zh="面向 32 像素图像的 ResNet，20 层；用 --set depth=110 可加深到 110 层。",
    data="digits",
    parameters=269_434,
    task="classification",
    settings=Settings(
        model=ResNetConfig(depth=20, stem="small", shortcut="pad", side=32),
        init="kaiming",
        optimizer=OptimizerConfig(learning_rate=0.05, momentum=0.9, weight_decay=5e-4),
        schedule=ScheduleConfig(name="cosine", warmup_steps=20),
        loop=LoopConfig(epochs=6, batch_size=32),
    ),
    on={"cifar10": PAPER},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 2}},
)
