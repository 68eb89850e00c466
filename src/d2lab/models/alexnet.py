"""AlexNet: LeNet grown up, with ReLU, dropout and a stack of three convolutions without a pool between.

Source: Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification with Deep CNNs", section 3.
Changed: one tower for the paper's two, so no groups; no local response normalization. The default is the notes' model;
`AlexNetConfig(widths=(64, 192, 384, 256, 256), padding=2, channels=3, classes=1000)` is torchvision's, that of
Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks".
"""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.models.image import ImageConfig, after


@dataclass(frozen=True, kw_only=True, slots=True)
class AlexNetConfig(ImageConfig):
    """Sizes of an AlexNet; the defaults have 46,764,746 parameters."""

    widths: tuple[int, ...] = (96, 256, 384, 384, 256)  # channels behind the five convolutions
    padding: int = 1  # of the first convolution
    hidden: int = 4096  # units of the two hidden linear layers
    dropout: float = 0.5

    def __post_init__(self) -> None:
        super(AlexNetConfig, self).__post_init__()
        self.require("side", 67 - 2 * self.padding)  # leaves the last pool a pixel
        if len(self.widths) != 5 or min(self.widths) < 1 or self.hidden < 1:
            raise ConfigError(
                "AlexNetConfig.widths", got=(self.widths, self.hidden), need="five, and hidden, of 1 or more"
            )
        if not 0 <= self.dropout < 1:
            raise ConfigError("AlexNetConfig.dropout", got=self.dropout, need="a share from 0 up to, not with, 1")


class AlexNet(nn.Sequential):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: AlexNetConfig) -> None:
        super().__init__()
        one, two, three, four, five = config.widths
        side = after(after(config.side, 11, 4, config.padding), 3, 2)  # 54, then 26
        side = after(after(side, 3, 2), 3, 2)  # 12, then 5
        layers: dict[str, nn.Module] = {
            "conv1": nn.Conv2d(config.channels, one, kernel_size=11, stride=4, padding=config.padding),
            "relu1": nn.ReLU(),
            "pool1": nn.MaxPool2d(3, stride=2),
            "conv2": nn.Conv2d(one, two, kernel_size=5, padding=2),
            "relu2": nn.ReLU(),
            "pool2": nn.MaxPool2d(3, stride=2),
            "conv3": nn.Conv2d(two, three, kernel_size=3, padding=1),
            "relu3": nn.ReLU(),
            "conv4": nn.Conv2d(three, four, kernel_size=3, padding=1),
            "relu4": nn.ReLU(),
            "conv5": nn.Conv2d(four, five, kernel_size=3, padding=1),
            "relu5": nn.ReLU(),
            "pool5": nn.MaxPool2d(3, stride=2),
            "flatten": nn.Flatten(),
            "hidden1": nn.Linear(five * side * side, config.hidden),
            "relu6": nn.ReLU(),
            "dropout1": nn.Dropout(config.dropout),
            "hidden2": nn.Linear(config.hidden, config.hidden),
            "relu7": nn.ReLU(),
            "dropout2": nn.Dropout(config.dropout),
            "out": nn.Linear(config.hidden, config.classes),
        }
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        return super().forward(image)  # type: ignore[no-any-return, no-untyped-call]
