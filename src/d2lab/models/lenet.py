"""LeNet-5: two convolutions find strokes, three linear maps name the digit.

Source: LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11), section II.B.
Changed: plain average or max pooling for learned subsampling; every conv2 map sees all six conv1 maps; logits for a
softmax loss replace the RBF output. The default has ReLU and max pooling; the notes' variant is
`LeNetConfig(activation="sigmoid", pooling="average")`, and with `norm=True` their LeNet with batch normalization.
See: recipes/lenet.py, recipes/lenet_sigmoid.py.
"""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.bounds import Channels, Classes, Pixels
from d2lab.core.errors import ConfigError
from d2lab.layers.activation_catalog import ActivationName, activation
from d2lab.models.catalog import ModelConfig, register_model

PoolingName = Literal["max", "average"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeNetConfig(ModelConfig):
    """Sizes of a LeNet; the defaults have 61,706 parameters."""

    channels: Channels = 1  # 1 gray, 3 color
    side: Pixels = 28  # height = width of the image, pixels
    classes: Classes = 10
    activation: ActivationName = "relu"
    pooling: PoolingName = "max"
    norm: bool = False  # batch normalization before every activation

    def __post_init__(self) -> None:
        super(LeNetConfig, self).__post_init__()
        if self.side < 12:  # 12 leaves one pixel after conv2 and its pool, 11 none
            fix = "Enlarge the image with --set side=28."
            raise ConfigError("LeNetConfig.side", got=self.side, need="at least 12", fix=fix)


@register_model(LeNetConfig)
class LeNet(nn.Module):
    """Image in [0, 1] -> one logit (unnormalized log-probability) per class."""

    norm1: nn.Module  # with norm=True
    norm2: nn.Module
    norm3: nn.Module
    norm4: nn.Module

    def __init__(self, config: LeNetConfig) -> None:
        super().__init__()
        side = (config.side // 2 - 4) // 2  # conv1 keeps, pool halves, conv2 takes 4, pool halves
        pool = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[config.pooling]
        self.norm = config.norm
        self.conv1 = nn.Conv2d(config.channels, 6, kernel_size=5, padding=2)
        if config.norm:
            self.norm1 = nn.BatchNorm2d(6)
        self.activation1 = activation(config.activation)
        self.pool1 = pool(2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        if config.norm:
            self.norm2 = nn.BatchNorm2d(16)
        self.activation2 = activation(config.activation)
        self.pool2 = pool(2)
        self.flatten = nn.Flatten()
        self.hidden1 = nn.Linear(16 * side * side, 120)
        if config.norm:
            self.norm3 = nn.BatchNorm1d(120)
        self.activation3 = activation(config.activation)
        self.hidden2 = nn.Linear(120, 84)
        if config.norm:
            self.norm4 = nn.BatchNorm1d(84)
        self.activation4 = activation(config.activation)
        self.out = nn.Linear(84, config.classes)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.conv1(image)  # batch 6 28 28 (sizes for side 28)
        x = self.pool1(self.activation1(self.norm1(x) if self.norm else x))  # batch 6 14 14
        x = self.conv2(x)  # batch 16 10 10
        x = self.pool2(self.activation2(self.norm2(x) if self.norm else x))  # batch 16 5 5
        x = self.hidden1(self.flatten(x))  # batch 120
        x = self.hidden2(self.activation3(self.norm3(x) if self.norm else x))  # batch 84
        logits: Tensor = self.out(self.activation4(self.norm4(x) if self.norm else x))  # batch class_
        return logits
