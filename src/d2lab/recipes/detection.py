"""Settings of detectors, beside those that all recipes have."""

from dataclasses import dataclass, field

from d2lab.core.bounds import Pixels
from d2lab.recipes.recipe import Settings
from d2lab.train.detection import Detection, ObjectiveConfig, SuppressionConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionSettings(Settings):
    """Settings of a detector."""

    objective: ObjectiveConfig
    suppression: SuppressionConfig = field(default_factory=SuppressionConfig)
    longest: Pixels | None = None  # longest side to which photos of varying sizes are decoded; the data's unless given

    def task(self, classes: int) -> Detection:
        """Return the task for data of so many classes."""
        return self.objective.task(classes, self.suppression)
