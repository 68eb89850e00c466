"""A detector without anchors: every point of a grid scores the classes and measures how far the sides of a box are.

A residual body sees the image at three strides; one upward path adds what the coarsest maps say to those of `stride`,
where two heads answer. Images may have any size.

Source: Tian, Shen, Chen, He 2019, "FCOS: Fully Convolutional One-Stage Object Detection", section 3.1 and 3.2; the
upward path: Lin et al. 2017, "Feature Pyramid Networks for Object Detection", figure 3; the initial bias of the scores:
Lin et al. 2017, "Focal Loss for Dense Object Detection", section 4.1.
Changed: one level for objects of all sizes in place of five, heads of one hidden layer in place of four, no
"center-ness"; a small body trained from scratch.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.bounds import Channels, ObjectClasses, Units
from d2lab.models.catalog import ModelConfig, register_model

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
Widths = Annotated[tuple[Units, ...], Meta(min_length=3, max_length=3)]
PRIOR = 0.01  # probability of every class before training: nearly all points are background
FIRST = 2.0  # distance before training, strides
FARTHEST = 6.0  # limit of a distance's logarithm: 403 strides


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsConfig(ModelConfig):
    """Sizes of a detector by points; the defaults have 596,062 parameters."""

    channels: Channels = 3  # 1 gray, 3 color
    classes: ObjectClasses = 10
    stride: Literal[4, 8] = 8  # pixels from one point to the next
    widths: Widths = (32, 64, 96)  # channels of the body at half, once and twice the stride
    head_width: Units = 64  # channels of the upward path and of the heads


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution, batch normalization and ReLU.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        stride: of the convolution.
    """
    layer = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the ReLU is behind the sum."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = convolution(inputs, outputs, stride)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            project = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut = nn.Sequential(project, nn.BatchNorm2d(outputs))

    def forward(self, maps: Maps) -> Answers:
        """Compute relu(F(maps) + shortcut(maps))."""
        x = self.norm2(self.conv2(self.conv1(maps)))  # batch outputs height/stride width/stride
        return functional.relu(x + self.shortcut(maps), inplace=True)


def grid_points(rows: int, columns: int, stride: int, like: Tensor) -> Float[Tensor, "point 2"]:
    """Return the centers (x, y) of cells of stride x stride pixels, row by row.

    Args:
        rows: of cells.
        columns: of cells.
        stride: side of a cell, pixels.
        like: a tensor of the type and on the device that are wanted.
    """
    y, x = (stride * (torch.arange(count, dtype=like.dtype, device=like.device) + 0.5) for count in (rows, columns))
    return torch.stack([x.repeat(rows), y.repeat_interleave(columns)], 1)


@register_model(PointsConfig)
class Points(nn.Module):
    """Image in [0, 1] -> a logit for each class and four distances in pixels at every point of a grid."""

    def __init__(self, config: PointsConfig) -> None:
        super().__init__()
        low, middle, high = config.widths
        self.stride = config.stride
        self.stem = nn.Sequential(
            convolution(config.channels, low // 2, 2), convolution(low // 2, low, self.stride // 4), Block(low, low)
        )
        self.fine = nn.Sequential(Block(low, middle, 2), Block(middle, middle))
        self.coarse = nn.Sequential(Block(middle, high, 2), Block(high, high))
        self.lateral = nn.Conv2d(middle, config.head_width, 1)
        self.upward = nn.Conv2d(high, config.head_width, 1)
        self.merge = convolution(config.head_width, config.head_width)
        self.class_head = convolution(config.head_width, config.head_width)
        self.box_head = convolution(config.head_width, config.head_width)
        self.logits = nn.Conv2d(config.head_width, config.classes, 3, padding=1)
        self.distances = nn.Conv2d(config.head_width, 4, 3, padding=1)
        self._initialize()

    @torch.no_grad()
    def _initialize(self) -> None:
        """Let every point begin as background and with a box of four strides: small weights, biases that say so."""
        for layer, bias in ((self.logits, math.log(PRIOR / (1 - PRIOR))), (self.distances, math.log(FIRST))):
            layer.weight.normal_(std=0.01)
            layer.bias.fill_(bias)  # type: ignore[union-attr]

    def forward(self, image: Maps) -> dict[str, Tensor]:
        """Return `logits` [batch, point, class], `distances` [batch, point, 4] and `points` [point, 2].

        Distances to the left, upper, right and lower side and points (x, y) are in pixels of the image.
        """
        x = self.stem(image)  # batch 32 height/4 width/4 (sizes for the defaults)
        fine = self.fine(x)  # batch 64 height/8 width/8
        coarse = self.upward(self.coarse(fine))  # batch 64 height/16 width/16
        rows, columns = fine.shape[-2:]
        x = self.merge(self.lateral(fine) + functional.interpolate(coarse, (rows, columns)))  # batch 64 rows columns
        logits = self.logits(self.class_head(x))  # batch class rows columns
        logarithms = self.distances(self.box_head(x)).clamp(max=FARTHEST)  # batch 4 rows columns, of strides
        return {
            "logits": logits.flatten(2).transpose(1, 2),  # batch point class
            "distances": self.stride * logarithms.exp().flatten(2).transpose(1, 2),  # batch point 4
            "points": grid_points(rows, columns, self.stride, logits),  # point 2
        }
