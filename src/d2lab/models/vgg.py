"""VGG: blocks of 3x3 convolutions, each block halves the side; depth by repetition.

Source: Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition", table 1.
Changed: nothing for side 224; the linear head fits any side that the five pools leave a pixel of. The notes' model is
VGG-11 with `width=0.25`.
"""

from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Share, Units
from d2lab.core.errors import ConfigError
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig

BLOCKS = {  # convolutions in each of the five blocks: columns A, B, D and E of the table
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
CHANNELS = (64, 128, 256, 512, 512)


@dataclass(frozen=True, kw_only=True, slots=True)
class VGGConfig(ImageConfig):
    """Sizes of a VGG; the defaults have 128,806,154 parameters."""

    depth: Annotated[int, Meta(ge=11, le=19, description="layers")] = 11  # layers with weights: 11, 13, 16 or 19
    width: Annotated[float, Meta(ge=1 / 64, le=64)] = 1.0  # factor of all channels
    norm: bool = False  # batch normalization behind each convolution
    hidden: Units = 4096  # units of the two hidden linear layers
    dropout: Share = 0.5

    def __post_init__(self) -> None:
        super(VGGConfig, self).__post_init__()
        self.require("side", 32)
        if self.depth not in BLOCKS:
            raise ConfigError("VGGConfig.depth", got=self.depth, need=f"one of {', '.join(map(str, BLOCKS))}")


def vgg_block(convolutions: int, inputs: int, outputs: int, *, norm: bool) -> list[nn.Module]:
    """Return some 3x3 convolutions, a ReLU behind each, then a pool that halves the side.

    Args:
        convolutions: how many.
        inputs: channels that come in.
        outputs: channels of each convolution.
        norm: batch normalization behind each convolution.
    """
    layers: list[nn.Module] = []
    for number in range(convolutions):
        layers.append(nn.Conv2d(outputs if number else inputs, outputs, kernel_size=3, padding=1))
        layers += [nn.BatchNorm2d(outputs)] * norm
        layers.append(nn.ReLU())
    return [*layers, nn.MaxPool2d(2)]


@register_model(VGGConfig)
class VGG(nn.Module):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: VGGConfig) -> None:
        super().__init__()
        counts = BLOCKS[config.depth]
        one, two, three, four, five = (max(1, round(channels * config.width)) for channels in CHANNELS)
        self.block1 = nn.Sequential(*vgg_block(counts[0], config.channels, one, norm=config.norm))
        self.block2 = nn.Sequential(*vgg_block(counts[1], one, two, norm=config.norm))
        self.block3 = nn.Sequential(*vgg_block(counts[2], two, three, norm=config.norm))
        self.block4 = nn.Sequential(*vgg_block(counts[3], three, four, norm=config.norm))
        self.block5 = nn.Sequential(*vgg_block(counts[4], four, five, norm=config.norm))
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(five * (config.side // 32) ** 2, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.classes),
        )

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.block1(image)  # batch 64 112 112 (sizes for the defaults)
        x = self.block2(x)  # batch 128 56 56
        x = self.block3(x)  # batch 256 28 28
        x = self.block4(x)  # batch 512 14 14
        x = self.block5(x)  # batch 512 7 7
        logits: Tensor = self.head(x)  # batch class_
        return logits
