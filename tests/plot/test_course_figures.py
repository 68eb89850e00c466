"""The course's figures show what they were given: numbers in cells, shapes on arrows, fields, regions, contours."""

import numpy as np
import pytest
import torch

from d2lab import models, plot
from d2lab.core.errors import ConfigError
from d2lab.core.language import LANGUAGES
from d2lab.inspection import blocks_of, summarize
from d2lab.plot import DARK, LIGHT, Grid, drawing
from d2lab.plot.drawing import NO_CHINESE, drawn_for

each_theme = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def texts(axes):
    return [text.get_text() for text in axes.texts]


@each_theme
def test_a_grid_writes_every_number_and_boxes_what_is_marked(theme, tmp_path):
    table = np.arange(6.0).reshape(2, 3)
    table[1, 2] = np.nan
    both = [Grid(values=table, name="image", marked=[(0, 1, 1, 2)]), Grid(values=[[7.5]], name="map", before="=")]
    drawn = plot.grids(both, theme, title="t")
    (axes,) = drawn.axes
    assert texts(axes) == ["0", "1", "2", "3", "4", "image", "=", "7.5", "map"]
    boxes = [p.get_bbox().bounds for p in axes.patches if p.get_linewidth() == 2.4]
    first = axes.patches[0].get_x()
    np.testing.assert_allclose([(x - first, w, h) for x, _, w, h in boxes], [(1, 2, 1)])
    plot.save(drawn, tmp_path / "grids", ("png",))


def test_padding_is_faint_and_shade_follows_the_value():
    drawn = plot.grids([Grid(values=np.pad([[5.0]], 1), faint=1)], LIGHT, title="t")
    cells = drawn.axes[0].patches
    assert [cell.get_alpha() for cell in cells] == [0.45] * 4 + [None] + [0.45] * 4
    shaded = plot.grids([Grid(values=[[-2.0, 0.0, 2.0]], shaded=True)], LIGHT, title="t").axes[0].patches
    blue = [cell.get_facecolor()[2] - cell.get_facecolor()[0] for cell in shaded]
    assert blue[0] < blue[1] < blue[2]


@pytest.mark.parametrize("values", [[1.0, 2.0], np.zeros((0, 3)), np.zeros((1, 1, 1))])
def test_a_grid_without_rows_and_columns_is_refused(values):
    with pytest.raises(ConfigError, match="need rows and columns"):
        Grid(values=values, name="odd")


@each_theme
def test_regions_are_what_the_classifier_says(theme):
    points = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    drawn = plot.regions(points, np.array([0, 1, 1]), {"right half": lambda p: p[:, 0] > 0.5}, theme, title="t")
    (axes,) = drawn.axes
    mesh = axes.collections[0].get_array().reshape(240, 240)
    across = np.linspace(-0.12, 1.12, 240)
    np.testing.assert_array_equal(mesh, np.broadcast_to(across > 0.5, (240, 240)))
    shown = np.concatenate([np.stack(line.get_data(), 1) for line in axes.lines])
    assert sorted(map(tuple, shown)) == sorted(map(tuple, points))


def test_regions_refuse_points_that_are_no_plane():
    with pytest.raises(ConfigError, match="points, classes, answers"):
        plot.regions(np.zeros((3, 3)), np.zeros(3), {"a": None}, title="t")


@each_theme
def test_neurons_join_every_unit_with_every_unit(theme):
    (axes,) = plot.neurons([2, 3, 1], theme, title="t", names=["in", "hidden", "out"], units=[["x1", "x2"]]).axes
    assert len(axes.lines) == 2 * 3 + 3 * 1
    assert len(axes.patches) == 6
    assert texts(axes) == ["x1", "x2", "in", "hidden", "out"]


