"""GoogLeNet: nine blocks in which four branches read the same maps with different windows.

Source: Szegedy et al. 2015, "Going Deeper with Convolutions", table 1.
Changed: no local response normalization, no auxiliary classifiers, no dropout; pools are padded instead of rounded up.
All of this as in the notes.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.bounds import Pixels
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
INCEPTIONS = {  # outputs of the 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5 and pool branches: the paper's names
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GoogLeNetConfig(ImageConfig):
    """Sizes of a GoogLeNet; the defaults have 5,977,530 parameters."""

    side: Pixels = 96


class Inception(nn.Module):
    """Four branches side by side, their channels concatenated; height and width stay."""

    def __init__(self, inputs: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, pooled = sizes
        self.path1 = nn.Sequential(nn.Conv2d(inputs, one, 1), nn.ReLU())
        self.path2 = nn.Sequential(
            nn.Conv2d(inputs, reduce3, 1), nn.ReLU(), nn.Conv2d(reduce3, three, 3, padding=1), nn.ReLU()
        )
        self.path3 = nn.Sequential(
            nn.Conv2d(inputs, reduce5, 1), nn.ReLU(), nn.Conv2d(reduce5, five, 5, padding=2), nn.ReLU()
        )
        self.path4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(inputs, pooled, 1), nn.ReLU())
        self.outputs = one + three + five + pooled

    def forward(self, maps: Maps) -> Answers:
        """Read the maps with four windows."""
        pointwise = self.path1(maps)  # batch one height width
        narrow = self.path2(maps)  # batch three height width
        wide = self.path3(maps)  # batch five height width
        pooled = self.path4(maps)  # batch pooled height width
        return torch.cat([pointwise, narrow, wide, pooled], 1)  # batch one+three+five+pooled height width


@register_model(GoogLeNetConfig)
class GoogLeNet(nn.Module):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: GoogLeNetConfig) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(config.channels, 64, kernel_size=7, stride=2, padding=3)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(64, 64, kernel_size=1)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(64, 192, kernel_size=3, padding=1)
        self.relu3 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2, padding=1)
        self.inception3a = Inception(192, INCEPTIONS["3a"])
        self.inception3b = Inception(256, INCEPTIONS["3b"])
        self.pool3 = nn.MaxPool2d(3, stride=2, padding=1)
        self.inception4a = Inception(480, INCEPTIONS["4a"])
        self.inception4b = Inception(512, INCEPTIONS["4b"])
        self.inception4c = Inception(512, INCEPTIONS["4c"])
        self.inception4d = Inception(512, INCEPTIONS["4d"])
        self.inception4e = Inception(528, INCEPTIONS["4e"])
        self.pool4 = nn.MaxPool2d(3, stride=2, padding=1)
        self.inception5a = Inception(832, INCEPTIONS["5a"])
        self.inception5b = Inception(832, INCEPTIONS["5b"])
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.out = nn.Linear(1024, config.classes)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.pool1(self.relu1(self.conv1(image)))  # batch 64 24 24 (sizes for side 96)
        x = self.relu3(self.conv3(self.relu2(self.conv2(x))))  # batch 192 24 24
        x = self.pool2(x)  # batch 192 12 12
        x = self.inception3a(x)  # batch 256 12 12
        x = self.pool3(self.inception3b(x))  # batch 480 6 6
        x = self.inception4a(x)  # batch 512 6 6
        x = self.inception4b(x)  # batch 512 6 6
        x = self.inception4c(x)  # batch 512 6 6
        x = self.inception4d(x)  # batch 528 6 6
        x = self.pool4(self.inception4e(x))  # batch 832 3 3
        x = self.inception5a(x)  # batch 832 3 3
        x = self.inception5b(x)  # batch 1024 3 3
        logits: Tensor = self.out(self.flatten(self.mean(x)))  # batch class_
        return logits
