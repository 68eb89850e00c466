"""Semantic segmentation by a small U-Net, from scratch."""

from d2lab.models.unet import UNetConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.recipe import Recipe
from d2lab.recipes.segmentation import SegmentationSettings
from d2lab.train.config import LoopConfig
from d2lab.train.segmentation import Segmentation

RECIPE = Recipe(
    name="unet",
    chapter=18,
    en="Semantic segmentation: a small U-Net, which joins what is fine with what sees widely.",
    zh="语义分割：小型 U-Net，把精细的特征与视野宽广的特征拼接起来。",
    data="scenes-pixels",
    parameters=499_771,
    task=Segmentation(),
    settings=SegmentationSettings(
        model=UNetConfig(),
        optimizer=OptimizerConfig(name="muon", learning_rate=0.02, momentum=0.8, nesterov=True),
        schedule=ScheduleConfig(name="linear", warmup_steps=20),
        loop=LoopConfig(epochs=4, batch_size=16),
    ),
    on={"voc2012": {"flip": 0.5, "brightness": 0.2, "longest": 128, "epochs": 10}},
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 2}},
)
