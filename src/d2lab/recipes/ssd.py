"""TinySSD: anchors on several feature maps, classified and moved.

The book's own settings are those of `TinySSDConfig()` and `AnchorObjective()`, with SGD at 0.2 on images of 256 pixels
and one object each. On small scenes the first map has a place every four pixels, the focal loss keeps the many anchors
of background from drowning the few that answer for an object, and boxes are compared by GIoU.

Source: Liu et al. 2016, "SSD: Single Shot MultiBox Detector"; Lin et al. 2017, "Focal Loss for Dense Object Detection".
"""

from d2lab.models.ssd import TinySSDConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.detection import DetectionSettings
from d2lab.recipes.recipe import Recipe
from d2lab.train.anchor_detection import AnchorDetection, AnchorObjective
from d2lab.train.config import LoopConfig

PHOTOS = {"flip": 0.5, "brightness": 0.2}  # no digits

RECIPE = Recipe(
    name="ssd",
    chapter=18,
    en="Detection with anchors on several feature maps in one pass: a small SSD.",
    zh="单次多框检测：在多个特征图的锚框上一次完成分类与定位的小型 SSD。",
    data="scenes",
    parameters=111_498,
    task=AnchorDetection(),
    settings=DetectionSettings(
        model=TinySSDConfig(
            base=(16, 32), widths=(64,), whole=False, smallest=0.17, largest=0.28, ratios=(0.6, 0.4), prior=0.01
        ),
        objective=AnchorObjective(class_loss="focal", box_loss="giou", box_weight=2.0, divide_by="objects"),
        optimizer=OptimizerConfig(name="muon", learning_rate=0.02, momentum=0.8, nesterov=True),
        schedule=ScheduleConfig(name="linear", warmup_steps=20),
        loop=LoopConfig(epochs=5, batch_size=16),
    ),
    on={
        "bccd": PHOTOS
        | {"base": (8, 32, 64), "widths": (64, 64), "smallest": 0.085, "largest": 0.42, "ratios": (1.0,)}
        | {"flip_vertical": 0.5, "epochs": 6, "batch_size": 4},
        "cats": PHOTOS
        | {"base": (8, 16, 32), "widths": (64, 64, 64), "whole": True, "smallest": 0.3, "largest": 0.8}
        | {"ratios": (1.0, 2.0, 0.5), "epochs": 8},
    },
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 3}},
)
