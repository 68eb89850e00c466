"""YOLO, the first: each cell of a grid names a class and two boxes.

Of the 2,804 blood cells of bccd's training photos 53 share their grid cell with another where the grid has 8 cells a
side, and 7 where it has 20; ap50 was .80 after six epochs (seed 0).
"""

from d2lab.models.yolo import YoloConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.detection import DetectionSettings
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig
from d2lab.train.grid_detection import GridDetection, GridObjective

PHOTOS = {"flip": 0.5, "brightness": 0.2}  # no digits

RECIPE = Recipe(
    name="yolo",
    chapter=18,
    en="YOLO looks once: each cell of a grid names a class and two boxes.",
    zh="YOLO 只看一次：网格的每个单元预测一个类别和两个边界框。",
    data="scenes",
    parameters=356_164,
    task=GridDetection(),
    settings=DetectionSettings(
        model=YoloConfig(),
        objective=GridObjective(),
        optimizer=OptimizerConfig(name="muon", learning_rate=0.02, momentum=0.9),
        schedule=ScheduleConfig(name="cosine", warmup_steps=60),
        loop=LoopConfig(epochs=5, batch_size=16),
    ),
    on={
        "bccd": PHOTOS | {"grid": 20, "flip_vertical": 0.5, "batch_size": 4, "epochs": 6},
        "cats": PHOTOS | {"epochs": 8},
    },
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 3}},
)
