"""ResNet: every block adds to its input, so that a deep model is no harder to train than a shallow one.

Source: He, Zhang, Ren, Sun 2016, "Deep Residual Learning for Image Recognition", table 1, section 4.2 (32 pixels);
pre-activation: He et al. 2016, "Identity Mappings in Deep Residual Networks", figure 4e.
Changed: in a bottleneck the 3x3 convolution has the stride, as in torchvision; the paper gives it to the first 1x1. A
shortcut of other size is a 1x1 convolution (option B), or with `shortcut="pad"` zeros (option A, of the 32-pixel
models). The notes' ResNet-18 is `ResNetConfig(bias=True, side=96)`.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}

Depth = Annotated[int, Meta(ge=8, le=1202, description="layers")]  # 1202 is the deepest of the paper


@dataclass(frozen=True, kw_only=True, slots=True)
class ResNetConfig(ImageConfig):
    """Sizes of a ResNet; the defaults have 11,175,370 parameters."""

    depth: Depth = 18  # 18, 34, 50, 101, 152; with stem=small 6n + 2: 20, 32, 44, 56, 110
    stem: Literal["large", "small"] = "large"  # small: for 32 pixels, three stages of 16, 32, 64 channels
    order: Literal["post", "pre"] = "post"  # normalization and ReLU behind the convolutions, or before
    shortcut: Literal["project", "pad", "none"] = "project"  # none: the plain model, to see why not
    bias: bool = False  # of the convolutions; the normalization behind them makes it idle

    def __post_init__(self) -> None:
        super(ResNetConfig, self).__post_init__()
        if self.stem == "large" and self.depth not in BLOCKS:
            raise ConfigError("ResNetConfig.depth", got=self.depth, need=f"one of {', '.join(map(str, BLOCKS))}")
        if self.stem == "small" and (self.depth < 8 or self.depth % 6 != 2):
            raise ConfigError("ResNetConfig.depth", got=self.depth, need="6n + 2, from 8, with stem=small")

    @property
    def bottleneck(self) -> bool:
        """Whether blocks have three convolutions."""
        return self.stem == "large" and self.depth >= 50

    @property
    def stages(self) -> list[tuple[int, int]]:
        """List (channels, blocks) of each stage."""
        if self.stem == "small":
            return [(channels, (self.depth - 2) // 6) for channels in (16, 32, 64)]
        return list(zip((64, 128, 256, 512), BLOCKS[self.depth], strict=True))


class Pad(nn.Module):
    """Skip pixels and add channels of zeros: a shortcut without weights."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.more, self.stride = outputs - inputs, stride

    def forward(self, maps: Maps) -> Answers:
        """Fit the maps to the block's output."""
        return nn.functional.pad(maps[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


def shortcut(inputs: int, outputs: int, stride: int, config: ResNetConfig) -> nn.Module:
    """Return what the input of a block passes through before it is added to the output.

    Args:
        inputs: channels that come in.
        outputs: channels of the block.
        stride: of the block.
        config: of the model.
    """
    if config.shortcut == "none" or (stride == 1 and inputs == outputs):
        return nn.Identity()
    if config.shortcut == "pad":
        return Pad(inputs, outputs, stride)
    project = nn.Conv2d(inputs, outputs, 1, stride, bias=config.bias)
    return project if config.order == "pre" or config.bias else nn.Sequential(project, nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the ReLU is behind the sum."""

    expansion = 1  # output channels over `channels`

    def __init__(self, inputs: int, channels: int, stride: int, config: ResNetConfig) -> None:
        super().__init__()
        pre = config.order == "pre"
        self.residual = config.shortcut != "none"
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, padding=1, bias=config.bias)
        self.norm1 = nn.BatchNorm2d(inputs if pre else channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=config.bias)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = shortcut(inputs, channels, stride, config)
        self.relu = nn.ReLU()

    def forward(self, maps: Maps) -> Answers:
        """Compute relu(F(maps) + shortcut(maps))."""
        x = self.relu(self.norm1(self.conv1(maps)))  # batch channels height/stride width/stride
        x = self.norm2(self.conv2(x))  # batch channels height/stride width/stride
        x = x + self.shortcut(maps) if self.residual else x
        summed: Tensor = self.relu(x)
        return summed


class PreBasicBlock(BasicBlock):
    """The basic block with normalization and ReLU before each convolution: nothing stands behind the sum."""

    def forward(self, maps: Maps) -> Answers:
        """Compute F(maps) + shortcut(maps)."""
        x = self.conv1(self.relu(self.norm1(maps)))  # batch channels height/stride width/stride
        x = self.conv2(self.relu(self.norm2(x)))  # batch channels height/stride width/stride
        summed: Tensor = x + self.shortcut(maps) if self.residual else x
        return summed


class Bottleneck(nn.Module):
    """A 3x3 convolution on few channels between two 1x1 convolutions, beside a shortcut."""

    expansion = 4  # output channels over `channels`

    def __init__(self, inputs: int, channels: int, stride: int, config: ResNetConfig) -> None:
        super().__init__()
        pre, outputs = config.order == "pre", channels * self.expansion
        self.residual = config.shortcut != "none"
        self.conv1 = nn.Conv2d(inputs, channels, 1, bias=config.bias)
        self.norm1 = nn.BatchNorm2d(inputs if pre else channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=config.bias)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, outputs, 1, bias=config.bias)
        self.norm3 = nn.BatchNorm2d(channels if pre else outputs)
        self.shortcut = shortcut(inputs, outputs, stride, config)
        self.relu = nn.ReLU()

    def forward(self, maps: Maps) -> Answers:
        """Compute relu(F(maps) + shortcut(maps))."""
        x = self.relu(self.norm1(self.conv1(maps)))  # batch channels height width
        x = self.relu(self.norm2(self.conv2(x)))  # batch channels height/stride width/stride
        x = self.norm3(self.conv3(x))  # batch 4*channels height/stride width/stride
        x = x + self.shortcut(maps) if self.residual else x
        summed: Tensor = self.relu(x)
        return summed


class PreBottleneck(Bottleneck):
    """The bottleneck with normalization and ReLU before each convolution."""

    def forward(self, maps: Maps) -> Answers:
        """Compute F(maps) + shortcut(maps)."""
        x = self.conv1(self.relu(self.norm1(maps)))  # batch channels height width
        x = self.conv2(self.relu(self.norm2(x)))  # batch channels height/stride width/stride
        x = self.conv3(self.relu(self.norm3(x)))  # batch 4*channels height/stride width/stride
        summed: Tensor = x + self.shortcut(maps) if self.residual else x
        return summed


def block_class(config: ResNetConfig) -> type[BasicBlock | Bottleneck]:
    """Return the kind of block that the settings ask for."""
    if config.bottleneck:
        return PreBottleneck if config.order == "pre" else Bottleneck
    return PreBasicBlock if config.order == "pre" else BasicBlock


def stage(inputs: int, channels: int, blocks: int, stride: int, config: ResNetConfig) -> nn.Sequential:
    """Return blocks one behind the other; the first has the stride.

    Args:
        inputs: channels that come in.
        channels: of the blocks' 3x3 convolutions.
        blocks: how many.
        stride: of the first block.
        config: of the model.
    """
    block = block_class(config)
    first = block(inputs, channels, stride, config)
    return nn.Sequential(first, *[block(channels * block.expansion, channels, 1, config) for _ in range(blocks - 1)])


@register_model(ResNetConfig)
class ResNet(nn.Module):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.large, self.pre, self.stages = config.stem == "large", config.order == "pre", len(config.stages)
        width = config.stages[0][0]
        if self.large:
            self.conv1 = nn.Conv2d(config.channels, width, 7, stride=2, padding=3, bias=config.bias)
        else:
            self.conv1 = nn.Conv2d(config.channels, width, 3, padding=1, bias=config.bias)
        if self.large or not self.pre:  # a pre-activation block normalizes what the small stem gives
            self.norm1 = nn.BatchNorm2d(width)
            self.relu1 = nn.ReLU()
        if self.large:
            self.pool1 = nn.MaxPool2d(3, stride=2, padding=1)
        for number, (channels, blocks) in enumerate(config.stages, start=1):
            self.add_module(f"stage{number}", stage(width, channels, blocks, 1 if number == 1 else 2, config))
            width = channels * block_class(config).expansion
        if self.pre:
            self.norm2 = nn.BatchNorm2d(width)
            self.relu2 = nn.ReLU()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.out = nn.Linear(width, config.classes)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.conv1(image)  # batch 64 112 112 (sizes for the defaults)
        if self.large or not self.pre:
            x = self.relu1(self.norm1(x))
        if self.large:
            x = self.pool1(x)  # batch 64 56 56
        for number in range(1, self.stages + 1):
            x = getattr(self, f"stage{number}")(x)  # batch 64 56 56, 128 28 28, 256 14 14, 512 7 7
        if self.pre:
            x = self.relu2(self.norm2(x))
        logits: Tensor = self.out(self.flatten(self.mean(x)))  # batch class_
        return logits
