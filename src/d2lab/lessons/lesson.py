"""Reading a lesson: its cells, from one file with both languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from d2lab.core.errors import DataError, MissingExtraError
from d2lab.core.language import LANGUAGES, Language
from d2lab.core.names import unknown_name

NUMBERED = re.compile(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)")
LABEL = re.compile(r"^\(([\w-]+)\)=\s*$", re.M)
HEADING = re.compile(r"^(#+) (.+)$", re.M)
FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1`*\s*$", re.M | re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: code, shared by both languages, or prose in one of them.

    Args:
        source: its text.
        language: of prose; None is code.
        options: of code: `figure` (`name`, and a caption in each language), `fold`, `hide`, `varies`.
    """

    source: str
    language: Language | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_code(self) -> bool:
        """Return whether the cell is run."""
        return self.language is None

    @property
    def figure(self) -> Mapping[str, str]:
        """The name and the captions of the figure that the cell draws; empty where it draws none."""
        return dict(self.options.get("figure", {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson.

    Args:
        path: of its file.
        chapter: of the notes.
        number: within the chapter.
        slug: its name without the number.
        cells: in order, both languages interleaved.
    """

    path: Path
    chapter: int
    number: int
    slug: str
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """Its place in the course: 02-linear-regression/01-from-scratch."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def code(self) -> list[Cell]:
        """The cells that are run."""
        return [cell for cell in self.cells if cell.is_code]

    def prose(self, language: Language) -> list[Cell]:
        """List the cells of a language."""
        return [cell for cell in self.cells if cell.language == language]

    def title(self, language: Language) -> str:
        """Return the first heading.

        Raises:
            DataError: the first prose cell has none.
        """
        cells = self.prose(language)
        found = HEADING.search(FENCED.sub("", cells[0].source)) if cells else None
        if found is None:
            need = "a heading in the first prose cell of each language"
            raise DataError(f"lesson {self.name} ({language})", got="none", need=need)
        return found[2].strip()

    @property
    def label(self) -> str:
        """The name by which others refer to the lesson: the label above its title.

        Raises:
            DataError: there is none.
        """
        cells = self.prose("en")
        found = LABEL.search(cells[0].source) if cells else None
        if found is None:
            raise DataError(f"lesson {self.name}", got="no label", need="(its-name)= above the title")
        return found[1]


def read_lesson(path: Path) -> Lesson:
    """Read a lesson's file.

    Args:
        path: course/NN-slug/MM-slug.md.

    Raises:
        DataError: the file is no lesson; the line says what is wrong.
        MissingExtraError: jupytext is not installed.
    """
    chapter, own = NUMBERED.fullmatch(path.parent.name), NUMBERED.fullmatch(path.stem)
    if chapter is None or own is None or path.suffix != ".md":
        got = f"{path.parent.name}/{path.name}"
        raise DataError("lesson", got=got, need="NN-slug/MM-slug.md", fix="Two digits, then lower case and hyphens.")
    cells = read_prose(path)
    return Lesson(path=path, chapter=int(chapter[1]), number=int(own[1]), slug=own[2], cells=cells)


def read_prose(path: Path) -> tuple[Cell, ...]:
    """Read the cells of a bilingual file.

    Args:
        path: a MyST notebook, or Python with `# %%` between its cells.

    Raises:
        DataError: it can't be read, or a cell of prose has no language.
        MissingExtraError: jupytext is not installed.
    """
    try:
        import jupytext
        from jupytext.myst import MystMetadataParsingError
    except ImportError as cause:
        need = "jupytext, of the extra d2lab[site]"
        raise MissingExtraError("reading lessons", got="no jupytext", need=need, fix="pip install jupytext") from cause
    try:
        form = "py:percent" if path.suffix == ".py" else "md:myst"
        notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt=form)
    except (OSError, ValueError, MystMetadataParsingError) as cause:
        raise DataError(f"lesson {path}", got=str(cause), need="a MyST notebook that can be read") from cause
    return tuple(_cell(path, number, cell) for number, cell in enumerate(notebook.cells, 1))


def read_course(folder: Path) -> list[Lesson]:
    """Read all lessons of a course, in order.

    Args:
        folder: the one that holds NN-slug/MM-slug.md.

    Raises:
        DataError: there is no lesson, or one can't be read.
    """
    files = sorted(path for path in folder.glob("[0-9][0-9]-*/[0-9][0-9]-*.md"))
    if not files:
        fix = "Name the folder of the course, or work in a clone of the repository."
        raise DataError("course", got=str(folder), need="a folder with NN-slug/MM-slug.md", fix=fix)
    return [read_lesson(path) for path in files]


def find_lesson(lessons: list[Lesson], name: str) -> Lesson:
    """Find a lesson by its path, its slug or its label.

    Args:
        lessons: of the course.
        name: 02-linear-regression/01-from-scratch, from-scratch, or its label.

    Raises:
        ConfigError: none has this name; the error proposes the nearest.
    """
    for lesson in lessons:
        if name.removesuffix(".md") in (lesson.name, lesson.slug, lesson.label):
            return lesson
    raise unknown_name("lesson", name, [lesson.slug for lesson in lessons])


def _cell(path: Path, number: int, cell: Any) -> Cell:  # noqa: ANN401 (a notebook's cell)
    """Convert a cell of jupytext."""
    options = dict(cell.metadata)
    if cell.cell_type == "code":
        return Cell(source=cell.source, options=options)
    language = options.pop("lang", None)
    if language not in LANGUAGES:
        fix = '+++ {"lang": "zh"} before Chinese prose, +++ {"lang": "en"} before English.'
        raise DataError(f"{path.name}, cell {number}", got=language, need="prose with its language", fix=fix)
    return Cell(source=cell.source, language=language, options=options)
