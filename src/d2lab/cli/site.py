"""Commands of the course: `d2lab site build|check|run`, `d2lab learn`."""

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Meta

from d2lab.core.bounds import Port
from d2lab.core.errors import ConfigError, MissingExtraError
from d2lab.core.language import LANGUAGES

if TYPE_CHECKING:
    from d2lab.lessons.lesson import Lesson
    from d2lab.site.build import Places

app = typer.Typer(
    help="The course site: build it, check and run its lessons.", rich_markup_mode=None, no_args_is_help=True
)
Course = Annotated[Path | None, typer.Option(help="The folder of the lessons; that of the clone unless given.")]
Out = Annotated[Path, typer.Option(help="The folder of the site.")]
Cache = Annotated[Path, typer.Option(help="Folder of cached formulas, libraries and outputs that are not kept.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", help="Processes at a time."), Meta(ge=1, le=1024)]
Names = Annotated[list[str] | None, typer.Argument(help="Names of lessons; all unless given.")]
SITE, CACHE = Path("_site"), Path(".cache/site")


@app.command("build")
def build_site(
    context: typer.Context,
    course: Course = None,
    out: Out = SITE,
    cache: Cache = CACHE,
    jobs: Jobs = 2,
    repository: Annotated[str, typer.Option(help="OWNER/NAME on GitHub, for links to Colab.")] = "",
) -> None:
    """Build the site in both languages from the kept outputs; only a lesson whose code has changed is run."""
    from d2lab.site.build import SiteError, build

    start = time.perf_counter()
    places = _places(course, out, cache)
    try:
        build(places, verbs(context), jobs=jobs, repository=repository, tell=typer.echo)
    except SiteError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise
    typer.echo(f"{out / 'index.html'} built in {time.perf_counter() - start:.0f} s; read it with:  d2lab learn")


@app.command("check")
def check_lessons(
    context: typer.Context,
    lesson: Names = None,
    course: Course = None,
    cache: Cache = CACHE,
    run: Annotated[bool, typer.Option("--run/--no-run", help="Use outputs; run what is not kept.")] = True,
    kept: Annotated[bool, typer.Option("--kept", help="Run nothing; fail where outputs are not kept.")] = False,
    jobs: Jobs = 2,
) -> None:
    """Check lessons: both languages alike, every number produced, every name known; no page is built."""
    from d2lab.lessons.check import not_kept, problems_of, problems_of_course, slow
    from d2lab.lessons.kept import store
    from d2lab.lessons.rerun import stale_lines
    from d2lab.lessons.run import outputs_of
    from d2lab.site.build import SiteError

    lessons = _lessons(lesson, course)
    executed, problems = not_kept(lessons, store()) if kept else ({}, [])
    if run and not kept:
        executed = outputs_of(lessons, store(), cache / "outputs", jobs, typer.echo)
    known = verbs(context)
    if lesson:
        problems += [p for one in lessons for p in problems_of(one, known, executed.get(one.name))]
    else:
        problems += problems_of_course(lessons, known, executed)
    for problem in [*problems, *(f"slow: {line}" for line in slow(lessons, executed))]:
        typer.echo(problem, err=True)
    for line in stale_lines(lessons, store()) if kept else ():
        typer.echo(line)
    if problems:
        raise SiteError(problems)


@app.command("run")
def run_lessons(
    lesson: Names = None,
    course: Course = None,
    stale: Annotated[bool, typer.Option("--stale", help="Only those whose code or modules have changed.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Keep nothing; fail where a run gives something else than is kept.")
    ] = False,
    minutes: Annotated[
        float | None,
        typer.Option(help="With --compare: choose what changed and a share, for this long."),
        Meta(ge=0, le=1e9),
    ] = None,
    jobs: Jobs = 2,
) -> None:
    """Run lessons and keep their outputs under evidence/lessons, for pages that are built without running."""
    from d2lab.lessons.kept import states, store
    from d2lab.lessons.rerun import rerun
    from d2lab.lessons.run import execute_all

    lessons = _lessons(lesson, course)
    if compare:
        rerun(lessons, store(), jobs, minutes, typer.echo)
        return
    if minutes is not None:
        raise ConfigError("--minutes", got=minutes, need="--compare beside it", fix="Name lessons, or use --stale.")
    _refuse_outside_checkout()
    if stale:
        state = states(lessons, store())
        lessons = [one for one in lessons if state[one.name] != "fresh"]
    began = time.monotonic()
    execute_all(lessons, store(), jobs, typer.echo)
    size = sum(file.stat().st_size for file in store().rglob("*.json"))
    passed = time.monotonic() - began
    typer.echo(f"{len(lessons)} lessons in {passed:.0f} s; {store()} holds {size / 1e6:.1f} MB")


def _refuse_outside_checkout() -> None:
    """Keep outputs only where they can be committed.

    Raises:
        ConfigError: d2lab was not installed from a checkout.
    """
    from d2lab.claims.record import is_checkout

    if not is_checkout():
        fix = "Clone the repository, or compare with what is kept: --compare."
        raise ConfigError("d2lab site run", got="an installed package", need="a checkout", fix=fix)


