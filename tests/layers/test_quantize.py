"""Symmetric quantization: torch's fake quantization and its gradient, scales for a tensor and for rows, the edges."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.layers.quantize import dequantize, fake_quantize, quantize, symmetric_scale

BITS = pytest.mark.parametrize("bits", [2, 3, 4, 8, 12])


@BITS
def test_integers_and_gradient_are_those_of_torch(bits, rng):
    x = torch.randn(500, generator=rng)
    x[:40] = (torch.arange(40) - 20.5) / 32  # halfway, where the scale is 1 / 32
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    level, scale = 2 ** (bits - 1) - 1, 1 / 32
    mine = fake_quantize(ours, scale, bits)
    expected = torch.fake_quantize_per_tensor_affine(theirs, scale, 0, -level, level)
    torch.testing.assert_close(mine, expected, rtol=0, atol=1e-6)
    assert (quantize(x, scale, bits) * scale).equal(expected.detach())
    for out, leaf in ((mine, ours), (expected, theirs)):
        (out * torch.arange(500.0)).sum().backward()
        assert leaf.grad is not None
    assert ours.grad.equal(theirs.grad)
    assert dequantize(quantize(x, scale, bits), scale).equal(expected.detach())


@BITS
def test_the_largest_magnitude_is_the_largest_level(bits, rng):
    x = torch.randn(6, 5, generator=rng)
    integers = quantize(x, symmetric_scale(x, bits), bits).int()
    assert integers.abs().max() == 2 ** (bits - 1) - 1
    rows = quantize(x, symmetric_scale(x, bits, axis=0), bits).int()
    assert (rows.abs().amax(1) == 2 ** (bits - 1) - 1).all()
    assert symmetric_scale(x, bits, axis=-1).shape == (1, 5)
    assert quantize(-x, symmetric_scale(x, bits), bits).int().equal(-integers)


def test_an_entry_is_off_by_half_a_step_at_most(rng):
    x = torch.randn(200, generator=rng)
    scale = symmetric_scale(x, 5)
    assert (dequantize(quantize(x, scale, 5), scale) - x).abs().max() <= scale / 2 * (1 + 1e-6)


def test_zeros_and_a_single_number():
    assert symmetric_scale(torch.zeros(3), 8) == 1
    assert symmetric_scale(torch.tensor(-2.54), 8).item() == pytest.approx(0.02)
    assert symmetric_scale(torch.tensor([[0.0, 0.0], [3.0, 1.0]]), 2, axis=0).flatten().tolist() == [1, 3]


def test_dtypes_are_small():
    x = torch.ones(2)
    assert (quantize(x, 1.0, 8).dtype, quantize(x, 1.0, 9).dtype) == (torch.int8, torch.int16)


@pytest.mark.parametrize("bits", [1, 17])
def test_refuses_bits_out_of_range(bits):
    with pytest.raises(ConfigError, match="2 to 16"):
        quantize(torch.ones(2), 1.0, bits)


@pytest.mark.parametrize("x", [torch.ones(0), torch.tensor([1.0, float("inf")])])
def test_refuses_what_has_no_scale(x):
    with pytest.raises(ConfigError, match="finite"):
        symmetric_scale(x, 8)


def test_refuses_an_axis_that_is_not_there():
    with pytest.raises(ConfigError, match="axis"):
        symmetric_scale(torch.ones(2, 2), 8, axis=2)
