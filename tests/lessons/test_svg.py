"""Small SVG: the same drawing in fewer bytes."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from d2lab.lessons.svg import compact_svg, relative_path
from d2lab.plot import lines, show
from d2lab.plot.boxes import show_image
from d2lab.plot.save import render
from d2lab.plot.theme import LIGHT, figure

NUMBER = re.compile(r"-?\d*\.?\d+")


@pytest.fixture(scope="module")
def drawn():
    series = {"a": [0.1, 0.5, 0.2, 0.9], "b": [1, 2, 3, 0.5]}
    figure = show(lines, [1, 2, 3, 4], series, horizontal="x", vertical="y", title="1 < 2")
    return figure._repr_mimebundle_()


def absolute(path):
    """The points of a path of relative commands."""
    points, at, start = [], (0.0, 0.0), (0.0, 0.0)
    for command, rest in re.findall(r"([MmlqcLQCz])([^MmlqcLQCz]*)", path):
        if command == "z":
            at = start
            continue
        numbers = [float(number) for number in NUMBER.findall(rest)]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        moved = [(at[0] + x, at[1] + y) if command.islower() else (x, y) for x, y in pairs]
        points += moved
        at = moved[-1]
        start = at if command in "Mm" else start
    return points


def test_a_figure_is_less_than_two_thirds_and_no_date_and_no_loose_name_is_left(drawn):
    before, after = drawn["image/svg+xml"], compact_svg(drawn["image/svg+xml"])
    assert len(after) < 0.67 * len(before)
    assert "date" not in after.lower()
    names = set(re.findall(r' id="([^"]+)"', after))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', after))
    assert names == used
    classes = set(re.findall(r' class="([^"]+)"', after))
    assert classes == set(re.findall(r"\.([\w]+)\{", after))


def test_every_point_stays_within_a_hundredth(drawn):
    before = ElementTree.fromstring(drawn["image/svg+xml"])  # noqa: S314 (our own figure)
    after = ElementTree.fromstring(compact_svg(drawn["image/svg+xml"]))  # noqa: S314
    paths = [[element for element in root.iter() if "d" in element.attrib] for root in (before, after)]
    assert len(paths[0]) == len(paths[1]) > 10
    for one, other in zip(*paths, strict=True):
        room = 0.51 if "scale(0.015625)" in one.get("transform", "") else 0.0051
        old, new = absolute(one.attrib["d"]), absolute(other.attrib["d"])
        assert len(old) == len(new)
        assert all(abs(a - b) <= room for p, q in zip(old, new, strict=True) for a, b in zip(p, q, strict=True))


def test_two_figures_share_no_name(drawn):
    light, dark = (compact_svg(drawn[mime]) for mime in ("image/svg+xml", "application/vnd.d2lab.dark+svg"))
    names = [set(re.findall(r' (?:id|class)="([^"]+)"', text)) for text in (light, dark)]
    assert not names[0] & names[1]
    assert compact_svg(drawn["image/svg+xml"]) == light


@pytest.mark.parametrize(
    ("path", "decimals", "short"),
    [
        ("M 10 20 \nL 10.004 20.006 \nL 10.008 20.012 \nz\n", 2, "M10 20l0 .01l.01 0z"),  # errors do not add up
        ("M 1 1 L 2 2 z M 5 5 L 4 6", 0, "M1 1l1 1zm4 4l-1 1"),
        ("M 0 0 Q 1 1 2 0 C 3 3 4 4 5 0", 0, "M0 0q1 1 2 0c1 3 2 4 3 0"),
        ("M 1e-07 -0.5 L -2e1 0", 1, "M0-.5l-20 .5"),
    ],
)
def test_paths_become_relative(path, decimals, short):
    assert relative_path(path, decimals) == short


def image_of(pixels):
    drawn = figure(3, 3, LIGHT)
    show_image(drawn.subplots(), pixels)
    return render(drawn, "svg").decode()


def pixels_in(text, kind):
    encoded = re.search(f'data:image/{kind};base64,([^"]+)', text)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")).astype(int)


def test_a_photo_becomes_a_jpeg_that_looks_the_same():
    before = image_of(load_sample_image("china.jpg")[:120, :160])
    after = compact_svg(before)
    assert len(after) < 0.5 * len(before)
    was, seen = pixels_in(before, "png"), pixels_in(after, "jpeg")
    assert seen.shape == was.shape
    assert np.abs(seen - was).mean() < 4
    assert compact_svg(before) == after


def test_drawings_with_few_colors_and_small_images_stay_as_they_are():
    small = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    few = np.zeros((120, 160, 3), np.uint8)
    few[20:60] = (255, 0, 0)
    for pixels in (small, few):
        assert "data:image/png" in compact_svg(image_of(pixels))
