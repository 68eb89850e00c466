"""Convolution three times: as the visible loop, as a sum of shifted images, and as one matrix product.

All three compute out[b, o, y, x] = bias[o] + sum over i, r, c of weight[o, i, r, c] image[b, i, s y + d r, s x + d c]
with stride s and dilation d. (Mathematicians call this cross-correlation: the kernel is not mirrored.) They differ
in which loop Python turns and which the library turns, and so in speed only.

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
    """Convolve as it is drawn on a blackboard: at every place, multiply the patch by each kernel and add up.

    Args:
        image: already padded; channels are in-per-group times groups.
        weight: one kernel for each output channel.
        stride: pixels from one place to the next.
        dilation: pixels from one kernel entry to the next.
        groups: parts into which channels are divided; each part sees only its own.

    Raises:
        ConfigError: the kernel reaches further than the image.
    """
    kernel = weight.shape[-2:]
    height, width = (count_windows(*size) for size in zip(image.shape[-2:], kernel, stride, dilation, strict=True))
    reach = [step * (side - 1) + 1 for side, step in zip(kernel, dilation, strict=True)]
    kernels = weight.reshape(groups, -1, *weight.shape[1:])  # group out in rows columns
    pixels = []
    for y in range(0, height * stride[0], stride[0]):
        for x in range(0, width * stride[1], stride[1]):
            patch = image[:, :, y : y + reach[0] : dilation[0], x : x + reach[1] : dilation[1]]
            apart = patch.reshape(len(image), groups, 1, -1, *kernel)
            products = apart * kernels  # batch group out in rows columns
            pixels.append(products.sum((3, 4, 5)).flatten(1))
    return torch.stack(pixels, -1).view(len(image), -1, height, width)


def convolve_shifts(image: Images, weight: Kernels, stride: Pair, dilation: Pair, groups: int) -> Maps:
    """Convolve as a sum over kernel entries: shift the image, mix its channels, add.

    Args:
        image: already padded; channels are in-per-group times groups.
        weight: one kernel for each output channel.
        stride: pixels from one place to the next.
        dilation: pixels from one kernel entry to the next.
        groups: parts into which channels are divided; each part sees only its own.

    Raises:
        ConfigError: the kernel reaches further than the image.
    """
    channels, kernel = weight.shape[1], _two(weight.shape[-2:])
    entries = weight.reshape(groups, -1, channels, kernel[0] * kernel[1]).unbind(3)  # each: group out in
    seen = list(shifts(image, kernel, stride, dilation))
    height, width = seen[0].shape[-2:]
    mixed = (
        entry @ shifted.reshape(len(image), groups, channels, height * width)  # batch group out place
        for entry, shifted in zip(entries, seen, strict=True)
    )
    return reduce(torch.add, mixed).view(len(image), -1, height, width)


def convolve_columns(image: Images, weight: Kernels, stride: Pair, dilation: Pair, groups: int) -> Maps:
    """Convolve as one matrix product: every window is a column, every kernel a row.

    Args:
        image: already padded; channels are in-per-group times groups.
        weight: one kernel for each output channel.
        stride: pixels from one place to the next.
        dilation: pixels from one kernel entry to the next.
        groups: parts into which channels are divided; each part sees only its own.

    Raises:
        ConfigError: the kernel reaches further than the image.

    Source: Chellapilla, Puri, Simard 2006, "High Performance Convolutional Neural Networks", section 3.
    Cost: memory for kernel rows * kernel columns / stride^2 copies of the image.
    """
    seen = windows(image, _two(weight.shape[-2:]), stride, dilation)  # batch channel entry out_height out_width
    height, width = seen.shape[-2:]
    rows = weight.reshape(groups, len(weight) // groups, -1)  # group out in*entry
    columns = seen.reshape(len(image), groups, rows.shape[-1], height * width)  # batch group in*entry place
    return (rows @ columns).view(len(image), len(weight), height, width)


FORMS: dict[str, Callable[[Images, Kernels, Pair, Pair, int], Maps]] = {
    "loop": convolve_loop,
    "shifts": convolve_shifts,
    "columns": convolve_columns,
}


class Conv2d(nn.Module):
    """Slide kernels over images; see the equation above.

    Source: LeCun et al. 1989, Neural Computation 1(4), section 3; groups: Krizhevsky et al. 2012, section 3.5;
    dilation: Yu and Koltun 2016, eq. 2.
    Twin: torch.nn.Conv2d with padding_mode="zeros"; `form` is ours and changes the speed only.

    Raises:
        ConfigError: a size is below 1, groups do not divide the channels, padding="same" meets a stride, or an
            input has other channels or fewer pixels than the kernel reaches.
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
        """Refuse arguments that describe no convolution."""
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

    def _frame(self) -> list[tuple[int, int]]:
        """Pixels to add before and after, for each axis; an odd "same" puts the odd one behind."""
        if self.padding == "valid":
            return [(0, 0)] * self.axes
        if self.padding == "same":
            extra = [step * (side - 1) for side, step in zip(self.kernel_size, self.dilation, strict=True)]
            return [(more // 2, more - more // 2) for more in extra]
        return [(int(side), int(side)) for side in self.padding]

    def forward(self, input: Float[Tensor, "*batch channel height width"]) -> Float[Tensor, "*batch out _ _"]:
        """Convolve a batch of images, or a single one without the batch axis."""
        check_axis(type(self).__name__, input, -3, self.in_channels)
        rows, columns = self._frame()
        batch = input if input.ndim == 4 else input.unsqueeze(0)
        maps = self._convolve(pad(batch, rows, columns), self.weight, self.stride, self.dilation)
        return maps if input.ndim == 4 else maps.squeeze(0)

    def _convolve(self, framed: Tensor, weight: Tensor, stride: tuple[int, ...], dilation: tuple[int, ...]) -> Tensor:
        maps = FORMS[self.form](framed, weight, _two(stride), _two(dilation), self.groups)
        return maps if self.bias is None else maps + self.bias[:, None, None]


class Conv1d(Conv2d):
    """Slide kernels along sequences: the convolution of images that are one pixel high.

    Source: Waibel et al. 1989, "Phoneme Recognition Using Time-Delay Neural Networks", section II.
    Twin: torch.nn.Conv1d with padding_mode="zeros".

    Raises:
        ConfigError: as for Conv2d.
    """

    axes = 1

    def forward(self, input: Float[Tensor, "*batch channel time"]) -> Float[Tensor, "*batch out _"]:
        """Convolve a batch of sequences, or a single one without the batch axis."""
        check_axis("Conv1d", input, -2, self.in_channels)
        batch = (input if input.ndim == 3 else input.unsqueeze(0)).unsqueeze(2)
        (columns,) = self._frame()
        framed = pad(batch, (0, 0), columns)
        maps = self._convolve(framed, self.weight.unsqueeze(2), (1, *self.stride), (1, *self.dilation)).squeeze(2)
        return maps if input.ndim == 3 else maps.squeeze(0)


def _two(sizes: tuple[int, ...] | torch.Size) -> Pair:
    rows, columns = sizes
    return rows, columns
