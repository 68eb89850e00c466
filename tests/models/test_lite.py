"""EfficientNet-Lite is timm's: its padding at stride 2, its sizes by width and depth, its logits."""

import dataclasses

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.models import EfficientNetLiteConfig, build_model
from d2lab.models.lite import InvertedResidual, SamePad2d, scaled_channels
from d2lab.models.variants import variant


def lively(model, rng):
    """Draw statistics and scales, so that no layer hides behind a 0 or 1."""
    for name, values in model.state_dict().items():
        if values.ndim == 1 and values.is_floating_point():
            low, high = (0.5, 1.5) if name.endswith(("weight", "var")) else (-0.3, 0.3)
            values.copy_(torch.rand(values.shape, generator=rng, dtype=values.dtype) * (high - low) + low)
        elif values.ndim > 1:
            nn.init.kaiming_normal_(values, generator=rng)
    return model


@pytest.mark.parametrize("number", [0, 2, 4])
@pytest.mark.parametrize("side", [64, 75])
def test_with_the_same_weights_the_logits_are_those_of_timm(number, side, rng):
    timm = pytest.importorskip("timm", reason="the extra `pretrained` is not installed", exc_type=ImportError)
    theirs = lively(timm.create_model(f"tf_efficientnet_lite{number}").double(), rng).eval()
    ours = build_model(variant(f"efficientnet-lite{number}")).double().eval()
    shapes = [[tuple(v.shape) for v in model.state_dict().values()] for model in (ours, theirs)]
    assert shapes[0] == shapes[1]
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    images = torch.rand(2, 3, side, side, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        expected = theirs(images)
        torch.testing.assert_close(ours(images), expected, rtol=1e-10, atol=1e-10 * float(expected.abs().max()))
        assert (expected[0] - expected[1]).abs().max() > 1e-3 * expected.abs().max()  # the image matters


@pytest.mark.parametrize("side", [4, 5, 8, 9])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2), (1, 1), (1, 2), (2, 3)])
def test_padding_is_that_of_tensorflow_by_its_definition(side, kernel, stride, rng):
    """The window of output i begins at i * stride - zeros // 2; what lies outside the image is 0."""
    padding, layer = SamePad2d(kernel, stride), nn.Conv2d(2, 3, kernel, stride, bias=False).double()
    image = torch.rand(1, 2, side, side + 1, generator=rng, dtype=torch.float64)
    out = layer(padding(image))
    down, across = (-(-length // stride) for length in (side, side + 1))
    assert out.shape == (1, 3, down, across)
    before = [max((n - 1) * stride + kernel - length, 0) // 2 for n, length in ((down, side), (across, side + 1))]
    for i in range(down):
        for j in range(across):
            total = torch.zeros(3, dtype=torch.float64)
            for a in range(kernel):
                for b in range(kernel):
                    y, x = i * stride - before[0] + a, j * stride - before[1] + b
                    if 0 <= y < side and 0 <= x < side + 1:
                        total += layer.weight[:, :, a, b] @ image[0, :, y, x]
            torch.testing.assert_close(out[0, :, i, j], total)


def test_at_stride_2_an_even_side_is_padded_behind_only():
    """Where torch's padding of 1 would begin: the two differ, so weights of one are wrong in the other."""
    layer = nn.Sequential(SamePad2d(3, 2), nn.Conv2d(1, 1, 3, 2, bias=False))
    image = torch.rand(1, 1, 8, 8)
    usual = nn.functional.conv2d(image, layer[1].weight, stride=2, padding=1)
    assert layer(image).shape == usual.shape
    assert not torch.allclose(layer(image), usual)
    assert torch.allclose(layer(image.flip(-1, -2)), nn.functional.conv2d(
        nn.functional.pad(image.flip(-1, -2), (0, 1, 0, 1)), layer[1].weight, stride=2))  # fmt: skip


def test_a_shortcut_joins_narrow_ends_of_one_shape_only(rng):
    for outputs, stride, joined in ((8, 1, True), (8, 2, False), (16, 1, False)):
        block = InvertedResidual(8, outputs, kernel=3, stride=stride, expansion=6).eval()
        nn.init.zeros_(block.project[0].weight)
        maps = torch.rand(2, 8, 6, 6, generator=rng)
        assert torch.equal(block(maps), maps) if joined else not block(maps).any()
        depthwise = next(layer for layer in block.depthwise if isinstance(layer, nn.Conv2d))
        assert depthwise.groups == depthwise.in_channels == 48


@pytest.mark.parametrize(
    ("channels", "width", "scaled"), [(16, 1.1, 16), (112, 1.1, 120), (24, 1.4, 32), (16, 0.25, 8), (40, 1.0, 40)]
)
def test_channels_are_multiples_of_8_not_far_below(channels, width, scaled):
    assert scaled_channels(channels, width) == scaled


def test_any_side_and_a_gray_image_are_read_and_bad_sizes_refused():
    config = EfficientNetLiteConfig(channels=1, width=0.25, side=7, classes=3)
    model = build_model(config).eval()
    for side in (1, 7, 32):
        assert model(torch.rand(2, 1, side, side)).shape == (2, 3)
    for change in ({"width": 0.0}, {"depth": float("nan")}, {"dropout": 1.0}):
        with pytest.raises(ConfigError, match=f"EfficientNetLiteConfig.{next(iter(change))}"):
            dataclasses.replace(config, **change)
