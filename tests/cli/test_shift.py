"""`d2lab shift`: what it prints and writes in both languages, and what it refuses."""

import csv
import json
from unicodedata import east_asian_width

import numpy as np
import pytest
from PIL import Image

QUICK = ("--permutations", 39)


def write(path, columns):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def read(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(seed, rows, share, moved, kinds=("cat", "dog")):
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < share).astype(int)
    return {
        "area": rng.normal(100 + moved, 20, rows).round(2),
        "street": rng.choice(["busy", "quiet"], rows),
        "weight": (3 * y + rng.normal(size=rows)).round(3),
        "kind": np.array(kinds)[y],
    }


@pytest.fixture
def tables(here):
    """A training table, and one of use with another mean of one column and other shares of the classes."""
    write(here / "train.csv", table(0, 300, 0.3, 0))
    use = table(1, 200, 0.8, 15)
    write(here / "labelled.csv", use)
    del use["kind"]
    write(here / "test.csv", use)
    return here


def wide(line):
    return sum(1 + (east_asian_width(letter) in "WF") for letter in line)


def test_two_tables_are_compared(d2lab, tables):
    code, out, err = d2lab(
        "shift", "train.csv", "test.csv", "--target", "kind", "--weights", "w.csv", "--json", "f.json"
    )
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert max(map(wide, lines)) <= 80
    assert lines[0] == "train.csv: 300 rows  test.csv: 200 rows  3 columns compared"
    assert lines[1] == "can be told apart: yes"
    assert "p = 0.002 (300 + 200 rows, 500 permutations)" in lines[2]
    assert lines[3] == "columns that moved: 2 of 3 tests (Holm, 5 %)"
    assert lines[4].split() == ["column", "kind", "distance", "p", "train", "test"]
    assert [line.split()[0] for line in lines[5:7]] == ["weight", "area"]
    assert "concept shift, a change of p(y|x), can't be seen without labels" in out
    assert "warning" not in out
    found = json.loads((tables / "f.json").read_text())
    after = dict(zip(found["label_shift"]["classes"], found["label_shift"]["after"], strict=True))
    assert after["dog"] == pytest.approx(0.8, abs=0.1)
    rows = read(tables / "w.csv")
    assert [row["row"] for row in rows] == [str(number) for number in range(1, 301)]
    weights = np.array([float(row["weight"]) for row in rows])
    assert weights.sum() ** 2 / (weights**2).sum() == pytest.approx(found["reweighting"]["effective"], rel=1e-6)


def test_labels_in_use_are_shown_beside_the_estimate(d2lab, tables):
    out = d2lab("shift", "train.csv", "labelled.csv", "--target", "kind", *QUICK)[1]
    assert "labels %" in out
    assert "the new rows have labels" in out
    assert "can't be seen" not in out


def test_the_same_table_is_told_by_its_shared_rows(d2lab, tables):
    out = d2lab("shift", "train.csv", "train.csv", *QUICK)[1]
    assert "not by this test" in out
    assert "rows in common" in out
    assert "columns that moved: 0 of 4 tests" in out


def test_a_number_of_the_row_is_named_and_can_be_left_out(d2lab, tables):
    for name, first in (("train", 0), ("test", 1000)):
        rows = read(tables / f"{name}.csv")
        columns = {"Id": [first + number for number in range(len(rows))]}
        write(tables / f"{name}.csv", columns | {key: [row[key] for row in rows] for key in rows[0] if key != "kind"})
    out = d2lab("shift", "train.csv", "test.csv", *QUICK)[1]
    assert "Id alone tells the two apart" in out
    assert "warning: no overlap" in out
    out = d2lab("shift", "train.csv", "test.csv", "--drop", "Id", *QUICK)[1]
    assert "Id" not in out
    assert "warning" not in out


