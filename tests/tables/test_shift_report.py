"""Corrections for shift on tables and images: shares of classes recovered, weights that are worth something or not."""

import numpy as np
import pytest
import torch
from PIL import Image

from d2lab.core.errors import ConfigError, DataError
from d2lab.tables.frame import frame_of
from d2lab.tables.image_frame import STATISTICS, image_frames, image_statistics
from d2lab.tables.shift import domain_weights
from d2lab.tables.shift_report import compare_tables, estimate_label_shift, reweight


def flowers(seed, rows, shares, noise=1.0):
    """A table of three classes with two features, p(x|y) always the same."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, rows, p=shares)
    x = np.array([[0, 0], [2, 0], [0, 3]])[y] + noise * rng.normal(size=(rows, 2))
    return {"length": x[:, 0], "width": x[:, 1], "kind": np.array(["iris", "rose", "tulip"])[y]}


def test_shares_of_classes_are_recovered_without_labels():
    errors, inside = [], 0
    for seed in range(10):
        train = frame_of(flowers(seed, 600, (0.5, 0.3, 0.2)))
        use = frame_of(flowers(100 + seed, 500, (0.1, 0.2, 0.7)))
        found = compare_tables(train, use.without("kind"), target="kind", permutations=19, seed=seed).labels
        actual = np.bincount(use["kind"].values, minlength=3) / 500
        errors.append(np.abs(np.array(found.after) - actual).max())
        inside += sum(low <= share <= high for low, share, high in zip(found.low, actual, found.high, strict=True))
        assert found.classes == ("iris", "rose", "tulip")
        assert sum(found.after) == pytest.approx(1)
        assert found.weights == pytest.approx(tuple(np.divide(found.after, found.before)))
    assert np.mean(errors) < 0.05
    assert inside >= 26  # of 30


def test_labels_of_the_second_table_are_compared_with_not_used():
    train, use = frame_of(flowers(0, 400, (0.4, 0.3, 0.3))), frame_of(flowers(1, 400, (0.1, 0.1, 0.8)))
    with_labels = compare_tables(train, use, target="kind", permutations=19)
    without = compare_tables(train, use.without("kind"), target="kind", permutations=19)
    assert with_labels.labels.after == without.labels.after
    assert with_labels.separation == without.separation
    assert without.labels.actual is None
    assert with_labels.labels.actual == pytest.approx(tuple(np.bincount(use["kind"].values) / 400))
    assert with_labels.labels.actual_accuracy > 0.7
    assert {shift.name for shift in with_labels.columns} == {"length", "width"}


def test_classes_that_look_alike_are_no_crash():
    rng = np.random.default_rng(0)
    train = frame_of({"x": np.zeros(100), "y": ["a"] * 70 + ["b"] * 30})
    found = compare_tables(train, frame_of({"x": np.zeros(50)}), target="y", permutations=19)
    assert found.labels is None
    assert "classes that get the same predictions" in found.problem
    assert found.reweighting.effective == pytest.approx(100)
    train = frame_of({"x": rng.normal(size=40), "y": ["a"] * 38 + ["b"] * 2})
    found = compare_tables(train, frame_of({"x": rng.normal(size=40)}), target="y", permutations=19)
    assert "got '2 classes, b has 2', need two or more, of 5 rows or more" in found.problem


def test_whole_numbers_are_classes_and_prices_are_not():
    rng = np.random.default_rng(0)
    digit = rng.integers(0, 2, 200)
    table = frame_of({"x": digit + 0.3 * rng.normal(size=200), "digit": digit, "price": rng.normal(size=200)})
    assert compare_tables(table, table, target="digit", permutations=19).labels.classes == ("0", "1")
    with pytest.raises(DataError, match="target price: got 'a column of kind number', need classes"):
        compare_tables(table, table, target="price")
    with pytest.raises(ConfigError, match="Did you mean 'digit'"):
        compare_tables(table, table, target="digits")
    with pytest.raises(DataError, match="no column in common"):
        compare_tables(table, frame_of({"digit": digit}), target="digit")
    with pytest.raises(DataError, match="got '1 classes', need two"):
        estimate_label_shift(table.without("digit"), [None] * 100 + ["a"] * 100, table.without("digit"))


def test_weights_are_the_density_ratio_of_two_normal_distributions():
    rng = np.random.default_rng(0)
    x = rng.normal(size=20_000)
    found = reweight(frame_of({"x": x}), frame_of({"x": rng.normal(0.5, 1, 10_000)}))
    ratio = np.exp(0.5 * x - 0.125)
    assert np.corrcoef(found.weights, ratio)[0, 1] > 0.999
    assert found.covered == pytest.approx(1, abs=0.03)
    assert found.effective == pytest.approx(20_000 * np.exp(-0.25), rel=0.05)  # (E w)^2 / E w^2 = exp(-shift^2)
    assert not found.too_few
    assert not found.uncovered
    scale = np.concatenate([x, rng.normal(0.5, 1, 10_000)]).std()  # a linear map of the inputs changes no weight
    both = [torch.from_numpy(values)[:, None] for values in (x / scale, rng.normal(0.5, 1, 10_000) / scale)]
    assert np.corrcoef(domain_weights(*both).numpy(), ratio)[0, 1] > 0.999


def test_weights_without_overlap_are_said_to_be_worthless():
    rng = np.random.default_rng(0)
    far = reweight(frame_of({"x": rng.normal(size=300)}), frame_of({"x": rng.normal(50, 1, 300)}))
    assert far.uncovered
    assert np.isfinite(far.weights).all()
    some = reweight(frame_of({"x": rng.normal(size=3000)}), frame_of({"x": rng.normal(2.2, 1, 3000)}))
    assert some.too_few
    assert not some.uncovered


def test_the_report_is_plain_json():
    import json

    train, use = (
        frame_of(flowers(0, 100, (0.4, 0.3, 0.3)) | {"id": np.arange(100)}),
        frame_of(flowers(1, 80, (0.2, 0.2, 0.6))),
    )
    found = json.loads(
        json.dumps(compare_tables(train, use, target="kind", permutations=19).to_json(), allow_nan=False)
    )
    assert found["left_out"] == ["id"]
    assert found["separation"]["rows"] == [100, 80]
    assert found["reweighting"]["rows"] == 100
    assert set(found["label_shift"]) >= {"classes", "before", "after", "low", "high", "weights", "actual"}


@pytest.fixture
def folders(tmp_path):
    """Two folders of noise, the second darker; one of them nested, with a file that is no image."""
    rng = np.random.default_rng(0)
    for name, most in (("one/inside", 256), ("other", 128)):
        (tmp_path / name).mkdir(parents=True)
        for number in range(30):
            pixels = rng.integers(0, most, (40, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    (tmp_path / "one" / "notes.txt").write_text("no image")
    return tmp_path / "one", tmp_path / "other"


def test_darker_images_are_told_apart_by_their_brightness(folders):
    one, other = image_frames(*folders)
    assert one.files[0] == "inside/0.png"
    assert len(one.files) == len(one.frame) == 30
    assert one.frame.names[: len(STATISTICS)] == STATISTICS
    assert one.frame["width"].values.tolist() == [30.0] * 30
    found = compare_tables(one.frame, other.frame, permutations=39)
    assert found.separation.p == 1 / 40
    assert {"brightness", "contrast", "sharpness"} <= {one.name for one in found.columns[:5]}


def test_statistics_of_an_image_by_hand():
    image = np.zeros((3, 2, 2), np.uint8)
    image[0, :, 0] = 255  # the left half is red: gray 1/3 beside 0
    assert image_statistics(image) == pytest.approx([1 / 6, 1 / 6, 0.5, 0, 1 / 6])


def test_folders_without_images_are_refused(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="got '0 images', need 2 or more"):
        image_frames(folders[0], tmp_path / "empty")
    with pytest.raises(DataError, match="nothing there"):
        image_frames(folders[0], tmp_path / "absent")
    (folders[1] / "broken.png").write_bytes(b"\x89PNG no more")
    with pytest.raises(DataError, match=r"broken\.png"):
        image_frames(*folders)
