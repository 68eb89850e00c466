"""A lesson as a page in one language: prose with roles rendered, code, outputs, figures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from d2lab.core.language import Language
from d2lab.exercises.catalog import Entry
from d2lab.lessons.kept import Executed
from d2lab.lessons.lesson import HEADING, Cell, Lesson
from d2lab.lessons.render_roles import render
from d2lab.plot.drawing import SVG_MIME, drawn_for
from d2lab.site.exercise_pages import with_exercises
from d2lab.site.target import PageTarget
from d2lab.site.words import word

ROOT = "../../"  # from a lesson's page to the folder of its language


@dataclass(slots=True)
class Page:
    """A source page for Sphinx.

    Args:
        text: Markdown.
        files: of the same folder, by name.
    """

    text: str
    files: dict[str, str] = field(default_factory=dict)


def lesson_page(
    lesson: Lesson, executed: Executed, language: Language, repository: str = "", exercises: Sequence[Entry] = ()
) -> Page:
    """Return the page of a lesson.

    Args:
        lesson: to show.
        executed: outputs of its code.
        language: of the page.
        repository: "owner/name" of the notebooks' home; empty leaves out the link to Colab.
        exercises: that belong to the lesson.
    """
    target, page, parts, first = PageTarget(ROOT), Page(""), [], True
    outputs = iter(executed.outputs)
    for cell in lesson.cells:
        if cell.is_code:
            parts.append(_code(cell, next(outputs), language, page, target, executed))
        elif cell.language == language:
            source = with_exercises(cell.source, exercises, language, linked=True)
            text = render(source, language, target, executed.values)
            parts.append(_with_tools(text, lesson, language, repository) if first else text)
            first = False
    page.text = "\n\n".join(parts) + "\n"
    return page


def _with_tools(text: str, lesson: Lesson, language: Language, repository: str) -> str:
    """Insert links to slides and notebook below the title."""
    notebook = f"{language}/{lesson.name}.ipynb"
    home = f"{ROOT}../notebooks/{notebook}"
    links = [
        f'<a class="tool-slides" href="?slides">{word("slides", language)}</a>',
        f'<a href="{home}" download>{word("notebook", language)}</a>',
    ]
    if repository:
        colab = f"https://colab.research.google.com/github/{repository}/blob/notebooks/{notebook}"
        links.append(f'<a href="{colab}">{word("colab", language)}</a>')
    links.append(f"<code>d2lab learn {lesson.slug} --notebook</code>")
    tools = f'\n\n<p class="tools">{" ".join(links)}</p>\n'
    return re.sub(HEADING, lambda found: found[0] + tools, text, count=1)


def _code(
    cell: Cell,
    outputs: list[dict[str, Any]],
    language: Language,
    page: Page,
    target: PageTarget,
    executed: Executed,
) -> str:
    """Return a code cell with its outputs; code that only draws is folded, and what only keeps house is hidden."""
    shown = [] if cell.options.get("hide") or not cell.source.strip() else [f"```python\n{cell.source}\n```"]
    if shown and cell.options.get("fold"):
        summary = f"<details class='fold'><summary>{word('code', language)}</summary>\n"
        shown = [summary, *shown, "</details>"]
    text = "".join(_text(output) for output in outputs).rstrip()
    if text:
        shown.append(f":::{{container}} output\n```text\n{text}\n```\n:::")
    whole = "::::{container} cell\n" + "\n\n".join(shown) + "\n::::" if shown else ""
    drawn = next((output["data"] for output in outputs if SVG_MIME in output.get("data", {})), None)
    if drawn is None:
        return whole
    name = str(cell.figure["name"])
    page.files[f"figures/{name}.svg"] = drawn_for(drawn, language)
    page.files[f"figures/{name}-dark.svg"] = drawn_for(drawn, language, dark=True)
    caption = render(str(cell.figure[language]), language, target, executed.values)
    alt = " ".join(re.sub(r"<[^>]+>|[`$*{}\[\]\\]", "", caption).split())
    figure = f":::{{figure}} figures/{name}.svg\n:name: {name}\n:alt: {alt}\n:class: themed\n\n{caption}\n:::"
    return f"{whole}\n\n{figure}" if whole else figure


def _text(output: dict[str, Any]) -> str:
    """Return the text of an output; empty for a figure."""
    if "text" in output:
        return "".join(output["text"]).rstrip("\n") + "\n"
    data = output.get("data", {})
    return "" if SVG_MIME in data or "text/plain" not in data else "".join(data["text/plain"]) + "\n"
