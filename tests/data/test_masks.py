"""Masks as files: palettes, run lengths and polygons, there and back, equal to pycocotools and brute force."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools import mask as coco

from d2lab.core.errors import DataError
from d2lab.data.image_fit import read_fitted
from d2lab.data.palette import fit_mask, read_mask, voc_palette, write_mask
from d2lab.data.polygon import fill_polygons, trace_mask
from d2lab.data.run_length import decode_runs, encode_runs, read_runs, write_runs

MASKS = st.builds(
    lambda height, width, seed, share: np.random.default_rng(seed).random((height, width)) < share,
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
)


def drawn(rng, classes=21, size=(9, 7)):
    mask = rng.integers(0, classes, size).astype(np.uint8)
    mask[0, :3] = 255
    return mask


def test_the_palette_is_pascal_vocs():
    colors = voc_palette()
    assert colors.shape == (256, 3)
    assert len(np.unique(colors, axis=0)) == 256
    known = {0: (0, 0, 0), 1: (128, 0, 0), 8: (64, 0, 0), 15: (192, 128, 128), 20: (0, 64, 128), 255: (224, 224, 192)}
    assert {number: tuple(colors[number].tolist()) for number in known} == known


def test_a_mask_is_read_as_it_was_written(tmp_path):
    mask = drawn(np.random.default_rng(0))
    write_mask(mask, tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png", size=(7, 9), classes=21), mask)
    with Image.open(tmp_path / "mask.png") as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), voc_palette()[mask])


@pytest.mark.parametrize("form", ["gray", "colors", "colors with alpha", "16 bits", "one bit"])
def test_numbers_and_colors_are_read_alike(form, tmp_path):
    mask = drawn(np.random.default_rng(1))
    if form == "one bit":
        mask = (mask % 2).astype(np.uint8)
        image = Image.fromarray(mask == 1)
    elif form == "gray":
        image = Image.fromarray(mask)
    elif form == "16 bits":
        image = Image.fromarray(mask.astype(np.uint16))
    else:
        image = Image.fromarray(voc_palette()[mask]).convert("RGBA" if "alpha" in form else "RGB")
    image.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), mask)


def saved(path, image, form="PNG"):
    content = io.BytesIO()
    image.save(content, form)
    path.write_bytes(content.getvalue())
    return path


GRAY = Image.fromarray(np.array([[0, 1], [2, 7]], np.uint8))
HOSTILE = {
    "a class too many": (GRAY, "PNG", {"classes": 3}, "got 'class 7 at 1 pixels', need class numbers from 0 to 2"),
    "another size": (GRAY, "PNG", {"size": (3, 2)}, "got '2 x 2 pixels', need 3 x 2 pixels, as its image"),
    "saved with loss": (GRAY, "JPEG", {}, "got 'JPEG', need a PNG file"),
    "a strange color": (Image.new("RGB", (2, 2), (1, 2, 3)), "PNG", {}, r"got 'the color \(1, 2, 3\)'"),
    "another kind": (Image.new("LA", (2, 2)), "PNG", {}, "got 'pixels of the kind LA'"),
    "16 bits too large": (Image.fromarray(np.full((2, 2), 256, np.uint16)), "PNG", {}, "got 'class 256 at 4 pixels'"),
}


@pytest.mark.parametrize(("image", "form", "how", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_mask_is_refused_by_name(image, form, how, said, tmp_path):
    path = saved(tmp_path / "mask.png", image, form)
    with pytest.raises(DataError, match=said) as caught:
        read_mask(path, **how)
    assert "mask.png" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + b"\0" * 30])
def test_a_broken_mask_is_one_line(content, tmp_path):
    (tmp_path / "mask.png").write_bytes(content)
    with pytest.raises(DataError, match=r"mask\.png"):
        read_mask(tmp_path / "mask.png")
    with pytest.raises(DataError, match="no such file"):
        read_mask(tmp_path / "other.png")


@pytest.mark.parametrize("mask", [np.zeros((2, 2), np.int64), np.zeros(4, np.uint8), np.zeros((0, 2), np.uint8)])
def test_what_is_no_mask_is_not_written(mask, tmp_path):
    with pytest.raises(DataError, match="need uint8"):
        write_mask(mask, tmp_path / "mask.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("size", "frame"), [((40, 60), (20, 30)), ((10, 16), (16, 16)), ((30, 20), (24, 24))])
def test_a_fitted_mask_lies_where_its_image_lies(size, frame, tmp_path):
    """Pixels of one class are white in the image: after fitting, the bright ones are that class but for the edge."""
    mask = np.zeros(size, np.uint8)
    mask[size[0] // 4 : size[0] // 2, size[1] // 2 :] = 3
    Image.fromarray(np.where(mask == 3, 255, 0).astype(np.uint8)).convert("RGB").save(tmp_path / "image.png")
    image, fitted = read_fitted(tmp_path / "image.png", frame=frame), fit_mask(mask, frame)
    inside = fitted != 255
    assert (image[:, ~inside] == 114).all()  # and what is not beside the image is void nowhere
    scale = min(frame[0] / size[0], frame[1] / size[1])
    assert inside.sum() == round(size[0] * scale) * round(size[1] * scale)
    assert set(np.unique(fitted)) <= {0, 3, 255}
    sure = inside & ((image[0] < 20) | (image[0] > 235))
    assert sure.sum() > 0.8 * inside.sum()
    np.testing.assert_array_equal(fitted[sure] == 3, image[0][sure] > 127)


@given(MASKS)
@settings(deadline=None, max_examples=200)
def test_run_lengths_are_those_of_pycocotools(mask):
    runs = encode_runs(mask)
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert write_runs(runs) == theirs["counts"].decode()
    assert read_runs(theirs["counts"].decode()).tolist() == runs.tolist()
    np.testing.assert_array_equal(decode_runs(runs, *mask.shape), mask)
    np.testing.assert_array_equal(decode_runs(runs.tolist(), *mask.shape), mask)


def test_a_mask_of_many_pixels_is_read_back():
    mask = np.zeros((700, 900), bool)
    mask[100:690, 5:890] = np.random.default_rng(0).random((590, 885)) < 0.999
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert write_runs(encode_runs(mask)) == theirs["counts"].decode()
    np.testing.assert_array_equal(decode_runs(read_runs(theirs["counts"].decode()), 700, 900), mask)


BAD_RUNS = [[3], [5], [-1, 5], [2.0, 2.0], [], [[4]], [2**40, 4], ["4"]]


@pytest.mark.parametrize("counts", BAD_RUNS, ids=str)
def test_lengths_that_are_no_mask_are_refused(counts):
    with pytest.raises(DataError, match=r"^run lengths: .*add up to 2 x 2 pixels"):
        decode_runs(counts, 2, 2)


@pytest.mark.parametrize("text", ["/", "p", "é", "P", "oooooooooo0", "4o"])
def test_letters_that_are_no_lengths_are_refused(text):
    with pytest.raises(DataError, match=r"^run lengths as a text"):
        read_runs(text)


def inside(x, y, corners):
    """Say by the rule of the odd number of crossings whether a point lies inside, edge by edge."""
    odd = False
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 < y) != (y2 < y) and x1 + (y - y1) * (x2 - x1) / (y2 - y1) <= x:
            odd = not odd
    return odd


@given(st.lists(st.tuples(st.floats(-3, 12), st.floats(-3, 12)), min_size=3, max_size=7))
@settings(deadline=None, max_examples=150)
def test_a_polygon_holds_the_pixels_whose_centers_are_inside(corners):
    filled = fill_polygons([corners], 8, 9)
    near = -1e-6, 0.0, 1e-6
    for row in range(8):
        for column in range(9):
            x, y = column + 0.5, row + 0.5
            found = {inside(x + right, y + down, corners) for right in near for down in near}
            assert len(found) == 2 or filled[row, column] in found  # both: the center lies on an edge


def test_a_polygon_is_that_of_pycocotools_but_for_its_edge():
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    corners = np.stack([32.3 + 20 * np.cos(angles), 30.1 + 25 * np.sin(angles)], 1)
    (code,) = coco.frPyObjects([corners.ravel().tolist()], 64, 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pycocotools about numpy
        filled, theirs = fill_polygons([corners], 64, 64), coco.decode(code) == 1
    assert (filled & theirs).sum() / (filled | theirs).sum() > 0.95
    assert filled.sum() == pytest.approx(np.pi * 20 * 25, rel=0.02)


def test_neighbors_share_no_pixel_and_a_second_outline_is_a_hole():
    left, right = [(0, 0), (2.5, 0), (2.5, 4), (0, 4)], [(2.5, 0), (6, 0), (6, 4), (2.5, 4)]
    both = [fill_polygons([outline], 4, 6) for outline in (left, right)]
    assert not (both[0] & both[1]).any()
    assert (both[0] | both[1]).all()
    ring = fill_polygons([[(0, 0), (6, 0), (6, 4), (0, 4)], [(1, 1), (3, 1), (3, 3), (1, 3)]], 4, 6)
    assert ring.sum() == 24 - 4
    assert not ring[1:3, 1:3].any()


@given(MASKS)
@settings(deadline=None, max_examples=200)
def test_outlines_of_a_mask_filled_are_the_mask(mask):
    np.testing.assert_array_equal(fill_polygons(trace_mask(mask), *mask.shape), mask)


def test_outlines_have_the_corners_alone_and_run_around_each_pixel_that_touches_at_one():
    assert [outline.tolist() for outline in trace_mask(np.ones((2, 3), bool))] == [[[0, 0], [3, 0], [3, 2], [0, 2]]]
    touching = trace_mask(np.array([[True, False], [False, True]]))
    assert sorted(len(outline) for outline in touching) == [4, 4]
    hole = trace_mask(np.pad(np.zeros((1, 1), bool), 1, constant_values=True))
    areas = [0.5 * float(np.sum(o[:, 0] * np.roll(o[:, 1], -1) - o[:, 1] * np.roll(o[:, 0], -1))) for o in hole]
    assert sorted(areas) == [-1, 9]


@pytest.mark.parametrize(
    "outline", [[(0, 0), (1, 1)], [], [(0, 0, 0)] * 3, [(0, 0), (1, float("nan")), (1, 1)], [(0, 0), (1,), (2, 2)]]
)
def test_what_is_no_polygon_is_refused(outline):
    with pytest.raises(DataError, match="the outline of a polygon"):
        fill_polygons([outline], 4, 4)
