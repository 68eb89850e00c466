"""Numbers with a given number of exponent and mantissa bits: rounding to them, and what they reach.

A float of e exponent and m mantissa bits is, as in IEEE 754, either normal, +-(1 + k / 2^m) 2^E with E from 2 - 2^(e-1)
to 2^(e-1) - 1 and k from 0 to 2^m - 1, or subnormal, +-k / 2^m times the smallest normal number. The largest exponent
code is left to infinity and NaN.

Source: IEEE 754-2019, section 3.4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """A binary floating-point format beside its sign bit.

    Args:
        exponent_bits: 2 to 8; they decide the range.
        mantissa_bits: 1 to 23; they decide the precision.

    Raises:
        ConfigError: a number of bits is out of range.
    """

    exponent_bits: int
    mantissa_bits: int

    def __post_init__(self) -> None:
        if not 2 <= self.exponent_bits <= 8 or not 1 <= self.mantissa_bits <= 23:
            got = (self.exponent_bits, self.mantissa_bits)
            raise ConfigError("FloatFormat", got=got, need="2 to 8 exponent bits and 1 to 23 mantissa bits")

    @property
    def bits(self) -> int:
        """Sign, exponent and mantissa together."""
        return 1 + self.exponent_bits + self.mantissa_bits

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return (2 - 2.0**-self.mantissa_bits) * 2.0**self._bias

    @property
    def smallest_normal(self) -> float:
        """The smallest positive number that has all of its mantissa bits."""
        return 2.0 ** (1 - self._bias)

    @property
    def smallest(self) -> float:
        """The smallest positive number, a subnormal one; what is not above half of it becomes 0."""
        return self.smallest_normal * 2.0**-self.mantissa_bits

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next larger number."""
        return 2.0**-self.mantissa_bits

    @property
    def _bias(self) -> int:
        return (1 << (self.exponent_bits - 1)) - 1


FLOAT32 = FloatFormat(8, 23)
FLOAT16 = FloatFormat(5, 10)
BFLOAT16 = FloatFormat(8, 7)
FLOAT8_E5M2 = FloatFormat(5, 2)


def round_to_format(x: Float[Tensor, "*shape"], to: FloatFormat) -> Float[Tensor, "*shape"]:
    """Return the nearest number of a format to each entry, as a tensor of the same dtype.

    Halfway cases go to the even mantissa; what rounds to more than the largest number becomes infinite, what rounds to
    less than the smallest becomes 0. NaN and infinity stay. No gradient passes, see `straight_through`.

    Source: IEEE 754-2019, section 4.3.1, roundTiesToEven.
    Twin: `tensor.to(dtype)` of a float32 tensor, for float16, bfloat16 and float8_e5m2.

    Args:
        x: float32 or float64.
        to: the format.

    Raises:
        ConfigError: the tensor is neither float32 nor float64.

    >>> round_to_format(torch.tensor([1.003, 1e-8, 70000.0]), FLOAT16)
    tensor([1.0029, 0.0000,    inf])
    """
    if x.dtype not in (torch.float32, torch.float64):
        raise ConfigError("round_to_format", got=x.dtype, need="a float32 or float64 tensor")
    wide = x.detach().double()
    exponent = torch.frexp(wide).exponent.long() - 1  # |x| = 1.f times 2^exponent
    lowest = 1 - to._bias
    step = exponent.clamp(min=lowest) - to.mantissa_bits  # numbers of the format lie 2^step apart here
    rounded = torch.round(wide * _power_of_two(-step)) * _power_of_two(step)
    rounded = rounded.masked_fill(rounded > to.largest, torch.inf).masked_fill(rounded < -to.largest, -torch.inf)
    return torch.where(wide.isfinite(), rounded, wide).to(x.dtype)


def straight_through(x: Float[Tensor, "*shape"], rounding: Callable[[Tensor], Tensor]) -> Float[Tensor, "*shape"]:
    """Return the rounded tensor, whose gradient is passed on to x as if nothing had been rounded.

    The derivative of a rounding is 0 wherever it exists, and nothing would be learned through it.

    Source: Bengio, Leonard, Courville 2013, "Estimating or Propagating Gradients Through Stochastic
    Neurons", section 4.

    Args:
        x: usually weights.
        rounding: a function of the tensor to one of the same shape.
    """
    return x + (rounding(x.detach()) - x).detach()


def _power_of_two(exponent: Tensor) -> Tensor:
    """Return 2^exponent in float64, exactly, from the bits of the number."""
    return ((exponent.clamp(-1022, 1023) + 1023) << 52).view(torch.float64)
