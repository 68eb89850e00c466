"""Bars of layers, mosaics of maps, evidence over a picture and tables of likeness show exactly what they were given."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, Maps, Measure, ModelMaps, evidence, features, layers, save, similarity
from d2lab.plot.features import strongest
from d2lab.plot.layers import said

each_theme = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


@each_theme
@pytest.mark.parametrize("count", [1, 21, 150])
def test_each_layer_has_its_bar(theme, count, tmp_path):
    luck = np.random.default_rng(count)
    work, share = luck.integers(0, 10**9, count), luck.random(count)
    names = [f"stage{n}.conv" for n in range(count)]
    drawn = layers(names, [Measure("multiply-adds", work), Measure("time", share, "%")], theme, title="model")
    for axes, values in zip(drawn.axes, (work, share), strict=True):
        np.testing.assert_allclose([bar.get_width() for bar in axes.patches], values)
        assert [text.get_text() for text in axes.texts] == [
            said(v, "%" if values is share else "") for v in values.tolist() if v
        ]
    assert [label.get_text() for label in drawn.axes[0].get_yticklabels()] == names
    low, high = drawn.axes[0].get_ylim()
    assert low > high  # the input at the top
    save(drawn, tmp_path / "layers", ("png",))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (61_706, "", "61.7 k"),
        (1_814_073_344, "", "1.81 G"),
        (999, "", "999"),
        (999_999, "", "1 M"),
        (3_211_264, "B", "3.21 MB"),
        (40, "B", "40 B"),
        (0.2514, "%", "25.1 %"),
        (0.0001, "%", "0.01 %"),
        (0, "%", "0 %"),
    ],
)
def test_numbers_are_said_in_three_digits(value, unit, text):
    assert said(value, unit) == text


@pytest.mark.parametrize(
    ("names", "values"),
    [
        ([], []),
        (["a"], [-1.0]),
        (["a"], [float("nan")]),
        (["a"], [float("inf")]),
        (["a"], [1, 2]),
        (["a"] * 151, [1] * 151),
    ],
)
def test_refuses_layers_that_are_no_bars(names, values):
    with pytest.raises(ConfigError):
        layers(names, [Measure("work", values)], title="model")
    with pytest.raises(ConfigError):
        layers(["a"], [], title="model")


def page(count, channels=None, low=0.0):
    luck = np.random.default_rng(count)
    shape = (count, 5, 4) if channels is None else (count, channels, 3, 3)
    return Maps(name="conv1", values=luck.uniform(low, 1, shape))


IMAGE = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)


@each_theme
@pytest.mark.parametrize(
    "maps", [page(3), page(28), page(100), page(6, 3, -1.0), page(2, 20)], ids=lambda m: str(m.values.shape)
)
def test_the_maps_that_vary_most_are_drawn_whole(theme, maps, tmp_path):
    drawn = features([ModelMaps(name="run", image=IMAGE, rows=[maps])], theme, title="maps")
    picture, tiles = drawn.axes
    np.testing.assert_array_equal(picture.images[0].get_array(), IMAGE)
    shown = np.ma.masked_invalid(tiles.images[0].get_array()).compressed()
    count = len(shown) // maps.values[0].size
    chosen = strongest(maps.values, count)
    assert sorted(shown) == sorted(maps.values[chosen].flat)
    assert count == len(maps.values) or count >= 1
    low, high = tiles.images[0].get_clim()
    assert high == np.abs(maps.values).max()
    assert low == (-high if (maps.values < 0).any() else 0)
    save(drawn, tmp_path / "maps", ("png",))


def test_strongest_keeps_the_order_and_drops_the_flat():
    values = np.stack([np.full((2, 2), 9.0), np.eye(2), 5 * np.eye(2), 2 * np.eye(2)])
    assert strongest(values, 2).tolist() == [2, 3]


def test_two_nets_stand_side_by_side():
    models = [ModelMaps(name=name, image=IMAGE, rows=[page(4)] * rows) for name, rows in (("one", 1), ("two", 3))]
    drawn = features(models, title="two")
    assert len(drawn.axes) == 2 + 4
    assert drawn.axes[0].get_position().x0 < 0.5 < drawn.axes[2].get_position().x0
    assert min(axes.get_position().y0 for axes in drawn.axes) >= 0


@pytest.mark.parametrize(
    "values", [np.zeros((2, 3)), np.zeros((2, 3, 3), int), np.zeros((0, 3, 3)), np.full((1, 2, 2), np.inf)]
)
def test_refuses_maps_that_are_none(values):
    with pytest.raises(ConfigError, match="maps of odd"):
        features([ModelMaps(name="run", image=IMAGE, rows=[Maps(name="odd", values=values)])], title="maps")


def test_refuses_a_page_without_maps_or_with_three_nets():
    for models in ([], [ModelMaps(name="run", image=IMAGE)], [ModelMaps(name="run", image=IMAGE, rows=[page(2)])] * 3):
        with pytest.raises(ConfigError, match="one or two"):
            features(models, title="maps")


@each_theme
@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_evidence_lies_over_the_picture(theme, shape, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    maps = np.array([[[2.0, -1.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.5]]])
    drawn = evidence(image, maps, ["cat", "dog"], [0.75, 0.25], theme, title="where")
    first, cat, dog = drawn.axes
    np.testing.assert_array_equal(first.images[0].get_array(), image)
    for axes, heat in ((cat, maps[0]), (dog, maps[1])):
        veil = axes.images[1].get_array()
        np.testing.assert_allclose(veil[..., 3], 0.85 * np.abs(heat) / np.abs(heat).max())
        assert axes.images[0].get_extent() == axes.images[1].get_extent()
    assert tuple(cat.images[1].get_array()[0, 0, :3]) != tuple(cat.images[1].get_array()[0, 1, :3])
    assert [text.get_text() for text in cat.texts] == ["cat  75.0 %", "\N{MINUS SIGN}1 to 2"]
    assert [text.get_text() for text in dog.texts] == ["dog  25.0 %", "0 to 0.5"]
    save(drawn, tmp_path / "evidence", ("png",))


def test_no_evidence_at_all_is_drawn_as_none():
    drawn = evidence(IMAGE, np.zeros((1, 2, 2)), ["cat"], [1.0], title="where")
    assert not drawn.axes[1].images[1].get_array()[..., 3].any()


@pytest.mark.parametrize(
    "maps", [np.zeros((2, 2)), np.zeros((0, 2, 2)), np.zeros((2, 2, 2)), np.full((1, 2, 2), np.nan)]
)
def test_refuses_evidence_that_is_none(maps):
    with pytest.raises(ConfigError, match="maps"):
        evidence(IMAGE, maps, ["cat"], [1.0], title="where")


@each_theme
def test_likeness_is_written_into_its_cell(theme, tmp_path):
    table = np.array([[1.0, 0.5, -0.01], [0.25, 0.0, 0.75]])
    drawn = similarity(table, ["a", "b"], ["x", "y", "z"], theme, title="alike", axes_names=("one", "two"))
    axes = drawn.axes[0]
    said_there = {text.get_position(): text.get_text() for text in axes.texts}
    assert said_there[0, 0] == "1.00"
    assert said_there[2, 0] == "\N{MINUS SIGN}0.01"
    assert said_there[2, 1] == "0.75"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["x", "y", "z"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("one", "two")
    save(drawn, tmp_path / "alike", ("png",))


@pytest.mark.parametrize("table", [np.zeros((2, 3)), np.full((1, 1), 1.5), np.full((1, 1), np.nan), np.zeros((0, 0))])
def test_refuses_a_table_that_is_no_likeness(table):
    with pytest.raises(ConfigError, match="similarities"):
        similarity(table, ["a"] * min(len(table), 1), ["x"] * min(len(table), 1), title="alike")
