"""Tables in CSV: read as pandas reads them, strictly where a guess could be wrong, in flat memory."""

import csv
import io
import tracemalloc

import numpy as np
import pytest

from d2lab.core.errors import DataError
from d2lab.tables import table_file
from d2lab.tables.table_file import read_frame


@pytest.fixture
def read(tmp_path):
    def call(text, **how):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_frame(path, **how)

    return call


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n2,y\n",
        "\ufeffa,b\r\n1,x\r\n2,y",
        "a;b\n1;x\n2;y\n",
        "a\tb\n1\tx\n\n2\ty\n\n",
        '"a","b"\n"1"," x "\n 2,"y"\n',
        "\n\na,b\n1,x\n2,y\n",
    ],
)
def test_harmless_differences_are_read(read, text):
    frame = read(text)
    assert frame.kinds == {"a": "number", "b": "category"}
    assert frame["a"].values.tolist() == [1, 2]
    assert frame["b"].words() == ["x", "y"]


def test_cells_may_hold_delimiters_lines_quotes_and_formulas(read):
    frame = read('a,b\n"1,5","=HYPERLINK(""x"")"\n"two\nlines",-\n')
    assert frame["a"].words() == ["1,5", "two\nlines"]
    assert frame["b"].words() == ['=HYPERLINK("x")', "-"]


def test_a_delimiter_inside_quotation_marks_is_none(read):
    assert read('"a,1,2";b\n1;x\n').names == ("a,1,2", "b")


def test_an_index_without_a_name_gets_one(read):
    assert read(",a\n0,5\n1,6\n").names == ("index", "a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the table table.csv: got 'an empty file'"),
        ("\n \n", "got 'an empty file'"),
        ("a,b\n", "got 'no row below the header'"),
        ("a,b\n1,2\n3\n", "got '1 cells in row 3', need 2"),
        ("a,b\n1,2,3\n", "got '3 cells in row 2', need 2"),
        ("a,a\n1,2\n", "the header of the table table.csv: got .1 names twice, such as 'a'"),
        ("a,,b\n1,2,3\n", "got 'no name of column 2'"),
        ('a,b\n"1,2\n3,4\n', "need a table in CSV"),
        (b"a,b\n\xff\xfe,1\n", "need a table in CSV: UTF-8"),
        (b"a,b\n1,\x00\n", "got 'a zero byte in line 2'"),
        ("a,b\n1,inf\n", "column b: got 'an infinite number'"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(read, text, said):
    with pytest.raises(DataError, match=said) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_frame(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="a folder"):
        read_frame(tmp_path)


def test_lines_and_headers_without_end_are_refused(read, monkeypatch):
    monkeypatch.setattr(table_file, "MOST_LINE", 1000)
    with pytest.raises(DataError, match="1,000 characters in line 2"):
        read("a\n" + "x" * 5000)
    with pytest.raises(DataError, match="field larger than field limit"):
        read('a,b\n"' + "x\n" * 200_000)
    monkeypatch.setattr(table_file, "MOST_COLUMNS", 20)
    with pytest.raises(DataError, match="got '21 columns', need at most 20"):
        read(",".join(f"c{n}" for n in range(21)) + "\n")


def test_a_table_is_read_with_the_kinds_of_another(read):
    kinds = read("a,b\n1,x\n2,y\n").kinds
    assert read("a,b\n,7\n4,8\n", kinds=kinds)["b"].words() == ["7", "8"]
    with pytest.raises(DataError, match="column a: got 'many', need a number"):
        read("a,b\nmany,x\n", kinds=kinds)


def test_many_different_values_are_read_alike(read, monkeypatch):
    """Columns leave the dictionary of texts after a few different values; a word among later numbers is found."""
    rng = np.random.default_rng(0)
    days = np.datetime64("2000-01-01") + rng.integers(0, 9000, 300)
    numbers = rng.normal(size=300).round(6)
    words = [f"w{n}" for n in range(300)]
    late = [*map(str, range(299)), "end"]
    sold = [*map(str, days[:-1]), "unsold"]
    out = io.StringIO()
    csv.writer(out).writerows([("n", "w", "d", "late", "sold"), *zip(numbers, words, days, late, sold, strict=True)])
    whole = read(out.getvalue())
    monkeypatch.setattr(table_file, "MANY", 10)
    monkeypatch.setattr(table_file, "CHUNK", 7)
    parts = read(out.getvalue())
    kinds = {"n": "number", "w": "category", "d": "date", "late": "category", "sold": "category"}
    assert parts.kinds == whole.kinds == kinds
    for one, other in zip(parts.columns, whole.columns, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        assert one.levels == other.levels
    np.testing.assert_allclose(parts["n"].values, numbers)
    with pytest.raises(DataError, match="column late: got 'end', need a number"):
        read(out.getvalue(), kinds={"late": "number"})


def test_it_reads_what_pandas_reads(read):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(1)
    table = pandas.DataFrame(
        {
            "x": np.where(rng.random(200) < 0.2, np.nan, rng.normal(size=200)),
            "k": rng.integers(0, 5, 200),
            "w": rng.choice(["red", "blue", 'a "quoted", word', None], 200),
        }
    )
    ours = read(table.to_csv(index=False))
    theirs = pandas.read_csv(io.StringIO(table.to_csv(index=False)))
    for name in ("x", "k"):
        np.testing.assert_array_equal(ours[name].values, theirs[name].to_numpy(dtype=float))
    assert ours["w"].words() == [None if value != value else value for value in theirs["w"].tolist()]


def test_memory_holds_columns_and_not_the_file(tmp_path):
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write("a,b,c\n")
        for block in range(20):
            file.write(
                "".join(f"{block * 5000 + n}.123456789,{'red' if n % 3 else 'blue'},{n % 7}\n" for n in range(5000))
            )
    tracemalloc.start()
    frame = read_frame(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(frame) == 100_000
    held = sum(column.values.nbytes for column in frame.columns)
    assert peak < 4 * held + 8e6
    assert peak < 6 * path.stat().st_size
