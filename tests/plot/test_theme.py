"""Colors that can be told apart, and text that is never an empty box."""

from itertools import combinations

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, History, cjk_font, confusion, curves, save
from d2lab.plot import font as fonts
from d2lab.plot.theme import figure

each = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
EYES = {  # Machado, Oliveira, Fernandes 2009, IEEE TVCG 15(6), table 1, severity 1.0: linear RGB seen by that eye
    "usual": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}


def linear(color):
    share = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def contrast(first, second):
    """The ratio of WCAG 2: 1 for the same color, 21 for black on white."""
    dark, light = sorted(linear(color) @ [0.2126, 0.7152, 0.0722] for color in (first, second))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(np.clip(xyz / [0.9505, 1, 1.089], 0.008856, None))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@each
def test_every_color_stands_out_from_its_background(theme):
    assert all(contrast(color, theme.background) >= 3 for color in theme.series)
    assert all(contrast(c, theme.background) >= 4.5 for c in (theme.ink, theme.muted, theme.good, theme.bad))


@each
@pytest.mark.parametrize("eye", EYES)
def test_eight_series_can_be_told_apart_by_every_eye(theme, eye):
    seen = [lab(np.clip(EYES[eye] @ linear(color), 0, 1)) for color in theme.series]
    assert len(seen) == 8
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 13  # 2.3 is just noticeable


@pytest.fixture
def no_cjk_font(monkeypatch):
    monkeypatch.setattr(fonts, "CJK_FONTS", ("A font that nobody has",))


def test_text_that_no_font_can_write_is_replaced_without_a_warning(no_cjk_font, tmp_path):
    assert cjk_font() is None
    assert fonts.drawable("网络 model") == "?? model"
    assert fonts.class_names(["包", "bag", ""]) == ["0", "bag", "2"]
    save(confusion(np.eye(2, dtype=int), ["包", "鞋"]), tmp_path / "confusion")
    save(curves(History("网络", [1, 2], [2.0, 1.0], [], {})), tmp_path / "curves")


@pytest.mark.skipif(cjk_font() is None, reason="no font for Chinese text is installed")
def test_chinese_text_is_kept_where_a_font_has_it(tmp_path):
    assert fonts.class_names(["包", "T恤"]) == ["包", "T恤"]
    save(confusion(np.eye(2, dtype=int), ["包", "T恤"]), tmp_path / "confusion")


def test_dollar_signs_and_line_breaks_in_a_title_are_harmless(tmp_path):
    drawn = curves(History("cost $5\nand $\\frac{6$", [1, 2], [2.0, 1.0], [], {}))
    save(drawn, tmp_path / "curves")
    assert drawn.texts[0].get_text() == "cost $5 and $\\frac{6$"


def test_a_long_title_is_cut_to_the_figure(history):
    drawn = curves(history(title="long " * 200))
    title = drawn.texts[0]
    assert title.get_text().endswith("…")
    assert title.get_window_extent().x1 <= drawn.bbox.x1


def test_refuses_a_figure_without_a_side():
    with pytest.raises(ConfigError, match="figure size"):
        figure(0, 4, LIGHT)