def learn(
    lesson: Annotated[str | None, typer.Argument(help="A lesson to open; the home page unless given.")] = None,
    notebook: Annotated[bool, typer.Option("--notebook", help="Open JupyterLab on a copy of the lesson.")] = False,
    language: Annotated[str, typer.Option(help="zh or en; asks the browser unless given.")] = "",
    site: Annotated[Path, typer.Option(help="The folder of a built site.")] = SITE,
    port: Annotated[int, typer.Option(help="Port of the server; 0 takes a free one."), Port] = 0,
    quiet: Annotated[bool, typer.Option("--no-browser", help="Only serve and print the address.")] = False,
) -> None:
    """Read the course: serve the built site on this machine alone and open the browser."""
    from d2lab.site.serve import served

    if language not in ("", *LANGUAGES):
        raise ConfigError("--language", got=language, need="zh or en")
    if notebook:
        _open_notebook(lesson, language or "en", site)
        return
    place = "index.html" if lesson is None and not language else f"{language or 'en'}/{_page(lesson, site)}"
    with served(site, port) as address:
        show_until_stopped(f"{address}/{place}", quiet=quiet)


def show_until_stopped(address: str, *, quiet: bool) -> None:
    """Print an address that is served, open the browser on it, and wait for Ctrl-C.

    Args:
        address: of the page.
        quiet: open no browser.
    """
    import webbrowser

    typer.echo(f"{address}\nCtrl-C stops.")
    if not quiet and not webbrowser.open(address):
        typer.echo("No browser was found here: open the address in one.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        typer.echo("stopped")


def verbs(context: typer.Context) -> list[str]:
    """List the verbs of the command line that is running: lessons may name no other."""
    root = context.find_root()
    return list(getattr(root.command, "commands", ()))


def _page(lesson: str | None, site: Path) -> str:
    return "index.html" if lesson is None else f"course/{_find(lesson, site)}.html"


def _find(lesson: str, site: Path) -> str:
    """Find a lesson by the end of its name among those of the built site.

    Raises:
        ConfigError: there is none; the error proposes the nearest.
    """
    from d2lab.site.stamp import lessons_of

    names = lessons_of(site)
    short = {name.rpartition("/")[2].partition("-")[2]: name for name in names}
    if lesson in names:
        return lesson
    if lesson not in short:
        raise _unknown_lesson(lesson, short)
    return short[lesson]


def _unknown_lesson(lesson: str, known: dict[str, str]) -> ConfigError:
    """Build the error for words that name no lesson: a name misspelled, else those that are about them (丢弃法)."""
    from d2lab.claims.glossary import synonyms
    from d2lab.core.names import unknown_name
    from d2lab.core.ranking import Entry, Index

    misspelled = unknown_name("lesson", lesson, known)
    if misspelled.fix:
        return misspelled
    found = Index({slug: Entry(slug, place) for slug, place in known.items()}, synonyms()).search(lesson)
    if not found.names:
        return misspelled
    near = ", ".join(found.names[:3])
    return ConfigError("lesson", got=lesson, need=f"one of {len(known)} names", fix=f"The nearest: {near}.")


def _open_notebook(lesson: str | None, language: str, site: Path) -> None:
    """Copy the lesson's notebook here, unless there is one already, and open JupyterLab on it.

    Raises:
        ConfigError: no lesson was named.
        MissingExtraError: JupyterLab is not installed.
    """
    import importlib.util
    import shutil

    if lesson is None:
        raise ConfigError("d2lab learn --notebook", got="no lesson", need="the name of one")
    name = _find(lesson, site)
    if importlib.util.find_spec("jupyterlab") is None:
        fix = "pip install jupyterlab"
        raise MissingExtraError("d2lab learn --notebook", got="no JupyterLab", need="jupyterlab", fix=fix)
    mine = Path(f"{name.replace('/', '-')}.{language}.ipynb")
    if not mine.exists():  # what the reader wrote into an earlier copy stays
        shutil.copy(site / "notebooks" / language / f"{name}.ipynb", mine)
    typer.echo(f"{mine}")
    subprocess.run([sys.executable, "-m", "jupyterlab", str(mine)], check=False)


def _lessons(names: list[str] | None, course: Path | None) -> "list[Lesson]":
    """Read the lessons that are named, or all."""
    from d2lab.lessons.lesson import find_lesson, read_course

    lessons = read_course(_course(course))
    return [find_lesson(lessons, name) for name in names] if names else lessons


def _course(given: Path | None) -> Path:
    from d2lab.claims.lessons import CHECKOUT

    return CHECKOUT / "course" if given is None else given


def _places(course: Path | None, out: Path, cache: Path) -> "Places":
    from d2lab.site.build import Places

    return Places(course=_course(course).resolve(), out=out.resolve(), cache=cache.resolve())
