"""CifarNet: a small model for 32 pixels that learns fast, because its first layer is fitted to the images.

The first convolution whitens: it maps 2x2 patches to features that are uncorrelated and of equal variance
(`prepare_from` computes it from images; it is not trained). The other convolutions are initialized to the identity,
normalizations have no gain, and the last layer is initialized to 0.

Source: Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", sections 2 and 3; the whitening: Page 2019, "How
to Train Your ResNet 8".
Changed: images in [0, 1], whose mean the first bias subtracts; the last layer is initialized to 0 where the paper
divides the scores by 9; three convolutions a group are joined by a sum over the last two, as in the paper's model for
96 %.
See: recipes/cifar10_fast.py.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Channels, Pixels, Units
from d2lab.models.catalog import register_model
from d2lab.models.image import ImageConfig

Maps = Float[Tensor, "batch channel height width"]
Answers = Float[Tensor, "batch outputs rows columns"]
PATCH = 2  # side of the patches that are whitened, pixels
MEMORY = 0.6  # share of the past in a normalization's running mean: a run of a few hundred steps can't wait for 0.9
FLAT = 3e-5  # added to the variances, so that directions without any are not blown up; gray levels squared

Groups = Annotated[tuple[Units, ...], Meta(min_length=1, max_length=10)]


@dataclass(frozen=True, kw_only=True, slots=True)
class CifarNetConfig(ImageConfig):
    """Sizes of a CifarNet; the defaults have 1,972,792 parameters."""

    channels: Channels = 3
    side: Pixels = 32
    widths: Groups = (64, 256, 256)  # channels of the groups; each halves the side
    convolutions: Annotated[int, Meta(ge=2, le=3)] = 2  # a group; 3 have a sum around the last two

    def __post_init__(self) -> None:
        super(CifarNetConfig, self).__post_init__()
        self.require("side", 2 ** len(self.widths) + PATCH - 1)


class Group(nn.Module):
    """Convolve, halve the side, then one or two more convolutions; a normalization and a GELU behind each."""

    def __init__(self, inputs: int, outputs: int, convolutions: int) -> None:
        super().__init__()
        self.start = nn.Sequential(
            identity_convolution(inputs, outputs), nn.MaxPool2d(2), normalization(outputs), nn.GELU()
        )
        rest: list[nn.Module] = []
        for _ in range(convolutions - 1):
            rest += [identity_convolution(outputs, outputs), normalization(outputs), nn.GELU()]
        self.rest = nn.Sequential(*rest)
        self.residual = convolutions > 2

    def forward(self, maps: Maps) -> Answers:
        """Map to the group's channels at half the side."""
        halved: Tensor = self.start(maps)  # batch outputs height/2 width/2
        x: Tensor = self.rest(halved)  # batch outputs height/2 width/2
        return halved + x if self.residual else x


@register_model(CifarNetConfig)
class CifarNet(nn.Module):
    """Image in [0, 1] -> one logit per class, all 0 before training."""

    def __init__(self, config: CifarNetConfig) -> None:
        super().__init__()
        self.groups = len(config.widths)
        width = 2 * config.channels * PATCH**2  # every direction of a patch, and its opposite
        self.whitening = nn.Conv2d(config.channels, width, PATCH)
        self.gelu = nn.GELU()
        side = config.side - PATCH + 1
        for number, outputs in enumerate(config.widths, start=1):
            self.add_module(f"group{number}", Group(width, outputs, config.convolutions))
            width, side = outputs, side // 2
        self.pool = nn.MaxPool2d(side)
        self.flatten = nn.Flatten()
        self.out = nn.Linear(width, config.classes, bias=False)
        nn.init.zeros_(self.out.weight)
        self.whitening.weight.requires_grad_(False)

    def forward(self, image: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class_"]:
        """Score every class for every image."""
        x = self.gelu(self.whitening(image))  # batch 24 31 31 (sizes for the defaults)
        for number in range(1, self.groups + 1):
            x = getattr(self, f"group{number}")(x)  # batch 64 15 15, 256 7 7, 256 3 3
        x = self.flatten(self.pool(x))  # batch 256
        logits: Tensor = self.out(x)  # batch class_
        return logits

    @torch.no_grad()
    def prepare_from(self, inputs: Float[Tensor, "image channel height width"]) -> None:
        """Set the first layer so that over these images its outputs are uncorrelated, of mean 0 and variance 1.

        Each comes twice, with either sign: the GELU behind it passes one side only.

        Args:
            inputs: some hundreds to thousands of images, in [0, 1].
        """
        weight, bias = (self.whitening.get_parameter(name) for name in ("weight", "bias"))
        filters, mean = whitening_filters(inputs, PATCH)
        both = torch.cat([filters, -filters])
        weight.copy_(both.view_as(weight))
        bias.copy_(-(both @ mean))


def whitening_filters(
    images: Float[Tensor, "image channel height width"], patch: int
) -> tuple[Float[Tensor, "filter number"], Float[Tensor, " number"]]:
    """Return the principal directions of all patches, each divided by its standard deviation, and the mean patch.

    Source: Page 2019, "How to Train Your ResNet 8"; Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny
        Images", appendix A.

    Args:
        images: whose patches are taken, at every place.
        patch: side of a patch, pixels.
    """
    patches = images.unfold(2, patch, 1).unfold(3, patch, 1).permute(0, 2, 3, 1, 4, 5).flatten(0, 2).flatten(1).double()
    variances, directions = torch.linalg.eigh(torch.cov(patches.T, correction=0))
    filters = directions.T / (variances + FLAT).sqrt().unsqueeze(1)
    return filters.flip(0).to(images), patches.mean(0).to(images)


def identity_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a 3x3 convolution without bias whose first outputs are its inputs; the other kernels are random.

    Source: Zagoruyko and Komodakis 2017, "DiracNets", section 3.

    Args:
        inputs: channels that come in.
        outputs: channels that go on.
    """
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False)
    with torch.no_grad():
        nn.init.dirac_(convolution.weight[:inputs])
    return convolution


def normalization(width: int) -> nn.BatchNorm2d:
    """Return a batch normalization without gain.

    Args:
        width: channels.
    """
    layer = nn.BatchNorm2d(width, momentum=1 - MEMORY)
    layer.weight.requires_grad_(False)
    return layer
