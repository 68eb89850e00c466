"""Plain notebooks: markup that Jupyter lacks is written out or refused; the code runs as it stands."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("jupytext")
pytest.importorskip("nbformat")

import nbformat

from d2lab.core.errors import DataError
from d2lab.core.machine import describe_machine
from d2lab.lessons import read_course
from d2lab.lessons.compare import same_processor, text_difference
from d2lab.lessons.kept import Executed, kept, store, varying
from d2lab.lessons.lesson import Cell, Lesson
from d2lab.plot.drawing import DARK_MIME, ZH_MIME
from d2lab.site.lesson_page import lesson_page
from d2lab.site.notebook import notebook, plain

COURSE = Path(__file__).resolve().parents[2] / "course"
LESSONS = read_course(COURSE)
LABELS = {"eq:eq-a": {"number": "2.1.3"}, "fig-a": {"number": "2.1.1"}, "other": {"title": "The other"}}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(label)=\n# Title", "# Title"),
        ("$$ x = 1 $$ (eq-a)", "$$\nx = 1 \\tag{2.1.3}\n$$"),
        (
            "by {eq}`eq-a`, {numref}`fig-a`, {ref}`other`, {ref}`that <other>`",
            "by (2.1.3), Figure 2.1.1, The other, that",
        ),
        ("> [!NOTE]\n> words", "> **Note.**\n> words"),
        (":::{admonition} Question\n:class: question\nWhy?\n:::", "> **Question**\n>\n> Why?"),
        (
            "[there](02-b.md) [here](#label) [far](https://a.org/b.md)",
            "[there](02-b.ipynb) here [far](https://a.org/b.md)",
        ),
        ("```python\n{x}`y`\n:::\n```", "```python\n{x}`y`\n:::\n```"),
    ],
)
def test_markup_is_written_out(text, shown):
    assert plain(text, LABELS, "en", "a/b") == shown


@pytest.mark.parametrize("text", ["{abbr}`x`", ":::{tip\nx\n:::", "```{math}\nx\n```\n{sub}`2`"])
def test_markup_that_is_not_known_is_refused(text):
    with pytest.raises(DataError, match="markup that a notebook can show too"):
        plain(text, LABELS, "en", "a/b")


@pytest.mark.slow
@pytest.mark.rotating(shares=12)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.slug)
def test_the_notebook_of_a_lesson_runs_as_it_stands(lesson, site, tmp_path):
    import asyncio

    from nbclient import NotebookClient

    read = {}
    for language in ("zh", "en"):
        path = site / "notebooks" / language / f"{lesson.name}.ipynb"
        read[language] = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(read[language])
    code = [[cell.source for cell in one.cells if cell.cell_type == "code"] for one in read.values()]
    assert code[0] == code[1]
    assert "?" not in [cell.source[:1] for one in read.values() for cell in one.cells]
    run = read["en"]
    before = [_words(cell) for cell in run.cells if cell.cell_type == "code"]
    client = NotebookClient(run, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.extra_arguments = ["--log-level=ERROR"]
    with ThreadPoolExecutor(1) as other:  # the browser of another test may hold this thread's event loop
        other.submit(lambda: asyncio.run(client.async_execute())).result()
    after = [_words(cell) for cell in run.cells if cell.cell_type == "code"]
    assert len(after) == len(lesson.code) + 1  # the first installs
    here = Executed([], 0.0, machine=describe_machine())
    alike = same_processor(kept(lesson, store()), here)  # elsewhere training amplifies the last bit: words alone
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        assert not text_difference(one, other, numbers=alike and number not in varying(lesson)), number


def _words(cell):
    return "".join("".join(o["text"]) for o in cell.get("outputs", []) if o.get("name") == "stdout")


def test_a_notebook_has_its_installation_first_and_its_captions_last():
    lesson = next(one for one in LESSONS if one.label == "linear-regression")
    values = {"worst": 0.001, "first": 1.0, "last": 1e-4}
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg/>", "text/plain": ""}}
    outputs = [[picture] if cell.figure else [] for cell in lesson.code]
    outputs[0] = [{"data": {"application/vnd.d2lab.values+json": values}}]
    made = notebook(lesson, Executed(outputs, 1.0), "zh", LABELS, "someone/d2lab")
    nbformat.validate(nbformat.from_dict(made))
    assert "git+https://github.com/someone/d2lab" in made["cells"][0]["source"]
    assert any(cell["source"].startswith("*图") for cell in made["cells"])
    assert "application/vnd" not in json.dumps(made)


def test_a_hidden_cell_is_run_but_not_shown_and_its_figure_speaks_the_language(tmp_path):
    told = {"zh": "# 题", "en": "# T"}
    prose = [Cell(source=f"(t)=\n{told[language]}", language=language) for language in ("zh", "en")]
    code = Cell(source="half = 37 / 2", options={"hide": True, "figure": {"name": "f", "zh": "图", "en": "F"}})
    path = tmp_path / "05-small" / "01-halves.md"
    lesson = Lesson(path=path, chapter=5, number=1, slug="halves", cells=(*prose, code))
    figure = {"image/svg+xml": "<svg>en</svg>", ZH_MIME: "<svg>zh</svg>", DARK_MIME: "<svg>dark</svg>"}
    values = {"data": {"application/vnd.d2lab.values+json": {"half": 18.5}}}
    done = Executed([[values, {"output_type": "display_data", "metadata": {}, "data": figure}]], 1.0)
    for language in ("zh", "en"):
        page = lesson_page(lesson, done, language)
        assert "half = 37" not in page.text
        assert page.files == {"figures/f.svg": f"<svg>{language}</svg>", "figures/f-dark.svg": "<svg>dark</svg>"}
        (cell,) = [c for c in notebook(lesson, done, language, LABELS)["cells"] if "half = 37" in c["source"]]
        assert cell["metadata"]["jupyter"] == {"source_hidden": True}
        assert [output["data"] for output in cell["outputs"]] == [{"image/svg+xml": f"<svg>{language}</svg>"}]
