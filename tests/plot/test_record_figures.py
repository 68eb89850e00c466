"""Prediction grids, confusion matrices, filters and scatters show exactly what they were given."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, confusion, filters, fit, predictions, save
from d2lab.plot.predictions import COLUMNS, ROWS

NAMES = ["cat", "dog", "emu"]
each_theme = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def batch(count, shape=(8, 8)):
    luck = np.random.default_rng(count)
    images = luck.integers(0, 256, (count, *shape), dtype=np.uint8)
    return images, luck.integers(0, 3, count), luck.integers(0, 3, count), luck.random(count)


def texts(axes):
    return [text.get_text() for text in axes.texts]


@each_theme
@pytest.mark.parametrize(("count", "shape"), [(1, (8, 8)), (9, (8, 8, 3)), (40, (5, 7))])
def test_wrong_marks_stand_exactly_on_wrong_predictions(count, shape, theme, tmp_path):
    images, truth, predicted, chances = batch(count, shape)
    drawn = predictions(images, truth, predicted, chances, NAMES, theme)
    assert len(drawn.axes) == count
    for number, axes in enumerate(drawn.axes):
        wrong = bool(truth[number] != predicted[number])
        assert [line.get_gid() for line in axes.lines] == ["wrong"] * wrong
        assert axes.spines["left"].get_visible() == wrong
        np.testing.assert_array_equal(axes.images[0].get_array(), images[number])
        said, chance = NAMES[predicted[number]], f"{100 * chances[number]:.0f} %"
        assert texts(axes) == ([f"{NAMES[truth[number]]} →", f"{said} {chance}"] if wrong else [said, chance])
    save(drawn, tmp_path / "grid", ("png",))


def test_only_the_first_forty_images_are_drawn():
    assert len(predictions(*batch(60), NAMES).axes) == COLUMNS * ROWS


def refused(said, *arguments):
    with pytest.raises(ConfigError, match=said) as refusal:
        predictions(*arguments, NAMES)
    assert "\n" not in str(refusal.value)


def test_refuses_predictions_that_fit_no_grid():
    images, truth, predicted, chances = batch(4)
    refused("images: .*uint8", images.astype(float), truth, predicted, chances)
    refused("images: .*uint8", images[0], truth, predicted, chances)
    refused("lengths", images[:3], truth, predicted, chances)
    refused("at least one entry", images[:0], truth[:0], predicted[:0], chances[:0])
    refused("truth: .*0 to 2", images, truth + 3, predicted, chances)
    refused("predicted: .*whole numbers", images, truth, chances, chances)
    refused("probability: .*0 to 1", images, truth, predicted, chances + 1)
    refused("probability: .*finite", images, truth, predicted, chances * np.nan)


@each_theme
@pytest.mark.parametrize("classes", [1, 2, 10, 20])
def test_confusion_prints_counts_and_colors_by_share_of_the_row(classes, theme):
    matrix = np.random.default_rng(0).integers(0, 50, (classes, classes))
    matrix[0] = [7] + [0] * (classes - 1)
    matrix[-1] += classes == 1
    if classes > 2:
        matrix[2] = 0  # a class that never occurred
    drawn = confusion(matrix, [f"a rather long name {i}" for i in range(classes)], theme)
    axes = drawn.axes[0]
    assert texts(axes) == [str(count) for count in matrix.flat]
    shares = np.asarray(axes.images[0].get_array())
    np.testing.assert_allclose(shares.sum(1), matrix.sum(1) > 0)
    drawn.canvas.draw()
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        box = label.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0  # not cut off


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.ones((2, 3), int), "a square"),
        (np.eye(2), "a square of whole numbers"),
        (np.eye(3, dtype=int), "need 3, one per class"),
        (np.zeros((2, 2), int), "at least one answer"),
        (-np.eye(2, dtype=int), "at least one answer"),
    ],
)
def test_refuses_what_is_no_confusion_matrix(matrix, said):
    with pytest.raises(ConfigError, match=said):
        confusion(matrix, ["cat", "dog"])


@each_theme
@pytest.mark.parametrize("shape", [(6, 1, 5, 5), (64, 3, 7, 7), (4, 200, 3, 3), (256, 28, 28)])
def test_filters_hold_the_weights_on_a_scale_with_zero_in_the_middle(shape, theme, tmp_path):
    weights = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    drawn = filters(weights, theme)
    image = drawn.axes[0].images[0]
    assert image.norm.vmin == -image.norm.vmax == pytest.approx(-np.abs(weights).max())
    shown = np.ma.masked_invalid(image.get_array()).compressed()
    assert set(shown) <= set(weights.astype(float).flat)
    height, width = shape[-2:]
    corner = np.asarray(image.get_array())[:height, :width]
    np.testing.assert_array_equal(corner, weights.reshape(-1, height, width)[0])
    save(drawn, tmp_path / "filters", ("png",))


def test_a_small_layer_shows_every_weight():
    weights = np.random.default_rng(0).normal(size=(5, 3, 4, 4))
    shown = np.ma.masked_invalid(filters(weights).axes[0].images[0].get_array()).compressed()
    assert sorted(shown) == sorted(weights.flat)


def test_weights_of_zero_are_drawn():
    filters(np.zeros((2, 3, 3)))


@pytest.mark.parametrize("weights", [np.zeros((2, 3)), np.zeros((2, 3, 3), int), np.zeros((0, 3, 3))])
def test_refuses_weights_that_are_no_images(weights):
    with pytest.raises(ConfigError, match="floating-point"):
        filters(weights)


def test_refuses_weights_of_a_diverged_run():
    with pytest.raises(ConfigError, match="finite"):
        filters(np.full((2, 3, 3), np.nan))


@each_theme
def test_fit_places_each_prediction_over_its_truth(theme, tmp_path):
    truth = np.random.default_rng(0).normal(size=50)
    drawn = fit(truth, truth + 0.1, theme)
    axes = drawn.axes[0]
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), np.stack([truth, truth + 0.1], 1))
    (diagonal,) = axes.lines
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    assert "error 0.1" in drawn.texts[1].get_text()
    save(drawn, tmp_path / "fit", ("png",))


def test_refuses_a_fit_of_unequal_lists():
    with pytest.raises(ConfigError, match="lengths"):
        fit([1.0, 2.0], [1.0])
    with pytest.raises(ConfigError, match="at least one entry"):
        fit([], [])
    with pytest.raises(ConfigError, match="finite"):
        fit([1.0, 2.0], [1.0, None])
