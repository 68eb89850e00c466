"""Precision over recall, bars and tables of counts show what they were given."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, PrecisionCurve, count_table, counts, precision_recall, save

each = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def curve(area, points=5):
    recall = np.linspace(0.1, area, points)
    return PrecisionCurve(recall=recall, precision=np.linspace(1, 0.4, points), area=area)


@each
def test_a_line_a_class_ends_at_its_largest_recall_and_says_its_area(theme, tmp_path):
    curves = {"猫": curve(0.5), "dog": curve(0.75), "never found": PrecisionCurve(recall=[], precision=[], area=0.0)}
    drawn = precision_recall(curves, theme, title="AP", subtitle="101 points")
    (axes,) = drawn.axes
    lines = {line.get_gid(): line for line in axes.lines}
    np.testing.assert_allclose(lines["dog"].get_xdata(), [0, *np.linspace(0.1, 0.75, 5)])
    np.testing.assert_allclose(lines["dog"].get_ydata(), [1, *np.linspace(1, 0.4, 5)])
    assert lines["never found"].get_xdata().tolist() == lines["never found"].get_ydata().tolist() == [0]
    said = " ".join(text.get_text() for text in axes.texts)
    assert "dog: 0.750" in said
    assert "never found: 0.000" in said
    save(drawn, tmp_path / "curves", ("png",))


def test_of_many_classes_those_of_least_area_are_drawn_and_no_two_look_alike():
    drawn = precision_recall({f"class {k}": curve(0.2 + k / 50) for k in range(30)}, title="AP")
    (axes,) = drawn.axes
    names = [line.get_gid() for line in axes.lines if str(line.get_gid()).startswith("class")]
    assert names == [f"class {k}" for k in range(12)]
    assert any("12 of 30 classes" in text.get_text() for text in axes.texts)
    looks = [
        (line.get_color(), line.get_marker()) for line in axes.lines if str(line.get_gid()).startswith("end class")
    ]
    assert len(set(looks)) == 12


@each
def test_bars_are_as_long_as_their_counts(theme, tmp_path):
    numbers = {"missed": 1200, "background": 0, "double": 7}
    drawn = counts(numbers, theme, title="errors", horizontal="boxes")
    (axes,) = drawn.axes
    assert [bar.get_width() for bar in axes.patches] == [1200, 0, 7]
    assert [text.get_text() for text in axes.texts] == ["1,200", "0", "7"]
    assert axes.get_ylim() == (2.5, -0.5)
    assert all(text.get_window_extent().x1 <= axes.get_window_extent().x1 + 1 for text in axes.texts)
    save(drawn, tmp_path / "bars", ("png",))
    save(counts({"none": 0}, theme, title="none"), tmp_path / "none", ("png",))


@each
def test_a_table_colors_each_count_by_its_share_of_the_column(theme, tmp_path):
    numbers = np.array([[3, 0], [1, 0], [0, 5]])
    drawn = count_table(numbers, ["a", "b", "missed"], ["small", "large"], theme, title="levels")
    (axes,) = drawn.axes
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.75, 0], [0.25, 0], [0, 1]])
    assert [text.get_text() for text in axes.texts] == ["3", "0", "1", "0", "0", "5"]
    save(drawn, tmp_path / "table", ("png",))


def test_refuses_what_is_no_curve_and_no_count():
    with pytest.raises(ConfigError, match="curves: got"):
        precision_recall({}, title="none")
    for wrong in (
        PrecisionCurve(recall=[0.5], precision=[0.5, 0.4], area=0.5),
        PrecisionCurve(recall=[0.5], precision=[1.5], area=0.5),
        PrecisionCurve(recall=[0.5], precision=[np.nan], area=0.5),
        PrecisionCurve(recall=[0.5], precision=[0.5], area=2.0),
    ):
        with pytest.raises(ConfigError, match="the curve of cat"):
            precision_recall({"cat": wrong}, title="wrong")
    for wrong in ({}, {"a": -1}):
        with pytest.raises(ConfigError, match="counts: got"):
            counts(wrong, title="wrong")
    for wrong in (np.zeros((2, 2)), np.zeros((1, 2), np.int64), -np.ones((2, 2), np.int64)):
        with pytest.raises(ConfigError, match="the table of counts"):
            count_table(wrong, ["a", "b"], ["c", "d"], title="wrong")
