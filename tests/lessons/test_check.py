"""A right lesson has no problem; each thing that can be wrong is one, named."""

import pytest

pytest.importorskip("jupytext")

from d2lab.core.errors import ConfigError, DataError
from d2lab.lessons import keep, read_course, read_lesson
from d2lab.lessons.check import problems_of, problems_of_course
from d2lab.lessons.export_values import VALUES_MIME
from d2lab.lessons.kept import Executed
from d2lab.lessons.lesson import find_lesson
from d2lab.plot.drawing import NO_CHINESE

VERBS = ["train", "check", "site", "learn"]
GAVE = Executed(
    [[{"output_type": "stream", "name": "stdout", "text": "18.5\n"}, {"data": {VALUES_MIME: {"half": 18.5}}}]], 1.0
)


def problems(path, executed=GAVE):
    return problems_of(read_lesson(path), VERBS, executed)


def test_a_right_lesson_has_no_problem(write):
    assert problems(write()) == []
    lesson = read_lesson(write())
    assert (lesson.name, lesson.chapter, lesson.number, lesson.label) == ("05-small/01-halves", 5, 1, "halves")
    assert (lesson.title("en"), lesson.title("zh")) == ("Halves", "一半")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# Halves\n", "## Halves\n", "depths of headings differ"),
        ("(halves)=\n# Halves", "(half)=\n# Halves", "labels differ"),
        ("How much is a half?\n:::\n\n$$ h = x / 2 $$", "Much?\n:::\n\n$$ h = x / 3 $$", "displayed formulas differ"),
        ("Half of 37 is", "Half of $n$ is", "formulas in lines differ"),
        ("is {value}`half:.1f`, by {eq}`eq-half`. Use", "is {value}`half:.1f`. Use", "roles differ"),
        (
            "Half of 512?\n\n## Further reading\n\n- [1999](https://example.org/1999)",
            "?\n\n## Further reading\n",
            "links",
        ),
        ("## Exercises", "## Try", "no section 'Exercises'"),
        ("Half of 37 is", "Half of 37 and 41 is", "en: 41 stands in the prose"),
        ("37 的一半是", "37 的一半是 18.4，也就是", "zh: 18.4 stands in the prose"),
        ("Half of 37 is", "Half of 37, `43`, is", "en: 43 stands"),
        ("Half of 37 is", "Half of 37, $47$, is", "en: 47 stands"),
        ("Half of 37 is", "Half of 37 (53 %) is", "en: 53%"),
        ("37 的一半是", "37 的一半是 6 万的零头", "zh: 6万"),
        (
            "{claim}`dropout-keeps-the-mean`",
            "{claim}`dropout-moves-the-mean`",
            "{claim}`dropout-moves-the-mean` does not exist",
        ),
        ("{claim}`dropout-keeps-the-mean`", "", "names no claim"),
        ("{value}`half:.1f`", "{value}`third:.1f`", "{value}`third:.1f` does not exist"),
        ("{d2lab}`layers.Dropout`", "{d2lab}`layers.Dropin`", "{d2lab}`layers.Dropin` does not exist"),
        ("Half of 37 is", "`torch.nn.Dropouts` of 37 is", "`torch.nn.Dropouts` does not exist"),
        ("Half of 37 is", "`F.no_such` of 37 is", "`F.no_such` does not exist"),
        ("Half of 37 is", "`d2lab trian lenet`, 37 is", "no verb 'trian'"),
        ("Half of 37 is", "`d2lab train lenett`, 37 is", "no 'lenett'"),
        ("Half of 37 is", "`d2lab check no-such-claim`, 37 is", "no 'no-such-claim'"),
        ("Half of 37 is", "{bold}`x` 37 is", "no such role"),
        ("Half of 37 is", "[there](gone.md) 37 is", "link gone.md: no such file"),
        ("Half of 37 is", "[there](http://example.org) 37 is", "link http://example.org: no such file"),
        ("Half of 37 is", "{measured}`dropout-keeps-the-mean nothing:.2f` 37 is", "does not exist"),
    ],
)
def test_what_is_wrong_is_said(write, old, new, said):
    found = problems(write((old, new)))
    assert any(said in line for line in found), found


def test_a_cell_that_measures_time_must_say_that_it_varies(write):
    timed = ("half = 37 / 2", "import time\nhalf = 37 / 2 + 0 * time.perf_counter()")
    assert problems(write(timed)) == ["05-small/01-halves: code cell 1: measures time; say varies: true"]
    marked = ("```{code-cell} ipython3\n", "```{code-cell} ipython3\n---\nvaries: true\n---\n")
    assert problems(write(timed, marked)) == []


