"""A lesson as a plain notebook in one language, for Jupyter and Colab: MyST markup becomes plain Markdown.

The lessons use a small subset of MyST. Markup that this module does not know raises, so no notebook shows it raw.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from d2lab.claims.catalog import find_claim
from d2lab.claims.page import evidence_of, said, verdict_word
from d2lab.core.errors import DataError
from d2lab.core.language import Language
from d2lab.exercises.catalog import Entry
from d2lab.explore.catalog import EXPLORERS
from d2lab.lessons.kept import Executed
from d2lab.lessons.lesson import FENCED, LABEL, Cell, Lesson
from d2lab.lessons.prose import DISPLAY, LINK, ROLE
from d2lab.lessons.render_roles import render
from d2lab.plot.drawing import SVG_MIME, drawn_for
from d2lab.site.exercise_pages import with_exercises
from d2lab.site.target import first_number, short

Labels = Mapping[str, Mapping[str, str]]
ADMONITION = re.compile(r"^(:{3,})\{(\w+)\}[ \t]*([^\n]*)\n((?::[\w-]+:[^\n]*\n)*)(.*?)^\1[ \t]*$", re.M | re.S)
ALERT = re.compile(r"^> \[!(\w+)\]", re.M)
HIDDEN = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}  # as JupyterLab and Jupyter Book read it
FIGURE: dict[Language, str] = {"en": "Figure", "zh": "图"}
EXPLORER: dict[Language, str] = {
    "en": "> **{}**: an interactive figure on the course site.",
    "zh": "> **{}**：可以在课程网站上动手拨一拨。",
}
INSTALL = """\
# d2lab has to be installed once; its own page says how.
import importlib.util, subprocess, sys

if importlib.util.find_spec("d2lab") is None:
    where = "{where}"
    assert where, "install d2lab first: pip install PATH, with the path of a clone of its repository"
    subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", where])"""


class NotebookTarget:
    """Render roles for a notebook: plain Markdown."""

    def claim(self, name: str, language: Language) -> str:
        """Show the verdict and the first number."""
        record = evidence_of(find_claim(name))
        key, value = first_number(record)
        return f"**{verdict_word(record.verdict, language)}** (`{name}`, {key} = {short(value)})"

    def claim_card(self, name: str, language: Language) -> str:
        """Show statement, verdict, why and the command as a quote."""
        claim = find_claim(name)
        record = evidence_of(claim)
        head = f"> **{verdict_word(record.verdict, language)}**: {said(claim, language)}"
        return f"{head}\n>\n> {record.why(language)} `d2lab check {name}`"

    def measured(self, name: str, number: str, language: Language) -> str:
        """Show the number."""
        return number

    def source(self, name: str) -> str:
        """Show the name."""
        return f"`{name}`"

    def recipe(self, name: str) -> str:
        """Show the name."""
        return f"`{name}`"

    def explorer(self, name: str, language: Language) -> str:
        """Return a note on where it is: notebooks have no explorers."""
        return EXPLORER[language].format(EXPLORERS[name].title[language])


