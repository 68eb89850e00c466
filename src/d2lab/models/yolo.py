"""YOLO: one look at the image, and each cell of a grid names a class and a few boxes, each with its confidence.

Convolutions and pools reduce the image to S x S places; each says 5 B + C numbers: for each box its center, its size
and how sure it is that there is an object, and a score for each class. What they mean is vision/cells.py's affair, and
which box of a cell learns which object the task's (train/grid_detection.py).

Source: Redmon, Divvala, Girshick, Farhadi 2016, "You Only Look Once: Unified, Real-Time Object Detection", section 2.1.
Changed: a small body for small images, batch normalization; convolutions in place of the two linear layers, so that the
image may have any size: the last maps are averaged to S x S places. The biases of the answer are those of a box in the
middle of its cell.
See: recipes/yolo.py.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Channels, ObjectClasses, Units
from d2lab.core.errors import DataError
from d2lab.models.catalog import ModelConfig, register_model

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
Widths = Annotated[tuple[Units, ...], Meta(min_length=1, max_length=10)]
LEAK = 0.1  # derivative of the activation below 0
BOX = (0.5, 0.5, 0.5, 0.5, 0.0)  # first answer: the cell's center, root 1/2 of the sides' shares, no confidence


@dataclass(frozen=True, kw_only=True, slots=True)
class YoloConfig(ModelConfig):
    """Sizes of a YOLO; the defaults have 356,164 parameters."""

    channels: Channels = 3
    classes: ObjectClasses = 10
    grid: Annotated[int, Meta(ge=1, le=256, description="cells")] = 8  # S, along each side of the image
    boxes: Annotated[int, Meta(ge=1, le=64, description="boxes")] = 2  # B, of each cell
    stem: Units = 16  # channels of the first convolution, which halves the sides
    widths: Widths = (32, 64, 128)  # channels of the stages; all but the first halve the sides before
    head: Units = 128  # channels of the convolution behind them

    @property
    def numbers(self) -> int:
        """Numbers that each cell says: five for each box, and one for each class."""
        return self.boxes * 5 + self.classes


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the sides (over its stride), normalized, with a leaky ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.LeakyReLU(LEAK, inplace=True))


def stage(inputs: int, outputs: int) -> nn.Sequential:
    """Return two 3x3 convolutions with one of 1x1 between them, which halves the channels."""
    reduced = max(outputs // 2, 1)
    return nn.Sequential(
        convolution(inputs, outputs, 3), convolution(outputs, reduced, 1), convolution(reduced, outputs, 3)
    )


@register_model(YoloConfig)
class Yolo(nn.Module):
    """Image in [0, 1] -> 5 B + C numbers for each of S x S cells."""

    def __init__(self, config: YoloConfig) -> None:
        super().__init__()
        self.grid, self.stages = config.grid, len(config.widths)
        self.stem = convolution(config.channels, config.stem, 3, stride=2)
        self.pool = nn.MaxPool2d(2)
        width = config.stem
        for number, outputs in enumerate(config.widths, start=1):
            self.add_module(f"stage{number}", stage(width, outputs))
            width = outputs
        self.mean = nn.AdaptiveAvgPool2d(config.grid)
        self.head = convolution(width, config.head, 3)
        self.out = nn.Conv2d(config.head, config.numbers, 1)
        nn.init.normal_(self.out.weight, std=0.01)
        self.out.bias = nn.Parameter(torch.tensor([*BOX * config.boxes, *[0.0] * config.classes]))

    def forward(self, image: Float[Tensor, "batch channel height width"]) -> dict[str, Tensor]:
        """Return `cells` [batch, cell, number], cells row by row, and `frame`, height and width of the image.

        The numbers of a cell are (x, y, w, h, confidence) of its first box, of its second and so on, then a score for
        each class.

        Raises:
            DataError: a side of the image is too short for so many stages.
        """
        height, width = image.shape[2:]
        if min(height, width) < 2**self.stages:
            need = f"sides of {2**self.stages} pixels or more, for {self.stages} stages"
            raise DataError("the size of an image", got=(height, width), need=need, fix="Set fewer widths.")
        x = self.stem(image)  # batch 16 32 32 (sizes for 64 pixels)
        for number in range(1, self.stages + 1):
            x = getattr(self, f"stage{number}")(x if number == 1 else self.pool(x))  # batch 32 32 32, 64 16 16, 128 8 8
        x = self.head(self.mean(x))  # batch 128 8 8
        cells = self.out(x).flatten(2).transpose(1, 2)  # batch 64 20
        return {"cells": cells, "frame": torch.tensor([height, width])}  # on the CPU: no wait