def test_a_wide_layer_is_drawn_with_dots():
    (axes,) = plot.neurons([256, 1], LIGHT, title="t").axes
    assert texts(axes).count("⋮") == 1
    assert len(axes.patches) == 8 + 1
    with pytest.raises(ConfigError, match="two layers or more"):
        plot.neurons([3], LIGHT, title="t")


@each_theme
def test_the_architecture_is_read_off_the_net(theme):
    model, example = models.LeNet(models.LeNetConfig()), torch.zeros(1, 1, 28, 28)
    blocks = blocks_of(model, example)
    assert sum(block.parameters for block in blocks) == summarize(model, example).parameters == 61_706
    assert blocks[-1].shape == (10,)
    assert not any(block.kind in ("ReLU", "Sigmoid") for block in blocks)  # they join the layer before
    (axes,) = plot.architecture((1, 28, 28), blocks, theme, title="t").axes
    written = texts(axes)
    assert "16 × 5 × 5" in written
    assert "48,120" in written
    assert any("5×5, padding 2" in text for text in written)
    with pytest.raises(ConfigError, match="one layer or more"):
        plot.architecture((1,), [], title="t")


def test_a_receptive_field_marks_the_pixels_whose_gradient_is_not_zero():
    stack = [("conv 3", 3, 1), ("pool 2", 2, 2), ("conv 3", 3, 1)]
    (axes,) = plot.receptive_field(16, stack, LIGHT, title="t", unit=1).axes
    marked = [p.get_x() + 0.42 for p in axes.patches if p.get_y() == pytest.approx(-0.2) and p.get_alpha() == 0.85]
    x = torch.ones(1, 1, 16, requires_grad=True)
    ones = torch.ones(1, 1, 3)
    conv = torch.nn.functional.conv1d
    out = conv(torch.nn.functional.avg_pool1d(conv(x, ones), 2), ones)
    seen = torch.autograd.grad(out[0, 0, 1], x)[0].flatten().nonzero().flatten().tolist()
    assert [round(place) for place in marked] == seen
    with pytest.raises(ConfigError, match="layer conv 3"):
        plot.receptive_field(2, stack, LIGHT, title="t")


@each_theme
def test_a_surface_shows_its_paths_and_refuses_what_does_not_fit(theme):
    x, y = np.linspace(-1, 1, 5), np.linspace(-2, 2, 9)
    heights = 1 + y[:, None] ** 2 + x**2
    look = {"title": "t", "horizontal": "a", "vertical": "b"}
    (axes,) = plot.surface(x, y, heights, {"walk": [(-1, -2), (0, 0)]}, theme, best=(0, 0), **look).axes
    np.testing.assert_array_equal(np.stack(axes.lines[0].get_data(), 1), [(-1, -2), (0, 0)])
    assert axes.get_ylim() == (-2, 2)
    with pytest.raises(ConfigError, match="a row each of up"):
        plot.surface(x, y, heights.T, theme=theme, **look)
    with pytest.raises(ConfigError, match="above 0"):
        plot.surface(x, y, heights - 1, theme=theme, **look)


@each_theme
def test_pictures_show_each_image_under_its_name(theme):
    images = np.random.default_rng(0).normal(size=(5, 4, 6))
    drawn = plot.image_grid(images, list("abcde"), theme, title="t", columns=3, signed=True)
    shown = [axes for axes in drawn.axes if axes.images]
    assert [axes.get_title() for axes in shown] == list("abcde")
    for axes, image in zip(shown, images, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)
        assert axes.images[0].get_clim() == (-np.abs(images).max(), np.abs(images).max())
    with pytest.raises(ConfigError, match="n names"):
        plot.image_grid(images, ["one"], theme, title="t")


def test_a_drawing_gives_both_themes_to_a_notebook():
    shown = plot.show(plot.lines, [1, 2], {"a": [1.0, 2.0]}, title="t", horizontal="x", vertical="y")
    bundle = shown._repr_mimebundle_()
    assert LIGHT.background in bundle["image/svg+xml"]
    assert DARK.background in bundle["application/vnd.d2lab.dark+svg"]
    assert shown._repr_mimebundle_() == bundle  # the same bytes each time


