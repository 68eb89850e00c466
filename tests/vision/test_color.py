"""Color: what torchvision, Pillow and colorsys make of each image, and nothing at the amount that means nothing."""

import colorsys

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from torchvision.transforms.v2 import functional as reference

from d2lab.core.errors import ConfigError
from d2lab.vision import color

CHANGES = {
    "brightness": (color.brightness, reference.adjust_brightness, ImageEnhance.Brightness),
    "contrast": (color.contrast, reference.adjust_contrast, ImageEnhance.Contrast),
    "saturation": (color.saturation, reference.adjust_saturation, ImageEnhance.Color),
}
each = pytest.mark.parametrize("name", list(CHANGES))


def images(rng, count=6, channels=3):
    made = torch.rand(count, channels, 9, 7, generator=rng, dtype=torch.float64)
    made[0] = 0.25  # gray all over
    made[1, :, :3] = made[1, :1, :3]  # gray in part: no hue, and the strongest channel is not one
    made[2] = made[2].round()  # pure colors, black and white
    return made


def torchvisions_luma(monkeypatch):
    """Take torchvision's rounded weight of red, so that all else can be compared to the last digits."""
    monkeypatch.setattr(color, "LUMA", (0.2989, 0.587, 0.114))


@each
@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_gets_what_torchvision_gives_it(rng, monkeypatch, name, channels):
    torchvisions_luma(monkeypatch)
    ours, theirs, _ = CHANGES[name]
    batch, factors = images(rng, channels=channels), torch.tensor([0.0, 0.3, 0.9, 1.0, 1.4, 2.0], dtype=torch.float64)
    expected = torch.stack([theirs(image, float(f)) for image, f in zip(batch, factors, strict=True)])
    torch.testing.assert_close(ours(batch, factors), expected, rtol=0, atol=1e-12)


def test_each_image_gets_the_hue_that_torchvision_gives_it(rng):
    batch, turns = images(rng), torch.tensor([0.2, -0.5, 0.1, 0.5, -0.13, 0.0], dtype=torch.float64)
    turned = color.hue(batch, turns)
    expected = torch.stack([reference.adjust_hue(image, float(t)) for image, t in zip(batch, turns, strict=True)])
    torch.testing.assert_close(turned, expected, rtol=0, atol=2e-6)  # torchvision works in float32
    for number, turn in enumerate(turns.tolist()):
        for before, after in zip(
            batch[number].flatten(1).T.tolist(), turned[number].flatten(1).T.tolist(), strict=True
        ):
            hue, saturation, value = colorsys.rgb_to_hsv(*before)
            assert after == pytest.approx(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value), abs=1e-12)


@each
@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7])
def test_bytes_come_out_as_pillow_has_them(name, factor):
    ours, _, pillow = CHANGES[name]
    pixels = np.random.default_rng(0).integers(0, 256, (11, 13, 3), dtype=np.uint8)
    theirs = np.asarray(pillow(Image.fromarray(pixels)).enhance(factor)).astype(int)
    numbers = torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0) / 255
    mine = (ours(numbers, torch.tensor([factor])) * 255).round()[0].permute(1, 2, 0).numpy()
    assert np.abs(mine - theirs).max() <= 1  # Pillow rounds gray first, and cuts where we round


@each
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_factor_one_changes_not_a_bit(rng, name, dtype):
    batch = images(rng).to(dtype)
    assert torch.equal(CHANGES[name][0](batch, torch.ones(6)), batch)


@pytest.mark.parametrize("turn", [0.0, 1.0, -1.0])
def test_a_whole_turn_of_the_wheel_comes_home(rng, turn):
    batch = images(rng)
    torch.testing.assert_close(color.hue(batch, torch.full((6,), turn)), batch, rtol=0, atol=1e-12)


def test_a_third_of_a_turn_makes_red_green_and_green_blue():
    red = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64).view(1, 3, 1, 1)
    third = torch.tensor([1 / 3], dtype=torch.float64)
    green = color.hue(red, third)
    assert green.flatten().tolist() == pytest.approx([0, 1, 0])
    assert color.hue(green, third).flatten().tolist() == pytest.approx([0, 0, 1])


def test_white_stays_white_when_all_color_is_taken():
    white = torch.ones(2, 3, 4, 4, dtype=torch.float64)
    torch.testing.assert_close(color.saturation(white, torch.zeros(2)), white, rtol=0, atol=1e-15)


def test_gray_images_have_neither_hue_nor_color(rng):
    batch = images(rng, channels=1)
    assert torch.equal(color.hue(batch, torch.full((6,), 0.3)), batch)
    assert torch.equal(color.saturation(batch, torch.zeros(6)), batch)


@pytest.mark.parametrize("change", [color.contrast, color.saturation, color.hue])
def test_two_channels_are_no_color(change):
    with pytest.raises(ConfigError, match=r"color: got '2 channels', need 1 \(gray\) or 3"):
        change(torch.rand(1, 2, 4, 4), torch.ones(1))


@pytest.mark.parametrize("change", [*(change for change, _, _ in CHANGES.values()), color.hue])
def test_the_given_images_are_left_alone_and_their_layout_does_not_matter(rng, change):
    batch, amounts = images(rng).float(), torch.linspace(0, 0.5, 6)
    before = batch.clone()
    changed = change(batch, amounts)
    assert torch.equal(batch, before)
    torch.testing.assert_close(change(batch.to(memory_format=torch.channels_last), amounts), changed)
