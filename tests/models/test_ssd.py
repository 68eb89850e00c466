"""TinySSD: the book's sizes, an anchor for every answer, images of any size, bad settings."""

import re

import pytest
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.layers import to_scratch
from d2lab.models import TinySSDConfig, build_model
from d2lab.vision.anchors import level_sizes, multiscale_anchors

SMALL = {"base": (4, 6), "widths": (8,), "classes": 3}


def build(**settings):
    torch.manual_seed(0)
    return build_model(TinySSDConfig(**settings))


def test_the_defaults_with_one_class_are_the_books():
    model = build(classes=1)
    assert sum(p.numel() for p in model.parameters()) == 1_010_376
    outputs = model(torch.zeros(2, 3, 256, 256))
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        "logits": (2, 5444, 2),
        "offsets": (2, 5444, 4),
        "anchors": (5444, 4),
    }
    grids = [(side, side) for side in (32, 16, 8, 4, 1)]
    expected = 256 * multiscale_anchors(grids, level_sizes(5), (1.0, 2.0, 0.5))
    torch.testing.assert_close(outputs["anchors"], expected, rtol=1e-6, atol=1e-4)


def test_every_number_belongs_to_the_anchor_of_its_place(rng):
    model = build(whole=False, ratios=(1.0, 3.0), **SMALL).eval()
    image = torch.rand(2, 3, 24, 40, generator=rng)
    outputs = model(image)
    first = model.block2(model.block1(image))  # batch 6 6 10
    second = model.block3(first)  # batch 8 3 5
    assert outputs["anchors"].shape == (3 * (6 * 10 + 3 * 5), 4)
    grids = [(6, 10), (3, 5)]
    start = 0
    for level, (maps, (rows, columns)) in enumerate(zip((first, second), grids, strict=True), start=1):
        said, moved = (getattr(model, f"{kind}{level}")(maps) for kind in ("class", "offset"))
        shares = multiscale_anchors([(rows, columns)], [model.sizes[level - 1]], model.ratios)  # cells are square here
        for row, column, anchor in [(0, 0, 0), (1, 2, 1), (rows - 1, columns - 1, 2)]:
            at = start + (row * columns + column) * 3 + anchor
            picked = said[:, 4 * anchor : 4 * anchor + 4, row, column]
            torch.testing.assert_close(outputs["logits"][:, at], picked)
            torch.testing.assert_close(outputs["offsets"][:, at], moved[:, 4 * anchor : 4 * anchor + 4, row, column])
            box = shares[(row * columns + column) * 3 + anchor] * torch.tensor([40.0, 24.0, 40.0, 24.0])
            torch.testing.assert_close(outputs["anchors"][at], box)
        start += 3 * rows * columns


def test_the_last_map_is_the_maximum_of_the_one_before(rng):
    model = build(**SMALL).eval()
    image = torch.rand(2, 3, 16, 32, generator=rng)
    maps = model.block3(model.block2(model.block1(image)))
    expected = model.class3(maps.amax((2, 3), keepdim=True)).view(2, 4, 4)
    torch.testing.assert_close(model(image)["logits"][:, -4:], expected)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (240, 320), (67, 130), (32, 32)])
def test_images_of_any_size_have_anchors_of_their_pixels(height, width):
    model = build(base=(4, 4, 4), widths=(4,), whole=True)
    outputs = model(torch.zeros(1, 3, height, width))
    grids = [(height // 8, width // 8), (height // 16, width // 16), (1, 1)]
    cells = [rows * columns for rows, columns in grids]
    assert len(outputs["anchors"]) == outputs["logits"].shape[1] == 4 * sum(cells)
    high = outputs["anchors"][:, 3] - outputs["anchors"][:, 1]
    wide = outputs["anchors"][:, 2] - outputs["anchors"][:, 0]
    torch.testing.assert_close(high[0], torch.tensor(0.2 * height))
    torch.testing.assert_close(wide / high, torch.tensor([1.0, 1.0, 2.0, 0.5]).repeat(sum(cells)))
    middle = outputs["anchors"][-4]
    torch.testing.assert_close((middle[:2] + middle[2:]) / 2, torch.tensor([width / 2, height / 2]))


def test_anchors_are_built_once_for_each_size_and_are_no_weights():
    model = build(**SMALL)
    small, large = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 32, 16)
    with torch.inference_mode():
        first = model(small)["anchors"]
    assert not first.is_inference()  # training goes on with them
    assert model(small)["anchors"] is first
    assert model(large)["anchors"] is not first
    assert model.double()(small.double())["anchors"].dtype == torch.float64
    assert not any("anchors" in name for name in model.state_dict())


def test_on_our_own_layers_it_is_the_same_function(rng):
    model = build(**SMALL).double().eval()
    image = torch.rand(2, 3, 24, 16, generator=rng, dtype=torch.float64)
    theirs = model(image)
    ours = to_scratch(model)(image)
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value)


def test_a_prior_is_what_an_untrained_model_says_of_a_blank_image():
    model = build(prior=0.01, **SMALL).eval()
    with torch.no_grad():
        for level in range(1, 4):
            getattr(model, f"class{level}").weight.zero_()
    probability = model(torch.zeros(1, 3, 16, 16))["logits"].softmax(2)
    torch.testing.assert_close(probability[..., 0], torch.full_like(probability[..., 0], 0.99))
    torch.testing.assert_close(probability[..., 1:], torch.full_like(probability[..., 1:], 0.01 / 3))


def test_an_image_too_small_for_its_blocks_is_refused():
    with pytest.raises(DataError, match=re.escape("sides of 8 pixels or more, for 3 blocks")):
        build(**SMALL)(torch.zeros(1, 3, 16, 7))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base": ()}, "1 to 10 numbers"),
        ({"classes": 0}, "a whole number from 1"),
        ({"ratios": ()}, "1 to 20 numbers"),
        ({"ratios": (1.0, 0.0)}, "above 0"),
        ({"smallest": 0.9}, "at most largest, which is 0.88"),
        ({"convolutions": 0}, "a whole number from 1 to 4"),
        ({"widths": (0,)}, "a whole number from 1"),
    ],
)
def test_bad_settings_are_refused(settings, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        TinySSDConfig(**settings)
