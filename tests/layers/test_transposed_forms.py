"""Transposed convolution three ways: one result and one gradient; its kernel as bilinear interpolation."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.layers import ConvTranspose2d
from d2lab.layers.bilinear import bilinear_, bilinear_kernel, enlarge
from d2lab.layers.stretched import flip_kernels, stretch

CASES = st.fixed_dictionaries(
    {
        "kernel_size": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "padding": st.tuples(st.integers(0, 3), st.integers(0, 3)),
        "output_padding": st.tuples(st.integers(0, 2), st.integers(0, 2)),
        "dilation": st.tuples(st.integers(1, 2), st.integers(1, 2)),
        "groups": st.sampled_from([1, 2]),
        "bias": st.booleans(),
    }
)


def outputs_and_gradients(layer, x):
    leaf = x.clone().requires_grad_()
    out = layer(leaf)
    weighted = (out * torch.arange(out.numel(), dtype=out.dtype).view_as(out)).sum()
    return [out, *torch.autograd.grad(weighted, [leaf, *layer.parameters()])]


@given(CASES, st.integers(1, 4), st.integers(1, 4), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_all_ways_are_torchs_in_values_and_gradients(case, height, width, seed):
    limits = [max(pair) for pair in zip(case["stride"], case["dilation"], strict=True)]
    case = case | {"output_padding": tuple(min(o, m - 1) for o, m in zip(case["output_padding"], limits, strict=True))}
    torch.manual_seed(seed)
    x = torch.randn(2, 4, height, width, dtype=torch.float64)
    theirs = nn.ConvTranspose2d(4, 6, **case).double()
    try:
        expected = outputs_and_gradients(theirs, x)
    except RuntimeError:  # nothing is left
        for form in ("scatter", "matrix", "stretched"):
            with pytest.raises(ConfigError, match="need at least one pixel"):
                ConvTranspose2d(4, 6, **case, form=form).double()(x)
        return
    for form in ("scatter", "matrix", "stretched"):
        ours = ConvTranspose2d(4, 6, **case, form=form).double()
        ours.load_state_dict(theirs.state_dict())
        for mine, reference in zip(outputs_and_gradients(ours, x), expected, strict=True):
            torch.testing.assert_close(mine, reference, rtol=1e-10, atol=1e-10)


def test_a_stretched_map_by_hand():
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    wide = stretch(x, (2, 3), (1, 0), (0, 1))
    assert wide[0, 0].tolist() == [
        [0, 0, 0, 0, 0],
        [1, 0, 0, 2, 0],
        [0, 0, 0, 0, 0],
        [3, 0, 0, 4, 0],
    ]


def test_kernels_are_turned_by_half_and_swap_their_channels():
    weight = torch.arange(24.0).view(4, 1, 2, 3)  # four channels in, two groups of one out
    flipped = flip_kernels(weight, 2)
    assert flipped.shape == (2, 2, 2, 3)
    assert torch.equal(flipped[1, 0], weight[2, 0].flip(0, 1))


@pytest.mark.parametrize("side", range(1, 9))
def test_a_bilinear_kernel_adds_up_to_one_at_every_place_of_a_stride(side):
    kernel, times = bilinear_kernel(side), (side + 1) // 2
    assert torch.equal(kernel, kernel.T)
    assert torch.equal(kernel, kernel.flip(0, 1))
    line = kernel.sum(0) / kernel.sum(0).sum() * times
    if side % 2 == 0:
        torch.testing.assert_close(line[:times] + line[times:], torch.ones(times, dtype=torch.float64))
    assert kernel.max() <= 1


def test_the_kernel_of_four_is_the_known_one():
    line = torch.tensor([0.25, 0.75, 0.75, 0.25], dtype=torch.float64)
    torch.testing.assert_close(bilinear_kernel(4), line[:, None] * line)


@pytest.mark.parametrize("times", [2, 4, 6])
def test_enlargement_is_bilinear_interpolation_but_at_the_border(times, rng):
    layer = nn.ConvTranspose2d(3, 3, 2 * times, stride=times, padding=times // 2, bias=False).double()
    bilinear_(layer.weight)
    x = torch.randn(2, 3, 5, 7, generator=rng, dtype=torch.float64)
    enlarged = layer(x)
    theirs = functional.interpolate(x, scale_factor=times, mode="bilinear", align_corners=False)
    assert enlarged.shape == theirs.shape
    inner = (..., slice(times // 2, -(times // 2)), slice(times // 2, -(times // 2)))
    torch.testing.assert_close(enlarged[inner], theirs[inner], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(enlarged, theirs)  # what lies outside counts as 0


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (3, 3, 4, 2)])
def test_a_weight_that_can_not_be_bilinear_is_refused(shape):
    with pytest.raises(ConfigError, match=r"need \[n, n, side, side\]"):
        bilinear_(torch.zeros(shape))
    with pytest.raises(ConfigError, match="the side of a bilinear kernel"):
        bilinear_kernel(0)


@pytest.mark.parametrize(("size", "times"), [((3, 5), 2), ((1, 4), 3), ((8, 8), 8), ((2, 7), 1)])
def test_enlarging_by_two_products_is_torchs_bilinear_interpolation(size, times, rng):
    maps = torch.randn(2, 3, *size, generator=rng, dtype=torch.float64, requires_grad=True)
    ours = enlarge(maps, times)
    theirs = functional.interpolate(maps, scale_factor=times, mode="bilinear", align_corners=False)
    weights = torch.randn(ours.shape, generator=rng, dtype=torch.float64)
    gradients = [torch.autograd.grad((out * weights).sum(), maps)[0] for out in (ours, theirs)]
    torch.testing.assert_close(ours, theirs, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(*gradients, rtol=1e-13, atol=1e-13)
    with pytest.raises(ConfigError, match="times: got 0"):
        enlarge(maps, 0)
