"""U-Net: a contracting path that sees widely, an expanding one that says where, and what joins them level by level.

Each level of the contracting path halves height and width; on the way back a transposed convolution doubles them, and
the map of the same size from the way down is put beside the enlarged one: what is fine there is not to be guessed.

Source: Ronneberger, Fischer, Brox 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation", section 2.
Changed: residual blocks of padded convolutions with batch normalization, so that every pixel is answered; fewer
channels and levels; by default the first convolution halves the image, and the scores are enlarged as in `models.fcn`.
Images of any size are padded by zeros below and at the right.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.bounds import Channels, Classes, Units
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.models.fcn import begin_as_background_, enlargement
from d2lab.models.points import Block, convolution

Maps = Float[Tensor, "batch channel height width"]
Finer = Float[Tensor, "batch finer rows columns"]
Scores = Float[Tensor, "batch class_ height width"]
Widths = Annotated[tuple[Units, ...], Meta(min_length=2, max_length=8)]


@dataclass(frozen=True, kw_only=True, slots=True)
class UNetConfig(ModelConfig):
    """Sizes of a U-Net; the defaults have 499,771 parameters."""

    channels: Channels = 3  # 1 gray, 3 color
    classes: Classes = 11  # background among them
    stem: Literal[1, 2] = 2  # stride of the first convolution: 1 answers from maps as large as the image
    widths: Widths = (32, 64, 128)  # channels of the levels, from the largest map down


class Up(nn.Module):
    """Double the map by a transposed convolution, put the finer map beside it, and convolve both."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enlarge = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
        self.join = Block(2 * outputs, outputs)

    def forward(self, maps: Maps, finer: Finer) -> Finer:
        """Return maps as large as the finer ones."""
        x = self.enlarge(maps)  # batch outputs 2*height 2*width
        joined: Tensor = self.join(torch.cat([finer, x], 1))  # batch outputs 2*height 2*width
        return joined


@register_model(UNetConfig)
class UNet(nn.Module):
    """Image in [0, 1] -> a logit for each class at every pixel."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        widths = config.widths
        self.multiple = config.stem * 2 ** (len(widths) - 1)  # of pixels that a padded side has
        self.stem = convolution(config.channels, widths[0], config.stem)
        self.down = nn.ModuleList(map(Block, (widths[0], *widths), widths))
        self.up = nn.ModuleList(Up(low, high) for low, high in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.score = nn.Conv2d(widths[0], config.classes, 1)
        begin_as_background_(self.score)
        self.enlarge = enlargement(config.classes, config.stem)

    def forward(self, image: Maps) -> Scores:
        """Score every class at every pixel."""
        height, width = image.shape[-2:]
        below, right = -height % self.multiple, -width % self.multiple
        x = self.stem(functional.pad(image, (0, right, 0, below)))  # batch widths[0] (height+below)/2 (width+right)/2
        levels: list[Tensor] = []
        for number, level in enumerate(self.down):
            x = level(x if number == 0 else functional.max_pool2d(x, 2))  # batch widths[i] height/2^i width/2^i
            levels.append(x)
        for up, finer in zip(self.up, levels[-2::-1], strict=True):
            x = up(x, finer)  # batch widths[i] height/2^i width/2^i
        scores: Tensor = self.enlarge(self.score(x))[..., :height, :width]  # batch class height width
        return scores