def test_chinese_lines_fit_a_terminal(d2lab, tables, monkeypatch):
    monkeypatch.setenv("D2LAB_LANGUAGE", "zh")
    for other in ("test.csv", "labelled.csv", "train.csv"):
        out = d2lab("shift", "train.csv", other, "--target", "kind", *QUICK)[1]
        assert max(map(wide, out.splitlines())) <= 80
        assert "协变量偏移" in out
        assert "warning" not in out


def test_long_names_and_odd_letters_keep_the_width(d2lab, here):
    rng, name = np.random.default_rng(0), "a\x07very long name " * 9
    write(here / "one.csv", {name: rng.normal(size=50), "词": rng.choice(["很长的词语" * 9, "b"], 50)})
    write(here / "two.csv", {name: rng.normal(3, 1, 50), "词": ["b"] * 50, "x" * 500: range(50)})
    code, out, err = d2lab("shift", "one.csv", "two.csv", *QUICK)
    assert (code, err) == (0, "")
    assert max(map(wide, out.splitlines())) <= 80


def test_at_most_twenty_columns_are_shown(d2lab, here):
    rng = np.random.default_rng(0)
    for name, mean in (("one", 0), ("two", 3)):
        write(here / f"{name}.csv", {f"x{number}": rng.normal(mean, 1, 40) for number in range(25)})
    out = d2lab("shift", "one.csv", "two.csv", *QUICK)[1]
    assert "columns that moved: 25 of 25 tests" in out
    assert sum(line.startswith("x") and " number " in line for line in out.splitlines()) == 20
    assert "and 5 more" in out


def test_two_folders_are_compared(d2lab, here):
    rng = np.random.default_rng(0)
    for folder, most in (("A", 256), ("B", 100)):
        (here / folder).mkdir()
        for number in range(25):
            Image.fromarray(rng.integers(0, most, (20, 20), dtype=np.uint8)).save(here / folder / f"{number}.png")
    code, out, err = d2lab("shift", "folder:A", "folder:B", "--weights", "w.csv", *QUICK)
    assert (code, err) == (0, "")
    assert "principal" in out
    assert "can be told apart: yes" in out
    assert (here / "w.csv").read_text().startswith("file,weight\n0.png,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train.csv", "absent.csv"), "absent.csv"),
        (("train.csv", "folder:."), "need two tables, or two folder:PATH"),
        (("folder:.", "folder:.", "--target", "kind"), "--target"),
        (("train.csv", "test.csv", "--target", "knd"), "Did you mean 'kind'"),
        (("train.csv", "test.csv", "--target", "area"), "need classes"),
        (("train.csv", "test.csv", "--drop", "Idd"), "column"),
        (("train.csv", "test.csv", "--permutations", "3"), "--permutations"),
        (("train.csv", "test.csv", "--seed", "-1"), "--seed"),
        (("train.csv", "words.csv"), "column area"),
        (("train.csv", "short.csv"), "need 20 or more in each"),
        (("train.csv", "empty.csv"), "an empty file"),
        (("train.csv", "other.csv"), "no column in common"),
        (("train.csv", "test.csv", "--weights", "train.csv"), "another file than the tables"),
        (("train.csv", "test.csv", "--weights", "."), "not a folder"),
        (("train.csv", "test.csv", "--weights", "w", "--json", "w"), "another file than --weights"),
        (("folder:none", "folder:none"), "nothing there"),
    ],
)
def test_hostile_input_is_one_line(d2lab, tables, arguments, words):
    write(tables / "words.csv", {"area": ["large"] * 30})
    write(tables / "short.csv", {"area": [1.0] * 3})
    write(tables / "other.csv", {"zzz": range(30)})
    (tables / "empty.csv").write_text("")
    before = (tables / "train.csv").read_bytes()
    code, out, err = d2lab("shift", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("d2lab: ")
    assert err.count("\n") == 1
    assert words in err
    assert (tables / "train.csv").read_bytes() == before
    assert not (tables / "w").exists()
