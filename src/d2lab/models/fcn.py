"""A fully convolutional network: a small body from scratch, a 1x1 convolution to classes, and enlargement that learns.

The body halves height and width until a map has a value for each `stride` pixels; a 1x1 convolution scores the classes
there. A transposed convolution with kernel 2s, stride s and padding s/2 enlarges the scores s times: it begins as
bilinear interpolation and learns from there.

Source: Long, Shelhamer, Darrell 2015, "Fully Convolutional Networks for Semantic Segmentation", sections 3.3 and 4.3;
the body: He et al. 2016, "Deep Residual Learning for Image Recognition".
Changed: a small residual body trained from scratch in place of a pretrained VGG-16; a single map is enlarged (their
FCN-32s, at a smaller stride); images of any size are padded by zeros below and at the right.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.bounds import Channels, Classes, Units
from d2lab.layers.bilinear import bilinear_
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.models.points import Block, convolution

Maps = Float[Tensor, "batch channel height width"]
Scores = Float[Tensor, "batch class_ height width"]
Widths = Annotated[tuple[Units, ...], Meta(min_length=1, max_length=5)]
PRIOR = 0.9  # probability of background before training: most pixels are


@dataclass(frozen=True, kw_only=True, slots=True)
class FCNConfig(ModelConfig):
    """Sizes of a fully convolutional network; the defaults have 178,219 parameters."""

    channels: Channels = 3  # 1 gray, 3 color
    classes: Classes = 11  # background among them
    stem: Literal[1, 2] = 2  # stride of the first convolution
    widths: Widths = (32, 64)  # channels of the stages; each but the first halves height and width
    blocks: Annotated[int, Meta(ge=1, le=64, description="blocks")] = 2  # residual blocks of a stage
    learned: bool = True  # the enlargement learns; otherwise it stays bilinear interpolation

    @property
    def stride(self) -> int:
        """Pixels from one place of the last map to the next."""
        return int(self.stem * 2 ** (len(self.widths) - 1))


@torch.no_grad()
def begin_as_background_(score: nn.Conv2d) -> None:
    """Let every place begin as background, class 0: small weights, and a bias that gives it the probability `PRIOR`.

    Source: Lin et al. 2017, "Focal Loss for Dense Object Detection", section 4.1, for one sigmoid a class.

    Args:
        score: the layer whose outputs are logits; changed in place.
    """
    assert score.bias is not None  # noqa: S101
    score.weight.normal_(std=0.01)
    score.bias.zero_()
    score.bias[0] = math.log(PRIOR / (1 - PRIOR) * (len(score.bias) - 1))


def enlargement(channels: int, times: int) -> nn.ConvTranspose2d:
    """Return a transposed convolution that makes maps so many times as large; it begins as bilinear interpolation.

    Args:
        channels: of the maps, in and out.
        times: 1, or an even number.
    """
    kernel, padding = (2 * times, times // 2) if times > 1 else (1, 0)
    layer = nn.ConvTranspose2d(channels, channels, kernel, stride=times, padding=padding, bias=False)
    bilinear_(layer.weight)
    return layer


@register_model(FCNConfig)
class FCN(nn.Module):
    """Image in [0, 1] -> a logit for each class at every pixel."""

    def __init__(self, config: FCNConfig) -> None:
        super().__init__()
        self.stride = config.stride
        first, last = config.widths[0], config.widths[-1]
        layers: list[nn.Module] = [convolution(config.channels, first, config.stem)]
        inputs = first
        for number, width in enumerate(config.widths):
            layers += [
                Block(inputs, width, 2 if number else 1),
                *(Block(width, width) for _ in range(1, config.blocks)),
            ]
            inputs = width
        self.body = nn.Sequential(*layers)
        self.score = nn.Conv2d(last, config.classes, 1)
        begin_as_background_(self.score)
        self.enlarge = enlargement(config.classes, self.stride)
        self.enlarge.weight.requires_grad_(config.learned)

    def forward(self, image: Maps) -> Scores:
        """Score every class at every pixel."""
        height, width = image.shape[-2:]
        below, right = -height % self.stride, -width % self.stride
        x = functional.pad(image, (0, right, 0, below))  # batch channel height+below width+right
        x = self.score(self.body(x))  # batch class rows columns (a place for each stride pixels)
        scores: Tensor = self.enlarge(x)[..., :height, :width]  # batch class height width
        return scores
