"""A small detector with anchors on few scenes, as a reader's own file."""

from d2lab.models.ssd import TinySSDConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.recipes.detection import DetectionSettings
from d2lab.recipes.recipe import Recipe
from d2lab.train.anchor_detection import AnchorDetection, AnchorObjective
from d2lab.train.config import LoopConfig
from d2lab.train.detection import SuppressionConfig

RECIPE = Recipe(
    name="anchors",
    chapter=18,
    en="Anchors.",
    zh="锚框。",
    data="scenes",
    task=AnchorDetection(),
    settings=DetectionSettings(
        model=TinySSDConfig(base=(4, 8, 8), widths=(8,)),
        objective=AnchorObjective(),
        suppression=SuppressionConfig(min_score=0.01, most=20),
        optimizer=OptimizerConfig(name="adam", learning_rate=0.01),
        loop=LoopConfig(epochs=1, batch_size=32, examples=64, threads=1),
    ),
)
