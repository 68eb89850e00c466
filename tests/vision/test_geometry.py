"""Mirrored, moved and turned: pixel by pixel against padding and cutting, and against torchvision."""

import pytest
import torch
from torch.nn import functional
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from d2lab.vision import geometry
from d2lab.vision.geometry import rotate

CPU = torch.device("cpu")


def bytes_of(rng, *shape):
    return torch.randint(0, 256, shape, generator=rng, dtype=torch.uint8)


def lines(images):
    return (geometry.line_index(len(images), pixels, CPU) for pixels in images.shape[-2:])


@pytest.mark.parametrize("border", ["reflect", "zeros"])
@pytest.mark.parametrize("shape", [(81, 3, 9, 6), (81, 1, 5, 5)])
def test_moved_images_are_windows_of_padded_ones(rng, border, shape):
    most, images = 4, bytes_of(rng, *shape)
    steps = torch.arange(-most, most + 1)
    down, right = (grid.flatten() for grid in torch.meshgrid(steps, steps, indexing="ij"))  # every offset once
    rows, columns = lines(images)
    got = geometry.gather_pixels(
        images, geometry.translate_index(rows, down, border), geometry.translate_index(columns, right, border), border
    )
    padded = functional.pad(images.double(), (most,) * 4, mode="constant" if border == "zeros" else "reflect")
    for number, image in enumerate(padded.byte()):
        top, left = most - int(down[number]), most - int(right[number])
        assert torch.equal(got[number], image[:, top : top + shape[2], left : left + shape[3]])


def test_mirrored_images_are_torchvisions_and_the_others_are_untouched(rng):
    images = bytes_of(rng, 4, 3, 5, 7)
    rows, columns = lines(images)
    across, down = torch.tensor([True, False, True, False]), torch.tensor([True, True, False, False])
    got = geometry.gather_pixels(images, geometry.flip_index(rows, down), geometry.flip_index(columns, across))
    both = reference.vertical_flip(reference.horizontal_flip(images[0]))
    expected = [both, reference.vertical_flip(images[1]), reference.horizontal_flip(images[2]), images[3]]
    assert torch.equal(got, torch.stack(expected))


def test_an_image_mirrored_and_then_moved_moves_the_same_way(rng):
    images = bytes_of(rng, 1, 1, 4, 6)
    rows, columns = lines(images)
    columns = geometry.translate_index(geometry.flip_index(columns, torch.tensor([True])), torch.tensor([2]), "zeros")
    got = geometry.gather_pixels(images, rows, columns, "zeros")
    assert got[..., :2].sum() == 0
    assert torch.equal(got[..., 2:], images.flip(-1)[..., :4])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64])
def test_bytes_stay_bytes_and_numbers_numbers_in_either_layout(rng, dtype):
    images = bytes_of(rng, 3, 3, 6, 5).to(dtype)
    rows, columns = lines(images)
    moved = geometry.translate_index(rows, torch.tensor([1, -2, 0]), "zeros")
    got = geometry.gather_pixels(images, moved, columns, "zeros")
    assert got.dtype == dtype
    assert torch.equal(
        got, geometry.gather_pixels(images.to(memory_format=torch.channels_last), moved, columns, "zeros")
    )
    assert torch.equal(got[2], images[2])


@pytest.mark.parametrize("border", ["reflect", "zeros"])
def test_what_has_no_image_moves_to_nothing(border):
    images = torch.zeros(0, 3, 4, 4, dtype=torch.uint8)
    rows, columns = lines(images)
    rows = geometry.translate_index(rows, torch.zeros(0, dtype=torch.int64), border)
    assert geometry.gather_pixels(images, rows, columns, border).shape == (0, 3, 4, 4)
    assert rotate(torch.zeros(0, 3, 4, 4), torch.zeros(0), border).shape == (0, 3, 4, 4)


@pytest.mark.parametrize("shape", [(5, 3, 12, 12), (5, 1, 10, 15)])
def test_each_image_is_turned_as_torchvision_turns_it(rng, shape):
    images = torch.rand(shape, generator=rng, dtype=torch.float64)
    degrees = torch.tensor([0.0, 7.5, -33.0, 90.0, 180.0], dtype=torch.float64)
    expected = [
        reference.rotate(image, float(angle), interpolation=InterpolationMode.BILINEAR)
        for image, angle in zip(images, degrees, strict=True)
    ]
    # torchvision works the grid out in float32
    torch.testing.assert_close(rotate(images, degrees, "zeros"), torch.stack(expected), rtol=0, atol=2e-5)


@pytest.mark.parametrize("border", ["reflect", "zeros"])
def test_a_quarter_turn_moves_pixels_and_no_turn_leaves_them(rng, border):
    images = torch.rand(2, 3, 8, 8, generator=rng, dtype=torch.float64)
    turned = rotate(images, torch.tensor([90.0, 0.0], dtype=torch.float64), border)
    torch.testing.assert_close(turned[0], images[0].rot90(1, (1, 2)), rtol=0, atol=1e-12)
    torch.testing.assert_close(turned[1], images[1], rtol=0, atol=1e-12)


def test_what_a_turn_lets_in_is_black_or_the_mirrored_image():
    bright = torch.ones(1, 1, 16, 16)
    eighth = torch.tensor([45.0])
    assert rotate(bright, eighth, "zeros")[0, 0, 0, 0] == 0
    torch.testing.assert_close(rotate(bright, eighth, "reflect"), bright)
