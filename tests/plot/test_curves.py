"""Learning curves show the numbers they were given, and refuse numbers that make no curve."""

from itertools import pairwise

import numpy as np
import pytest

from d2lab.core.errors import ConfigError
from d2lab.plot import DARK, LIGHT, History, compare, curves
from d2lab.plot.curves import MANY_POINTS, smoothed

each_theme = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


@each_theme
@pytest.mark.parametrize("epochs", [1, 10, 200])
def test_lines_hold_the_series_they_were_given(history, lines, epochs, theme):
    run = history(epochs)
    loss, accuracy = curves(run, theme).axes
    drawn = lines(loss) | lines(accuracy)
    for name, values in run.series.items():
        np.testing.assert_array_equal(drawn[name].get_ydata(), values)
        np.testing.assert_array_equal(drawn[name].get_xdata(), run.epochs)
    np.testing.assert_array_equal(drawn["step-loss"].get_xdata(), run.steps / 20)
    np.testing.assert_array_equal(drawn["step-loss"].get_ydata(), run.step_loss)


def test_every_epoch_lies_inside_the_axes(history, lines):
    for axes in curves(history(10)).axes:
        low, high = axes.get_ylim()
        for name, line in lines(axes).items():
            if name != "step-loss":  # single noisy steps may stick out
                assert low <= line.get_ydata().min()
                assert line.get_ydata().max() <= high


def test_the_last_value_is_written_at_the_end_of_its_line(history, labels):
    run = history(10)
    _, accuracy = curves(run).axes
    train, test = labels(accuracy)
    assert train.get_text() == f"train {100 * run.series['train_accuracy'][-1]:.2f} %"
    assert test.xy == (10, run.series["test_accuracy"][-1])


def test_a_run_without_accuracy_gets_one_panel(history):
    assert len(curves(history(4, accuracy=False)).axes) == 1


@pytest.mark.parametrize(("decades", "scale"), [(1.0, "linear"), (3.0, "log")])
def test_loss_is_logarithmic_when_it_spans_more_than_two_decades(history, decades, scale):
    assert curves(history(10, decades=decades)).axes[0].get_yscale() == scale


def test_a_missing_value_leaves_a_gap_and_the_label_stands_at_the_last_known_one(labels):
    series = {"test_loss": [0.5, None, 0.3, float("nan")]}
    axes = curves(History("a", [], [], [1, 2, 3, 4], series)).axes[0]
    (note,) = labels(axes)
    assert note.xy == (3, 0.3)
    assert note.get_text() == "test 0.3"


def test_a_run_that_stopped_inside_an_epoch_places_its_steps_by_steps_per_epoch(lines):
    run = History("a", [10, 20, 30], [3.0, 2.0, 1.0], [1], {"test_loss": [2.0]}, steps_per_epoch=20)
    assert list(lines(curves(run).axes[0])["step-loss"].get_xdata()) == [0.5, 1.0, 1.5]


def test_a_run_without_an_epoch_is_drawn_over_steps(lines):
    axes = curves(History("a", [1, 2, 3], [3.0, 2.0, 1.0], [], {})).axes[0]
    assert axes.get_xlabel() == "step"
    assert list(lines(axes)["step-loss"].get_ydata()) == [3, 2, 1]


def test_a_long_run_keeps_its_extremes(lines):
    losses = np.random.default_rng(0).random(30_001)
    losses[[7, 20_003]] = 9.0, -9.0
    run = History("a", np.arange(1, 30_002), losses, [], {})
    drawn = lines(curves(run).axes[0])["step-loss"]
    assert len(drawn.get_ydata()) <= MANY_POINTS
    assert drawn.get_ydata().max() == 9.0
    assert drawn.get_ydata().min() == -9.0
    assert set(zip(drawn.get_xdata(), drawn.get_ydata(), strict=True)) <= set(
        zip(run.steps.astype(float), losses, strict=True)
    )


@pytest.mark.parametrize("window", [1, 2, 5, 100])
def test_smoothing_is_the_mean_of_what_the_window_holds(window):
    values = np.random.default_rng(0).random(30)
    values[[3, 4]] = np.nan
    windows = [values[max(i - window // 2, 0) : i + (window + 1) // 2] for i in range(30)]
    expected = [np.nan if np.isnan(w).all() else np.nanmean(w) for w in windows]
    np.testing.assert_allclose(smoothed(values, window), expected)


@pytest.mark.parametrize("runs", [1, 2, 8])
def test_comparison_holds_every_run_and_names_each_once(history, lines, labels, runs):
    histories = [history(5 + i, title=f"run {i}", decades=1 + i / 20) for i in range(runs)]
    loss, accuracy = compare(histories).axes
    for number, run in enumerate(histories):
        for axes, metric in ((loss, "loss"), (accuracy, "accuracy")):
            line = lines(axes)[f"run-{number}-{metric}"]
            np.testing.assert_array_equal(line.get_ydata(), run.series[f"test_{metric}"])
        assert sum(run.title in note.get_text() for note in labels(loss) + labels(accuracy)) == 1


def test_labels_of_eight_alike_runs_do_not_touch(history, labels):
    figure = compare([history(5, title=f"run {i}") for i in range(8)])
    figure.canvas.draw()
    for axes in figure.axes:
        boxes = [note.get_window_extent() for note in labels(axes)]
        assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
        assert all(box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)


def test_refuses_to_compare_runs_that_have_nothing_in_common(history):
    bare = History("bare", [1], [1.0], [], {})
    with pytest.raises(ConfigError, match="none in bare"):
        compare([history(2), bare])
    with pytest.raises(ConfigError, match="at least one finished epoch"):
        compare([bare])
    with pytest.raises(ConfigError, match="need 1 to 8"):
        compare([])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1, 2], [1.0], [], {}), "step_loss: got '1 values', need 2"),
        (([], [], [1, 2], {"test_loss": [1.0]}), "test_loss: got '1 values', need 2"),
        (([], [], [], {}), "something to draw"),
        (([], [], [1], {"rate": [0.1]}), "something to draw"),
        (([1, 2], [float("nan")] * 2, [], {}), "step_loss: .*at least one finite number"),
        (([1, 2], np.array(["a", "b"]), [], {}), "step_loss: .*a list of numbers"),
        (([1, 2], np.ones((2, 1)), [], {}), "step_loss: .*a list of numbers"),
        (([2, 1], [1.0, 1.0], [], {}), "steps: .*growing numbers"),
    ],
)
def test_refuses_what_makes_no_curve_in_one_line(arguments, said):
    with pytest.raises(ConfigError, match=said) as refusal:
        History("a", *arguments)
    assert "\n" not in str(refusal.value)
