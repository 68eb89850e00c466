"""The exercises of the course: read from the chapters' folders, each with its solution."""

import importlib.util
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import d2lab
from d2lab.core.errors import DataError
from d2lab.core.language import LANGUAGES, Language
from d2lab.core.names import unknown_name
from d2lab.exercises.exercise import Exercise, Judged

STUBS, SOLUTIONS = "exercises.py", "solutions.py"
PACKAGE = Path(d2lab.__file__).parent
HEADS: dict[Language, str] = {
    "en": "Write the body, then:  d2lab exercise check {file}",
    "zh": "写好函数体，然后运行：  d2lab exercise check {file}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An exercise in its place.

    Args:
        exercise: with its mistakes.
        solution: that is right.
        folder: of its chapter.
    """

    exercise: Exercise
    solution: Judged
    folder: Path

    @property
    def id(self) -> str:
        """What it is called."""
        return self.exercise.id


def course_folder() -> Path:
    """Find the folder of the course: that of the clone, or the one that the package brings.

    Raises:
        DataError: there is none.
    """
    for folder in (PACKAGE.parents[1] / "course", PACKAGE / "course"):
        if any(folder.glob(f"[0-9][0-9]-*/{STUBS}")):
            return folder
    fix = "Install d2lab anew, or name the folder with --course."
    raise DataError("the exercises", got="no folder of them", need="the course", fix=fix)


def read_book(course: Path) -> dict[str, Entry]:
    """Read all exercises by id, in the order of the chapters.

    Args:
        course: the folder of the chapters.

    Raises:
        DataError: there is none, one has no solution, or two have the same id.
    """
    found: dict[str, Entry] = {}
    for file in sorted(course.glob(f"[0-9][0-9]-*/{STUBS}")):
        for entry in read_chapter(file.parent):
            if entry.id in found:
                raise DataError(f"exercise {entry.id}", got=f"two, one in {file}", need="an id of its own")
            found[entry.id] = entry
    if not found:
        raise DataError("course", got=str(course), need=f"a folder with NN-slug/{STUBS}")
    return found


def read_chapter(folder: Path) -> list[Entry]:
    """Read the exercises of one chapter.

    Args:
        folder: with exercises.py and solutions.py.

    Raises:
        DataError: a solution is missing.
    """
    stubs, solutions = (load_file(folder / name) for name in (STUBS, SOLUTIONS))
    return [_entry(one, solutions, folder) for one in vars(stubs).values() if isinstance(one, Exercise)]


def find(book: dict[str, Entry], name: str) -> Entry:
    """Look an exercise up; half_square is half-square.

    Args:
        book: that holds it.
        name: its id.

    Raises:
        ConfigError: there is none; the error proposes the nearest.
    """
    wanted = name.replace("_", "-")
    if wanted not in book:
        raise unknown_name("exercise", name, book)
    return book[wanted]


def stub_text(entry: Entry, file: str) -> str:
    """Write the file that a learner starts from: the imports of the chapter and the stub.

    Args:
        entry: to start.
        file: its name, for the line that says how to check it.
    """
    heads = "\n".join(f"# {HEADS[language].format(file=file)}" for language in LANGUAGES)
    source = inspect.getsource(entry.exercise.stub)
    body = source[re.search(r"^(def|class) ", source, re.M).start() :]  # type: ignore[union-attr]
    used = [line for line in _imports(entry.folder / STUBS) if any(_used(name, body) for name in _names(line))]
    return f"{heads}\n\n" + "".join(f"{line}\n" for line in used) + ("\n\n" if used else "") + body


def load_file(path: Path) -> ModuleType:
    """Run a Python file as a module of its own.

    Args:
        path: of the file.

    Raises:
        DataError: there is no such file.
    """
    if not path.is_file():
        raise DataError("exercise", got=str(path), need="a Python file that is there")
    name = f"d2lab_exercise_{re.sub(r'[^a-zA-Z0-9]', '_', str(path.resolve()))}"
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


def _entry(one: Exercise, solutions: ModuleType, folder: Path) -> Entry:
    solution = getattr(solutions, one.stub.__name__, None)
    if solution is None:
        raise DataError(f"exercise {one.id}", got="no solution", need=f"{one.stub.__name__} in {folder / SOLUTIONS}")
    return Entry(exercise=one, solution=solution, folder=folder)


def _imports(file: Path) -> list[str]:
    """List the chapter's imports, but for those that make exercises."""
    lines = file.read_text(encoding="utf-8").splitlines()
    imports = [line.partition("  #")[0] for line in lines if re.match(r"(import|from) ", line)]
    return [line for line in imports if "d2lab.exercises" not in line]


def _names(line: str) -> Iterator[str]:
    """Return the names that an import brings."""
    bound: Iterable[str] = line.rpartition("import ")[2].split(",")
    for part in bound:
        yield part.strip().split(" as ")[-1].split(".")[0]


def _used(name: str, body: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", body) is not None
