"""Verbs of the exercises: `d2lab exercise list|start|check`, `d2lab progress`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import Meta

from d2lab.core.bounds import Seed
from d2lab.core.errors import ConfigError, DataError, shortened
from d2lab.core.language import LANGUAGES, Language, spoken

app = typer.Typer(help="Exercises that check themselves.", rich_markup_mode=None, no_args_is_help=True)
Course = Annotated[Path | None, typer.Option(help="The folder of the lessons; that of the clone unless given.")]
Speak = Annotated[str, typer.Option(help="zh or en; that of the system unless given.")]
EXIT_NOT_YET = 1
SAID: dict[str, dict[Language, str]] = {
    "start": {"en": "{file}: write the body, then:  d2lab exercise check {file}",
              "zh": "{file}：写好函数体，然后运行：  d2lab exercise check {file}"},
    "lesson": {"en": "the lesson:  d2lab learn {lesson}", "zh": "对应的课：  d2lab learn {lesson}"},
    "done": {"en": "{done} of {all} exercises done", "zh": "{all} 道练习完成了 {done} 道"},
    "tries": {"en": "tried and not done yet: {names}", "zh": "试过，还没做完：{names}"},
    "next": {"en": "next:  d2lab exercise start {name}", "zh": "下一道：  d2lab exercise start {name}"},
}  # fmt: skip


@app.command("list")
def list_exercises(
    lesson: Annotated[str | None, typer.Argument(help="A lesson, or a part of an id; all unless given.")] = None,
    course: Course = None,
    language: Speak = "",
) -> None:
    """List the exercises by lesson; a tick stands before those that are done."""
    from d2lab.exercises.catalog import former_ids, read_exercises
    from d2lab.exercises.progress import done_in, under_new_names

    spoken_here = _language(language)
    exercises = read_exercises(_course(course))
    shown = [one for one in exercises.values() if lesson is None or lesson == one.exercise.lesson or lesson in one.id]
    if not shown:
        raise ConfigError("exercise list", got=lesson, need="a lesson or a part of an id", fix="Leave it out for all.")
    done = done_in(under_new_names(_progress(), former_ids(exercises)))
    width, last = max(len(one.id) for one in shown), ""
    for one in shown:
        if one.exercise.lesson != last:
            last = one.exercise.lesson
            typer.echo(f"{one.folder.name} / {last}")
        mark = "✓" if one.id in done else "·"
        typer.echo(f"  {mark} {one.id:{width}}  {one.exercise.title[spoken_here]}")


@app.command("start")
def start(
    name: Annotated[str, typer.Argument(metavar="ID", help="Of the exercise.")],
    to: Annotated[Path | None, typer.Option(help="The file to write; ID.py here unless given.")] = None,
    course: Course = None,
    language: Speak = "",
) -> None:
    """Write a file with the task and an empty function; a file that is there stays as it is."""
    from d2lab.core.atomic import write_bytes
    from d2lab.exercises.catalog import find, read_exercises, stub_text

    said = _language(language)
    entry = find(read_exercises(_course(course)), name)
    file = to or Path(f"{entry.id.replace('-', '_')}.py")
    if file.exists():
        fix = f"Check it with d2lab exercise check {file}, or name another with --to."
        raise ConfigError("exercise start", got=f"{file}, which exists", need="a new file", fix=fix)
    write_bytes(file, stub_text(entry, str(file)).encode(), DataError)
    typer.echo(SAID["start"][said].format(file=file))
    typer.echo(SAID["lesson"][said].format(lesson=entry.exercise.lesson))


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="With one or more exercises.")],
    seconds: Annotated[float, typer.Option(help="That the code may take."), Meta(ge=0.1, le=86_400)] = 10.0,
    memory: Annotated[float, typer.Option(help="GiB that the code may take."), Meta(ge=0.1, le=4096)] = 2.0,
    seed: Annotated[int | None, typer.Option(help="Of the random inputs; a fresh one unless given."), Seed] = None,
    course: Course = None,
    language: Speak = "",
) -> None:
    """Try the exercises of a file on random inputs, in a process of their own; exit code 1 while one is not right."""
    import secrets

    from d2lab.exercises.catalog import read_exercises
    from d2lab.exercises.notebook import report
    from d2lab.exercises.progress import note, progress_file
    from d2lab.exercises.runner import Limits, check_file, exercises_in

    said, folder = _language(language), _course(course)
    limits = Limits(seconds=seconds, gibibytes=memory)
    passed = True
    for name in exercises_in(file, read_exercises(folder)):
        drawn = secrets.randbelow(2**31) if seed is None else seed
        checked = check_file(folder, name, file, seed=drawn, limits=limits)
        note(progress_file(), name, passed=checked.verdict.passed)
        typer.echo(report(name, checked, said))
        passed = passed and checked.verdict.passed
    if not passed:
        raise typer.Exit(EXIT_NOT_YET)


def progress(course: Course = None, language: Speak = "") -> None:
    """Show what is done, lesson by lesson."""
    from d2lab.exercises.catalog import former_ids, read_exercises
    from d2lab.exercises.progress import done_in, under_new_names

    said, exercises = _language(language), read_exercises(_course(course))
    tried = under_new_names(_progress(), former_ids(exercises))
    done = done_in(tried)
    lessons: dict[str, list[str]] = {}
    for one in exercises.values():
        lessons.setdefault(one.exercise.lesson, []).append(one.id)
    width = max(map(len, lessons))
    for lesson, names in lessons.items():
        bar = "".join("█" if name in done else "░" for name in names)
        typer.echo(f"{lesson:{width}}  {bar}  {sum(name in done for name in names)}/{len(names)}")
    typer.echo(SAID["done"][said].format(done=len(done & exercises.keys()), all=len(exercises)))
    open_ones = [name for name in exercises if name in tried and name not in done]
    if open_ones:
        typer.echo(SAID["tries"][said].format(names=", ".join(open_ones)))
    coming = next((name for name in [*open_ones, *exercises] if name not in done), None)
    if coming is not None:
        typer.echo(SAID["next"][said].format(name=coming))


def _progress() -> dict[str, dict[str, object]]:
    """Read the progress; entries that are broken are named, and the others shown."""
    from d2lab.exercises.progress import progress_file, read_whole_entries

    file = progress_file()
    tried, broken = read_whole_entries(file)
    if broken:
        names = ", ".join(repr(name) for name in broken[:3]) + (", ..." if len(broken) > 3 else "")
        typer.echo(f"d2lab: left out: broken entries of {file}: {shortened(names)}.", err=True)
    return tried


def _language(given: str) -> Language:
    """Return the language that was asked for, or that of the system.

    Raises:
        ConfigError: it is neither Chinese nor English.
    """
    for language in LANGUAGES:
        if given == language:
            return language
    if given:
        raise ConfigError("--language", got=given, need="zh or en")
    return spoken()


def _course(given: Path | None) -> Path:
    from d2lab.exercises.catalog import course_folder

    return course_folder() if given is None else given
