"""Preparation of tables: equal to scikit-learn's, from training rows alone, the same after a record."""

import json

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from d2lab.core.errors import DataError
from d2lab.tables.frame import frame_of
from d2lab.tables.preparation import NO_WORD, RARE, TablePreparation, fit_preparation

WORDS = ["red", "green", "blue", "violet", "one", "two", "three"]
SHARES = [0.4, 0.3, 0.2, 0.04, 0.03, 0.02, 0.01]


def table(seed, rows=120, gone=0.15):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(3, 2, rows), rng.integers(0, 4, rows).astype(float)
    x[rng.random(rows) < gone] = np.nan
    words = rng.choice(WORDS, rows, p=SHARES).astype(object)
    words[rng.random(rows) < gone] = None
    return {"x": x, "y": y, "w": words.tolist()}


def theirs(least):
    """The same by scikit-learn, in our order of features."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    flags = FunctionTransformer(lambda x: np.isnan(x).astype(float))
    words = OneHotEncoder(min_frequency=least, handle_unknown="infrequent_if_exist", sparse_output=False)
    return [(numbers, ["x"]), (flags, ["x"]), (numbers, ["y"]), (words, ["w"])]


@pytest.mark.parametrize("least", [1, 5, 12])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_scikit_learns(seed, least):
    pandas = pytest.importorskip("pandas")
    train, test = table(seed), table(seed + 100, gone=0.05)
    test["w"][0] = "never seen"
    ours = fit_preparation(frame_of(train), least=least)
    steps = [(str(n), step, columns) for n, (step, columns) in enumerate(theirs(least))]
    filled = [{**given, "w": [NO_WORD if w is None else w for w in given["w"]]} for given in (train, test)]
    twin = ColumnTransformer(steps).fit(pandas.DataFrame(filled[0]))
    for given, without_gaps in zip((train, test), filled, strict=True):
        expected = twin.transform(pandas.DataFrame(without_gaps))
        np.testing.assert_allclose(ours(frame_of(given)), expected, rtol=1e-12, atol=1e-12)
    assert len(ours.features) == expected.shape[1]


def test_by_hand():
    frame = frame_of({"x": [1.0, None, 3.0, 5.0], "w": ["a", "a", "b", None]})
    found = fit_preparation(frame, least=2)
    assert found.features == ("x", f"x={NO_WORD}", "w=a", f"w={RARE}")
    spread = np.sqrt(((np.array([1, 3, 3, 5]) - 3) ** 2).mean())
    expected = [[-2 / spread, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1], [2 / spread, 0, 0, 1]]
    np.testing.assert_allclose(found(frame), expected)


def test_dates_become_days_and_constants_zeros():
    frame = frame_of({"d": ["2026-11-30", "2026-12-02"], "c": [0.1 + 0.2, 0.3], "k": ["same", "same"]})
    found = fit_preparation(frame, least=1)
    np.testing.assert_allclose(found(frame)[:, 0], [-1, 1])
    np.testing.assert_allclose(found(frame)[:, 1:], [[0, 1], [0, 1]], atol=1e-12)


def test_only_training_rows_are_learned_from():
    """Poison: whatever stands in the other rows, preparation and training features are the same to the bit."""
    train, rows = table(0), np.arange(80)
    plain, poisoned = frame_of(train), dict(train)
    poisoned["x"] = np.where(np.arange(120) < 80, train["x"], 1e30)
    poisoned["y"] = np.where(np.arange(120) < 80, train["y"], -1e30)
    poisoned["w"] = train["w"][:80] + ["poison"] * 40
    one, other = (fit_preparation(frame.take(rows)) for frame in (plain, frame_of(poisoned)))
    assert one == other
    np.testing.assert_array_equal(one(plain.take(rows)), other(frame_of(poisoned).take(rows)))
    assert fit_preparation(plain) != fit_preparation(frame_of(poisoned))


def test_the_most_frequent_words_have_columns():
    frame = frame_of({"w": ["c"] * 5 + ["a"] * 4 + ["b"] * 4 + ["d"] * 3})
    assert fit_preparation(frame, least=1, most=2).features == ("w=a", "w=c", f"w={RARE}")


def test_order_and_further_columns_of_a_table_do_not_matter():
    train = table(3)
    found = fit_preparation(frame_of(train))
    mixed = {"w": train["w"], "more": [1] * 120, "y": train["y"], "x": train["x"]}
    np.testing.assert_array_equal(found(frame_of(mixed)), found(frame_of(train)))


def test_it_is_the_same_after_a_record():
    found = fit_preparation(frame_of(table(2) | {"d": ["2026-11-30", ""] * 60}))
    again = TablePreparation.from_json(json.loads(json.dumps(found.to_json())), "the record")
    assert again == found
    assert again.kinds == {"x": "number", "y": "number", "w": "category", "d": "date"}


@pytest.mark.parametrize(
    "change",
    [{"scale": 0}, {"scale": "x"}, {"mean": float("nan")}, {"name": None, "fill": None}, "no mapping"],
)
def test_a_damaged_record_is_refused(change):
    values = json.loads(json.dumps(fit_preparation(frame_of(table(2))).to_json()))
    values[0] = change if isinstance(change, str) else values[0] | change
    with pytest.raises(DataError, match="a preparation that d2lab wrote") as caught:
        TablePreparation.from_json(values, "the record")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"x": [1.0], "w": ["a"]}, "got \"no column 'y'\""),
        ({"w": ["a"]}, "no column 'x' and 1 more"),
        ({"x": ["a"], "y": [1], "w": ["b"]}, "column x: got 'a category', need a number"),
    ],
)
def test_another_table_is_refused(other, said):
    with pytest.raises(DataError, match=said):
        fit_preparation(frame_of(table(0)))(frame_of(other))


def test_nothing_is_learned_from_nothing():
    with pytest.raises(DataError, match="the training table: got 'no row'"):
        fit_preparation(frame_of(table(0)).take(np.array([], dtype=np.int64)))
