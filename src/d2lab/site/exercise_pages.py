"""Exercises on the site: the list in a lesson, and the page of worked solutions of a chapter."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from d2lab.claims.page import title
from d2lab.core.language import Language
from d2lab.exercises.catalog import SOLUTIONS, Entry
from d2lab.lessons.lesson import NUMBERED, Lesson, read_prose
from d2lab.site.words import word

HOW: dict[Language, str] = {
    "en": "These check themselves: `start` writes a file with the task, `check` tries it on random inputs and hints.",
    "zh": "下面的练习会自己检查：`start` 写出带题目的文件，`check` 用随机输入去试，并给出提示。",
}
IN_NOTEBOOK: dict[Language, str] = {
    "en": "In a notebook, `%load_ext d2lab.exercises` once, then `%%exercise {id}` on top of a cell.",
    "zh": "在 notebook 里，先运行一次 `%load_ext d2lab.exercises`，再在单元格顶上写 `%%exercise {id}`。",
}
INTRO: dict[Language, str] = {
    "en": "Try first: `d2lab exercise start ID`. Other ways are as good; the checker asks for the same values.",
    "zh": "先自己做：`d2lab exercise start ID`。别的写法一样好，检查时只看结果是否相同。",
}
HEADINGS = ("## Exercises", "## 练习")


def listed(entries: Sequence[Entry], language: Language, *, linked: bool) -> str:
    """List the exercises of a lesson, to stand at the end of its section of exercises.

    Args:
        entries: of the lesson.
        language: of the list.
        linked: whether each leads to its worked solution; a notebook has no such page.
    """
    if not entries:
        return ""
    lines = []
    for one in entries:
        name = f"**{one.exercise.title[language]}**: `d2lab exercise start {one.id}`"
        more = f' <a class="solution" href="solutions.html#{one.id}">{word("solution", language)}</a>' if linked else ""
        lines.append(f"- {name.replace('**: ', '**：') if language == 'zh' else name}{more}")
    hint = IN_NOTEBOOK[language].format(id=entries[0].id)
    return f"{HOW[language]}\n\n" + "\n".join(lines) + f"\n\n{hint}"


def with_exercises(text: str, entries: Sequence[Entry], language: Language, *, linked: bool) -> str:
    """Put the list under a cell's heading of exercises; a cell without one stays as it is.

    Args:
        text: of a cell.
        entries: of the lesson.
        language: of the cell.
        linked: as `listed` takes it.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.strip() in HEADINGS and entries:
            return "\n".join([*lines[: number + 1], "", listed(entries, language, linked=linked), *lines[number + 1 :]])
    return text


def solutions_page(folder: Path, entries: Sequence[Entry], language: Language) -> str:
    """Write the page of worked solutions of a chapter.

    Args:
        folder: of the chapter.
        entries: of the chapter, in order.
        language: of the page.
    """
    chapter = int(folder.name[:2])
    head = f"(solutions-{chapter})=\n# {word('solutions', language)}：{title(chapter, language)}"
    parts = [head if language == "zh" else head.replace("：", ": "), INTRO[language]]
    names = {one.exercise.stub.__name__: one.id for one in entries}
    for cell in read_solutions(folder).cells:
        if cell.is_code:
            parts.append(f"```python\n{cell.source}\n```")
        elif cell.language == language:
            name = cell.source.removeprefix("## ").replace("：", ":").partition(":")[0].strip()
            if name in names:
                parts.append(f'<span id="{escape(names[name])}"></span>')
            parts.append(cell.source)
    return "\n\n".join(parts) + "\n"


def read_solutions(folder: Path) -> Lesson:
    """Read the solutions of a chapter as a page like a lesson, to be held to both languages.

    Args:
        folder: of the chapter.

    Raises:
        DataError: they can't be read.
    """
    path = folder / SOLUTIONS
    found = NUMBERED.fullmatch(folder.name)
    chapter = int(found[1]) if found else 0
    return Lesson(path=path, chapter=chapter, number=0, slug="solutions", cells=read_prose(path))
