"""Convolution in three forms: as an explicit loop, as a sum of shifted images, and as one matrix product (im2col).

All three compute out[b, o, y, x] = bias[o] + sum over i, r, c of weight[o, i, r, c] image[b, i, s y + d r, s x + d c]
with stride s and dilation d. (In mathematics this is cross-correlation: the kernel is not mirrored.) They differ in
which loops run in Python and which in the library, and so in speed only.

Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 9.1, eq. 9.6.
"""

from collections.abc import Callable
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_axis, check_choice, check_counts
from d2lab.layers.init import default_init_
from d2lab.layers.windows import count_windows, pad, shifts, windows

Pair = tuple[int, int]
Images = Float[Tensor, "batch channel height width"]
Kernels = Float[Tensor, "out in_per_group rows columns"]
Maps = Float[Tensor, "batch out out_height out_width"]


def convolve_loop(image: Images, weight: Kernels, stride: Pair, dilation: Pair, groups: int) -> Maps:
    """Convolve by an explicit loop: at every output position, multiply the patch by each kernel and sum.

    Args:
        image: already padded; it has in_per_group * groups channels.
        weight: one kernel for each output channel.
        stride: pixels between neighboring windows, by rows and columns.
        dilation: pixels between neighboring kernel entries, by rows and columns.
        groups: parts into which channels are divided; outputs of a part depend on its inputs alone.

    Raises:
        ConfigError: the kernel is larger than the image.
    """
    kernel = weight.shape[-2:]
    height, width = (count_windows(*size) for size in zip(image.shape[-2:], kernel, stride, dilation, strict=True))
    extent = [step * (side - 1) + 1 for side, step in zip(kernel, dilation, strict=True)]  # pixels a kernel covers
    kernels = weight.reshape(groups, -1, *weight.shape[1:])  # group out in rows columns
    pixels = []
    for y in range(0, height * stride[0], stride[0]):
        for x in range(0, width * stride[1], stride[1]):
            patch = image[:, :, y : y + extent[0] : dilation[0], x : x + extent[1] : dilation[1]]
            grouped = patch.reshape(len(image), groups, 1, -1, *kernel)  # batch group 1 in rows columns
            products = grouped * kernels  # batch group out in rows columns
            pixels.append(products.sum((3, 4, 5)).flatten(1))  # batch group*out
    maps = torch.stack(pixels, -1)  # batch group*out height*width
    return maps.view(len(image), -1, height, width)  # batch out height width


def convolve_shifts(image: Images, weight: Kernels, stride: Pair, dilation: Pair, groups: int) -> Maps:
    """Convolve as a sum over kernel entries: shift the image, mix its channels by that entry, and add.

    Args:
        image: already padded; it has in_per_group * groups channels.
        weight: one kernel for each output channel.
        stride: pixels between neighboring windows, by rows and columns.
        dilation: pixels between neighboring kernel entries, by rows and columns.
        groups: parts into which channels are divided; outputs of a part depend on its inputs alone.

    Raises:
        ConfigError: the kernel is larger than the image.
    """
    channels, kernel = weight.shape[1], _two(weight.shape[-2:])
    entries = weight.reshape(groups, -1, channels, kernel[0] * kernel[1]).unbind(3)  # each: group out in
    shifted = list(shifts(image, kernel, stride, dilation))  # each: batch channel height width
    height, width = shifted[0].shape[-2:]
    mixed = (
        entry @ pixels.reshape(len(image), groups, channels, height * width)  # batch group out height*width
        for entry, pixels in zip(entries, shifted, strict=True)
    )
    return reduce(torch.add, mixed).view(len(image), -1, height, width)  # batch out height width


