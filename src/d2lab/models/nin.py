"""Network in network: 1x1 convolutions are small models at every pixel, and the mean of a map is a class's score.

Source: Lin, Chen, Yan 2014, "Network In Network", sections 3.1 and 3.2.
Changed: sizes as in the notes, which take AlexNet's kernels; the paper's models are for 32 pixels. The last ReLU can
silence a class for good (its map is 0 everywhere, and so is its gradient): `bend_scores=False` leaves it out.
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.models.image import ImageConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class NiNConfig(ImageConfig):
    """Sizes of a NiN; the defaults have 1,992,166 parameters."""

    widths: tuple[int, ...] = (96, 256, 384)
    dropout: float = 0.5
    bend_scores: bool = True  # a ReLU on the maps of the classes, as in the paper

    def __post_init__(self) -> None:
        super(NiNConfig, self).__post_init__()
        self.require("side", 67)
        if len(self.widths) != 3 or min(self.widths) < 1:
            raise ConfigError("NiNConfig.widths", got=self.widths, need="three of 1 or more")
        if not 0 <= self.dropout < 1:
            raise ConfigError("NiNConfig.dropout", got=self.dropout, need="a share from 0 up to, not with, 1")


def nin_block(inputs: int, outputs: int, kernel: int, stride: int, padding: int, *, bend: bool = True) -> nn.Sequential:
    """Return a convolution and two 1x1 convolutions, a ReLU behind each.

    Args:
        inputs: channels that come in.
        outputs: channels of all three.
        kernel: side of the first kernel.
        stride: of the first.
        padding: of the first.
        bend: end with a ReLU.
    """
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, kernel_size=1),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, kernel_size=1),
    ]
    return nn.Sequential(*layers, *[nn.ReLU()] * bend)


class NiN(nn.Sequential):
    """Image in [0, 1] -> one logit per class, 0 or more where the scores are bent."""

    def __init__(self, config: NiNConfig) -> None:
        super().__init__()
        one, two, three = config.widths
        layers: dict[str, nn.Module] = {  # sides behind each layer are those of side 224
            "block1": nin_block(config.channels, one, 11, 4, 0),  # 54
            "pool1": nn.MaxPool2d(3, stride=2),  # 26
            "block2": nin_block(one, two, 5, 1, 2),
            "pool2": nn.MaxPool2d(3, stride=2),  # 12
            "block3": nin_block(two, three, 3, 1, 1),
            "pool3": nn.MaxPool2d(3, stride=2),  # 5
            "dropout": nn.Dropout(config.dropout),
            "block4": nin_block(three, config.classes, 3, 1, 1, bend=config.bend_scores),
            "mean": nn.AdaptiveAvgPool2d(1),
            "flatten": nn.Flatten(),
        }
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        return super().forward(image)  # type: ignore[no-any-return, no-untyped-call]
