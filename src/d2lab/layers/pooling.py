"""Pooling layers: every window of pixels becomes its maximum or its mean, in each channel separately."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_counts, pair
from d2lab.layers.windows import pad, windows

Size = int | tuple[int, ...]


class _Pool2d(nn.Module):
    """Base of both pools: the window and the padding."""

    def __init__(self, kernel_size: Size, stride: Size | None, padding: Size, ceil_mode: bool) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size, self.padding, self.ceil_mode = pair(kernel_size), pair(padding), ceil_mode
        self.stride = self.kernel_size if stride is None else pair(stride)
        check_counts(name, kernel_size=self.kernel_size, stride=self.stride)
        if any(not 0 <= added <= side // 2 for added, side in zip(self.padding, self.kernel_size, strict=True)):
            raise ConfigError(f"{name}.padding", got=self.padding, need="0 to half of the kernel")

    def _windows(self, input: Tensor, value: float, dilation: tuple[int, ...] = (1, 1)) -> Tensor:
        """Return the windows `[batch, channel, entry, out height, out width]` of images padded with `value`."""
        added = []
        for axis, side in enumerate(input.shape[-2:]):
            padding = self.padding[axis]
            added.append((padding, padding + self._overhang(side, axis, dilation[axis])))
        batch = input if input.ndim == 4 else input.unsqueeze(0)
        sizes = [(sizes[0], sizes[1]) for sizes in (self.kernel_size, self.stride, dilation)]
        return windows(pad(batch, added[0], added[1], value), *sizes)

    def _overhang(self, side: int, axis: int, dilation: int) -> int:
        """Return the pixels that ceil_mode adds after an axis, so that a last window that begins inside is kept."""
        stride, padding = self.stride[axis], self.padding[axis]
        room = side + 2 * padding - dilation * (self.kernel_size[axis] - 1) - 1
        missing = -room % stride
        begins = room + missing  # where the extra window would begin, padding included
        return missing if self.ceil_mode and begins < side + padding else 0


class MaxPool2d(_Pool2d):
    """Return the maximum of each window; of equal entries the first gets the gradient. Padding is never the maximum.

    Source: Riesenhuber and Poggio 1999, Nature Neuroscience 2(11), "MAX operation".
    Twin: torch.nn.MaxPool2d, without return_indices.

    Raises:
        ConfigError: a size is below 1, the padding is beyond half of the kernel, or the window is too large.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.dilation = pair(dilation)
        check_counts("MaxPool2d", dilation=self.dilation)

    def forward(self, input: Float[Tensor, "*batch channel height width"]) -> Float[Tensor, "*batch channel _ _"]:
        """Return the maximum of every window."""
        largest = self._windows(input, -torch.inf, self.dilation).max(2).values  # batch channel _ _
        return largest if input.ndim == 4 else largest.squeeze(0)


class AvgPool2d(_Pool2d):
    """Return the mean of each window; padding counts as 0 unless `count_include_pad` is False.

    Source: LeCun et al. 1998, Proc. IEEE 86(11), section II.B (there with a learned factor and bias).
    Twin: torch.nn.AvgPool2d.

    Raises:
        ConfigError: a size is below 1, the padding is beyond half of the kernel, or the window is too large.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override
        if divisor_override is not None:
            check_counts("AvgPool2d", divisor_override=divisor_override)

    def forward(self, input: Float[Tensor, "*batch channel height width"]) -> Float[Tensor, "*batch channel _ _"]:
        """Return the mean of every window."""
        sums = self._windows(input, 0.0).sum(2)  # batch channel _ _
        means = sums / (self._counts(input) if self.divisor_override is None else self.divisor_override)
        return means if input.ndim == 4 else means.squeeze(0)

    def _counts(self, input: Tensor) -> Tensor:
        """Count the pixels that each window averages; those that ceil_mode adds never count."""
        down, right = self.padding if self.count_include_pad else (0, 0)
        ones = input.new_ones(1, 1, input.shape[-2] + 2 * down, input.shape[-1] + 2 * right)
        whole = self.padding if not self.count_include_pad else (0, 0)
        overhang = [self._overhang(side, axis, 1) for axis, side in enumerate(input.shape[-2:])]
        added = [(inner, inner + more) for inner, more in zip(whole, overhang, strict=True)]
        sizes = [(sizes[0], sizes[1]) for sizes in (self.kernel_size, self.stride)]
        return windows(pad(ones, added[0], added[1]), *sizes).sum(2)


class AdaptiveAvgPool2d(nn.Module):
    """Average into a grid of a given size m, whatever the image's n: cell i is floor(i n / m) to ceil((i + 1) n / m).

    Source: He et al. 2014, "Spatial Pyramid Pooling", section 2.3.
    Twin: torch.nn.AdaptiveAvgPool2d.

    Raises:
        ConfigError: a size is below 1.
    """

    def __init__(self, output_size: int | tuple[int | None, ...] | None) -> None:
        super().__init__()
        sizes = output_size if isinstance(output_size, tuple) else (output_size, output_size)
        self.output_size = tuple(sizes)
        check_counts("AdaptiveAvgPool2d", output_size=tuple(size for size in sizes if size is not None) or 1)

    def forward(self, input: Float[Tensor, "*batch channel height width"]) -> Float[Tensor, "*batch channel _ _"]:
        """Return the mean of every cell, by averaging over rows and then over columns."""
        down, right = (
            _cells(side, side if cells is None else cells, input)
            for side, cells in zip(input.shape[-2:], self.output_size, strict=True)
        )
        return down @ input @ right.T  # cells height, height width, width cells


def _cells(side: int, cells: int, like: Tensor) -> Float[Tensor, "cells side"]:
    """Return the matrix whose row i averages the pixels of cell i."""
    pixel, cell = torch.arange(side), torch.arange(cells).unsqueeze(1)
    begin, end = cell * side // cells, -((cell + 1) * side // -cells)  # floor and ceiling
    inside = ((pixel >= begin) & (pixel < end)).to(like)
    return inside / inside.sum(1, keepdim=True)
