"""What the settings of all image classifiers share: the sizes that the data decide."""

from dataclasses import dataclass

from d2lab.models.config import ModelConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageConfig(ModelConfig):
    """Image [channels, side, side] -> classes."""

    channels: int = 1  # 1 gray, 3 color
    side: int = 224  # height = width of the image, pixels
    classes: int = 10

    def __post_init__(self) -> None:
        for name, least in (("channels", 1), ("side", 1), ("classes", 2)):
            self.require(name, least)


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
