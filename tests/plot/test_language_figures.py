"""Attention maps, neighbors of tokens and gradient norms are drawn as given; what can't be drawn is refused."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, attention, gradient_norms, neighbors, save

each_theme = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def maps_of(layers, heads, count):
    weights = np.random.default_rng(0).random((layers, heads, count, count)) * np.tri(count)
    return weights / weights.sum(-1, keepdims=True)


@each_theme
@pytest.mark.parametrize(("layers", "heads", "count"), [(1, 1, 1), (2, 3, 24), (9, 9, 4)])
def test_each_head_has_its_map(theme, layers, heads, count, tmp_path):
    maps = maps_of(layers, heads, count)
    tokens = ["␣", "猫", "$x$", "the"][: min(count, 4)] * (count // 4 or 1)
    drawn = attention(maps, tokens, theme, title="What the heads attend to")
    shown_layers, shown_heads = min(layers, 8), min(heads, 8)
    assert len(drawn.axes) == shown_layers * shown_heads
    for number, axes in enumerate(drawn.axes):
        layer, head = divmod(number, shown_heads)
        np.testing.assert_allclose(axes.images[0].get_array(), maps[layer, head])
        assert axes.get_title(loc="left") == f"layer {layer + 1}, head {head + 1}"
    save(drawn, tmp_path / "attention", ("png",))


@pytest.mark.parametrize("maps", [maps_of(1, 1, 3), maps_of(1, 1, 2) * 2, -maps_of(1, 1, 2), np.ones((2, 2))])
def test_what_is_no_attention_over_two_tokens_is_refused(maps):
    with pytest.raises(ConfigError, match="attention maps"):
        attention(maps, ["a", "b"], title="")


@each_theme
def test_each_token_stands_beside_its_neighbors(theme, tmp_path):
    rows = [("e", [("a", 0.91), ("␣", 0.4)]), ("的", [("了", -0.2)])]
    drawn = neighbors(rows, theme, title="Nearest tokens")
    said = [text.get_text() for text in drawn.axes[0].texts]
    assert said == ["e", "a", "0.91", "␣", "0.40", "的", "了", "−0.20"]
    save(drawn, tmp_path / "neighbors", ("png",))


@pytest.mark.parametrize("rows", [[], [("e", [])]])
def test_a_token_without_neighbors_is_refused(rows):
    with pytest.raises(ConfigError, match="neighbors"):
        neighbors(rows, title="")


@each_theme
def test_norms_and_their_threshold_are_drawn(theme, lines, tmp_path):
    epochs, norms = np.arange(1, 201) / 100, np.linspace(0.5, 2.0, 200)
    drawn = gradient_norms(epochs, norms, 1.0, theme, title="gru on notes-en, seed 0")
    found = lines(drawn.axes[0])
    np.testing.assert_array_equal(found["norms"].get_xydata(), np.stack([epochs, norms], 1))
    assert set(found["clip"].get_ydata()) == {1.0}
    assert any("66.5% of the steps were clipped" in text.get_text() for text in drawn.texts)
    assert drawn.axes[0].get_yscale() == "linear"
    save(drawn, tmp_path / "gradients", ("png",))


@pytest.mark.parametrize(("largest", "clip"), [(0.4, 1.0), (0.4, 1000.0), (0.0, None), (300.0, 1.0)])
def test_the_threshold_is_within_the_picture(largest, clip, tmp_path):
    drawn = gradient_norms([1, 2], [0.9 * largest, largest], clip, title="")
    low, high = drawn.axes[0].get_ylim()
    assert low <= (largest if clip is None else min(clip, largest)) <= max(clip or 0, largest) < high
    save(drawn, tmp_path / "gradients", ("png",))


def test_norms_over_many_decades_have_a_logarithmic_axis(lines):
    drawn = gradient_norms([1, 2, 3, 4], [1e-3, 1, 10, None], title="")
    assert drawn.axes[0].get_yscale() == "log"
    assert "clip" not in lines(drawn.axes[0])


@pytest.mark.parametrize("norms", [[1.0], [None, None], [float("nan")] * 2])
def test_norms_that_are_none_are_refused(norms):
    with pytest.raises(ConfigError, match="norms"):
        gradient_norms([1, 2], norms, 1.0, title="")