def test_words_in_two_languages_are_drawn_in_both(monkeypatch):
    monkeypatch.setenv("D2LAB_LANGUAGE", "en")
    monkeypatch.setattr(drawing, "cjk_font", lambda: "some font")
    title = {"en": "left and right", "zh": "two"}
    shown = plot.show(plot.lines, [1, 2], {"a": [1.0, 2.0]}, title=title, horizontal="x", vertical="y")
    bundle = shown._repr_mimebundle_()
    drawn = {(lang, dark): drawn_for(bundle, lang, dark=dark) for lang in LANGUAGES for dark in (False, True)}
    assert len(set(drawn.values())) == 4
    for (_, dark), svg in drawn.items():
        assert (DARK if dark else LIGHT).background in svg
    one = plot.show(plot.lines, [1, 2], {"a": [1.0, 2.0]}, title="右", horizontal="x", vertical="y")
    alone = one._repr_mimebundle_()
    assert drawn_for(alone, "zh") == alone["image/svg+xml"]
    assert drawn_for(alone, "zh", dark=True) == alone["application/vnd.d2lab.dark+svg"]


def test_without_a_chinese_font_the_chinese_version_is_missing_and_says_so(monkeypatch):
    monkeypatch.setenv("D2LAB_LANGUAGE", "en")
    monkeypatch.setattr(drawing, "cjk_font", lambda: None)
    title = {"en": "left and right", "zh": "two"}
    shown = plot.show(plot.lines, [1, 2], {"a": [1.0, 2.0]}, title=title, horizontal="x", vertical="y")
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == NO_CHINESE
    assert drawn_for(bundle, "zh") == bundle["image/svg+xml"]


def test_a_chinese_reader_of_a_notebook_sees_chinese(monkeypatch):
    asked = []

    def draw(theme, language):
        asked.append(language)
        return plot.Diagram(3, 2, theme, title=language).figure

    monkeypatch.setenv("D2LAB_LANGUAGE", "zh")
    plot.show(draw)._repr_mimebundle_()
    assert set(asked) == {"zh"}


@each_theme
def test_a_diagram_has_its_boxes_where_they_were_put(theme):
    drawn = plot.Diagram(6, 4, theme, title="t", subtitle="s")
    drawn.row((1, 1), [4, 5, 6], colors=[0], filled=True)
    drawn.arrow((1, 2), (3, 2), color=1)
    drawn.bracket(1, 3, 3, "two", color=2)
    drawn.text((0, 0), "left", align="left")
    axes = drawn.figure.axes[0]
    boxes = [patch for patch in axes.patches if patch.get_width() > 0.5]
    assert [round(patch.get_x(), 2) for patch in boxes] == [1.06, 2.06, 3.06]
    assert boxes[0].get_facecolor() != boxes[1].get_facecolor()
    assert [text.get_text() for text in axes.texts if text.get_text()] == ["4", "5", "6", "two", "left"]
    assert axes.yaxis_inverted()
    with pytest.raises(ConfigError, match="two above 0"):
        plot.Diagram(0, 4, theme, title="t")


@each_theme
def test_lines_have_their_bands_and_marks(theme):
    look = {"title": "t", "horizontal": "x", "vertical": "y", "width": 4.7}
    bands = {"a": ([0.5, 1.5], [1.5, 2.5])}
    drawn = plot.lines([1, 2], {"a": [1.0, 2.0]}, theme, bands=bands, marks={"floor": 0.2}, **look)
    axes = drawn.axes[0]
    assert drawn.get_figwidth() == 4.7
    assert [band.get_gid() for band in axes.collections] == ["band a"]
    assert any(list(line.get_ydata()) == [0.2, 0.2] for line in axes.lines)
    assert "floor" in [text.get_text() for text in axes.texts]
