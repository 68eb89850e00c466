"""EfficientNet-Lite: inverted residuals, scaled in width and depth, without what phones can't compute fast.

An inverted residual widens its input with a 1x1 convolution, filters each channel by itself with a depthwise one, and
projects back to few channels without an activation; the shortcut joins the narrow ends.

Source: Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", section 3 (the block); Tan and Le
2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", table 1 and section 3.3 (stages and
scaling). Lite is Google's release of 2020: no squeeze-and-excitation, ReLU6 for swish, and the stem, the top and the
depth of the first and last stage are not scaled.
Changed: no stochastic depth.
Twin: timm's tf_efficientnet_lite0 to tf_efficientnet_lite4.
"""

import math
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn
from torch.nn.functional import pad

from d2lab.core.bounds import Share
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig

STEM, TOP = 32, 1280  # channels of the first convolution and of the last
EPSILON = 1e-3  # of batch normalization, as TensorFlow has it
Scale = Annotated[float, Meta(ge=0.1, le=4, description="factor")]


class Stage(NamedTuple):
    """Blocks of one width; the first of them has the stride."""

    blocks: int
    channels: int
    kernel: int
    stride: int
    expansion: int  # channels inside a block, as a multiple of those that come in


STAGES = (
    Stage(1, 16, 3, 1, 1),
    Stage(2, 24, 3, 2, 6),
    Stage(2, 40, 5, 2, 6),
    Stage(3, 80, 3, 2, 6),
    Stage(3, 112, 5, 1, 6),
    Stage(4, 192, 5, 2, 6),
    Stage(1, 320, 3, 1, 6),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EfficientNetLiteConfig(ImageConfig):
    """Sizes of an EfficientNet-Lite; the defaults have 3,383,242 parameters, lite0 for ImageNet 4,652,008."""

    width: Scale = 1.0  # factor of the channels of the stages
    depth: Scale = 1.0  # factor of the blocks of the stages, but the first and the last
    dropout: Share = 0.2


class SamePad2d(nn.Module):
    """Zeros before a convolution without padding, as TensorFlow's "SAME" has them: ceil(side / stride) pixels come out.

    At stride 1 that is the usual padding of an odd kernel. At stride 2 an even side needs an odd number of zeros: the
    one over goes to the right and the bottom, so kernels lie half a stride further than with torch's padding.

    >>> [SamePad2d.zeros(side, kernel=3, stride=2) for side in (4, 5)]
    [(0, 1), (1, 1)]

    Args:
        kernel: side of the convolution's kernel.
        stride: of the convolution.
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel down across"]:
        """Pad right and left, bottom and top."""
        height, width = x.shape[2:]
        rows, columns = (self.zeros(side, self.kernel, self.stride) for side in (height, width))
        return pad(x, (*columns, *rows))

    @staticmethod
    def zeros(side: int, kernel: int, stride: int) -> tuple[int, int]:
        """Return the number of zeros before and behind an axis of `side` pixels."""
        count = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
        return count // 2, count - count // 2


class InvertedResidual(nn.Module):
    """Widen, filter each channel by itself, project; the input is added where the shape stays.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        kernel: side of the depthwise kernels.
        stride: of the depthwise convolution.
        expansion: channels inside, as a multiple of `inputs`; with 1 the first convolution is left out.
    """

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inside = inputs * expansion
        self.shortcut = stride == 1 and inputs == outputs
        self.expand = nn.Identity() if expansion == 1 else _convolution(inputs, inside, 1)
        self.depthwise = _convolution(inside, inside, kernel, stride, groups=inside)
        self.project = _convolution(inside, outputs, 1, activation=False)

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out down across"]:
        """Apply the block."""
        y: Tensor = self.project(self.depthwise(self.expand(x)))  # batch out height/stride width/stride
        return x + y if self.shortcut else y


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, *, groups: int = 1, activation: bool = True
) -> nn.Sequential:
    """Return a convolution without bias, batch normalization and, unless a block ends there, ReLU6."""
    symmetric = stride == 1  # torch's own padding is the same there, and copies nothing
    padding = kernel // 2 if symmetric else 0
    layers = [
        *([] if symmetric else [SamePad2d(kernel, stride)]),
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=EPSILON),
    ]
    return nn.Sequential(*layers, *[nn.ReLU6(inplace=True)] * activation)


def scaled_channels(channels: int, width: float) -> int:
    """Return channels times a factor as a multiple of 8 that is not below 90 % of it.

    >>> scaled_channels(24, 1.1), scaled_channels(40, 1.1)
    (24, 48)

    Source: Google's reference code of MobileNet and EfficientNet.
    """
    wanted = channels * width
    near = max(8, int(wanted + 4) // 8 * 8)
    return near if near >= 0.9 * wanted else near + 8


@register_model(EfficientNetLiteConfig)
class EfficientNetLite(nn.Module):
    """Normalized image -> one logit per class, from 1,280 features."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__()
        self.stem = _convolution(config.channels, STEM, 3, 2)
        channels = STEM
        for number, stage in enumerate(STAGES, 1):
            fixed = number in (1, len(STAGES))
            blocks = []
            for block in range(stage.blocks if fixed else math.ceil(stage.blocks * config.depth)):
                outputs, stride = scaled_channels(stage.channels, config.width), 1 if block else stage.stride
                how = {"kernel": stage.kernel, "stride": stride, "expansion": stage.expansion}
                blocks.append(InvertedResidual(channels, outputs, **how))
                channels = outputs
            self.add_module(f"stage{number}", nn.Sequential(*blocks))
        self.top = _convolution(channels, TOP, 1)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Linear(TOP, config.classes)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.stem(image)  # batch 32 112 112 (sizes for side 224)
        for number in range(1, len(STAGES) + 1):
            x = getattr(self, f"stage{number}")(x)  # 16 112, 24 56, 40 28, 80 14, 112 14, 192 7, 320 7: channels, side
        x = self.flatten(self.mean(self.top(x)))  # batch 1280
        logits: Tensor = self.out(self.dropout(x))  # batch class_
        return logits
