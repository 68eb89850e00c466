"""Symmetric integer quantization: real numbers as small integers times one scale, or one scale for each row."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from d2lab.core.errors import ConfigError


def largest_level(bits: int) -> int:
    """Return the largest integer of a symmetric grid: 127 of 8 bits, 1 of 2 bits.

    The most negative code, -128 of 8 bits, stays unused so that -x is on the grid wherever x is.

    Args:
        bits: 2 to 16, the sign included.

    Raises:
        ConfigError: the number of bits is out of range.
    """
    if not 2 <= bits <= 16:
        raise ConfigError("bits", got=bits, need="2 to 16, the sign included")
    return (1 << (bits - 1)) - 1


def symmetric_scale(x: Float[Tensor, "*shape"], bits: int, axis: int | None = None) -> Float[Tensor, "..."]:
    """Return the scale at which the largest magnitude is the largest integer; 1 where all entries are 0.

    Args:
        x: the tensor.
        bits: of an integer, the sign included.
        axis: keep it and give each of its entries a scale of its own, such as 0 for the rows of a weight matrix; None
            for one scale.

    Raises:
        ConfigError: x is empty or not finite, or it has no such axis.
    """
    if not x.numel() or not bool(x.isfinite().all()):
        raise ConfigError("a tensor to quantize", got=f"shape {tuple(x.shape)}", need="one finite entry or more")
    if axis is not None and not -x.ndim <= axis < x.ndim:
        raise ConfigError("axis", got=axis, need=f"an axis of {x.ndim}")
    others = [one for one in range(x.ndim) if axis is None or one != axis % x.ndim]
    largest = x.detach().abs()
    if others:
        largest = largest.amax(others, keepdim=axis is not None)
    scale = largest / largest_level(bits)
    return torch.where(scale > 0, scale, torch.ones_like(scale))


def quantize(x: Float[Tensor, "*shape"], scale: Float[Tensor, "..."] | float, bits: int) -> Int[Tensor, "*shape"]:
    """Return the integer multiples of a scale nearest to each entry, clamped to the grid.

    round(x / scale), halfway cases to the even integer, then from -(2^(bits-1) - 1) to 2^(bits-1) - 1.

    Source: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference", section 2.1.
    Changed: no zero point.
    Twin: the integers of torch.fake_quantize_per_tensor_affine with zero_point 0 and levels -127 to 127.

    Args:
        x: the tensor.
        scale: above 0; a number, or as `symmetric_scale` returns it.
        bits: 2 to 16; up to 8 the integers are int8, above int16.

    >>> quantize(torch.tensor([0.5, -1.0, 2.0]), 1 / 127, 8)
    tensor([  64, -127,  127], dtype=torch.int8)
    """
    level = largest_level(bits)
    return torch.round(x.detach() / scale).clamp(-level, level).to(torch.int8 if bits <= 8 else torch.int16)


def dequantize(integers: Int[Tensor, "*shape"], scale: Float[Tensor, "..."] | float) -> Float[Tensor, "*shape"]:
    """Return integers times their scale."""
    return integers * torch.as_tensor(scale)


def fake_quantize(
    x: Float[Tensor, "*shape"], scale: Float[Tensor, "..."] | float, bits: int
) -> Float[Tensor, "*shape"]:
    """Return a tensor rounded to its grid and back; the gradient passes where nothing was clamped, and is 0 elsewhere.

    So a network trains with the weights that its quantized form will have, while float weights collect the updates.

    Source: Jacob et al. 2018, section 3.
    Twin: torch.fake_quantize_per_tensor_affine with zero_point 0.

    Args:
        x: usually weights.
        scale: above 0.
        bits: 2 to 16.
    """
    level = largest_level(bits)
    rounded = torch.round(x.detach() / scale)
    inside = rounded.abs() <= level
    passed = torch.where(inside, x, x.detach())
    return passed + (rounded.clamp(-level, level) * scale - x.detach())
