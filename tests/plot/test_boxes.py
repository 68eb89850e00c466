"""Boxes lie where their numbers say, names are read whole, and no kind of box is told by color alone."""

from itertools import combinations

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, BoxPanel, MarkedBoxes, box_grid, box_names, draw_boxes, save, show_image
from d2lab.plot.theme import figure

each = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def photo(height=48, width=64, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def drawn_on(image, marked, theme=LIGHT):
    drawn = figure(4, 4, theme)
    axes = drawn.subplots()
    show_image(axes, image, theme)
    draw_boxes(axes, marked, theme)
    drawn.set_layout_engine(None)
    return drawn, axes


def outlines(axes):
    return [path.vertices for lines in axes.collections for path in lines.get_paths()]


def test_pixel_k_covers_k_to_k_plus_1_and_boxes_share_its_coordinates():
    boxes = [[0, 0, 64, 48], [10.5, 3, 20, 7.25]]
    _, axes = drawn_on(photo(), MarkedBoxes(boxes=boxes))
    (image,) = axes.images
    assert image.get_extent() == [0, 64, 48, 0] or image.get_extent() == (0, 64, 48, 0)
    for vertices, (x1, y1, x2, y2) in zip(outlines(axes), boxes, strict=True):
        assert {tuple(corner) for corner in vertices.tolist()} == {(x1, y1), (x2, y1), (x2, y2), (x1, y2)}


@each
def test_kinds_differ_by_line_and_by_color(theme):
    looks = []
    for kind in ("right", "wrong", "missed"):
        _, axes = drawn_on(photo(), MarkedBoxes(boxes=[[1, 1, 9, 9]], kind=kind), theme)
        (lines,) = axes.collections
        looks.append((str(lines.get_linestyle()), tuple(lines.get_edgecolor()[0])))
    for first, second in combinations(looks, 2):
        assert first[0] != second[0]
        assert first[1] != second[1]


def test_equal_numbers_have_one_color_and_others_another():
    _, axes = drawn_on(photo(), MarkedBoxes(boxes=np.tile([1, 1, 9, 9], (3, 1)), numbers=[4, 2, 4]))
    first, second, third = axes.collections[0].get_edgecolor().tolist()
    assert first == third != second


@each
def test_names_are_whole_wherever_the_box_is(theme):
    places = [(x, y) for x in (0, 5, 30, 55, 60) for y in (0, 3, 20, 40, 45)]
    for kind in ("plain", "missed"):
        boxes = [[x, y, x + 4, y + 3] for x, y in places]
        drawn, axes = drawn_on(photo(), MarkedBoxes(boxes=boxes, names=["a cat: 0.93"] * len(boxes), kind=kind), theme)
        renderer, room = drawn.canvas.get_renderer(), axes.get_window_extent()
        for text in axes.texts:
            box = text.get_window_extent(renderer)
            assert room.x0 - 2 <= box.x0 < box.x1 <= room.x1 + 2
            assert room.y0 - 2 <= box.y0 < box.y1 <= room.y1 + 2


@pytest.mark.parametrize("box", [[20, 15, 40, 30], [0, 0, 20, 12], [50, 40, 64, 48]])
def test_names_of_boxes_at_one_place_do_not_hide_each_other(box):
    drawn = figure(4, 4, LIGHT)
    axes = drawn.subplots()
    show_image(axes, photo())
    for kind in ("missed", "right", "wrong"):
        draw_boxes(axes, MarkedBoxes(boxes=[box], names=["cat"], kind=kind))
    extents = [text.get_window_extent(drawn.canvas.get_renderer()).padded(-1) for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in combinations(extents, 2))


def test_the_name_of_a_missed_object_stands_below_it():
    _, axes = drawn_on(photo(), MarkedBoxes(boxes=[[20, 15, 40, 30]], names=["cat"], kind="missed"))
    assert axes.texts[0].get_position()[1] == 30
    assert axes.texts[0].get_va() == "top"


def test_no_boxes_a_hundred_boxes_and_boxes_of_one_pixel_are_drawn(tmp_path):
    many = np.random.default_rng(0).uniform(0, 40, (100, 4))
    many[:, 2:] += many[:, :2]
    for boxes in ([], np.zeros((0, 4)), many, [[3, 3, 4, 4]], [[3, 3, 3, 3]], [[9, 9, 3, 3]]):
        count = len(boxes)
        drawn, axes = drawn_on(photo(), MarkedBoxes(boxes=boxes, names=["1"] * count))
        assert len(outlines(axes)) == count == len(axes.texts)
        save(drawn, tmp_path / "boxes")


def test_names_are_class_and_score():
    assert box_names([1, 0], ["cat", "dog"]) == ["dog", "cat"]
    assert box_names([1], ["cat", "dog"], [0.5]) == ["dog: 0.50"]
    assert box_names([], ["cat"], []) == []
    for wrong in (2, -1):
        with pytest.raises(ConfigError, match=f"labels of boxes: got {wrong}"):
            box_names([0, wrong], ["cat", "dog"])
    with pytest.raises(ConfigError, match="scores of boxes: got 1"):
        box_names([0, 1], ["cat", "dog"], [0.5])


def test_refuses_what_is_no_box_and_no_image():
    for wrong in ([[1, 2, 3]], [1, 2, 3, 4], [[1, 2, 3, np.nan]]):
        with pytest.raises(ConfigError, match="boxes: got 'shape"):
            MarkedBoxes(boxes=wrong)
    with pytest.raises(ConfigError, match="names of boxes: got 1"):
        MarkedBoxes(boxes=[[1, 1, 2, 2]] * 2, names=["cat"])
    with pytest.raises(ConfigError, match="numbers of boxes: got 3"):
        MarkedBoxes(boxes=[[1, 1, 2, 2]] * 2, numbers=[1, 2, 3])
    for wrong in (np.zeros((3, 8, 8), np.uint8), np.zeros((8, 8), np.int64), np.zeros((0, 8), np.uint8)):
        with pytest.raises(ConfigError, match="image: got"):
            show_image(figure(4, 4, LIGHT).subplots(), wrong)
    with pytest.raises(ConfigError, match="images with boxes: got"):
        box_grid([], title="none")


@each
def test_a_grid_has_each_image_once_none_hides_another_and_the_key_names_the_kinds(theme, tmp_path):
    shapes = [(48, 64), (64, 48), (20, 200), (300, 20), (8, 8), (48, 64), (48, 64)]
    wrong = MarkedBoxes(boxes=[[2, 2, 6, 6]], names=["cat: 0.10"], kind="wrong")
    panels = [
        BoxPanel(image=photo(*shape), marked=[wrong, MarkedBoxes(boxes=[], kind="missed")], caption=str(shape))
        for shape in shapes
    ]
    drawn = box_grid(panels, theme, title="title", subtitle="what", columns=3)
    for axes, panel in zip(drawn.axes, panels, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), panel.image)
    places = [axes.get_position() for axes in drawn.axes]
    for number, place in enumerate(places):
        assert 0 <= place.x0 < place.x1 <= 1
        assert 0 <= place.y0 < place.y1 <= 1
        assert not any(place.overlaps(other) for other in places[:number])
    (key,) = drawn.legends
    assert [text.get_text() for text in key.get_texts()] == ["wrong", "missed"]
    save(drawn, tmp_path / "grid")
    header_end, first = key.get_window_extent(drawn.canvas.get_renderer()).y0, drawn.axes[0].get_window_extent().y1
    assert header_end >= first
    plain = box_grid([BoxPanel(image=photo(), marked=[MarkedBoxes(boxes=[[1, 1, 2, 2]])])], theme, title="one")
    assert not plain.legends
