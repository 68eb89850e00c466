"""Convolution against what it is: a sum written out, scipy's, its own other forms, and its transpose."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from d2lab.layers import AvgPool2d, Conv2d, ConvTranspose2d, MaxPool2d
from d2lab.layers.convolution import FORMS
from d2lab.layers.windows import count_windows, pad, windows


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)), dtype=torch.float64)


def written_out(image, weight, stride, dilation, groups):
    """The equation, term by term."""
    batch, _, height, width = image.shape
    outs, ins, rows, columns = weight.shape
    high = (height - dilation[0] * (rows - 1) - 1) // stride[0] + 1
    wide = (width - dilation[1] * (columns - 1) - 1) // stride[1] + 1
    result = torch.zeros(batch, outs, high, wide, dtype=image.dtype)
    for b, o, y, x in itertools.product(range(batch), range(outs), range(high), range(wide)):
        group = o // (outs // groups)
        for i, r, c in itertools.product(range(ins), range(rows), range(columns)):
            pixel = image[b, group * ins + i, y * stride[0] + r * dilation[0], x * stride[1] + c * dilation[1]]
            result[b, o, y, x] += pixel * weight[o, i, r, c]
    return result


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("stride", "dilation", "groups"), [((1, 1), (1, 1), 1), ((2, 1), (1, 2), 2), ((3, 2), (2, 1), 1)]
)
def test_every_form_is_the_sum_written_out(form, stride, dilation, groups):
    image, weight = drawn(2, 4, 6, 7), drawn(2, 4 // groups, 2, 3)
    mine = FORMS[form](image, weight, stride, dilation, groups)
    torch.testing.assert_close(mine, written_out(image, weight, stride, dilation, groups), rtol=1e-12, atol=1e-12)


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_the_three_forms_agree_on_any_shape(data):
    draw = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    groups, kernel = draw(1, 3), (draw(1, 3), draw(1, 3))
    stride, dilation = (draw(1, 3), draw(1, 3)), (draw(1, 2), draw(1, 2))
    sides = [dilation[axis] * (kernel[axis] - 1) + 1 + draw(0, 4) for axis in (0, 1)]
    image = drawn(draw(1, 2), groups * draw(1, 2), *sides)
    weight = drawn(groups * draw(1, 2), image.shape[1] // groups, *kernel)
    loop, shifts, columns = (form(image, weight, stride, dilation, groups) for form in FORMS.values())
    torch.testing.assert_close(shifts, loop, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(columns, loop, rtol=1e-11, atol=1e-12)


def test_it_is_scipys_correlation_and_does_not_mirror_the_kernel():
    image, kernel = drawn(7, 8), drawn(3, 2)
    layer = Conv2d(1, 1, (3, 2), bias=False).double()
    layer.load_state_dict({"weight": kernel[None, None]})
    np.testing.assert_allclose(
        layer(image[None, None])[0, 0].detach(), correlate2d(image, kernel, mode="valid"), rtol=1e-12
    )


def test_convolution_is_translation_equivariant():
    layer = Conv2d(2, 3, 3, bias=False).double()
    image = pad(drawn(1, 2, 5, 5), (4, 4), (4, 4))
    moved = image.roll((1, 2), (2, 3))
    torch.testing.assert_close(layer(moved), layer(image).roll((1, 2), (2, 3)), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("form", ["scatter", "matrix", "stretched"])
@pytest.mark.parametrize(
    "settings", [{}, {"stride": 2, "padding": 1}, {"stride": 3, "dilation": 2, "groups": 2, "output_padding": 1}]
)
def test_the_transpose_is_the_adjoint(form, settings):
    """<conv(x), y> = <x, transposed(y)>, which no other linear map fulfills."""
    transposed = ConvTranspose2d(4, 2, 3, bias=False, form=form, **settings).double()
    y = drawn(1, 4, 3, 3)
    x = drawn(*transposed(y).shape)
    down = {name: value for name, value in settings.items() if name != "output_padding"}
    convolution = Conv2d(2, 4, 3, bias=False, **down).double()
    convolution.load_state_dict(transposed.state_dict())
    torch.testing.assert_close(
        (convolution(x)[:, :, :3, :3] * y).sum(), (x * transposed(y)).sum(), rtol=1e-12, atol=1e-12
    )


def test_the_matrix_is_the_convolution_as_a_linear_map():
    transposed = ConvTranspose2d(2, 1, 2, stride=2, bias=False).double()
    convolution = Conv2d(1, 2, 2, stride=2, bias=False).double()
    convolution.load_state_dict(transposed.state_dict())
    image = drawn(1, 1, 4, 6)
    matrix = transposed.matrix((4, 6), (2, 3))
    assert matrix.shape == (24, 12)
    torch.testing.assert_close(image.flatten() @ matrix, convolution(image).flatten(), rtol=1e-12, atol=1e-13)


@given(length=st.integers(1, 30), kernel=st.integers(1, 5), stride=st.integers(1, 4), dilation=st.integers(1, 3))
@settings(deadline=None, max_examples=100)
def test_windows_are_counted_as_they_are_found(length, kernel, stride, dilation):
    extent = dilation * (kernel - 1) + 1
    begins = [begin for begin in range(0, length, stride) if begin + extent <= length]
    if begins:
        assert count_windows(length, kernel, stride, dilation) == len(begins)
    else:
        with pytest.raises(ValueError, match=f"got '{length} pixels', need at least {extent}"):
            count_windows(length, kernel, stride, dilation)


def test_windows_are_torchs_unfold():
    image = drawn(2, 3, 6, 7)
    theirs = torch.nn.functional.unfold(image, (2, 3), dilation=(2, 1), stride=(1, 2))
    mine = windows(image, (2, 3), (1, 2), (2, 1))
    torch.testing.assert_close(mine.flatten(1, 2).flatten(2), theirs, rtol=0, atol=0)


def test_a_pool_of_known_numbers():
    image = torch.arange(16.0).view(1, 1, 4, 4)
    assert MaxPool2d(2)(image).flatten().tolist() == [5, 7, 13, 15]
    assert AvgPool2d(2)(image).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert AvgPool2d(3, stride=3, padding=1)(image).flatten()[0] == pytest.approx((0 + 1 + 4 + 5) / 9)


def test_padding_is_never_the_maximum():
    assert MaxPool2d(3, padding=1)(torch.full((1, 1, 3, 3), -5.0)).max() == -5