def notebook(
    lesson: Lesson,
    executed: Executed,
    language: Language,
    labels: Labels,
    repository: str = "",
    exercises: Sequence[Entry] = (),
) -> dict[str, Any]:
    """Return the notebook of a lesson.

    Args:
        lesson: to convert.
        executed: outputs of its code.
        language: of the prose.
        labels: numbers and titles of what lessons refer to, as the site's build wrote them.
        repository: "owner/name" on GitHub that the package is installed from where it is missing.
        exercises: that belong to the lesson.

    Raises:
        DataError: the lesson uses markup that a notebook can't show.
    """
    where = f"git+https://github.com/{repository}" if repository else ""
    cells = [_code(0, INSTALL.format(where=where), [])]
    outputs = iter(executed.outputs)
    for cell in lesson.cells:
        if cell.is_code:
            cells += _code_cells(len(cells), cell, next(outputs), language, executed, labels, lesson)
        elif cell.language == language:
            source = with_exercises(cell.source, exercises, language, linked=False)
            filled = render(source, language, NotebookTarget(), executed.values)
            cells.append(_markdown(len(cells), plain(filled, labels, language, lesson.name)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def plain(text: str, labels: Labels, language: Language, name: str) -> str:
    """Convert the Markdown of a lesson to that of Jupyter.

    Args:
        text: of a cell, its d2lab roles rendered.
        labels: as `notebook` takes them.
        language: of the text.
        name: of the lesson, for the error.

    Raises:
        DataError: markup is left that a notebook can't show.
    """
    text = LABEL.sub("", text)
    text = DISPLAY.sub(lambda found: _formula(found, labels), text)
    text = ROLE.sub(lambda found: _reference(found, labels, language), text)
    text = ADMONITION.sub(lambda found: _quote(found[3], found[5]), text)
    text = ALERT.sub(lambda found: f"> **{found[1].title()}.**", text)
    text = LINK.sub(_link, text)
    words = FENCED.sub("", text)
    left = re.search(r"^:{3,}|^`{3,}\{|\{[a-z:]+\}`", words, re.M)
    if left is not None:
        line = words[left.start() :].partition("\n")[0]
        raise DataError(f"lesson {name}", got=line, need="markup that a notebook can show too")
    return text.strip()


def _formula(found: re.Match[str], labels: Labels) -> str:
    tex, label = found[1].strip(), found[2]
    tag = f" \\tag{{{labels[f'eq:{label}']['number']}}}" if label and f"eq:{label}" in labels else ""
    return f"$$\n{tex}{tag}\n$$"


def _reference(found: re.Match[str], labels: Labels, language: Language) -> str:
    kind, content = found[1], found[2]
    words, _, inside = content.partition(" <")
    name = inside.removesuffix(">") or content
    if kind == "eq":
        return f"({labels.get(f'eq:{name}', {}).get('number', '?')})"
    if kind == "numref":
        return f"{FIGURE[language]} {labels.get(name, {}).get('number', '?')}"
    if kind == "ref":
        return words if inside else labels.get(name, {}).get("title", name)
    return found[0]


def _quote(title: str, body: str) -> str:
    lines = [f"**{title.strip()}**", "", *body.strip().splitlines()] if title.strip() else body.strip().splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _link(found: re.Match[str]) -> str:
    """Link a lesson's notebook instead of its source; a link to a label becomes its text."""
    words, target = found.groups()
    if target.startswith("#"):
        return words
    place, mark, _ = target.partition(".md")
    return f"[{words}]({place}.ipynb)" if mark and not target.startswith("https://") else found[0]


def _code_cells(
    number: int,
    cell: Cell,
    outputs: list[dict[str, Any]],
    language: Language,
    executed: Executed,
    labels: Labels,
    lesson: Lesson,
) -> list[dict[str, Any]]:
    """Return a code cell with its outputs, and after a figure a cell with its caption."""
    made = [_code(number, cell.source, [shown for shown in (_shown(one, language) for one in outputs) if shown])]
    if cell.options.get("hide"):
        made[0]["metadata"] = HIDDEN
    if cell.figure:
        caption = render(str(cell.figure[language]), language, NotebookTarget(), executed.values)
        number_of = labels.get(str(cell.figure["name"]), {}).get("number", "")
        words = plain(caption, labels, language, lesson.name)
        made.append(_markdown(number + 1, f"*{FIGURE[language]} {number_of}: {words}*"))
    return made


def _shown(output: dict[str, Any], language: Language) -> dict[str, Any] | None:
    """Drop the MIME types of an output that only the site uses; a figure is kept in the language of the notebook."""
    if "data" not in output:
        return output
    data = {mime: value for mime, value in output["data"].items() if not mime.startswith("application/vnd.d2lab")}
    if SVG_MIME in data:
        data[SVG_MIME] = drawn_for(output["data"], language)
    return {**output, "data": data} if data else None


def _code(number: int, source: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "source": source}
    return {**cell, "execution_count": None, "outputs": [{**o, **_uncounted(o)} for o in outputs]}


def _uncounted(output: dict[str, Any]) -> dict[str, Any]:
    return {"execution_count": None} if output.get("output_type") == "execute_result" else {}


def _markdown(number: int, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": source}
