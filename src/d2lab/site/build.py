"""Building the site: lessons checked, pages written from kept outputs, Sphinx in both languages, notebooks, links."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from d2lab.claims.record import commit
from d2lab.core.atomic import write_bytes, write_json
from d2lab.core.errors import D2labError, MissingExtraError
from d2lab.core.json_file import read_object
from d2lab.core.language import LANGUAGES, Language
from d2lab.exercises.catalog import FILES, FOLDER, Entry, read_exercises
from d2lab.explore.run import STATIC as EXPLORE
from d2lab.lessons.check import problems_of_course, problems_of_home, slow
from d2lab.lessons.kept import Executed, store
from d2lab.lessons.lesson import Lesson, read_course
from d2lab.lessons.parity import differences
from d2lab.lessons.run import outputs_of
from d2lab.site.exercise_pages import read_solutions
from d2lab.site.explorer_pages import lenet_script
from d2lab.site.links import dead_links
from d2lab.site.notebook import notebook
from d2lab.site.packages import copy_to, install, keep_to_policy
from d2lab.site.stamp import STAMP
from d2lab.site.tree import ASIDE, HOME, pages, write

ENTRY = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>d2lab</title>
<script>location.replace((navigator.language.startsWith("zh") ? "zh" : "en") + "/index.html")</script>
</head><body><h1>d2lab</h1><p><a href="zh/index.html" lang="zh">中文</a> <a href="en/index.html">English</a></p></body>
</html>
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """The folders of a build.

    Args:
        course: the lessons.
        out: the site.
        cache: formulas, modules, Sphinx's own, and outputs of lessons that are not kept.
        outputs: that are kept, of the lessons.
    """

    course: Path
    out: Path
    cache: Path
    outputs: Path = field(default_factory=store)


class SiteError(D2labError):
    """Lessons, pages or links are wrong; `problems` lists them."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        shown = self.problems[0] if self.problems else ""
        super().__init__("site", got=f"{len(problems)} problems, the first: {shown}", need="none")


