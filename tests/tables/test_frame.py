"""Typed columns: what is a number, a date, a category or missing, from text, arrays and DataFrames."""

import datetime

import numpy as np
import pytest

from d2lab.core.errors import ConfigError, DataError
from d2lab.tables.frame import Column, Frame, frame_of


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "2.5", "-3e2"], "number", [1, 2.5, -300]),
        (["1", "NA", ""], "number", [1, np.nan, np.nan]),
        (["", "none", "?"], "number", [np.nan] * 3),
        (["2026-11-30", "1970-01-02", "NULL"], "date", [20787, 1, np.nan]),
        (["1970-01-01 12:00", "1970-01-02T06:00:00Z"], "date", [0.5, 1.25]),
        (["1", "two", "3"], "category", [0, 2, 1]),
        (["1_000", "2"], "category", [0, 1]),
        (["b", "", "a", "b"], "category", [1, -1, 0, 1]),
        (["2026-13-01", "2026-01-01"], "category", [1, 0]),
        (["001", "7"], "number", [1, 7]),
    ],
)
def test_a_column_is_what_all_its_values_are(cells, kind, values):
    column = frame_of({"x": cells})["x"]
    assert column.kind == kind
    np.testing.assert_allclose(column.values, values)


@pytest.mark.parametrize("kind", ["number", "category", "date"])
def test_a_kind_that_is_asked_for_is_kept_or_refused(kind):
    assert frame_of({"x": ["", ""]}, {"x": kind})["x"].kind == kind
    if kind == "category":
        assert frame_of({"x": ["3", "20", "3"]}, {"x": kind})["x"].levels == ("20", "3")
    else:
        with pytest.raises(DataError, match=r"column x: got 'abc', need a (number|date)"):
            frame_of({"x": ["abc", ""]}, {"x": kind})


def test_arrays_keep_their_types():
    days = np.array(["2026-11-30", "NaT"], dtype="datetime64[D]")
    frame = frame_of({"i": np.array([1, 2]), "b": np.array([True, False]), "d": days, "o": [1, None]})
    assert frame.kinds == {"i": "number", "b": "number", "d": "date", "o": "number"}
    np.testing.assert_allclose(frame["d"].values, [20787, np.nan])
    assert frame["o"].missing.tolist() == [False, True]
    mixed = frame_of({"x": np.array([1, "a", None, float("nan")], dtype=object)})["x"]
    assert (mixed.kind, mixed.words()) == ("category", ["1", "a", None, None])


def test_a_data_frame_is_read_as_a_mapping_is():
    pandas = pytest.importorskip("pandas")
    when = [datetime.datetime(2026, 11, 30, 6), None]
    data = {"n": [1.5, None], "w": ["a", None], "t": when, "c": pandas.Categorical(["u", "v"])}
    frame = frame_of(pandas.DataFrame(data))
    assert frame.kinds == {"n": "number", "w": "category", "t": "date", "c": "category"}
    np.testing.assert_allclose(frame["t"].values, [20787.25, np.nan])
    assert frame["w"].words() == ["a", None]
    assert frame["c"].words() == ["u", "v"]


def test_rows_and_columns_are_chosen():
    frame = frame_of({"a": [1, 2, 3], "b": ["x", "y", "x"]})
    some = frame.take(np.array([2, 0]))
    assert some["a"].values.tolist() == [3, 1]
    assert some["b"].words() == ["x", "x"]
    assert some["b"].levels == ("x", "y")
    assert frame.without("a").names == ("b",)
    assert len(some) == 2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: frame_of({}), "a table: got 'no column'"),
        (lambda: frame_of([1, 2]), "a table: got 'list'"),
        (lambda: frame_of({"a": [1], "b": [1, 2]}), r"got '\[1, 2\] rows'"),
        (lambda: frame_of({"a": [[1, 2], [3, 4]]}), "column a: got '2 axes'"),
        (lambda: frame_of({"a": [1.0, np.inf]}), "column a: got 'an infinite number'"),
        (lambda: frame_of({"a": ["1", "inf"]}), "column a: got 'an infinite number'"),
        (lambda: Frame((frame_of({"a": [1]})["a"],) * 2), "1 names twice, such as 'a'"),
        (lambda: frame_of({"a": [1]}).without("a"), "a table: got 'no column'"),
    ],
)
def test_what_is_no_table_is_refused(call, said):
    with pytest.raises(DataError, match=said) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_column_that_is_not_there_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match=r"column: got 'prise', need one of area, price\. Did you mean 'price'"):
        frame_of({"price": [1], "area": [2]})["prise"]
    with pytest.raises(ConfigError, match="Did you mean"):
        frame_of({"price": [1], "area": [2]}).without("prise")


def test_a_column_of_no_row_has_no_missing_value():
    column = Column(name="x", kind="category", values=np.array([], dtype=np.int64), levels=("a",))
    assert column.missing.tolist() == []
    assert column.words() == []
