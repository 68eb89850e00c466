"""Bytes become numbers, pictures change their size."""

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.core.errors import ConfigError
from d2lab.vision.color import to_unit
from d2lab.vision.resample import resize


def test_every_byte_becomes_its_255th_to_one_unit_in_the_last_place():
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    exact = (np.arange(256) / 255).astype(np.float32)
    got = to_unit(levels).flatten().numpy()
    assert (np.abs(got - exact) <= np.spacing(exact)).all()
    assert got[0] == 0
    assert got[255] == 1
    assert got.dtype == np.float32


def test_the_bytes_are_left_as_they_were():
    images = torch.full((1, 1, 2, 2), 7, dtype=torch.uint8)
    to_unit(images)
    assert images.tolist() == [[[[7, 7], [7, 7]]]]


@pytest.mark.parametrize("level", [0, 1, 127, 128, 254, 255])
@pytest.mark.parametrize("side", [1, 5, 28, 64])
def test_a_constant_image_stays_constant(level, side):
    images = torch.full((2, 3, 28, 28), level, dtype=torch.uint8)
    assert torch.equal(resize(images, side), torch.full((2, 3, side, side), level, dtype=torch.uint8))


@pytest.mark.parametrize("side", [8, 12, 28, 60])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_is_resized_as_pillow_does_one_by_one(side, channels):
    noise = np.random.default_rng(0).integers(0, 256, (4, channels, 32, 24), dtype=np.uint8)
    ours = resize(torch.from_numpy(noise), side).numpy()
    for image, mine in zip(noise, ours, strict=True):
        for layer, mine_layer in zip(image, mine, strict=True):
            theirs = np.asarray(Image.fromarray(layer).resize((side, side), Image.Resampling.BILINEAR))
            assert np.abs(mine_layer.astype(int) - theirs).max() <= 1  # Pillow rounds once between the two axes


def test_images_of_the_right_size_are_handed_back():
    images = torch.zeros(2, 1, 28, 28, dtype=torch.uint8)
    assert resize(images, 28) is images


def test_an_oblong_image_becomes_square():
    assert resize(torch.zeros(1, 1, 20, 28, dtype=torch.uint8), 28).shape == (1, 1, 28, 28)


@pytest.mark.parametrize("side", [0, -3])
def test_a_side_below_one_pixel_is_refused(side):
    with pytest.raises(ConfigError, match=rf"side: got {side}, need 1 pixel or more\."):
        resize(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), side)
