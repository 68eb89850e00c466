"""Settings of semantic segmentation, beside those that all recipes have."""

from dataclasses import dataclass

from d2lab.core.bounds import Pixels
from d2lab.recipes.recipe import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentationSettings(Settings):
    """Settings of a model that answers with a class for each pixel."""

    longest: Pixels | None = None  # longest side to which photos of varying sizes are decoded; the data's unless given
