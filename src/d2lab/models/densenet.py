"""DenseNet: every layer sees the maps of all layers before it, and adds a few of its own.

Source: Huang, Liu, van der Maaten, Weinberger 2017, "Densely Connected Convolutional Networks", table 1.
Changed: nothing. The notes' model is the default: four layers a block, without bottlenecks, convolutions with biases;
the paper's DenseNet-121 is `DenseNetConfig(blocks=(6, 12, 24, 16), bottleneck=True, bias=False)`.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.models.image import ImageConfig

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
NARROW = 4  # growths that a bottleneck leaves


@dataclass(frozen=True, kw_only=True, slots=True)
class DenseNetConfig(ImageConfig):
    """Sizes of a DenseNet; the defaults have 758,226 parameters."""

    side: int = 96
    blocks: tuple[int, ...] = (4, 4, 4, 4)  # layers of each; 121: 6, 12, 24, 16; 169: 6, 12, 32, 32; 201: 6, 12, 48, 32
    growth: int = 32  # maps that a layer adds
    stem: int = 64  # channels of the first convolution
    bottleneck: bool = False  # a 1x1 convolution before each 3x3
    bias: bool = True

    def __post_init__(self) -> None:
        super(DenseNetConfig, self).__post_init__()
        if not self.blocks or min(*self.blocks, self.growth, self.stem) < 1:
            got = (self.blocks, self.growth, self.stem)
            raise ConfigError("DenseNetConfig", got=got, need="blocks, growth and stem of 1 or more")
        self.require("side", 2 ** (len(self.blocks) + 1))


class DenseLayer(nn.Sequential):
    """Normalize, bend, convolve; join the result to the input."""

    def __init__(self, inputs: int, config: DenseNetConfig) -> None:
        narrow = NARROW * config.growth if config.bottleneck else inputs
        super().__init__()
        if config.bottleneck:
            self.add_module("norm1", nn.BatchNorm2d(inputs))
            self.add_module("relu1", nn.ReLU())
            self.add_module("conv1", nn.Conv2d(inputs, narrow, kernel_size=1, bias=config.bias))
        self.add_module("norm2", nn.BatchNorm2d(narrow))
        self.add_module("relu2", nn.ReLU())
        self.add_module("conv2", nn.Conv2d(narrow, config.growth, kernel_size=3, padding=1, bias=config.bias))

    def forward(self, maps: Maps) -> Answers:
        """Add maps."""
        return torch.cat([maps, super().forward(maps)], 1)  # type: ignore[no-untyped-call]


class DenseNet(nn.Sequential):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: DenseNetConfig) -> None:
        super().__init__()
        width = config.stem
        self.add_module("conv1", nn.Conv2d(config.channels, width, 7, stride=2, padding=3, bias=config.bias))
        self.add_module("norm1", nn.BatchNorm2d(width))
        self.add_module("relu1", nn.ReLU())
        self.add_module("pool1", nn.MaxPool2d(3, stride=2, padding=1))
        for number, count in enumerate(config.blocks, start=1):
            layers = [DenseLayer(width + config.growth * layer, config) for layer in range(count)]
            self.add_module(f"block{number}", nn.Sequential(*layers))
            width += config.growth * count
            if number < len(config.blocks):
                self.add_module(f"transition{number}", transition(width, width // 2, bias=config.bias))
                width //= 2
        self.add_module("norm2", nn.BatchNorm2d(width))
        self.add_module("relu2", nn.ReLU())
        self.add_module("mean", nn.AdaptiveAvgPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("out", nn.Linear(width, config.classes))

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        return super().forward(image)  # type: ignore[no-any-return, no-untyped-call]


def transition(inputs: int, outputs: int, *, bias: bool) -> nn.Sequential:
    """Return what stands between blocks: fewer channels, half the side.

    Args:
        inputs: channels that come in.
        outputs: channels that go on.
        bias: of the convolution.
    """
    return nn.Sequential(
        nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, kernel_size=1, bias=bias), nn.AvgPool2d(2)
    )
