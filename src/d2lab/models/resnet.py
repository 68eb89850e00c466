"""ResNet: every block adds to its input, so that a deep model is no harder to train than a shallow one.

Source: He, Zhang, Ren, Sun 2016, "Deep Residual Learning for Image Recognition", table 1, section 4.2 (32 pixels);
pre-activation: He et al. 2016, "Identity Mappings in Deep Residual Networks", figure 4e.
Changed: in a bottleneck the 3x3 convolution has the stride, as in torchvision; the paper gives it to the first 1x1. A
shortcut of other size is a 1x1 convolution (option B), or with `shortcut="pad"` zeros (option A, of the 32-pixel models).
The notes' ResNet-18 is `ResNetConfig(bias=True, side=96)`.
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.models.image import ImageConfig

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
EXPANSION = 4  # of a bottleneck's channels


@dataclass(frozen=True, kw_only=True, slots=True)
class ResNetConfig(ImageConfig):
    """Sizes of a ResNet; the defaults have 11,175,370 parameters."""

    depth: int = 18  # 18, 34, 50, 101, 152; with stem=small 6n + 2: 20, 32, 44, 56, 110
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
        """Say whether blocks have three convolutions."""
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


class Block(nn.Module):
    """Two or three convolutions beside a shortcut."""

    def __init__(self, inputs: int, channels: int, stride: int, config: ResNetConfig) -> None:
        super().__init__()
        self.pre = config.order == "pre"
        self.outputs = channels * (EXPANSION if config.bottleneck else 1)
        widths = [inputs, channels, channels, self.outputs] if config.bottleneck else [inputs, channels, channels]
        kernels = (1, 3, 1) if config.bottleneck else (3, 3)
        strided = 1 if config.bottleneck else 0
        for number, kernel in enumerate(kernels):
            step = stride if number == strided else 1
            layer = nn.Conv2d(widths[number], widths[number + 1], kernel, step, kernel // 2, bias=config.bias)
            self.add_module(f"conv{number + 1}", layer)
            self.add_module(f"norm{number + 1}", nn.BatchNorm2d(widths[number + (0 if self.pre else 1)]))
        self.count = len(kernels)
        self.residual = config.shortcut != "none"
        self.shortcut = self._shortcut(inputs, stride, config)
        self.relu = nn.ReLU()

    def _shortcut(self, inputs: int, stride: int, config: ResNetConfig) -> nn.Module:
        if not self.residual or (stride == 1 and inputs == self.outputs):
            return nn.Identity()
        if config.shortcut == "pad":
            return Pad(inputs, self.outputs, stride)
        project = nn.Conv2d(inputs, self.outputs, 1, stride, bias=config.bias)
        return project if self.pre or config.bias else nn.Sequential(project, nn.BatchNorm2d(self.outputs))

    def forward(self, maps: Maps) -> Answers:
        """Compute the change, and add it to what came in."""
        out = maps
        for number in range(1, self.count + 1):
            convolve, normalize = getattr(self, f"conv{number}"), getattr(self, f"norm{number}")
            if self.pre:
                out = convolve(self.relu(normalize(out)))
            else:
                out = normalize(convolve(out))
                out = self.relu(out) if number < self.count else out
        out = out + self.shortcut(maps) if self.residual else out
        return out if self.pre else self.relu(out)


class ResNet(nn.Sequential):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        width = config.stages[0][0]
        if config.stem == "large":
            self.add_module("conv1", nn.Conv2d(config.channels, width, 7, stride=2, padding=3, bias=config.bias))
        else:
            self.add_module("conv1", nn.Conv2d(config.channels, width, 3, padding=1, bias=config.bias))
        if config.order == "post" or config.stem == "large":
            self.add_module("norm1", nn.BatchNorm2d(width))
            self.add_module("relu1", nn.ReLU())
        if config.stem == "large":
            self.add_module("pool1", nn.MaxPool2d(3, stride=2, padding=1))
        for number, (channels, blocks) in enumerate(config.stages):
            stage = []
            for block in range(blocks):
                stage.append(Block(width, channels, 2 if number and not block else 1, config))
                width = stage[-1].outputs
            self.add_module(f"stage{number + 1}", nn.Sequential(*stage))
        if config.order == "pre":
            self.add_module("norm2", nn.BatchNorm2d(width))
            self.add_module("relu2", nn.ReLU())
        self.add_module("mean", nn.AdaptiveAvgPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("out", nn.Linear(width, config.classes))

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        return super().forward(image)  # type: ignore[no-any-return, no-untyped-call]
