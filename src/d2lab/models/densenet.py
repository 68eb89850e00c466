"""DenseNet: every layer reads the maps of all layers before it, and adds a few of its own.

Source: Huang, Liu, van der Maaten, Weinberger 2017, "Densely Connected Convolutional Networks", table 1.
Changed: nothing. The notes' model is the default: four layers a block, without bottlenecks, convolutions with biases;
the paper's DenseNet-121 is `DenseNetConfig(blocks=(6, 12, 24, 16), bottleneck=True, bias=False)`.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Channels, Pixels
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
NARROW = 4  # growths that a bottleneck leaves

Layers = Annotated[int, Meta(ge=1, le=512, description="layers")]
Blocks = Annotated[tuple[Layers, ...], Meta(min_length=1, max_length=10)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DenseNetConfig(ImageConfig):
    """Sizes of a DenseNet; the defaults have 758,226 parameters."""

    side: Pixels = 96
    blocks: Blocks = (4, 4, 4, 4)  # layers of each; 121: 6, 12, 24, 16; 169: 6, 12, 32, 32; 201: 6, 12, 48, 32
    growth: Channels = 32  # maps that a layer adds
    stem: Channels = 64  # channels of the first convolution
    bottleneck: bool = False  # a 1x1 convolution before each 3x3
    bias: bool = True

    def __post_init__(self) -> None:
        super(DenseNetConfig, self).__post_init__()
        self.require("side", 2 ** (len(self.blocks) + 1))


class DenseLayer(nn.Module):
    """Normalize, apply ReLU, convolve; concatenate the result to the input."""

    def __init__(self, inputs: int, config: DenseNetConfig) -> None:
        super().__init__()
        self.bottleneck = config.bottleneck
        narrow = NARROW * config.growth if config.bottleneck else inputs
        if config.bottleneck:
            self.norm1 = nn.BatchNorm2d(inputs)
            self.relu1 = nn.ReLU()
            self.conv1 = nn.Conv2d(inputs, narrow, kernel_size=1, bias=config.bias)
        self.norm2 = nn.BatchNorm2d(narrow)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(narrow, config.growth, kernel_size=3, padding=1, bias=config.bias)

    def forward(self, maps: Maps) -> Answers:
        """Add `growth` maps behind those that came in."""
        x = maps
        if self.bottleneck:
            x = self.conv1(self.relu1(self.norm1(x)))  # batch 4*growth height width
        x = self.conv2(self.relu2(self.norm2(x)))  # batch growth height width
        return torch.cat([maps, x], 1)  # batch inputs+growth height width


def dense_block(layers: int, inputs: int, config: DenseNetConfig) -> nn.Sequential:
    """Return dense layers one behind the other; they end with inputs + layers * growth channels.

    Args:
        layers: how many.
        inputs: channels that come in.
        config: of the model.
    """
    return nn.Sequential(*[DenseLayer(inputs + config.growth * layer, config) for layer in range(layers)])


def transition(inputs: int, outputs: int, *, bias: bool) -> nn.Sequential:
    """Return what stands between blocks: fewer channels, half the side.

    Args:
        inputs: channels that come in.
        outputs: channels that go on.
        bias: of the convolution.
    """
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, kernel_size=1, bias=bias),  # batch outputs height width
        nn.AvgPool2d(2),  # batch outputs height/2 width/2
    )


@register_model(DenseNetConfig)
class DenseNet(nn.Module):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: DenseNetConfig) -> None:
        super().__init__()
        self.blocks = len(config.blocks)
        width = config.stem
        self.conv1 = nn.Conv2d(config.channels, width, 7, stride=2, padding=3, bias=config.bias)
        self.norm1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2, padding=1)
        for number, count in enumerate(config.blocks, start=1):
            self.add_module(f"block{number}", dense_block(count, width, config))
            width += config.growth * count
            if number < self.blocks:
                self.add_module(f"transition{number}", transition(width, width // 2, bias=config.bias))
                width //= 2
        self.norm2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.out = nn.Linear(width, config.classes)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.relu1(self.norm1(self.conv1(image)))  # batch 64 48 48 (sizes for the defaults)
        x = self.pool1(x)  # batch 64 24 24
        for number in range(1, self.blocks + 1):
            x = getattr(self, f"block{number}")(x)  # batch 192 24 24, 224 12 12, 240 6 6, 248 3 3
            if number < self.blocks:
                x = getattr(self, f"transition{number}")(x)  # batch 96 12 12, 112 6 6, 120 3 3
        x = self.relu2(self.norm2(x))  # batch 248 3 3
        logits: Tensor = self.out(self.flatten(self.mean(x)))  # batch class_
        return logits