def convolve_columns(image: Images, weight: Kernels, stride: Pair, dilation: Pair, groups: int) -> Maps:
    """Convolve as one matrix product: every window of the image is a column, every kernel a row.

    Args:
        image: already padded; it has in_per_group * groups channels.
        weight: one kernel for each output channel.
        stride: pixels between neighboring windows, by rows and columns.
        dilation: pixels between neighboring kernel entries, by rows and columns.
        groups: parts into which channels are divided; outputs of a part depend on its inputs alone.

    Raises:
        ConfigError: the kernel is larger than the image.

    Source: Chellapilla, Puri, Simard 2006, "High Performance Convolutional Neural Networks", section 3.
    Cost: memory for kernel rows * kernel columns / stride^2 copies of the image.
    """
    patches = windows(image, _two(weight.shape[-2:]), stride, dilation)  # batch channel entry height width
    height, width = patches.shape[-2:]
    rows = weight.reshape(groups, len(weight) // groups, -1)  # group out in*entry
    columns = patches.reshape(len(image), groups, rows.shape[-1], height * width)  # batch group in*entry height*width
    maps = rows @ columns  # batch group out height*width
    return maps.view(len(image), len(weight), height, width)  # batch out height width


FORMS: dict[str, Callable[[Images, Kernels, Pair, Pair, int], Maps]] = {
    "loop": convolve_loop,
    "shifts": convolve_shifts,
    "columns": convolve_columns,
}


class Conv2d(nn.Module):
    """Apply a 2D convolution to images [batch, channel, height, width], or to a single one without the batch axis.

    Source: LeCun et al. 1989, Neural Computation 1(4), section 3; groups: Krizhevsky et al. 2012, section 3.5;
    dilation: Yu and Koltun 2016, eq. 2.
    Twin: torch.nn.Conv2d with padding_mode="zeros"; `form` is "columns", "shifts" or "loop" and changes the speed only.

    Raises:
        ConfigError: a size is below 1, groups do not divide the channels, padding="same" comes with a stride, or an
            input has other channels or is smaller than the kernel.
    """

    axes = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] | str = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        form: str = "columns",
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = self._sizes(kernel_size), self._sizes(stride)
        self.dilation, self.groups, self.form = self._sizes(dilation), groups, form
        self.in_channels, self.out_channels = in_channels, out_channels
        self.padding = padding if isinstance(padding, str) else self._sizes(padding)
        self._check()
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *self.kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        default_init_(self.weight, self.bias)

    def _sizes(self, value: int | tuple[int, ...]) -> tuple[int, ...]:
        return (value,) * self.axes if isinstance(value, int) else tuple(value)

    def _check(self) -> None:
        """Raise where the arguments describe no convolution."""
        name = type(self).__name__
        check_counts(name, in_channels=self.in_channels, out_channels=self.out_channels, groups=self.groups)
        check_counts(name, kernel_size=self.kernel_size, stride=self.stride, dilation=self.dilation)
        check_choice(f"{name}.form", self.form, tuple(FORMS))
        if self.in_channels % self.groups or self.out_channels % self.groups:
            got = f"{self.groups} for {self.in_channels} -> {self.out_channels} channels"
            raise ConfigError(f"{name}.groups", got=got, need="a divisor of both")
        if isinstance(self.padding, str):
            check_choice(f"{name}.padding", self.padding, ("valid", "same"))
            if self.padding == "same" and max(self.stride) > 1:
                raise ConfigError(f"{name}.padding", got="same", need="a stride of 1 for it")

    def _padding(self) -> list[tuple[int, int]]:
        """Return the pixels to add before and after, for each axis; "same" adds an odd one after."""
        if self.padding == "valid":
            return [(0, 0)] * self.axes
        if self.padding == "same":
            extra = [step * (side - 1) for side, step in zip(self.kernel_size, self.dilation, strict=True)]
            return [(more // 2, more - more // 2) for more in extra]
        return [(int(side), int(side)) for side in self.padding]

    def forward(self, input: Float[Tensor, "*batch channel height width"]) -> Float[Tensor, "*batch out _ _"]:
        """Return the feature maps of a batch of images, or of a single image."""
        check_axis(type(self).__name__, input, -3, self.in_channels)
        rows, columns = self._padding()
        batch = input if input.ndim == 4 else input.unsqueeze(0)  # batch channel height width
        maps = self._convolve(pad(batch, rows, columns), self.weight, self.stride, self.dilation)  # batch out _ _
        return maps if input.ndim == 4 else maps.squeeze(0)

    def _convolve(self, padded: Tensor, weight: Tensor, stride: tuple[int, ...], dilation: tuple[int, ...]) -> Tensor:
        maps = FORMS[self.form](padded, weight, _two(stride), _two(dilation), self.groups)
        return maps if self.bias is None else maps + self.bias[:, None, None]


class Conv1d(Conv2d):
    """Apply a 1D convolution to sequences [batch, channel, time], computed as images of height 1.

    Source: Waibel et al. 1989, "Phoneme Recognition Using Time-Delay Neural Networks", section II.
    Twin: torch.nn.Conv1d with padding_mode="zeros".

    Raises:
        ConfigError: as Conv2d raises it.
    """

    axes = 1

    def forward(self, input: Float[Tensor, "*batch channel time"]) -> Float[Tensor, "*batch out _"]:
        """Return the feature maps of a batch of sequences, or of a single sequence."""
        check_axis("Conv1d", input, -2, self.in_channels)
        batch = (input if input.ndim == 3 else input.unsqueeze(0)).unsqueeze(2)  # batch channel 1 time
        (columns,) = self._padding()
        padded = pad(batch, (0, 0), columns)
        kernels = self.weight.unsqueeze(2)  # out in_per_group 1 entry
        maps = self._convolve(padded, kernels, (1, *self.stride), (1, *self.dilation)).squeeze(2)  # batch out time
        return maps if input.ndim == 3 else maps.squeeze(0)


def _two(sizes: tuple[int, ...] | torch.Size) -> Pair:
    rows, columns = sizes
    return rows, columns
