"""A small backbone with one upward path: features of small cells that know what lies around them.

Source: Lin et al. 2017, "Feature Pyramid Networks for Object Detection", section 3.
Changed: the finest level alone is read.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

Maps = Float[Tensor, "batch channel height width"]
Features = Float[Tensor, "batch feature rows columns"]


class Stage(nn.Module):
    """Halve the map by a 3x3 convolution, then add a second one to its result."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)

    def forward(self, maps: Maps) -> Features:
        """Return maps of half the height and width, rounded up."""
        x = relu(self.norm1(self.down(maps)))  # batch outputs height/2 width/2
        summed: Tensor = relu(x + self.norm2(self.conv(x)))  # batch outputs height/2 width/2
        return summed


class Pyramid(nn.Module):
    """Image -> one feature map, into which coarser ones are added, enlarged.

    Args:
        channels: of the image.
        widths: channels at strides 2, 4, 8 and 16; the result has those of stride 8.
        stride: pixels for a cell of the result, 4 or 8.
    """

    def __init__(self, channels: int, widths: Sequence[int], stride: int) -> None:
        super().__init__()
        first, *others = widths
        self.stem = nn.Conv2d(channels, first, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(first)
        self.stages = nn.ModuleList(map(Stage, widths, others))
        self.read = range(stride // 4 - 1, len(others))  # the stages of this stride and coarser ones
        self.across = nn.ModuleList(nn.Conv2d(others[stage], widths[2], 1) for stage in self.read)

    def forward(self, images: Maps) -> Features:
        """Return the map, whose sides are those of the image divided by `stride`, rounded up."""
        x = relu(self.norm(self.stem(images)))  # batch widths[0] height/2 width/2
        levels = []
        for stage in self.stages:
            x = stage(x)  # batch widths[i] height/2^i width/2^i
            levels.append(x)
        merged: Tensor = self.across[-1](levels[-1])  # batch widths[2] height/16 width/16
        for number in range(len(self.read) - 2, -1, -1):
            finer = self.across[number](levels[self.read[number]])
            merged = finer + interpolate(merged, size=finer.shape[2:])  # one level up
        return relu(merged)
