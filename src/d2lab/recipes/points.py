"""Detection without anchors: each point of a grid answers for one object or none.

Many small steps of Muon make it fast: after three epochs of bccd the validation part's ap50 was .88 with batches of 4,
.76 with batches of 8, and .61 with AdamW on batches of 8 (seed 0, in bfloat16). `python -m benchmarks.detectors` has
the figures over seeds. A running mean of the weights added less than .005 to ap with these settings and was left out.
"""

from d2lab.models.points import PointsConfig
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.recipes.detection import DetectionSettings
from d2lab.recipes.recipe import Recipe
from d2lab.train.config import LoopConfig
from d2lab.train.point_detection import PointDetection, PointObjective

PHOTOS = {"stride": 8, "radius": 12.0, "flip": 0.5, "brightness": 0.2}  # larger than scenes, and no digits

RECIPE = Recipe(
    name="points",
    chapter=18,
    en="Detection without anchors: each point says a class and how far the sides of its box are.",
    zh="无锚框目标检测：每个网格点给出类别以及到边界框四边的距离。",
    data="scenes",
    parameters=596_062,
    task=PointDetection(),
    settings=DetectionSettings(
        model=PointsConfig(stride=4),
        objective=PointObjective(radius=6.0),
        optimizer=OptimizerConfig(name="muon", learning_rate=0.02, momentum=0.8, nesterov=True),
        schedule=ScheduleConfig(name="linear", warmup_steps=20),
        loop=LoopConfig(epochs=4, batch_size=16),
    ),
    on={
        "bccd": PHOTOS | {"flip_vertical": 0.5, "epochs": 5, "batch_size": 4},
        "cats": PHOTOS | {"radius": 16.0, "crop": 0.4, "epochs": 7, "batch_size": 16},
    },
    budgets={"smoke": {"epochs": 1, "examples": 256}, "lesson": {"epochs": 2}},
)
