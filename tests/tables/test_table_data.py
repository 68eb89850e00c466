"""A reader's own table: what is learned from it, what is held out, and what can't be learned."""

import numpy as np
import pytest
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.data import catalog
from d2lab.tables.table_data import place_of, preparation_of, table_of


@pytest.fixture
def card(tmp_path):
    def make(text, target="y", name="t.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return catalog.card(f"table:{tmp_path / name}#{target}")

    return make


def lines(header, row, count=40):
    return header + "\n" + "".join(row(n) + "\n" for n in range(count))


def test_numbers_are_predicted_and_words_are_classes(card):
    number = card(lines("a,w,y", lambda n: f"{n},{'red' if n % 3 else 'blue'},{n * 1.5}"))
    assert (number.task, number.classes, number.examples, number.shape) == ("regression", (), (32, 8), (3,))
    words = card(lines("a,y", lambda n: f"{n},{'big' if n > 19 else 'small'}"))
    assert (words.task, words.classes) == ("classification", ("big", "small"))
    assert card(lines("a,y", lambda n: f"{n},{n % 2}")).classes == ("0", "1")
    assert card(lines("a,y", lambda n: f"{n},{n % 3}")).task == "regression"


def test_rows_are_held_out_once_and_of_every_class_its_share(card):
    made = card(lines("a,y", lambda n: f"{n},{'rare' if n < 10 else 'often'}", 100))
    table = table_of(made)
    parts = [set(part["a"].values.tolist()) for part in (table.train, table.test)]
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == set(range(100))
    assert [int((part[table.target].values == 1).sum()) for part in (table.train, table.test)] == [8, 2]
    assert table_of(card(lines("a,y", lambda n: f"{n},{'rare' if n < 10 else 'often'}", 100))) is table


def test_rows_without_a_target_are_left_out_and_told(card):
    made = card(lines("a,y", lambda n: f"{n},{n if n % 4 else ''}"))
    assert made.examples == (24, 6)
    assert made.notes == ("10 rows without y are left out",)


def test_rows_that_stand_in_both_parts_are_told(card):
    made = card(lines("a,y", lambda n: f"{n % 2},{n % 2 * 3 + (n % 3 == 5)}", 50) + "7,9\n")
    assert made.notes == ("10 of the 10 held-out rows stand in the training part, too",)


def test_features_are_what_the_training_rows_say(card):
    """The preparation is of the training part alone: other values in the test part change nothing."""
    text = lines("a,w,y", lambda n: f"{n * n},{'red' if n % 3 else 'blue'},{n}")
    made = card(text)
    table = table_of(made)
    held = set(table.test["y"].values.astype(int).tolist())
    poisoned = lines("a,w,y", lambda n: f"{1e9 if n in held else n * n},{'red' if n % 3 else 'blue'},{n}")
    other = card(poisoned, name="p.csv")
    assert preparation_of(other).to_json() == preparation_of(made).to_json()
    data = catalog.load_card(made)
    mean, spread = data.train.inputs[:, 0].mean(), data.train.inputs[:, 0].std(correction=0)
    torch.testing.assert_close(torch.stack([mean, spread]), torch.tensor([0.0, 1.0]), atol=1e-5, rtol=0)
    assert torch.equal(catalog.load_card(other).train.inputs, data.train.inputs)
    assert not torch.equal(catalog.load_card(other).test.inputs, data.test.inputs)


def test_skewed_columns_are_read_by_their_logarithm(card):
    made = card(lines("a,b,y", lambda n: f"{2.0**n},{2.0**n - 5},{n}"))
    a, b = preparation_of(made).inputs
    assert (a.log, b.log) == (True, False)
    values = table_of(made).train["a"].values
    np.testing.assert_allclose(
        catalog.load_card(made).train.inputs[:, 0], (np.log1p(values) - a.mean) / a.scale, rtol=1e-5
    )
    new = type(table_of(made).train["a"])(name="a", kind="number", values=np.array([-5.0, np.nan]))
    assert np.isfinite(a(new)).all()


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        (lines("a,y", lambda n: f"{n},{n}"), "", "the target of a table"),
        (lines("a,price", lambda n: f"{n},{n}"), "prices", "Did you mean 'price'"),
        (lines("a,y", lambda n: f"{n},{n}", 12), "y", "got '12 rows with y', need 20 or more"),
        (lines("a,y", lambda n: f"{n},2026-01-{n % 28 + 1:02}"), "y", "got 'dates'"),
        (lines("a,y", lambda n: f"{n},5"), "y", "the same value in every row"),
        (lines("a,y", lambda n: f"{n},x"), "y", "the same value in every row"),
        (lines("a,y", lambda n: f"{n},{'one' if n == 7 else 'many'}"), "y", "one row of class 'one'"),
        (lines("a,y", lambda n: f"{n},w{n // 2}", 202), "y", "101 different words"),
        (lines("y", lambda n: f"{n}"), "y", "a table: got 'no column'"),
    ],
)
def test_what_cant_be_learned_is_refused_in_one_line(card, text, target, said):
    with pytest.raises((ConfigError, DataError), match=said) as caught:
        card(text, target)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_changed_one_are_refused(card, tmp_path):
    with pytest.raises(DataError, match="No such file"):
        catalog.card(f"table:{tmp_path / 'absent.csv'}#y")
    made = card(lines("a,y", lambda n: f"{n},{n}"))
    (tmp_path / "t.csv").write_text(lines("a,y", lambda n: f"{n},{n + 1}"))
    with pytest.raises(DataError, match="another content"):
        catalog.load_card(made)


def test_a_path_without_its_kind_is_explained(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n")
    with pytest.raises(ConfigError, match="For a table write table:"):
        catalog.card(str(tmp_path / "t.csv"))
    for name in ("table:t.csv", "table:t.csv#", "table:", "table:#y"):
        with pytest.raises(ConfigError, match="need the column to predict"):
            place_of(name)
    with pytest.raises(ConfigError, match=r"got .table:t\.csv without one."):
        place_of("table:t.csv")
    assert [str(part) for part in place_of("table:C:/a#b.csv#y")] == ["C:/a#b.csv", "y"]


@pytest.mark.parametrize("name", ["diabetes", "wine"])
def test_tables_of_the_library_are_what_their_cards_say(name):
    found = catalog.load(name)
    assert found.train.shape == found.card.shape
    assert {*table_of_library(name).train.names} > {table_of_library(name).target}


def table_of_library(name):
    return table_of(catalog.card(name))
