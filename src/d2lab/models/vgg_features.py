"""Feature maps of a VGG: its layers up to the last one that is asked for, and weights that never learn.

Layers are named as in the papers on style transfer: `conv3_1` is the first convolution of the third block, `relu3_1`
the activation behind it, `pool3` the end of the block.

Source: Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition", table 1;
Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", section 2.
Changed: no head, and no layer behind the last feature map that is used.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError, RunError
from d2lab.core.names import unknown_name
from d2lab.layers.init import kaiming_normal_
from d2lab.layers.normalize import Normalize
from d2lab.models.pretrained import MEAN, STD
from d2lab.models.vgg import BLOCKS, CHANNELS

Pooling = Literal["max", "average"]
POOLS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}
Convolutions = Sequence[tuple[Tensor, Tensor]]  # weight and bias of each, from the first on


def layer_names(depth: int) -> list[str]:
    """List the layers of a VGG in order.

    >>> layer_names(11)[:5]
    ['conv1_1', 'relu1_1', 'pool1', 'conv2_1', 'relu2_1']

    Args:
        depth: 11, 13, 16 or 19.

    Raises:
        ConfigError: there is no such VGG.
    """
    if depth not in BLOCKS:
        raise ConfigError("the depth of a VGG", got=depth, need=f"one of {', '.join(map(str, BLOCKS))}")
    names = []
    for block, count in enumerate(BLOCKS[depth], 1):
        for number in range(1, count + 1):
            names += [f"conv{block}_{number}", f"relu{block}_{number}"]
        names.append(f"pool{block}")
    return names


class VGGFeatures(nn.Module):
    """Image in [0, 1] -> the feature maps of some layers, by name.

    The weights have no gradient: a step that changes the image alone need not compute those of 20 million weights. An
    activation overwrites its input, unless that is a feature map itself.

    Args:
        layers: names of the feature maps; see `layer_names`.
        depth: of the VGG: 11, 13, 16 or 19.
        mean: of the images that the weights were trained on, by channel.
        std: their standard deviation.
        pooling: "average" lets the gradient reach every pixel (Gatys, section 2).

    Raises:
        ConfigError: no layer is asked for, or one has another name.
    """

    def __init__(
        self,
        layers: Sequence[str],
        *,
        depth: int = 16,
        mean: Sequence[float] = MEAN,
        std: Sequence[float] = STD,
        pooling: Pooling = "max",
    ) -> None:
        super().__init__()
        names = layer_names(depth)
        for name in layers:
            if name not in names:
                raise unknown_name(f"the layer of a VGG-{depth}", name, names)
        if not layers or pooling not in POOLS:
            got = (list(layers), pooling)
            raise ConfigError("VGGFeatures", got=got, need="one layer or more, and max or average pooling")
        self.depth, self.wanted = depth, frozenset(layers)
        self.normalize = Normalize(mean, std)
        found: OrderedDict[str, nn.Module] = OrderedDict()
        channels = len(mean)
        for name in names[: max(map(names.index, layers)) + 1]:
            width = CHANNELS[int(name.partition("_")[0][-1]) - 1]
            if name.startswith("conv"):
                found[name] = nn.Conv2d(channels, width, kernel_size=3, padding=1)
                channels = width
            elif name.startswith("relu"):
                found[name] = nn.ReLU(inplace=name.replace("relu", "conv") not in self.wanted)
            else:
                found[name] = POOLS[pooling](2)
        self.layers = nn.Sequential(found)
        self.requires_grad_(False).eval().to(memory_format=torch.channels_last)  # pools are ten times as fast

    def forward(self, image: Float[Tensor, "batch channel height width"]) -> dict[str, Tensor]:
        """Return the feature maps.

        Raises:
            ConfigError: a side of the image is too short for the pools.
        """
        if min(image.shape[2:]) < self.least_side:
            got = f"{image.shape[3]} x {image.shape[2]} pixels"
            raise ConfigError("the image", got=got, need=f"{self.least_side} or more on each side for these layers")
        x = self.normalize(image)  # batch 3 height width
        found = {}
        for name, layer in self.layers.named_children():
            x = layer(x)  # batch 64 height width; each pool halves the sides, each block widens up to 512 channels
            if name in self.wanted:
                found[name] = x
        return found

    @property
    def least_side(self) -> int:
        """Shortest side of an image that leaves a pixel, pixels."""
        return int(2 ** sum(name.startswith("pool") for name, _ in self.layers.named_children()))

    @property
    def convolutions(self) -> list[nn.Conv2d]:
        """The convolutions in order."""
        return [layer for layer in self.layers if isinstance(layer, nn.Conv2d)]

    @torch.no_grad()
    def load_convolutions(self, convolutions: Convolutions, what: str = "the weights") -> None:
        """Copy weights and biases into the convolutions, from the first on; more than there are layers are left out.

        Args:
            convolutions: of a VGG of this depth.
            what: what an error calls them.

        Raises:
            RunError: there are too few, or a shape differs; nothing is changed then.
        """
        need = [(tuple(own.weight.shape), (own.out_channels,)) for own in self.convolutions]
        got = [(tuple(weight.shape), tuple(bias.shape)) for weight, bias in convolutions[: len(need)]]
        if got != need:
            shapes = next((pair for pair in zip(got, need, strict=False) if pair[0] != pair[1]), (len(got), len(need)))
            raise RunError(what, got=shapes[0], need=f"{shapes[1]}, as in a VGG-{self.depth}")
        for own, (weight, bias) in zip(self.convolutions, convolutions, strict=False):
            own.weight.copy_(weight)
            own.bias.copy_(bias)  # type: ignore[union-attr]

    def draw(self) -> None:
        """Draw random weights (He initialization), biases 0, from torch's global generator."""
        for own in self.convolutions:
            kaiming_normal_(own.weight)
            own.bias.zero_()  # type: ignore[union-attr]
