"""Two-stage detection: regions are proposed first, then each is given a class and a better box (Faster R-CNN).

With masks, `--data scenes-masks`, it is Mask R-CNN.
"""

from d2lab.models.two_stage import TwoStageConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.detection import DetectionSettings
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig
from d2lab.train.two_stage_detection import TwoStageDetection, TwoStageObjective

CELLS = {  # up to thirty in a photo: platelets of some 20 pixels, red cells of 50, white cells of 95
    "stride": 8,
    "sizes": (20.0, 50.0, 95.0),
    "ratios": (1.0,),
    "considered": 256,
    "proposals": 64,
    "anchor_samples": 128,
    "proposal_samples": 64,
    "flip": 0.5,
    "flip_vertical": 0.5,
    "brightness": 0.2,
    "batch_size": 4,
    "epochs": 6,
}

RECIPE = Recipe(
    name="two-stage",
    chapter=18,
    en="Detection in two stages: regions are proposed, then each gets a class and a better box.",
    zh="两阶段目标检测：先提议区域，再给出每个区域的类别与更准的边界框。",
    data="scenes",
    parameters=612_270,
    task=TwoStageDetection(),
    settings=DetectionSettings(
        model=TwoStageConfig(),
        objective=TwoStageObjective(),
        optimizer=OptimizerConfig(name="muon", learning_rate=0.02, momentum=0.8, nesterov=True),
        schedule=ScheduleConfig(name="linear", warmup_steps=20),
        loop=LoopConfig(epochs=6, batch_size=16),
    ),
    on={"bccd": CELLS, "scenes-masks": {"masks": True}},
    budgets={"smoke": {"epochs": 1, "examples": 64}, "lesson": {"epochs": 3}},
)
