"""Whatever a picture file is like, its central square comes out as bytes, or an error names it."""

import io
import subprocess

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from d2lab.core.errors import DataError
from d2lab.data import image as image_module
from d2lab.data.image import quiet_pillow, read_square

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


def test_what_is_no_picture_at_all_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_square(tmp_path / "gone.png", "it", side=8, channels=3)
    with pytest.raises(DataError, match="floating-point"):
        read(Image.fromarray(np.zeros((8, 8), np.float32)), kind="TIFF")
    with pytest.raises(DataError, match="no plain file"):
        read_square(tmp_path, "it", side=8, channels=3)


def test_an_image_beyond_the_limit_is_refused_with_the_limit_and_the_way_out(monkeypatch):
    monkeypatch.setattr(image_module, "MOST_PIXELS", 2_000_000)
    big = Image.new("L", (2_000, 1_001), 128)
    with pytest.raises(DataError, match=r"2000 x 1001 pixels.*at most 2 million pixels.*save it as a JPEG"):
        read(big)
    assert (read(big, kind="JPEG") == 128).all()  # read at an eighth of its size
    monkeypatch.setattr(image_module, "MOST_JPEG_PIXELS", 2_000_000)
    with pytest.raises(DataError, match="2000 x 1001 pixels"):
        read(big, kind="JPEG")


def test_a_photo_that_pillow_takes_for_a_bomb_is_read_small_where_it_is_a_jpeg(monkeypatch):
    big = Image.new("L", (1_200, 900), 128)
    photo, bomb = saved(big, "JPEG"), saved(big, "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    with quiet_pillow():
        assert (read_square(photo, "it", side=8, channels=1) == 128).all()
        with pytest.raises(DataError, match=r"far too many pixels.*need at most 100 million pixels") as error:
            read_square(bomb, "it", side=8, channels=1)
    assert "\n" not in str(error.value)


def test_a_png_whose_text_swells_is_refused_in_a_line(color):
    notes = PngImagePlugin.PngInfo()
    notes.add_text("swells", "x" * 3_000_000, zip=True)
    body = saved(color, pnginfo=notes)
    assert len(body.getvalue()) < 10_000
    with pytest.raises(DataError, match=r"^image it: got .*need a readable") as error:
        read_square(body, "it", side=8, channels=3)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["it.png", "it.eps"])
def test_a_program_that_draws_is_not_run(tmp_path, monkeypatch, name):
    def started(*arguments, **more):
        pytest.fail(f"a program was started: {arguments}")

    monkeypatch.setattr(subprocess, "check_call", started)
    monkeypatch.setattr(subprocess, "Popen", started)
    path = tmp_path / name
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\n{} loop\n%%EOF\n")
    with pytest.raises(DataError, match="got 'no image'"):
        read_square(path, "it", side=8, channels=3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("exif", [b"", b"\0\x08\0\2\1\x12\0\3", b"II*\0\xff\xff\xff\xff", b"MM\0*" + b"\xff" * 40])
def test_an_orientation_that_cannot_be_read_means_upright(kind, exif):
    half = np.zeros((16, 16, 3), np.uint8)
    half[:8] = 255
    with quiet_pillow():
        found = read(Image.fromarray(half), side=16, kind=kind, exif=b"Exif\0\0" + exif)
    assert found[:, :6].min() > 200
    assert found[:, 10:].max() < 50


@pytest.mark.parametrize("orientation", range(10))
def test_each_orientation_is_turned_as_pillow_turns_it(orientation):
    image = Image.fromarray(RNG.integers(0, 256, (9, 6), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    with Image.open(saved(image, exif=exif)) as file:
        expected = ImageOps.exif_transpose(file)
    with Image.open(saved(image, exif=exif)) as file:
        np.testing.assert_array_equal(np.asarray(image_module.apply_orientation(file)), np.asarray(expected))
