"""TinySSD: at every place of several feature maps, a class and four offsets for each of a few anchor boxes.

Fine maps answer for small objects, coarse ones for large. One pass of a small convolutional model scores them all;
which anchors answer for which objects is the task's affair (train/anchor_detection.py).

Source: Liu et al. 2016, "SSD: Single Shot MultiBox Detector", section 2.1; the sizes of this model: Dive into Deep
Learning, section "Single Shot Multibox Detection".
Changed: images of any size and shape, in which a ratio is width over height in pixels on every map (the book's code
takes it in cells, which is another on the last map of an oblong image); the number of blocks is a setting.
See: recipes/ssd.py.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Channels, ObjectClasses, Positive, Units
from d2lab.core.errors import ConfigError, DataError
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.vision.anchors import Grid, anchors_per_cell, level_sizes, pixel_anchors

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
Widths = Annotated[tuple[Units, ...], Meta(min_length=1, max_length=10)]
MoreWidths = Annotated[tuple[Units, ...], Meta(max_length=10)]
Ratios = Annotated[tuple[Positive, ...], Meta(min_length=1, max_length=20)]


@dataclass(frozen=True, kw_only=True, slots=True)
class TinySSDConfig(ModelConfig):
    """Sizes of a TinySSD; the defaults with one class are the book's, 1,010,376 parameters."""

    channels: Channels = 3
    classes: ObjectClasses = 10  # background is one more
    base: Widths = (16, 32, 64)  # channels of the blocks up to the first feature map; each halves the sides
    widths: MoreWidths = (128, 128, 128)  # of the blocks after it, each with a feature map
    convolutions: Annotated[int, Meta(ge=1, le=4)] = 2  # of a block
    whole: bool = True  # a last map of one place: the maximum of the one before
    smallest: Positive = 0.2  # size of the anchors on the first map, a share of the image's height
    largest: Positive = 0.88  # on the last; between them sizes are spaced evenly
    ratios: Ratios = (1.0, 2.0, 0.5)  # width over height of the anchors

    prior: Annotated[float, Meta(gt=0, lt=1, description="share")] | None = None  # probability of an object that every
    # anchor states before training, for the focal loss; none leaves the biases as they are drawn

    def __post_init__(self) -> None:
        super(TinySSDConfig, self).__post_init__()
        if self.smallest > self.largest:
            need = f"at most largest, which is {self.largest}"
            raise ConfigError("TinySSDConfig.smallest", got=self.smallest, need=need)

    @property
    def levels(self) -> int:
        """Number of feature maps."""
        return 1 + len(self.widths) + self.whole


class DownSample(nn.Module):
    """3x3 convolutions, each normalized and rectified, and a pool that halves the sides."""

    def __init__(self, inputs: int, outputs: int, convolutions: int) -> None:
        super().__init__()
        self.convolutions = convolutions
        for number in range(1, convolutions + 1):
            self.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, 3, padding=1))
            self.add_module(f"norm{number}", nn.BatchNorm2d(outputs))
            inputs = outputs
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2)

    def forward(self, maps: Maps) -> Answers:
        """Map to the block's channels at half the sides."""
        x = maps
        for number in range(1, self.convolutions + 1):
            x = getattr(self, f"norm{number}")(getattr(self, f"conv{number}")(x))  # batch outputs height width
            x = self.relu(x)
        halved: Tensor = self.pool(x)  # batch outputs height/2 width/2
        return halved


@register_model(TinySSDConfig)
class TinySSD(nn.Module):
    """Image in [0, 1] -> logits of background and classes, and four offsets, for each of its anchors."""

    def __init__(self, config: TinySSDConfig) -> None:
        super().__init__()
        self.classes, self.levels, self.whole = config.classes, config.levels, config.whole
        self.ratios = config.ratios
        self.sizes = level_sizes(config.levels, config.smallest, config.largest)  # two for each feature map
        self.blocks = len(config.base) + len(config.widths)
        inputs = config.channels
        widths = []
        for number, outputs in enumerate((*config.base, *config.widths), start=1):
            self.add_module(f"block{number}", DownSample(inputs, outputs, config.convolutions))
            inputs = outputs
            widths.append(outputs)
        if config.whole:
            widths.append(inputs)
        for level, width in enumerate(widths[len(config.base) - 1 :], start=1):
            anchors = anchors_per_cell(self.sizes[level - 1], config.ratios)
            self.add_module(f"class{level}", nn.Conv2d(width, anchors * (1 + config.classes), 3, padding=1))
            self.add_module(f"offset{level}", nn.Conv2d(width, anchors * 4, 3, padding=1))
            if config.prior is not None:
                bias = torch.zeros(anchors, 1 + config.classes)
                bias[:, 0] = math.log(config.classes * (1 - config.prior) / config.prior)
                self.get_submodule(f"class{level}").bias = nn.Parameter(bias.flatten())
        self._anchors: dict[tuple[object, ...], Tensor] = {}  # by size of the image, type and device

    def forward(self, image: Float[Tensor, "batch channel height width"]) -> dict[str, Tensor]:
        """Return `logits` [batch, anchor, 1 + class], `offsets` [batch, anchor, 4], `anchors` [anchor, 4] in pixels.

        Raises:
            DataError: a side of the image is too short for so many blocks.
        """
        least = 2**self.blocks
        if min(image.shape[2:]) < least:
            need = f"sides of {least} pixels or more, for {self.blocks} blocks"
            raise DataError("the size of an image", got=tuple(image.shape[2:]), need=need, fix="Set fewer widths.")
        x, maps = image, []
        for number in range(1, self.blocks + 1):
            x = getattr(self, f"block{number}")(x)  # batch 16 128 128, 32 64 64, 64 32 32, 128 16 16, ... (256 pixels)
            if number > self.blocks + self.whole - self.levels:
                maps.append(x)
        if self.whole:
            maps.append(x.amax((2, 3), keepdim=True))  # batch 128 1 1
        logits, offsets = [], []
        for level, x in enumerate(maps, start=1):
            logits.append(by_anchor(getattr(self, f"class{level}")(x), 1 + self.classes))  # batch 4,096 class
            offsets.append(by_anchor(getattr(self, f"offset{level}")(x), 4))  # batch 4,096 4
        anchors = self.anchors(image, [(x.shape[2], x.shape[3]) for x in maps])
        return {"logits": torch.cat(logits, 1), "offsets": torch.cat(offsets, 1), "anchors": anchors}  # 5,444 anchors

    @torch.inference_mode(False)  # a tensor made while a model is evaluated could not be trained with
    def anchors(self, image: Float[Tensor, "batch channel height width"], grids: list[Grid]) -> Tensor:
        """Return the anchors of images of this size, in pixels, built once for each size."""
        size = (image.shape[2], image.shape[3])
        key = (size, image.dtype, image.device)
        if key not in self._anchors:
            kind = {"dtype": image.dtype, "device": image.device}
            self._anchors[key] = pixel_anchors(grids, self.sizes, self.ratios, size, **kind)  # type: ignore[arg-type]
        return self._anchors[key]


def by_anchor(maps: Maps, numbers: int) -> Float[Tensor, "batch anchor numbers"]:
    """Return what a head says of each anchor, `numbers` channels: those of a place together, places row by row."""
    return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, numbers)
