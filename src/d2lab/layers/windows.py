"""Sliding windows of an image, for convolution and pooling.

Over all windows, a kernel entry (row, column) reads one strided slice of the image: the image shifted by that entry.
So windows are k * k shifted slices instead of height * width patches, and the Python loop is short.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError


def pad(
    image: Float[Tensor, "batch channel height width"],
    rows: tuple[int, int],
    columns: tuple[int, int],
    value: float = 0.0,
) -> Float[Tensor, "batch channel height_ width_"]:
    """Pad images with a constant.

    Args:
        image: what to pad.
        rows: pixels to add above and below.
        columns: pixels to add left and right.
        value: of the added pixels.

    Raises:
        ConfigError: a number of pixels is negative.
    """
    if min(*rows, *columns) < 0:
        raise ConfigError("padding", got=(rows, columns), need="0 pixels or more on each side")
    if not any((*rows, *columns)):
        return image
    batch, channels, height, width = image.shape
    padded = image.new_full((batch, channels, height + sum(rows), width + sum(columns)), value)
    padded[:, :, rows[0] : rows[0] + height, columns[0] : columns[0] + width] = image
    return padded


def count_windows(length: int, kernel: int, stride: int, dilation: int) -> int:
    """Count the positions of a kernel along one padded axis: floor((length - extent) / stride) + 1.

    The extent of a dilated kernel is dilation (kernel - 1) + 1 pixels.

    Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic", relationship 15.

    Args:
        length: of the padded axis, in pixels.
        kernel: entries along the axis.
        stride: pixels between neighboring positions.
        dilation: pixels between neighboring entries.

    Raises:
        ConfigError: the kernel is larger than the image.
    """
    extent = dilation * (kernel - 1) + 1
    if extent > length:
        fix = "Enlarge the image or its padding, or take a smaller kernel."
        raise ConfigError("the image", got=f"{length} pixels", need=f"at least {extent} for the kernel", fix=fix)
    return (length - extent) // stride + 1


def shifts(
    image: Float[Tensor, "batch channel height width"],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> Iterator[Float[Tensor, "batch channel out_height out_width"]]:
    """Yield, for each kernel entry row by row, the pixels that it reads at every window.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", eq. 9.6, with its sums exchanged.

    Args:
        image: already padded.
        kernel: rows and columns of the window.
        stride: pixels between neighboring windows, by rows and columns.
        dilation: pixels between neighboring entries of a window, by rows and columns.

    Raises:
        ConfigError: the kernel is larger than the image.
    """
    sizes = zip(image.shape[-2:], kernel, stride, dilation, strict=True)
    height, width = (count_windows(*size) for size in sizes)  # of the output
    for row in range(kernel[0]):
        top = row * dilation[0]
        for column in range(kernel[1]):
            left = column * dilation[1]
            yield image[
                :,
                :,
                top : top + (height - 1) * stride[0] + 1 : stride[0],
                left : left + (width - 1) * stride[1] + 1 : stride[1],
            ]


def windows(
    image: Float[Tensor, "batch channel height width"],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Float[Tensor, "batch channel entry out_height out_width"]:
    """Stack the shifted images, so that the axis `entry` holds the pixels of one window, row by row (im2col).

    Args:
        image: already padded.
        kernel: rows and columns of the window.
        stride: pixels between neighboring windows, by rows and columns.
        dilation: pixels between neighboring entries of a window, by rows and columns.

    Raises:
        ConfigError: the kernel is larger than the image.

    Source: Chellapilla, Puri, Simard 2006, "High Performance Convolutional Neural Networks", section 3 (im2col).
    Cost: kernel rows * kernel columns / stride^2 times the memory of the image.
    """
    return torch.stack(list(shifts(image, kernel, stride, dilation)), 2)  # batch channel entry height width
