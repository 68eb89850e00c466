"""Lines of a terminal: no wider than they may be, in either script."""

import pytest

from d2lab.cli.lines import columns, cut, print_wrapped


@pytest.fixture
def printed(capsys):
    def call(text, **how):
        print_wrapped(text, **how)
        return capsys.readouterr().out.splitlines()

    return call


@pytest.mark.parametrize(
    "text", ["a few words " * 20, "没有新数据的标签，看不出概念偏移。" * 9, "AUC 是 0.5，p = 0.3；" * 15]
)
def test_lines_fit_and_nothing_is_lost(printed, text):
    lines = printed(text, indent="  ", hang="  ")
    assert len(lines) > 2
    assert all(columns(line) <= 80 for line in lines)  # a closing mark may reach beyond 78
    assert [len(line) - len(line.lstrip()) for line in lines] == [2] + [4] * (len(lines) - 1)
    assert not any(line.lstrip()[0] in "，。；" for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_zero_byte_is_a_space_that_does_not_break(printed):
    lines = printed("  ".join(["a\0bb\0ccc\0dddd\0eeeee"] * 9))  # of a fourth one a part would fit
    assert len(lines) == 3
    assert all(line.replace("a bb ccc dddd eeeee", "").strip() == "" for line in lines)


def test_a_closing_mark_stays_with_its_line(printed):
    assert printed("一" * 39 + "，二") == ["一" * 39 + "，", "二"]


def test_a_word_that_is_too_wide_has_a_line_of_its_own(printed):
    assert printed("x" * 100) == ["x" * 100]
    assert printed("one " + "x" * 100) == ["one", "x" * 100]


def test_long_names_are_cut_by_columns():
    assert cut("a short one", 20) == "a short one"
    assert cut("一" * 30, 20) == "一" * 8 + "..."
    assert columns(cut("a" * 30, 20)) == 20
    assert cut("two\nlines\x1b[1m", 20) == "two lines [1m"
