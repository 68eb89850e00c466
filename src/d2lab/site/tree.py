"""The source pages of one language for Sphinx; a file is rewritten only if it has changed."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from d2lab.claims.catalog import CLAIMS
from d2lab.core.language import Language
from d2lab.exercises.catalog import Entry
from d2lab.lessons.kept import Executed
from d2lab.lessons.lesson import Lesson, read_prose
from d2lab.lessons.render_roles import render
from d2lab.site.api_pages import api_index, api_page, rooms, short_name
from d2lab.site.claim_pages import claims_index, claims_page
from d2lab.site.course_pages import chapter_page, course_index, told_in
from d2lab.site.exercise_pages import solutions_page
from d2lab.site.explorer_pages import explorer_pages
from d2lab.site.lesson_page import lesson_page
from d2lab.site.reference_pages import models_page, recipes_page
from d2lab.site.target import PageTarget
from d2lab.site.words import word

HOME = "index.md"  # of the course's folder
TREE = "\n\n```{{toctree}}\n:hidden:\n\ncourse/index\n{}explore/index\nclaims/index\nreference/index\napi/index\n```\n"
# Pages of the course that are no lessons; a course need not have them.
ASIDE = ("symptoms.md", "method.md", "glossary.md")


def pages(
    course: Path,
    lessons: Sequence[Lesson],
    executed: Mapping[str, Executed],
    language: Language,
    repository: str = "",
    exercises: Sequence[Entry] = (),
) -> dict[str, str]:
    """Return every source file of a language, by path.

    Args:
        course: the folder of the course, for its home page.
        lessons: of the course.
        executed: outputs of their code, by lesson name.
        language: of the pages.
        repository: "owner/name" of the notebooks' home, if there is one.
        exercises: of the course.

    Raises:
        DataError: the home page is missing.
    """
    made = {"index.md": home(course, language), "course/index.md": course_index(lessons, language)}
    for folder, group in groupby(lessons, key=lambda one: one.path.parent.name):
        own = list(group)
        solved = [one for one in exercises if one.folder.name == folder]
        made[f"course/{folder}/index.md"] = chapter_page(own, language, solved=bool(solved))
        if solved:
            made[f"course/{folder}/solutions.md"] = solutions_page(solved, language)
        for one in own:
            mine = [each for each in solved if each.exercise.lesson == one.label]
            page = lesson_page(one, executed[one.name], language, repository, mine)
            made[f"course/{one.name}.md"] = page.text
            made |= {f"course/{folder}/{name}": text for name, text in page.files.items()}
    for name in (name for name in ASIDE if (course / name).is_file()):
        made[f"course/{name}"] = _prose(course / name, language, "../")
    made |= explorer_pages(language, {one.label for one in lessons})
    told = told_in(lessons, language)
    made["claims/index.md"] = claims_index(language)
    for chapter in sorted({claim.chapter for claim in CLAIMS.values()}):
        made[f"claims/{chapter:02}.md"] = claims_page(chapter, language, told)
    made |= _reference(language)
    return made


def home(course: Path, language: Language) -> str:
    """Return the home page of a language.

    Raises:
        DataError: it is missing.
    """
    path = course / HOME
    beside = "".join(f"course/{name.removesuffix('.md')}\n" for name in ASIDE if (course / name).is_file())
    return _prose(path, language, "") + TREE.format(beside)


def _prose(path: Path, language: Language, root: str) -> str:
    """Return a page that has prose alone, in one of its languages."""
    text = "\n\n".join(cell.source for cell in read_prose(path) if cell.language == language)
    return render(text, language, PageTarget(root), {})


def write(made: Mapping[str, str], folder: Path) -> None:
    """Write changed files and remove old ones; unchanged files keep their time, so Sphinx skips them.

    Args:
        made: texts by path.
        folder: that holds exactly these files afterwards.
    """
    for place, text in made.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in made:
            path.unlink()


def _reference(language: Language) -> dict[str, str]:
    """Return the pages of recipes, models and the API."""
    head = f"# {word('reference', language)}\n\n- [{word('recipes', language)}](recipes.md)\n"
    listed = f"{head}- [{word('models', language)}](models.md)\n\n```{{toctree}}\n:hidden:\n\nrecipes\nmodels\n```\n"
    made = {
        "reference/index.md": listed,
        "reference/recipes.md": recipes_page(language),
        "reference/models.md": models_page(language),
        "api/index.md": api_index(language),
    }
    return made | {f"api/{short_name(room)}.md": api_page(room) for room in rooms()}
