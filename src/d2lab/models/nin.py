"""Network in network: 1x1 convolutions are small networks at every pixel, and the mean of a map is a class's score.

Source: Lin, Chen, Yan 2014, "Network In Network", sections 3.1 and 3.2.
Changed: sizes as in the notes, which take AlexNet's kernels; the paper's models are for 32 pixels. A class whose scores
are all below 0 stays at 0 behind the last ReLU, without a gradient, for good: `relu_scores=False` leaves this ReLU out.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Share, Units
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig

ThreeWidths = Annotated[tuple[Units, ...], Meta(min_length=3, max_length=3)]


@dataclass(frozen=True, kw_only=True, slots=True)
class NiNConfig(ImageConfig):
    """Sizes of a NiN; the defaults have 1,992,166 parameters."""

    RENAMED: ClassVar[dict[str, str]] = {"bend_scores": "relu_scores"}  # former names of settings

    widths: ThreeWidths = (96, 256, 384)
    dropout: Share = 0.5
    relu_scores: bool = True  # a ReLU on the maps of the classes, as in the paper

    def __post_init__(self) -> None:
        super(NiNConfig, self).__post_init__()
        self.require("side", 67)


def nin_block(
    inputs: int, outputs: int, kernel: int, stride: int, padding: int, *, last_relu: bool = True
) -> nn.Sequential:
    """Return a convolution and two 1x1 convolutions, a ReLU behind each.

    Args:
        inputs: channels that come in.
        outputs: channels of all three.
        kernel: side of the first kernel.
        stride: of the first.
        padding: of the first.
        last_relu: end with a ReLU.
    """
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, kernel_size=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, kernel_size=1),
    ]
    return nn.Sequential(*layers, *[nn.ReLU()] * last_relu)


@register_model(NiNConfig)
class NiN(nn.Module):
    """Image in [0, 1] -> one logit per class, 0 or more where the scores pass through a ReLU."""

    def __init__(self, config: NiNConfig) -> None:
        super().__init__()
        one, two, three = config.widths
        self.block1 = nin_block(config.channels, one, 11, 4, 0)
        self.pool1 = nn.MaxPool2d(3, stride=2)
        self.block2 = nin_block(one, two, 5, 1, 2)
        self.pool2 = nn.MaxPool2d(3, stride=2)
        self.block3 = nin_block(two, three, 3, 1, 1)
        self.pool3 = nn.MaxPool2d(3, stride=2)
        self.dropout = nn.Dropout(config.dropout)
        self.block4 = nin_block(three, config.classes, 3, 1, 1, last_relu=config.relu_scores)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.pool1(self.block1(image))  # batch 96 26 26 (sizes for the defaults)
        x = self.pool2(self.block2(x))  # batch 256 12 12
        x = self.pool3(self.block3(x))  # batch 384 5 5
        x = self.block4(self.dropout(x))  # batch class_ 5 5: one map a class
        logits: Tensor = self.flatten(self.mean(x))  # batch class_
        return logits
