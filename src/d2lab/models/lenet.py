"""LeNet-5: two convolutions find strokes, three linear maps name the digit.

Source: LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11), section II.B.
Changed: plain average or max pooling for learnt subsampling; every conv2 map sees all six conv1 maps; logits
for a softmax loss replace the RBF output. The default bends with ReLU and pools by maximum; the notes' variant
is `LeNetConfig(activation="sigmoid", pooling="average")`, and with `norm=True` their LeNet with batch normalization.
See: recipes/lenet.py, recipes/lenet_sigmoid.py.
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.activation_catalog import ActivationName, activation

PoolingName = Literal["max", "average"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeNetConfig:
    """Sizes of a LeNet; the defaults have 61,706 parameters."""

    channels: int = 1  # 1 gray, 3 color
    side: int = 28  # height = width of the image, pixels
    classes: int = 10
    activation: ActivationName = "relu"
    pooling: PoolingName = "max"
    norm: bool = False  # batch normalization before every activation

    def __post_init__(self) -> None:
        if self.side < 12:  # 12 leaves one pixel after conv2 and its pool, 11 none
            fix = "Enlarge the image with --set side=28."
            raise ConfigError("LeNetConfig.side", got=self.side, need="at least 12", fix=fix)
        for name, least in (("channels", 1), ("classes", 2)):
            if getattr(self, name) < least:
                raise ConfigError(f"LeNetConfig.{name}", got=getattr(self, name), need=f"{least} or more")


class LeNet(nn.Sequential):
    """Image in [0, 1] -> one logit (unnormalized log-probability) per class."""

    def __init__(self, config: LeNetConfig) -> None:
        super().__init__()
        side = (config.side // 2 - 4) // 2  # conv1 keeps, pool halves, conv2 takes 4, pool halves
        pool = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[config.pooling]
        layers: dict[str, nn.Module | None] = {  # sizes behind each layer are those of side 28
            "conv1": nn.Conv2d(config.channels, 6, kernel_size=5, padding=2),  # 6 28 28
            "norm1": nn.BatchNorm2d(6) if config.norm else None,
            "activation1": activation(config.activation),
            "pool1": pool(2),  # 6 14 14
            "conv2": nn.Conv2d(6, 16, kernel_size=5),  # 16 10 10
            "norm2": nn.BatchNorm2d(16) if config.norm else None,
            "activation2": activation(config.activation),
            "pool2": pool(2),  # 16 5 5
            "flatten": nn.Flatten(),  # 400
            "hidden1": nn.Linear(16 * side * side, 120),
            "norm3": nn.BatchNorm1d(120) if config.norm else None,
            "activation3": activation(config.activation),
            "hidden2": nn.Linear(120, 84),
            "norm4": nn.BatchNorm1d(84) if config.norm else None,
            "activation4": activation(config.activation),
            "out": nn.Linear(84, config.classes),
        }
        for name, layer in layers.items():
            if layer is not None:
                self.add_module(name, layer)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        return super().forward(image)  # type: ignore[no-any-return, no-untyped-call]
