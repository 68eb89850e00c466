"""The exercises of the course: one file each in the chapters' folders, found by being there.

`course/NN-slug/exercises/half_square.py` holds the stub `half_square`, its solution and its mistakes. What several
exercises of a chapter share stands beside them in `_shared.py`. Exercises are ordered by chapter, by the place of their
lesson in the chapter, and by the `order` that each states.
"""

import ast
import hashlib
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast

import d2lab
from d2lab.core.errors import DataError
from d2lab.core.language import LANGUAGES, Language
from d2lab.core.names import unknown_name
from d2lab.exercises.exercise import Exercise, Solution, id_of

FOLDER = "exercises"  # of a chapter
FILES = f"[0-9][0-9]-*/{FOLDER}/[!_]*.py"
PACKAGE = Path(d2lab.__file__).parent
LABEL = re.compile(r"^\(([a-z0-9-]+)\)=$", re.M)
HEADS: dict[Language, str] = {
    "en": "Write the body, then:  d2lab exercise check {file}",
    "zh": "写好函数体，然后运行：  d2lab exercise check {file}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An exercise and the file that it was read from.

    Args:
        exercise: with its solution and its mistakes.
        file: course/NN-slug/exercises/name.py.
    """

    exercise: Exercise
    file: Path

    @property
    def id(self) -> str:
        """The name on the command line."""
        return self.exercise.id

    @property
    def folder(self) -> Path:
        """The folder of the chapter."""
        return self.file.parents[1]

    @property
    def solution(self) -> Solution:
        """The worked solution; reading the file made sure that there is one."""
        return cast("Solution", self.exercise.worked)

    @property
    def names(self) -> list[str]:
        """The names that a learner's function may have: that of the stub, then those of earlier releases."""
        return [self.exercise.stub.__name__, *self.exercise.formerly]


def course_folder() -> Path:
    """Find the folder of the course: that of the clone, or the one in the installed package.

    Raises:
        DataError: there is none.
    """
    for folder in (PACKAGE.parents[1] / "course", PACKAGE / "course"):
        if any(folder.glob(FILES)):
            return folder
    fix = "Install d2lab anew, or name the folder with --course."
    raise DataError("the exercises", got="no folder of them", need="the course", fix=fix)


def read_exercises(course: Path) -> dict[str, Entry]:
    """Read all exercises by id, in the order of the course.

    Args:
        course: the folder of the chapters.

    Raises:
        DataError: there is none, a file can't be read, or two have the same id.
    """
    found: dict[str, Entry] = {}
    for folder in sorted({file.parents[1] for file in course.glob(FILES)}):
        for entry in read_chapter(folder):
            if entry.id in found:
                raise DataError(f"exercise {entry.id}", got=f"two, one in {entry.file}", need="an id of its own")
            found[entry.id] = entry
    if not found:
        raise DataError("course", got=str(course), need=f"a folder with NN-slug/{FOLDER}/name.py")
    return found


def read_chapter(folder: Path) -> list[Entry]:
    """Read the exercises of one chapter, in order.

    Args:
        folder: of the chapter.

    Raises:
        DataError: a file can't be read, or holds no exercise of its name with a solution.
    """
    package = _package(folder / FOLDER)
    entries = [_entry(file, package) for file in sorted((folder / FOLDER).glob("[!_]*.py"))]
    lessons = lesson_labels(folder)

    def place(entry: Entry) -> tuple[int, int, str]:
        lesson = entry.exercise.lesson
        return lessons.index(lesson) if lesson in lessons else len(lessons), entry.exercise.order, entry.id

    return sorted(entries, key=place)


def lesson_labels(folder: Path) -> list[str]:
    """List the labels of a chapter's lessons, in order: what stands as `(label)=` above each title.

    Args:
        folder: of the chapter.
    """
    texts = (file.read_text(encoding="utf-8") for file in sorted(folder.glob("[0-9][0-9]-*.md")))
    return [found[1] for found in map(LABEL.search, texts) if found]


def find(exercises: Mapping[str, Entry], name: str) -> Entry:
    """Look an exercise up by id; half_square is half-square, and names of earlier releases are known.

    Args:
        exercises: by id.
        name: of the exercise.

    Raises:
        ConfigError: there is none; the error proposes the nearest.
    """
    wanted = id_of(name)
    wanted = former_ids(exercises).get(wanted, wanted)
    if wanted not in exercises:
        raise unknown_name("exercise", name, exercises)
    return exercises[wanted]


def former_ids(exercises: Mapping[str, Entry]) -> dict[str, str]:
    """Return the ids of earlier releases, each with the id of today.

    Args:
        exercises: by id.
    """
    return {id_of(name): entry.id for entry in exercises.values() for name in entry.exercise.formerly}


def stub_text(entry: Entry, file: str) -> str:
    """Return the file that a learner starts from: the imports that the stub needs, and the stub.

    Args:
        entry: the exercise to start.
        file: the name of the new file, for the line that says how to check it.
    """
    heads = "\n".join(f"# {HEADS[language].format(file=file)}" for language in LANGUAGES)
    body = definitions(entry)[0]
    used = _needed(entry, body)
    return f"{heads}\n\n" + "".join(f"{line}\n" for line in used) + ("\n\n" if used else "") + body + "\n"


def solution_text(entry: Entry) -> tuple[list[str], str]:
    """Return the imports that the solution needs, a line each, and its source.

    Args:
        entry: the exercise.
    """
    body = definitions(entry)[1]
    return _needed(entry, body), body


def definitions(entry: Entry) -> list[str]:
    """Return the sources of the functions or classes that are named like the exercise: the stub, then the solution.

    Args:
        entry: the exercise.
    """
    text = entry.file.read_text(encoding="utf-8")
    lines = text.splitlines()
    name = entry.exercise.stub.__name__
    nodes = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name]
    return ["\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in nodes]


def load_file(path: Path) -> ModuleType:
    """Run a Python file as a module of its own.

    Args:
        path: of the file.

    Raises:
        DataError: there is no such file.
    """
    if not path.is_file():
        raise DataError("exercise", got=str(path), need="a Python file that is there")
    name = f"d2lab_exercise_{_digest(path)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DataError("exercise", got=str(path), need="a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect reads the source of functions and classes by it
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _package(folder: Path) -> str:
    """Return the name of the package that holds a chapter's exercises, so that they can import `._shared`."""
    name = f"d2lab_exercises_{_digest(folder)}"
    package = sys.modules.setdefault(name, ModuleType(name))
    package.__path__ = [str(folder)]
    return name


def _entry(file: Path, package: str) -> Entry:
    try:
        module = importlib.import_module(f"{package}.{file.stem}")
    except Exception as cause:
        raise DataError(
            f"exercise file {file}", got=f"{type(cause).__name__}: {cause}", need="Python that runs"
        ) from cause
    found = [one for one in vars(module).values() if isinstance(one, Exercise)]
    if [one.id for one in found] != [id_of(file.stem)]:
        got = f"the exercises {[one.id for one in found]}"
        raise DataError(f"exercise file {file}", got=got, need=f"one, {id_of(file.stem)}, named like the file")
    if found[0].worked is None:
        name = found[0].stub.__name__
        raise DataError(f"exercise file {file}", got="no solution", need=f"@{name}.solution(en=..., zh=...)")
    return Entry(exercise=found[0], file=file)


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]


def _needed(entry: Entry, body: str) -> list[str]:
    """List the imports of an exercise's file whose names stand in a piece of it."""
    return [line for line in _imports(entry.file) if any(_used(name, body) for name in _names(line))]


def _imports(file: Path) -> list[str]:
    """List the libraries' imports of an exercise's file, without those that make exercises."""
    lines = file.read_text(encoding="utf-8").splitlines()
    imports = [line.partition("  #")[0] for line in lines if re.match(r"(import|from) [^.]", line)]
    return [line for line in imports if "d2lab.exercises" not in line]


def _names(line: str) -> Iterator[str]:
    """Yield the names that an import binds."""
    for part in line.rpartition("import ")[2].split(","):
        yield part.strip().split(" as ")[-1].split(".")[0]


def _used(name: str, body: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", body) is not None
