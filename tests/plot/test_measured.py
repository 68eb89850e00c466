"""Dots and lines of claims show exactly the numbers they were given."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.metrics.paired import intervals
from d2lab.plot import DARK, LIGHT, dots, lines, save

each_theme = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
RUNS = {"ReLU": [0.9, 0.92, 0.91], "sigmoid": [0.2, 0.3, 0.25], "once": [0.5]}


@each_theme
def test_each_variant_has_its_runs_its_mean_and_its_interval(theme, tmp_path):
    drawn = dots(RUNS, intervals(RUNS), theme, title="t", subtitle="s", horizontal="accuracy", mark=0.5)
    (axes,) = drawn.axes
    faint = [line for line in axes.lines if line.get_alpha() == 0.35]
    assert [list(line.get_xdata()) for line in faint] == list(RUNS.values())
    bars = {line.get_gid(): tuple(line.get_xdata()) for line in axes.lines if line.get_gid() in RUNS}
    assert bars == intervals(RUNS)
    assert "once" not in bars
    means = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    np.testing.assert_allclose(means, [0.91, 0.25, 0.5])
    assert [label.get_text() for label in axes.get_yticklabels()] == list(RUNS)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first on top
    assert [tuple(line.get_xdata()) for line in axes.lines if line.get_linestyle() == "--"] == [(0.5, 0.5)]
    save(drawn, tmp_path / "dots", ("png",))


@each_theme
def test_each_series_is_a_line_with_its_name_at_its_last_number(theme, tmp_path):
    places, series = [1, 10, 100], {"a": [1.0, 2.0, 3.0], "b": [3.0, 5.0, float("nan")]}
    drawn = lines(places, series, theme, title="t", horizontal="width", vertical="seconds", log="xy")
    (axes,) = drawn.axes
    found = {line.get_gid(): line for line in axes.lines}
    for name, values in series.items():
        np.testing.assert_array_equal(found[name].get_ydata(), values)
    assert {text.get_text(): text.xy for text in axes.texts if text.get_text()} == {"a": (100, 3), "b": (10, 5)}
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    save(drawn, tmp_path / "lines", ("png",))


@pytest.mark.parametrize("runs", [{}, {"a": []}, {"a": [float("nan")]}], ids=str)
def test_variants_without_numbers_are_refused(runs):
    with pytest.raises(ConfigError, match="variants"):
        dots(runs, {}, title="t", horizontal="h")


@pytest.mark.parametrize("series", [{}, {"a": [1.0]}, {"a": [float("nan")] * 2}], ids=str)
def test_series_that_do_not_fit_are_refused(series):
    with pytest.raises(ConfigError, match="series"):
        lines([1, 2], series, title="t", horizontal="h", vertical="v")
