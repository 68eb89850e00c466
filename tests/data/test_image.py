"""Whatever a picture file is like, its central square comes out as bytes, or an error names it."""

import io

import numpy as np
import pytest
from PIL import Image

from d2lab.core.errors import DataError
from d2lab.data import image as image_module
from d2lab.data.image import read_square

RNG = np.random.default_rng(0)


def saved(image, kind="PNG", **more):
    body = io.BytesIO()
    image.save(body, kind, **more)
    return body


def read(image, side=8, channels=3, kind="PNG", **more):
    return read_square(saved(image, kind, **more), "it", side=side, channels=channels)


@pytest.fixture
def color():
    return Image.fromarray(RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8))


def test_a_picture_of_the_right_size_keeps_its_bytes(color):
    np.testing.assert_array_equal(read(color), np.asarray(color).transpose(2, 0, 1))
    np.testing.assert_array_equal(read(color, channels=1)[0], np.asarray(color.convert("L")))


@pytest.mark.parametrize(("width", "height"), [(12, 8), (8, 12), (13, 8), (40, 9)])
def test_the_central_square_is_taken(width, height):
    whole = RNG.integers(0, 256, (height, width), dtype=np.uint8)
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    found = read(Image.fromarray(whole), side=short, channels=1)[0].astype(int)
    if left == int(left) and top == int(top):
        np.testing.assert_array_equal(found, whole[int(top) :, int(left) :][:short, :short])
    else:  # half a pixel aside: the mean of two neighbors, wherever that is
        columns = whole.astype(float)[:, int(left) : int(left) + short + 1]
        assert np.abs(found - (columns[:, :-1] + columns[:, 1:]) / 2).max() <= 1


def test_shrinking_by_a_whole_number_smooths_as_torch_does(color):
    import torch
    from torch.nn import functional

    large = Image.fromarray(RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    numbers = torch.from_numpy(np.array(large)).permute(2, 0, 1)[None].double()
    expected = functional.interpolate(numbers, (8, 8), mode="bilinear", antialias=True)[0].numpy()
    assert np.abs(read(large) - expected).max() <= 1


def test_other_kinds_of_pixels_become_bytes(color):
    gray = color.convert("L")
    alike = np.asarray(gray)[None].repeat(3, 0)
    np.testing.assert_array_equal(read(gray), alike)
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    np.testing.assert_array_equal(read(deep), alike)
    np.testing.assert_array_equal(read(gray.convert("1").convert("P")), read(gray.convert("1")))
    glass = color.convert("RGBA")
    glass.putalpha(Image.new("L", (8, 8), 0))
    assert (read(glass) == 255).all()
    layered = gray.convert("LA")
    np.testing.assert_array_equal(read(layered), alike)
    printed = read(color.convert("CMYK"), kind="TIFF").astype(int)
    assert np.abs(printed - np.asarray(color).transpose(2, 0, 1)).max() <= 2


def test_a_photo_is_turned_upright():
    half = np.zeros((16, 16), np.uint8)
    half[:8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter
    turned = read(Image.fromarray(half), side=16, channels=1, kind="JPEG", exif=exif.tobytes())[0]
    assert turned[:, 10:].min() > 200
    assert turned[:, :6].max() < 50


def test_a_large_jpeg_is_read_small_and_looks_the_same():
    smooth = np.add.outer(np.linspace(0, 120, 1000), np.linspace(0, 120, 1400)).astype(np.uint8)
    whole = Image.fromarray(smooth)
    fast, slow = read(whole, side=50, channels=1, kind="JPEG", quality=95), read(whole, side=50, channels=1)
    assert np.abs(fast.astype(int) - slow).max() <= 3
    with Image.open(saved(whole, "JPEG")) as file:
        file.draft(None, image_module._draft_size(file.size, 120))
        assert 240 <= min(file.size) < 1000


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_broken_file_is_named(color, kind):
    large = color.resize((200, 200))
    whole = saved(large, kind).getvalue()
    for body in (b"", b"hello", whole[:20], whole[: len(whole) // 2]):
        with pytest.raises(DataError, match=r"^image it: got .*need a readable PNG or JPEG image"):
            read_square(io.BytesIO(body), "it", side=8, channels=3)


def test_what_is_no_picture_at_all_is_named(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="no such file"):
        read_square(tmp_path / "gone.png", "it", side=8, channels=3)
    with pytest.raises(DataError, match="floating-point"):
        read(Image.fromarray(np.zeros((8, 8), np.float32)), kind="TIFF")
    monkeypatch.setattr(image_module, "MOST_PIXELS", 63)
    with pytest.raises(DataError, match="8 x 8 pixels"):
        read(Image.new("RGB", (8, 8)))
