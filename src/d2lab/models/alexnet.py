"""AlexNet: LeNet grown up, with ReLU, dropout and a stack of three convolutions without a pool between.

Source: Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification with Deep CNNs", section 3.
Changed: one tower for the paper's two, so no groups; no local response normalization. The default is the notes' model;
`AlexNetConfig(widths=(64, 192, 384, 256, 256), padding=2, channels=3, classes=1000)` is torchvision's, that of
Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks".
"""

from dataclasses import dataclass
from typing import Annotated

from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Share, Units
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig, after

FiveWidths = Annotated[tuple[Units, ...], Meta(min_length=5, max_length=5)]


@dataclass(frozen=True, kw_only=True, slots=True)
class AlexNetConfig(ImageConfig):
    """Sizes of an AlexNet; the defaults have 46,764,746 parameters."""

    widths: FiveWidths = (96, 256, 384, 384, 256)  # channels behind the five convolutions
    padding: Annotated[int, Meta(ge=0, le=64, description="pixels")] = 1  # of the first convolution
    hidden: Units = 4096  # units of the two hidden linear layers
    dropout: Share = 0.5

    def __post_init__(self) -> None:
        super(AlexNetConfig, self).__post_init__()
        self.require("side", 67 - 2 * self.padding)  # leaves the last pool a pixel


@register_model(AlexNetConfig)
class AlexNet(nn.Module):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: AlexNetConfig) -> None:
        super().__init__()
        one, two, three, four, five = config.widths
        side = after(after(config.side, 11, 4, config.padding), 3, 2)  # 54, then 26
        side = after(after(side, 3, 2), 3, 2)  # 12, then 5
        self.conv1 = nn.Conv2d(config.channels, one, kernel_size=11, stride=4, padding=config.padding)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2)
        self.conv2 = nn.Conv2d(one, two, kernel_size=5, padding=2)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2)
        self.conv3 = nn.Conv2d(two, three, kernel_size=3, padding=1)
        self.relu3 = nn.ReLU()
        self.conv4 = nn.Conv2d(three, four, kernel_size=3, padding=1)
        self.relu4 = nn.ReLU()
        self.conv5 = nn.Conv2d(four, five, kernel_size=3, padding=1)
        self.relu5 = nn.ReLU()
        self.pool5 = nn.MaxPool2d(3, stride=2)
        self.flatten = nn.Flatten()
        self.hidden1 = nn.Linear(five * side * side, config.hidden)
        self.relu6 = nn.ReLU()
        self.dropout1 = nn.Dropout(config.dropout)
        self.hidden2 = nn.Linear(config.hidden, config.hidden)
        self.relu7 = nn.ReLU()
        self.dropout2 = nn.Dropout(config.dropout)
        self.out = nn.Linear(config.hidden, config.classes)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.pool1(self.relu1(self.conv1(image)))  # batch 96 26 26 (sizes for the defaults)
        x = self.pool2(self.relu2(self.conv2(x)))  # batch 256 12 12
        x = self.relu3(self.conv3(x))  # batch 384 12 12
        x = self.relu4(self.conv4(x))  # batch 384 12 12
        x = self.pool5(self.relu5(self.conv5(x)))  # batch 256 5 5
        x = self.flatten(x)  # batch 6400
        x = self.dropout1(self.relu6(self.hidden1(x)))  # batch 4096
        x = self.dropout2(self.relu7(self.hidden2(x)))  # batch 4096
        logits: Tensor = self.out(x)  # batch class_
        return logits
