"""Normalization folded into a convolution: exact inside, and at borders only where the padding is the mean."""

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.layers import normalization
from d2lab.layers.fold import fold_batch_norm, fold_normalization
from d2lab.layers.normalize import Normalize

MEAN, STD = (0.5, 0.375, -1.0), (0.25, 0.5, 2.0)  # exact in float32, which the layer stores


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (1, 2, 1), (2, (1, 3), 1), (1, 2, 2)])
def test_the_folded_layer_computes_the_same_of_raw_images(bias, stride, padding, dilation, rng):
    convolution = nn.Conv2d(3, 4, 5, stride, padding, dilation, bias=bias).double()
    before = convolution.weight.clone()
    images = torch.rand(2, 3, 16, 17, generator=rng, dtype=torch.float64)
    expected = convolution(Normalize(MEAN, STD).double()(images))
    folded = fold_normalization(convolution, MEAN, STD)
    torch.testing.assert_close(folded(images), expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(convolution.weight, before)
    assert isinstance(folded, nn.Conv2d) == (padding == 0)


def test_one_convolution_differs_at_padded_borders_and_nowhere_else(rng):
    convolution = nn.Conv2d(3, 4, 5, padding=2).double()
    images = torch.rand(2, 3, 12, 12, generator=rng, dtype=torch.float64)
    expected = convolution(Normalize(MEAN, STD).double()(images))
    apart = (fold_normalization(convolution, MEAN, STD, exact=False)(images) - expected).abs().amax((0, 1))
    assert apart[2:-2, 2:-2].max() < 1e-12
    apart[2:-2, 2:-2] = 1
    assert apart.min() > 1e-3


def test_the_example_by_hand():
    convolution = nn.Conv2d(1, 1, 1)
    nn.init.constant_(convolution.weight, 2.0)
    nn.init.constant_(convolution.bias, 1.0)
    folded = fold_normalization(convolution, [0.5], [0.25])
    assert (folded.weight.item(), folded.bias.item()) == (8.0, -3.0)


def test_what_can_not_be_folded_is_refused():
    for convolution, mean, std in (
        (nn.Conv2d(3, 4, 3), MEAN[:2], STD[:2]),
        (nn.Conv2d(3, 4, 3), MEAN, (1.0, 0.0, 1.0)),
        (nn.Conv2d(3, 3, 3, groups=3), (0.0,), (1.0,)),
        (nn.Conv2d(3, 4, 3, padding="same"), MEAN, STD),
        (nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), MEAN, STD),
    ):
        with pytest.raises(ConfigError):
            fold_normalization(convolution, mean, std)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("kind", [nn.BatchNorm2d, normalization.BatchNorm2d])
def test_a_batch_normalization_becomes_part_of_the_layer_before_it(kind, affine, bias, rng):
    torch.manual_seed(0)
    convolution = nn.Conv2d(4, 6, 3, 2, 1, groups=2, bias=bias).double()
    norm = kind(6, affine=affine).double()
    images = 3 * torch.rand(5, 4, 8, 9, generator=rng, dtype=torch.float64) - 1
    if affine:
        nn.init.uniform_(norm.weight, 0.5, 2.0)
        nn.init.uniform_(norm.bias, -1.0, 1.0)
    norm(convolution(images))  # statistics
    norm.eval()
    before = convolution.weight.clone()
    torch.testing.assert_close(
        fold_batch_norm(convolution, norm)(images), norm(convolution(images)), rtol=0, atol=1e-12
    )
    assert torch.equal(convolution.weight, before)


def test_a_batch_normalization_without_statistics_or_of_other_channels_is_refused():
    for norm in (nn.BatchNorm2d(5), nn.BatchNorm2d(4, track_running_stats=False)):
        with pytest.raises(ConfigError, match="running statistics of 4 channels"):
            fold_batch_norm(nn.Conv2d(3, 4, 3), norm)