def build(
    places: Places,
    verbs: Iterable[str],
    *,
    jobs: int = 2,
    repository: str = "",
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Build the whole site; unchanged parts are reused.

    Args:
        places: the folders.
        verbs: of the command line, for the commands that lessons name.
        jobs: processes at a time.
        repository: "owner/name" of the notebooks' home on GitHub; empty leaves out what needs one.
        tell: receives a line for each step.

    Raises:
        SiteError: a lesson, a page or a link is wrong; the site is not marked as complete.
        RunError: npm could not install, or a lesson whose outputs are not kept failed.
        MissingExtraError: Sphinx, node or another tool is not installed.
    """
    verbs = list(verbs)
    lessons = read_course(places.course)
    exercises = _exercises(places.course)
    prose = [places.course / name for name in (HOME, *ASIDE) if name == HOME or (places.course / name).is_file()]
    _refuse([*(p for page in prose for p in problems_of_home(page, verbs)), *problems_of_course(lessons, verbs)])
    _refuse(_problems_of_solutions(exercises))
    modules = install(places.cache)
    executed = outputs_of(lessons, places.outputs, places.cache / "outputs", jobs, tell)
    _refuse(problems_of_course(lessons, verbs, executed))
    for line in slow(lessons, executed):
        tell(f"slow: {line}")
    (places.out / STAMP).unlink(missing_ok=True)
    _forget_if_made_otherwise(places)
    for language in LANGUAGES:
        made = pages(places.course, lessons, executed, language, repository, exercises)
        write(made, places.cache / "pages" / language)
    tell("building the pages of both languages")
    _sphinx(places, modules)
    model = lenet_script(places.cache)
    for language in LANGUAGES:
        copy_to(modules, places.out / language / "_static")
        keep_to_policy(places.out / language / "_static")
        shutil.copytree(EXPLORE, places.out / language / "_static" / "explore", dirs_exist_ok=True)
        write_bytes(places.out / language / "_static" / "explore" / "model-data.js", model)
        _notebooks(places, lessons, executed, language, repository, exercises)
    write_bytes(places.out / "index.html", ENTRY.encode())
    tell("checking links")
    _refuse(dead_links(places.out, jobs))
    write_json(places.out / STAMP, {"commit": commit(), "lessons": [one.name for one in lessons]})


def _exercises(course: Path) -> list[Entry]:
    """Read the exercises of a course that has some."""
    return list(read_exercises(course).values()) if any(course.glob(FILES)) else []


def _problems_of_solutions(exercises: Sequence[Entry]) -> list[str]:
    """List where the two languages of the worked solutions differ."""
    pages = {
        folder.name: read_solutions(list(entries)) for folder, entries in groupby(exercises, lambda one: one.folder)
    }
    return [f"{name}/{FOLDER}: {said}" for name, page in pages.items() for said in differences(page, sections=False)]


def _forget_if_made_otherwise(places: Places) -> None:
    """Remove pages that another version of this package built: Sphinx would reuse those whose source is unchanged."""
    here = Path(__file__).parent
    code = b"".join(file.read_bytes() for file in sorted(here.rglob("*")) if file.suffix in (".py", ".html"))
    version, made = hashlib.sha256(code).hexdigest(), places.cache / "made-by"
    if not made.is_file() or made.read_text(encoding="utf-8") != version:
        for language in LANGUAGES:
            for folder in (places.cache / "doctrees" / language, places.out / language):
                shutil.rmtree(folder, ignore_errors=True)
    write_bytes(made, version.encode())


def _sphinx(places: Places, modules: Path) -> None:
    """Run Sphinx for both languages at once, warnings as errors.

    Raises:
        SiteError: with what Sphinx said.
        MissingExtraError: Sphinx or one of its extensions is not installed.
    """
    try:
        import myst_parser  # noqa: F401
        import shibuya  # noqa: F401
        import sphinx  # noqa: F401
        import sphinx_copybutton  # noqa: F401
    except ImportError as cause:
        fix = "pip install 'd2lab[site]', or uv sync in a clone."
        raise MissingExtraError("building the site", got=str(cause), need="the extra d2lab[site]", fix=fix) from cause
    started = {language: _start_sphinx(places, modules, language) for language in LANGUAGES}
    problems = []
    for language, process in started.items():
        said, _ = process.communicate()
        if process.returncode != 0:
            lines = [line for line in said.splitlines() if line.strip()]
            problems += [f"{language}: {line}" for line in lines] or [f"{language}: Sphinx failed and said nothing"]
    _refuse(problems)


def _start_sphinx(places: Places, modules: Path, language: Language) -> "subprocess.Popen[str]":
    here = Path(__file__).parent
    environment = {
        **os.environ,
        "D2LAB_SITE_LANGUAGE": language,
        "D2LAB_SITE_MODULES": str(modules),
        "D2LAB_SITE_CACHE": str(places.cache),
        "OMP_NUM_THREADS": "1",
    }
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    folders = ["-c", here, "-d", places.cache / "doctrees" / language, places.cache / "pages" / language]
    command = [*sphinx, *map(str, folders), str(places.out / language)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )


def _notebooks(
    places: Places,
    lessons: Sequence[Lesson],
    executed: Mapping[str, Executed],
    language: Language,
    repository: str,
    exercises: Sequence[Entry],
) -> None:
    """Write a notebook for each lesson, with references numbered as on the pages."""
    labels = read_object(places.out / language / "labels.json", "labels")
    for one in lessons:
        mine = [each for each in exercises if each.exercise.lesson == one.label]
        made = notebook(one, executed[one.name], language, labels, repository, mine)
        write_json(places.out / "notebooks" / language / f"{one.name}.ipynb", made)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise SiteError(problems)
