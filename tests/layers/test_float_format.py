"""Rounding to a format is torch's cast, bit for bit; its limits are torch's; a gradient passes straight through."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.layers.float_format import (
    BFLOAT16,
    FLOAT8_E5M2,
    FLOAT16,
    FLOAT32,
    FloatFormat,
    round_to_format,
    straight_through,
)

TWINS = [(FLOAT16, torch.float16), (BFLOAT16, torch.bfloat16), (FLOAT8_E5M2, torch.float8_e5m2)]
each = pytest.mark.parametrize(("to", "dtype"), TWINS, ids=[str(dtype) for _, dtype in TWINS])


def alike(ours, theirs):
    assert ours.dtype == theirs.dtype
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)


@each
def test_any_bits_of_a_float32_round_as_torch_casts_them(to, dtype, rng):
    bits = torch.randint(-(2**31), 2**31, (300_000,), generator=rng, dtype=torch.int64)
    x = bits.to(torch.int32).view(torch.float32)
    alike(round_to_format(x, to), x.to(dtype).float())


@each
def test_every_number_of_the_format_stays_and_halfway_goes_to_the_even_one(to, dtype):
    codes = torch.arange(2 ** (to.bits - 1) - 2**to.mantissa_bits)  # finite ones that are not negative
    whole = torch.int16 if to.bits == 16 else torch.int8
    numbers = codes.to(whole).view(dtype).double()
    alike(round_to_format(numbers, to), numbers)
    middle = (numbers[:-1] + numbers[1:]) / 2
    even = torch.where(codes[:-1] % 2 == 0, numbers[:-1], numbers[1:])
    alike(round_to_format(middle, to), even)
    alike(round_to_format(-middle, to), -even)


@each
def test_the_limits_are_those_of_torch(to, dtype):
    info = torch.finfo(dtype)
    assert (to.largest, to.smallest_normal, to.epsilon) == (info.max, info.smallest_normal, info.eps)
    assert to.bits == info.bits
    low = torch.tensor([to.smallest, 0.501 * to.smallest, 0.5 * to.smallest], dtype=torch.float64)
    assert round_to_format(low, to).tolist() == [to.smallest, to.smallest, 0.0]


def test_float32_is_a_format_too(rng):
    x = torch.randn(1000, generator=rng, dtype=torch.float64) * 2.0 ** torch.arange(-170, 130, 0.3)[:1000]
    alike(round_to_format(x, FLOAT32), x.float().double())
    assert round_to_format(x.float(), FLOAT32).equal(x.float())


def test_overflow_is_infinite_and_infinity_and_nan_stay():
    x = torch.tensor([65519.0, 65520.0, -1e30, float("inf"), float("nan")])
    assert round_to_format(x, FLOAT16)[:4].tolist() == [65504.0, float("inf"), -float("inf"), float("inf")]
    assert round_to_format(x, FLOAT16)[4].isnan()


def test_the_gradient_passes_straight_through():
    w = torch.tensor([0.3, 1.003], requires_grad=True)
    rounded = straight_through(w, lambda x: round_to_format(x, BFLOAT16))
    (rounded**2).sum().backward()
    assert rounded.tolist() == pytest.approx([0.30078125, 1.0], rel=1e-6)
    alike(w.grad, 2 * rounded.detach())


@pytest.mark.parametrize(("exponent", "mantissa"), [(1, 3), (9, 3), (5, 0), (5, 24)])
def test_a_format_has_limits(exponent, mantissa):
    with pytest.raises(ConfigError, match="2 to 8 exponent bits"):
        FloatFormat(exponent, mantissa)


def test_refuses_what_is_not_a_wider_float():
    with pytest.raises(ConfigError, match="float32 or float64"):
        round_to_format(torch.ones(2, dtype=torch.float16), FLOAT16)
