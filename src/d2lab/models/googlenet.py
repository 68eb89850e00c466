"""GoogLeNet: nine blocks in which four paths look at the same map with different windows.

Source: Szegedy et al. 2015, "Going Deeper with Convolutions", table 1.
Changed: no local response normalization, no auxiliary classifiers, no dropout; pools are padded instead of rounded up.
All of this as in the notes.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.models.image import ImageConfig

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
INCEPTIONS = {  # outputs of the 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5 and pool paths: the paper's names
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

    side: int = 96


class Inception(nn.Module):
    """Four paths side by side, their channels joined."""

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
        """Look four ways and join what was seen."""
        return torch.cat([path(maps) for path in (self.path1, self.path2, self.path3, self.path4)], 1)


class GoogLeNet(nn.Sequential):
    """Image in [0, 1] -> one logit per class."""

    def __init__(self, config: GoogLeNetConfig) -> None:
        super().__init__()
        stem: dict[str, nn.Module] = {
            "conv1": nn.Conv2d(config.channels, 64, kernel_size=7, stride=2, padding=3),
            "relu1": nn.ReLU(),
            "pool1": nn.MaxPool2d(3, stride=2, padding=1),
            "conv2": nn.Conv2d(64, 64, kernel_size=1),
            "relu2": nn.ReLU(),
            "conv3": nn.Conv2d(64, 192, kernel_size=3, padding=1),
            "relu3": nn.ReLU(),
            "pool2": nn.MaxPool2d(3, stride=2, padding=1),
        }
        for name, layer in stem.items():
            self.add_module(name, layer)
        width = 192
        for name, sizes in INCEPTIONS.items():
            block = Inception(width, sizes)
            self.add_module(f"inception{name}", block)
            width = block.outputs
            if name in ("3b", "4e"):
                self.add_module(f"pool{name[0]}", nn.MaxPool2d(3, stride=2, padding=1))
        self.add_module("mean", nn.AdaptiveAvgPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("out", nn.Linear(width, config.classes))

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        return super().forward(image)  # type: ignore[no-any-return, no-untyped-call]