def test_a_missing_language_is_said(write):
    path = write()
    text = path.read_text(encoding="utf-8")
    cut = text.rindex('+++ {"lang": "en"}')
    path.write_text(text[:cut], encoding="utf-8")
    assert any("the last has no other language" in line for line in problems(path))


def test_code_between_the_languages_is_said(write):
    path = write(('+++ {"lang": "en"}\n\nHalf', '```{code-cell} ipython3\n1\n```\n\n+++ {"lang": "en"}\n\nHalf'))
    gave = Executed([*GAVE.outputs, []], 1.0)
    assert any("code stands between" in line for line in problems(path, gave))


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({"output_type": "stream", "name": "stderr", "text": "UserWarning: careful\n"}, "wrote to stderr: UserWarning"),
        ({"data": {"text/html": "<b>"}}, "gives text/html, which no page shows"),
        ({"data": {"image/svg+xml": "<svg/>"}}, "1 figures; one for a cell with a caption"),
        ({"data": {"text/plain": NO_CHINESE}}, "its figure lacks the Chinese version"),
    ],
)
def test_what_a_cell_must_not_give_is_said(write, output, said):
    gave = Executed([[*GAVE.outputs[0], output]], 1.0)
    assert any(said in line for line in problems(write(), gave))


def test_a_figure_needs_its_captions(write):
    options = "```{code-cell} ipython3\n---\nfigure:\n  name: fig-a\n  zh: 图\n---\n"
    path = write(("```{code-cell} ipython3\n", options))
    drawn = Executed([[*GAVE.outputs[0], {"data": {"image/svg+xml": "<svg/>"}}]], 1.0)
    assert any("lacks en" in line for line in problems(path, drawn))


def test_numbers_of_a_claims_evidence_may_be_told(write):
    from d2lab.claims.catalog import CLAIMS
    from d2lab.claims.record import recorded

    name, value = next(iter(recorded(CLAIMS["activation-hardly-matters"]).value.items()))
    told = f"{value:.2f}"
    claim = "{claim}`activation-hardly-matters`"
    path = write(("37 的一半是", f"{claim} {told} 37 的一半是"), ("Half of 37", f"{claim} {told} Half of 37"))
    assert problems(path) == [], name
    unnamed = write(("37 的一半是", f"{told} 37 的一半是"), ("Half of 37", f"{told} Half of 37"))
    assert any(told in line for line in problems(unnamed))


def test_labels_are_unique_in_the_course(write):
    lessons = [read_lesson(write()), read_lesson(write(name="02-again"))]
    found = problems_of_course(lessons, VERBS)
    assert [line for line in found if "label halves stands 2 times" in line]


def test_a_course_is_read_in_order_and_lessons_are_found(write, tmp_path):
    write(("(halves)=", "(b)="), name="02-b")
    write()
    lessons = read_course(tmp_path / "course")
    assert [one.slug for one in lessons] == ["halves", "b"]
    assert find_lesson(lessons, "05-small/02-b.md").slug == find_lesson(lessons, "b").slug == "b"
    with pytest.raises(ConfigError, match="Did you mean 'halves'"):
        find_lesson(lessons, "halvs")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda write: write(name="halves"), "need NN-slug/MM-slug.md"),
        (lambda write: write(chapter="small"), "need NN-slug/MM-slug.md"),
        (lambda write: write(('+++ {"lang": "zh"}\n\n37', '+++ {"lang": "fr"}\n\n37')), "prose with its language"),
        (lambda write: write().with_name("02-none.md"), "No such file"),
        (
            lambda write: write(("```{code-cell} ipython3\n", "```{code-cell} ipython3\n---\nfigure: a: b\n---\n")),
            "Invalid YAML",
        ),
    ],
)
def test_a_file_that_is_no_lesson_is_refused(write, make, said):
    with pytest.raises(DataError, match=said):
        read_lesson(make(write))


def test_an_empty_course_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"a folder with NN-slug/MM-slug\.md"):
        read_course(tmp_path)


def test_only_numbers_and_words_are_kept():
    keep(a=1, b=2.5, c="word")  # outside a notebook: nothing happens
    for bad in (True, [1], None):
        with pytest.raises(ConfigError, match="a number or a word"):
            keep(x=bad)
