"""The roofline: every layer stands at its numbers and keeps its color, and the limits are the machine's."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, RooflineLimits, RooflinePoint, roofline, save

LIMITS = RooflineLimits(flops_per_s={"float32": 1e11, "bfloat16": 4e11}, memory=1e10, cache=5e10)
PHASES = {"data": 0.1, "forward": 0.3, "backward": 0.6}
MEMORY = {"weights": 100, "activations": 900}
each_theme = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def points(count):
    rng = np.random.default_rng(count)
    kinds = ("compute", "bandwidth", "overhead")
    return [
        RooflinePoint(
            name=f"stage{n}.conv",
            intensity=float(10 ** rng.uniform(-3, 3)),
            flops_per_s=float(10 ** rng.uniform(6, 11)),
            share=float(rng.random() / count),
            limit=kinds[n % 3],
        )
        for n in range(count)
    ]


def marks(axes):
    return {line.get_gid(): line for line in axes.lines}


@each_theme
@pytest.mark.parametrize("count", [1, 9, 80])
def test_every_layer_stands_at_its_numbers(theme, count, tmp_path):
    given = points(count)
    drawn = roofline(given, LIMITS, PHASES, MEMORY, theme, title="model", subtitle="batch 3")
    axes, seen = drawn.axes[0], marks(drawn.axes[0])
    for point in given:
        (x,), (y,) = seen[f"layer {point.name}"].get_data()
        assert y == pytest.approx(point.flops_per_s)
        assert x == pytest.approx(max(point.intensity, 0.013))  # one without arithmetic stands at the left end
        assert seen[f"layer {point.name}"].get_color() == theme.line(
            ("compute", "bandwidth", "overhead").index(point.limit)
        )
    ranked = sorted(given, key=lambda point: -point.share)[:9]
    assert [bar.get_width() for bar in drawn.axes[2].patches] == [point.share for point in ranked]
    labels = [text.get_text() for text in drawn.axes[2].get_yticklabels()]
    assert [label.split()[-1] for label in labels] == [point.name for point in ranked]
    assert {str(n) for n in range(1, len(ranked) + 1)} <= {text.get_text() for text in axes.texts}
    save(drawn, tmp_path / "roofline", ("png",))


def test_the_limits_are_those_of_the_machine():
    seen = marks(roofline(points(3), LIMITS, PHASES, MEMORY, title="model").axes[0])
    assert set(seen["float32"].get_ydata()) == {1e11}
    for name, bandwidth in (("memory", 1e10), ("cache", 5e10)):
        x, y = seen[name].get_data()
        np.testing.assert_allclose(y, bandwidth * x)
        assert y.max() <= 4e11
        assert y.max() > 3e11


def test_parts_and_memory_are_bars():
    drawn = roofline(points(3), LIMITS, PHASES, MEMORY, title="model")
    assert [bar.get_width() for bar in drawn.axes[1].patches] == list(PHASES.values())
    assert [bar.get_width() for bar in drawn.axes[3].patches] == list(MEMORY.values())
    assert [text.get_text() for text in drawn.axes[3].texts] == ["100 B", "900 B"]


def test_nothing_to_draw_is_refused():
    with pytest.raises(ConfigError, match="a layer"):
        roofline([], LIMITS, PHASES, MEMORY, title="model")
    with pytest.raises(ConfigError, match="above 0"):
        roofline(
            points(1), RooflineLimits(flops_per_s={"float32": 0.0}, memory=1.0, cache=1.0), PHASES, MEMORY, title=""
        )
