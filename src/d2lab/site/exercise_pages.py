"""Exercises on the site: the list in a lesson, and the page of worked solutions of a chapter."""

import inspect
import re
from collections.abc import Sequence
from html import escape

from d2lab.claims.page import title
from d2lab.core.language import Language
from d2lab.core.ranking import HAN
from d2lab.exercises.catalog import FOLDER, Entry, solution_text
from d2lab.lessons.lesson import NUMBERED, Cell, Lesson
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
        said = task(one, language)
        lines.append(f"- {name.replace('**: ', '**：') if language == 'zh' else name}{more}  \n  {said}")
    hint = IN_NOTEBOOK[language].format(id=entries[0].id)
    return f"{HOW[language]}\n\n" + "\n".join(lines) + f"\n\n{hint}"


def task(entry: Entry, language: Language) -> str:
    """Return what an exercise asks for, as Markdown: the paragraphs of its docstring that are in a language.

    Args:
        entry: of the exercise.
        language: of the task.
    """
    whole = inspect.cleandoc(entry.exercise.stub.__doc__ or "")
    head = re.split(r"^(?:Args:|Returns:|Raises:|>>>)", whole, maxsplit=1, flags=re.M)[0]
    paragraphs = [" ".join(part.split()) for part in head.split("\n\n") if part.strip()]
    own = " ".join(part for part in paragraphs if bool(HAN.search(part)) == (language == "zh"))
    return "`".join(part if n % 2 else re.sub(r"([*_])", r"\\\1", part) for n, part in enumerate(own.split("`")))


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


def solutions_page(entries: Sequence[Entry], language: Language) -> str:
    """Write the page of worked solutions of a chapter.

    Args:
        entries: of the chapter, in order.
        language: of the page.
    """
    folder = entries[0].folder
    colon = ": " if language == "en" else "："
    chapter = int(folder.name[:2])
    head = f"(solutions-{chapter})=\n# {word('solutions', language)}{colon}{title(chapter, language)}"
    parts = [head, INTRO[language]]
    cells = iter(read_solutions(entries).cells)
    imports = next(cells)
    parts += [_code(imports)] if imports.source else []
    for entry, zh, en, code in zip(entries, cells, cells, cells, strict=True):
        parts += [f'<span id="{escape(entry.id)}"></span>', (zh if language == "zh" else en).source, _code(code)]
    return "\n\n".join(parts) + "\n"


def read_solutions(entries: Sequence[Entry]) -> Lesson:
    """Lay the solutions of a chapter out as a page like a lesson, to be held to both languages.

    Its cells are the imports, then for each exercise the explanation in Chinese and in English, and the code.

    Args:
        entries: of the chapter, in order.
    """
    folder = entries[0].folder
    found = NUMBERED.fullmatch(folder.name)
    cells, imports = [], []
    for entry in entries:
        needed, code = solution_text(entry)
        imports += needed
        cells += [*(_explained(entry, language) for language in ("zh", "en")), Cell(source=code)]
    first = Cell(source="\n".join(sorted(set(imports), key=lambda line: (line.startswith("from"), line))))
    number = int(found[1]) if found else 0
    return Lesson(path=folder / FOLDER, chapter=number, number=0, slug="solutions", cells=(first, *cells))


def _explained(entry: Entry, language: Language) -> Cell:
    colon = "：" if language == "zh" else ": "
    head = f"## {entry.exercise.stub.__name__}{colon}{entry.exercise.title[language]}"
    return Cell(source=f"{head}\n\n{entry.solution.explanation[language]}", language=language)


def _code(cell: Cell) -> str:
    return f"```python\n{cell.source}\n```"
