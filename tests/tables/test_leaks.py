"""Leaks planted in tables are found, and honest columns are not accused."""

import numpy as np
import pytest

from d2lab.core.errors import ConfigError, DataError
from d2lab.tables.frame import frame_of
from d2lab.tables.leaks import shared_rows, telling_columns


def planted(seed, rows=300):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=rows)
    price = 10 + signal + rng.normal(0, 0.7, rows)
    return {
        "id": np.arange(rows),
        "honest": signal,
        "noise": rng.normal(size=rows),
        "city": rng.choice(["a", "b", "c"], rows),
        "in euros": price * 0.9 + 5,  # the target in another unit
        "price": price,
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_target_in_another_unit_is_found_and_nothing_else(seed):
    (found,) = telling_columns(frame_of(planted(seed)), "price", seed=seed)
    assert found.name == "in euros"
    assert found.share > 0.95


@pytest.mark.parametrize("seed", range(5))
def test_a_word_that_names_the_class_is_found(seed):
    table = planted(seed)
    table["expensive"] = np.where(table["price"] > 10, "yes", "no")
    table["paid"] = np.where(table["price"] > 10, "by transfer", "in cash").astype(object)
    table["paid"][::40] = None
    names = [one.name for one in telling_columns(frame_of(table), "expensive", seed=seed, threshold=0.9)]
    assert sorted(names) == ["in euros", "paid", "price"]


def test_an_identifier_of_each_row_tells_nothing():
    table = planted(0)
    table["name"] = [f"house {n}" for n in range(300)]
    shares = {one.name: one.share for one in telling_columns(frame_of(table), "price", threshold=-10.0)}
    assert shares["id"] < 0.1
    assert shares["name"] < 0.1
    assert 0.3 < shares["honest"] < 0.9


def test_a_constant_target_is_told_by_nothing():
    table = planted(0) | {"price": np.ones(300)}
    assert telling_columns(frame_of(table), "price") == []
    assert telling_columns(frame_of(table | {"price": ["same"] * 300}), "price") == []


def test_rows_without_a_target_do_not_count():
    table = planted(1)
    table["price"] = np.where(np.arange(300) < 280, np.nan, table["price"])
    with pytest.raises(DataError, match="got '20 rows with price', need 30 or more"):
        telling_columns(frame_of(table), "price")
    with pytest.raises(ConfigError, match="Did you mean 'price'"):
        telling_columns(frame_of(table), "prize")


def test_rows_of_both_parts_are_found():
    train = frame_of({"x": [1.0, None, 3.0], "w": ["a", "b", None], "price": [1, 2, 3]})
    test = frame_of({"w": ["b", None, "a", "b"], "x": [None, 3.0, 2.0, 1.0]})
    assert shared_rows(train, test).tolist() == [0, 1]
    assert shared_rows(test, train).tolist() == [1, 2]
    with pytest.raises(DataError, match="no column in common"):
        shared_rows(train, frame_of({"other": [1]}))


def test_of_a_long_table_some_rows_are_looked_at(monkeypatch):
    """The trees of a column never see more than so many rows; the leak is found on them as well."""
    from d2lab.tables import leaks

    seen, share = [], leaks._share
    monkeypatch.setattr(leaks, "MOST_ROWS", 200)
    monkeypatch.setattr(leaks, "_share", lambda column, y, *how: seen.append(len(y)) or share(column, y, *how))
    (found,) = telling_columns(frame_of(planted(0, rows=2000)), "price")
    assert found.name == "in euros"
    assert set(seen) == {200}
