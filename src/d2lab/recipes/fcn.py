"""Semantic segmentation by a fully convolutional network, from scratch."""

from d2lab.models.fcn import FCNConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.recipe import Recipe
from d2lab.recipes.segmentation import SegmentationSettings
from d2lab.train.config import LoopConfig
from d2lab.train.segmentation import Segmentation

RECIPE = Recipe(
    name="fcn",
    chapter=18,
    en="Semantic segmentation: a fully convolutional network whose transposed convolution begins as bilinear.",
    zh="语义分割：全卷积网络，其转置卷积以双线性插值初始化。",
    data="scenes-pixels",
    parameters=178_219,
    task=Segmentation(),
    settings=SegmentationSettings(
        model=FCNConfig(),
        optimizer=OptimizerConfig(name="muon", learning_rate=0.02, momentum=0.8, nesterov=True),
        schedule=ScheduleConfig(name="linear", warmup_steps=20),
        loop=LoopConfig(epochs=5, batch_size=16),
    ),
    on={"voc2012": {"stem": 2, "widths": (32, 64, 96), "flip": 0.5, "brightness": 0.2, "longest": 128, "epochs": 10}},
    on_backbone={  # its features are computed once: images are not augmented, and the decoder alone learns
        "": {
            "freeze": "body",
            "cached": True,
            "flip": 0.0,
            "brightness": 0.0,
            "optimizer.name": "adamw",
            "learning_rate": 0.01,
            "weight_decay": 0.01,
            "momentum": 0.0,
            "nesterov": False,
            "schedule.name": "cosine",
            "batch_size": 4,
            "epochs": 10,
            "model.width": 128,
        },
        "voc2012": {"longest": 256},
    },
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 3}},
)
