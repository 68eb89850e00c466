"""Transposed convolution in three forms: scaled kernels added up, the transposed matrix, a stretched convolution.

A convolution is a linear map from images to feature maps. Its transpose maps feature maps to the image's size; it is
what the backward pass of the convolution computes. It inverts the change of shape, not the values.

Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic", chapter 4.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_axis, check_choice, check_counts, pair
from d2lab.layers.convolution import convolve_columns
from d2lab.layers.init import default_init_
from d2lab.layers.stretched import convolve_stretched
from d2lab.layers.windows import pad


class ConvTranspose2d(nn.Module):
    """Apply a transposed 2D convolution to [batch, channel, height, width], or to one example without the batch axis.

    A side of n becomes (n - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.

    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic", chapter 4.
    Twin: torch.nn.ConvTranspose2d with padding_mode="zeros", without forward's output_size; `form` is "scatter",
    "matrix" or "stretched" (`layers.stretched`) and changes the speed only.
    Cost: form "matrix" builds the whole matrix of (out pixels) * (in pixels) numbers, to be shown, not trained.

    Raises:
        ConfigError: a size is below 1, groups do not divide the channels, output_padding is not below stride or
            dilation, or an input has other channels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        output_padding: int | tuple[int, ...] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | tuple[int, ...] = 1,
        *,
        form: str = "scatter",
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels, self.groups, self.form = in_channels, out_channels, groups, form
        self.kernel_size, self.stride, self.padding = pair(kernel_size), pair(stride), pair(padding)
        self.output_padding, self.dilation = pair(output_padding), pair(dilation)
        self._check()
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels // groups, *self.kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        default_init_(self.weight, self.bias)

    def _check(self) -> None:
        """Raise where the arguments describe no transposed convolution."""
        name = "ConvTranspose2d"
        check_counts(name, in_channels=self.in_channels, out_channels=self.out_channels, groups=self.groups)
        check_counts(name, kernel_size=self.kernel_size, stride=self.stride, dilation=self.dilation)
        check_choice(f"{name}.form", self.form, ("scatter", "matrix", "stretched"))
        if self.in_channels % self.groups or self.out_channels % self.groups:
            got = f"{self.groups} for {self.in_channels} -> {self.out_channels} channels"
            raise ConfigError(f"{name}.groups", got=got, need="a divisor of both")
        if min(self.padding) < 0:
            raise ConfigError(f"{name}.padding", got=self.padding, need="0 pixels or more")
        for extra, stride, dilation in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if not 0 <= extra < max(stride, dilation):
                raise ConfigError(f"{name}.output_padding", got=extra, need="0 or more, below stride or dilation")

    def _size(self, input: Tensor) -> tuple[int, int]:
        """Return height and width of the output."""
        sides = []
        for axis, side in enumerate(input.shape[-2:]):
            spread = (side - 1) * self.stride[axis] + self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            sides.append(spread - 2 * self.padding[axis] + self.output_padding[axis])
        if min(sides) < 1:
            raise ConfigError("ConvTranspose2d's output", got=tuple(sides), need="at least one pixel")
        return sides[0], sides[1]

    def forward(self, input: Float[Tensor, "*batch channel height width"]) -> Float[Tensor, "*batch out _ _"]:
        """Return the enlarged feature maps of a batch, or of a single example."""
        check_axis("ConvTranspose2d", input, -3, self.in_channels)
        batch = input if input.ndim == 4 else input.unsqueeze(0)  # batch channel height width
        forms = {"scatter": self._scatter, "matrix": self._transpose, "stretched": self._stretched}
        enlarged = forms[self.form](batch)
        if self.bias is not None:
            enlarged = enlarged + self.bias[:, None, None]
        return enlarged if input.ndim == 4 else enlarged.squeeze(0)

    def _scatter(self, input: Tensor) -> Tensor:
        """Add, for every input pixel, the kernel times its value to the output; overlapping kernels add up."""
        (height, width), (rows, columns) = input.shape[-2:], self.kernel_size
        down, right = self.stride
        sides = self._size(input)
        padded = [side + 2 * added for side, added in zip(sides, self.padding, strict=True)]
        output = input.new_zeros(len(input), self.out_channels, *padded)
        pixels = input.reshape(len(input), self.groups, -1, height * width)  # batch group in height*width
        kernels = self.weight.view(self.groups, -1, *self.weight.shape[1:]).transpose(1, 2)  # group out in rows columns
        for row in range(rows):
            for column in range(columns):
                scaled = kernels[..., row, column] @ pixels  # batch group out height*width
                scaled = scaled.view(*output.shape[:2], height, width)  # batch out height width
                top, left = row * self.dilation[0], column * self.dilation[1]
                ends = top + (height - 1) * down + 1, left + (width - 1) * right + 1
                output[:, :, top : ends[0] : down, left : ends[1] : right] += scaled
        top, left = self.padding
        return output[:, :, top : top + sides[0], left : left + sides[1]]

    def _stretched(self, input: Tensor) -> Tensor:
        """Convolve the input, stretched by zeros, with the flipped kernels."""
        return convolve_stretched(
            input,
            self.weight,
            self._size(input),
            stride=(self.stride[0], self.stride[1]),
            padding=(self.padding[0], self.padding[1]),
            output_padding=(self.output_padding[0], self.output_padding[1]),
            dilation=(self.dilation[0], self.dilation[1]),
            groups=self.groups,
        )

    def _transpose(self, input: Tensor) -> Tensor:
        """Multiply by the transposed matrix of the convolution with the same kernels."""
        sides = self._size(input)
        height, width = input.shape[-2:]
        matrix = self.matrix(sides, (height, width))  # image_pixels map_pixels
        flat = input.flatten(1) @ matrix.T  # batch image_pixels
        return flat.view(len(input), self.out_channels, *sides)  # batch out height width

    def matrix(self, sides: tuple[int, int], places: tuple[int, int]) -> Float[Tensor, "image_pixels map_pixels"]:
        """Return the transposed matrix of the convolution: row p is its output for the image with a 1 at pixel p.

        Args:
            sides: height and width of the image.
            places: height and width of the feature maps.
        """
        pixels = self.out_channels * sides[0] * sides[1]
        unit = torch.eye(pixels, dtype=self.weight.dtype, device=self.weight.device)
        down, right = self.padding
        images = unit.view(-1, self.out_channels, *sides)  # pixel channel height width, each with a single 1
        padded = pad(images, (down, down), (right, right))
        stride, dilation = (self.stride[0], self.stride[1]), (self.dilation[0], self.dilation[1])
        maps = convolve_columns(padded, self.weight, stride, dilation, self.groups)
        return maps[:, :, : places[0], : places[1]].flatten(1)  # output_padding may leave room for more
