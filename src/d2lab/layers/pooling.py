"""Pooling: a window of pixels becomes its maximum or its mean, in each channel alone."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_counts, pair
from d2lab.layers.windows import pad, windows

Size = int | tuple[int, ...]


class _Pool2d(nn.Module):
    """What both pools share: the window, and the frame around the image."""

    def __init__(self, kernel_size: Size, stride: Size | None, padding: Size, ceil_mode: bool) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size, self.padding, self.ceil_mode = pair(kernel_size), pair(padding), ceil_mode
        self.stride = self.kernel_size if stride is None else pair(stride)
        check_counts(name, kernel_size=self.kernel_size, stride=self.stride)
        if any(not 0 <= frame <= side // 2 for frame, side in zip(self.padding, self.kernel_size, strict=True)):
            raise ConfigError(f"{name}.padding", got=self.padding, need="0 to half of the kernel")

    def _windows(self, input: Tensor, value: float, dilation: tuple[int, ...] = (1, 1)) -> Tensor:
        """Return `[batch, channel, entry, out height, out width]`, framed with `value`."""
        frame = []
        for axis, side in enumerate(input.shape[-2:]):
            padding = self.padding[axis]
            frame.append((padding, padding + self._overhang(side, axis, dilation[axis])))
        batch = input if input.ndim == 4 else input.unsqueeze(0)
        sizes = [(sizes[0], sizes[1]) for sizes in (self.kernel_size, self.stride, dilation)]
        return windows(pad(batch, frame[0], frame[1], value), *sizes)

    def _overhang(self, side: int, axis: int, dilation: int) -> int:
        """Pixels that ceil_mode adds behind, so that a last window which begins inside is not lost."""
        stride, padding = self.stride[axis], self.padding[axis]
        room = side + 2 * padding - dilation * (self.kernel_size[axis] - 1) - 1
        missing = -room % stride
        begins = room + missing  # where the extra window would begin, frame included
        return missing if self.ceil_mode and begins < side + padding else 0


class MaxPool2d(_Pool2d):
    """Keep the largest of each window; of equal ones the first takes the gradient. The frame never wins.

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
        """Take the maximum over every window."""
        largest = self._windows(input, -torch.inf, self.dilation).max(2).values
        return largest if input.ndim == 4 else largest.squeeze(0)


class AvgPool2d(_Pool2d):
    """Return the mean of each window; zeros of the frame count unless `count_include_pad` is off.

    Source: LeCun et al. 1998, Proc. IEEE 86(11), section II.B (there with a learnt factor and bias).
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
        """Average every window."""
        sums = self._windows(input, 0.0).sum(2)
        means = sums / (self._counts(input) if self.divisor_override is None else self.divisor_override)
        return means if input.ndim == 4 else means.squeeze(0)

    def _counts(self, input: Tensor) -> Tensor:
        """Count the pixels that each window averages; what ceil_mode hangs over never counts."""
        down, right = self.padding if self.count_include_pad else (0, 0)
        ones = input.new_ones(1, 1, input.shape[-2] + 2 * down, input.shape[-1] + 2 * right)
        whole = self.padding if not self.count_include_pad else (0, 0)
        overhang = [self._overhang(side, axis, 1) for axis, side in enumerate(input.shape[-2:])]
        frame = [(inner, inner + more) for inner, more in zip(whole, overhang, strict=True)]
        sizes = [(sizes[0], sizes[1]) for sizes in (self.kernel_size, self.stride)]
        return windows(pad(ones, frame[0], frame[1]), *sizes).sum(2)


class AdaptiveAvgPool2d(nn.Module):
    """Average into a grid of a given size, whatever the image's: cell i spans floor(i n / m) to ceil((i + 1) n / m).

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
        """Average the rows, then the columns: cells are rectangles, so the order doesn't matter."""
        down, right = (
            _cells(side, side if cells is None else cells, input)
            for side, cells in zip(input.shape[-2:], self.output_size, strict=True)
        )
        return down @ input @ right.T


def _cells(side: int, cells: int, like: Tensor) -> Float[Tensor, "cells side"]:
    """Matrix whose row i averages the pixels of cell i."""
    pixel, cell = torch.arange(side), torch.arange(cells).unsqueeze(1)
    begin, end = cell * side // cells, -((cell + 1) * side // -cells)  # floor and ceiling
    inside = ((pixel >= begin) & (pixel < end)).to(like)
    return inside / inside.sum(1, keepdim=True)
