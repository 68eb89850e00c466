"""What the settings of all image classifiers share: the sizes that the data decide."""

from dataclasses import dataclass

from d2lab.core.bounds import Channels, Classes, Pixels
from d2lab.models.catalog import ModelConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageConfig(ModelConfig):
    """Image [channels, side, side] -> classes."""

    channels: Channels = 1  # 1 gray, 3 color
    side: Pixels = 224  # height = width of the image, pixels
    classes: Classes = 10


def after(side: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Return the side of a map behind a convolution or pool: floor((side + 2 padding - kernel) / stride) + 1.

    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic", relationship 6.

    Args:
        side: of the map before.
        kernel: side of the window.
        stride: pixels from one window to the next.
        padding: pixels added on each side.
    """
    return (side + 2 * padding - kernel) // stride + 1
