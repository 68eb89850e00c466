"""Transposed convolution as an ordinary one: the input is stretched by zeros, the kernel turned by half.

Between neighboring pixels stand stride - 1 zeros, around all of them as many as a kernel reaches. A convolution of
stride 1 with the flipped kernels, input and output channels swapped, gives what scattering gives: the zeros are where
no kernel was put. What padding takes away is cut off.

Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic", sections 4.2 to 4.6; Zeiler et al. 2010,
"Deconvolutional Networks".
"""

from jaxtyping import Float
from torch import Tensor

from d2lab.layers.convolution import convolve_columns

Pair = tuple[int, int]


def stretch(
    input: Float[Tensor, "batch channel height width"], stride: Pair, before: Pair, after: Pair
) -> Float[Tensor, "batch channel rows columns"]:
    """Return maps with zeros between their pixels, and around them.

    Args:
        input: feature maps.
        stride: pixels from one to the next in the result, by rows and columns.
        before: zeros above and at the left.
        after: zeros below and at the right.
    """
    height, width = input.shape[-2:]
    spread = (height - 1) * stride[0] + 1, (width - 1) * stride[1] + 1
    canvas = input.new_zeros(*input.shape[:2], *(sum(side) for side in zip(before, spread, after, strict=True)))
    (top, left), (high, wide) = before, spread
    canvas[:, :, top : top + high : stride[0], left : left + wide : stride[1]] = input
    return canvas


def flip_kernels(
    weight: Float[Tensor, "in_ out_group rows columns"], groups: int
) -> Float[Tensor, "out in_group rows columns"]:
    """Return the kernels of a transposed convolution turned by half, output channels first.

    Args:
        weight: as torch keeps it, input channels first.
        groups: parts into which channels are divided.
    """
    each, outputs, *sides = len(weight) // groups, *weight.shape[1:]
    apart = weight.view(groups, each, outputs, *sides).transpose(1, 2)  # group out in rows columns
    return apart.reshape(groups * outputs, each, *sides).flip(2, 3)  # out in rows columns


def convolve_stretched(
    input: Float[Tensor, "batch channel height width"],
    weight: Float[Tensor, "in_ out_group rows columns"],
    sides: Pair,
    *,
    stride: Pair,
    padding: Pair,
    output_padding: Pair,
    dilation: Pair,
    groups: int,
) -> Float[Tensor, "batch out high wide"]:
    """Return the transposed convolution, computed by convolving the stretched input.

    Args:
        input: feature maps.
        weight: kernels, input channels first.
        sides: height and width of the result, pixels.
        stride: pixels that neighboring kernels are apart in the result.
        padding: pixels cut off on every side.
        output_padding: pixels added below and at the right.
        dilation: pixels between neighboring kernel entries.
        groups: parts into which channels are divided.
    """
    down, right = (step * (length - 1) for step, length in zip(dilation, weight.shape[2:], strict=True))
    canvas = stretch(input, stride, (down, right), (down + output_padding[0], right + output_padding[1]))
    whole = convolve_columns(canvas, flip_kernels(weight, groups), (1, 1), dilation, groups)
    top, left = padding
    return whole[:, :, top : top + sides[0], left : left + sides[1]]  # batch out high wide
