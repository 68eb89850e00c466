"""Convolution and 2x2 pooling on blocks of pixels: the same numbers from fewer, fuller channels.

A processor multiplies eight or sixteen numbers at once. A first layer with one channel in and six out leaves
most of those lanes empty. So four neighboring pixels become four channels (space to depth): a 5x5 convolution
with 1 -> 6 channels on 28x28 pixels turns into a 3x3 one with 4 -> 24 channels on 14x14 blocks. The 24 outputs
are the 6 maps at the 4 pixels ("phases") of each block, and a 2x2 pool is then a mean or a maximum over phases.
Weights are spread into the larger kernel by one gather per step, so parameters, gradients and names stay those
of the plain layer; a third of the larger kernel is zeros, and the fuller lanes more than pay for it.

Source: the space-to-depth stem of Ridnik et al. 2021, "TResNet", section 2.1; here it is exact, not an approximation.
Twin: torch.nn.Conv2d, AvgPool2d(2), MaxPool2d(2), to rounding.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import pair

ELEMENTWISE = (nn.Sigmoid, nn.Tanh, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Identity)
FEW_CHANNELS = 128  # in x out: where measured, narrower layers gain from blocks and wider ones lose


class SpaceToDepthConv2d(nn.Conv2d):
    """A square, stride-1 `Conv2d` whose output is in phases: `[batch, 4 * out, height / 2, width / 2]`.

    Channel `p * out + c` holds map c at the pixel of each 2x2 block with p = 2 * row + column.

    Raises:
        ConfigError: the layer to copy has a stride, dilation, groups, or a kernel that is not square.
    """

    spread: Tensor

    def __init__(self, plain: nn.Conv2d) -> None:
        if not _is_simple(plain):
            raise ConfigError("SpaceToDepthConv2d", got=str(plain), need="a square stride-1 convolution without groups")
        side, padding = int(plain.kernel_size[0]), _padding(plain)
        bias = plain.bias is not None
        super().__init__(plain.in_channels, plain.out_channels, side, padding=padding, bias=bias, device="meta")
        self.weight, self.bias = plain.weight, plain.bias  # shared with the plain layer, not copied
        spread = _spread(plain.out_channels, plain.in_channels, side)
        self.register_buffer("spread", spread.to(plain.weight.device), persistent=False)

    def forward(self, input: Float[Tensor, "batch channel height width"]) -> Tensor:
        """Convolve; height and width of the plain layer's output must be even."""
        padding, blocks = _padding(self), (int(self.kernel_size[0]) + 2) // 2
        if padding % 2:  # half a block of padding: pad the pixels instead
            input, padding = functional.pad(input, (padding,) * 4), 0
        lanes = 4 * self.in_channels
        padded = functional.pad(self.weight.flatten(), (0, 1))  # one more entry: the zero that fills the gaps
        weight = padded.index_select(0, self.spread).view(4 * self.out_channels, blocks, blocks, lanes)
        bias = None if self.bias is None else self.bias.repeat(4)
        return functional.conv2d(space_to_depth(input), weight.permute(0, 3, 1, 2), bias, padding=padding // 2)


class DepthAvgPool2d(nn.Module):
    """2x2 average pooling of phases: the mean over the four."""

    def forward(self, input: Float[Tensor, "batch phases height width"]) -> Float[Tensor, "batch _ height width"]:
        """Average the four pixels of each block."""
        first, second, third, fourth = input.chunk(4, 1)
        return ((first + second) + (third + fourth)) * 0.25


class DepthMaxPool2d(nn.Module):
    """2x2 max pooling of phases: the largest of the four."""

    def forward(self, input: Float[Tensor, "batch phases height width"]) -> Float[Tensor, "batch _ height width"]:
        """Keep the largest of the four pixels of each block; of equal ones the first takes the gradient."""
        batch, channels, height, width = input.shape
        return input.view(batch, 4, channels // 4, height, width).max(1).values


def space_to_depth(pixels: Float[Tensor, "batch channel height width"]) -> Tensor:
    """Turn 2x2 blocks of pixels into channels, stored channels-last: `[batch, 4 * channel, height / 2, width / 2]`."""
    batch, channels, height, width = pixels.shape
    blocks = pixels.permute(0, 2, 3, 1).reshape(batch, height // 2, 2, width // 2, 2, channels)
    lanes = blocks.permute(0, 1, 3, 2, 4, 5).reshape(batch, height // 2, width // 2, 4 * channels)
    return lanes.permute(0, 3, 1, 2)


def with_space_to_depth(
    chain: Mapping[str, nn.Module], example: Float[Tensor, "batch channel height width"], *, training: bool
) -> nn.Sequential | None:
    """Build a model from a chain of layers whose narrow convolution + activation + 2x2 pool compute on blocks.

    The result shares parameters, buffers and layer names with the chain: training one trains the other.

    Args:
        chain: layers by name, each of which reads what the one before returns; see inspection.chain_of.
        example: any input of the right shape; its values do not matter.
        training: mode of the result.

    Returns:
        None where the chain has no such triple of layers.
    """
    layers = dict(chain)
    shapes = _input_shapes(layers, example)
    for first, second, third in zip(chain, list(chain)[1:], list(chain)[2:], strict=False):
        convolution, between, pool = layers[first], layers[second], layers[third]
        if isinstance(between, ELEMENTWISE) and _fits(convolution, shapes[first], shapes[second]):
            replacement = _depth_pool(pool)
            if replacement is not None:
                layers[first], layers[third] = SpaceToDepthConv2d(convolution), replacement  # type: ignore[arg-type]
    if all(layers[name] is layer for name, layer in chain.items()):
        return None
    rebuilt = nn.Sequential()
    for name, layer in layers.items():
        rebuilt.add_module(name, layer)
    return rebuilt.train(training)


def _spread(out: int, channels: int, side: int) -> Int64[Tensor, " entries"]:
    """Index of the plain weight behind each entry of the larger kernel; the last index stands for zero."""
    blocks = (side + 2) // 2
    zero = out * channels * side * side
    source = torch.arange(zero).view(out, channels, side, side)
    spread = torch.full((2, 2, out, 2, 2, channels, blocks, blocks), zero)  # phase out, lane in, block
    for row in range(2):
        for column in range(2):
            large = torch.full((out, channels, 2 * blocks, 2 * blocks), zero)
            large[:, :, row : row + side, column : column + side] = source
            spread[row, column] = large.view(out, channels, blocks, 2, blocks, 2).permute(0, 3, 5, 1, 2, 4)
    lanes = spread.reshape(4 * out, 4 * channels, blocks, blocks)
    return lanes.permute(0, 2, 3, 1).reshape(-1)  # channels last, as the convolution wants it


def _padding(layer: nn.Conv2d) -> int:
    padding = layer.padding
    return -1 if isinstance(padding, str) or padding[0] != padding[1] else int(padding[0])


def _is_simple(layer: nn.Module) -> bool:
    """Tell whether the convolution is one that blocks can express."""
    if type(layer) is not nn.Conv2d or layer.padding_mode != "zeros" or _padding(layer) < 0:
        return False
    plain = layer.stride == layer.dilation == (1, 1) and layer.groups == 1
    return plain and layer.kernel_size[0] == layer.kernel_size[1]


def _fits(layer: nn.Module, before: torch.Size, after: torch.Size) -> bool:
    """Tell whether blocks pay for this layer: narrow, and even sides before (padded) and after."""
    if not isinstance(layer, nn.Conv2d) or not _is_simple(layer):
        return False
    narrow = layer.in_channels * layer.out_channels <= FEW_CHANNELS
    sides = (*after[-2:], *(side + 2 * _padding(layer) for side in before[-2:]))
    return narrow and all(side % 2 == 0 for side in sides)


def _depth_pool(pool: nn.Module) -> nn.Module | None:
    """Return the phase form of a 2x2 pool, or None for any other layer."""
    if not isinstance(pool, nn.AvgPool2d | nn.MaxPool2d):
        return None
    window = [pair(pool.kernel_size), pair(pool.stride), pair(pool.padding)]
    special = isinstance(pool, nn.MaxPool2d) and (pair(pool.dilation) != (1, 1) or pool.return_indices)
    divided = isinstance(pool, nn.AvgPool2d) and pool.divisor_override is not None
    if window != [(2, 2), (2, 2), (0, 0)] or special or divided:
        return None
    return DepthAvgPool2d() if isinstance(pool, nn.AvgPool2d) else DepthMaxPool2d()


@torch.no_grad()
def _input_shapes(layers: Mapping[str, nn.Module], example: Tensor) -> dict[str, torch.Size]:
    """Return the shape that each layer reads, for one example; running statistics stay as they are."""
    modes = {module: module.training for layer in layers.values() for module in layer.modules()}
    shapes, x = {}, example[:1]
    for name, layer in layers.items():
        shapes[name] = x.shape
        x = layer.eval()(x)
    for module, mode in modes.items():
        module.training = mode
    return shapes
