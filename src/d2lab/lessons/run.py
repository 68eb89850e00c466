"""Running the code of a lesson: once, in a kernel of its own, kept until the code or the package changes."""

import asyncio
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from d2lab.claims.claim import ROOT
from d2lab.claims.record import FOLDER
from d2lab.claims.sources import without_words
from d2lab.core.atomic import write_json
from d2lab.core.errors import MissingExtraError, RunError
from d2lab.lessons.export_values import VALUES_MIME
from d2lab.lessons.lesson import Lesson

FORMAT = 1
ABOVE = {"cli", "site", "lessons", "exercises", "explore", "claims"}  # rooms that a lesson's code does not stand on
CELL_SECONDS = 300
COLORS = re.compile(r"\x1b\[[0-9;]*m")
CLOCK = "import time as _t; print(_t.process_time())"


@dataclass(frozen=True, slots=True)
class Executed:
    """What the cells of a lesson gave.

    Args:
        outputs: a list a code cell, as notebooks write them.
        seconds: of processor time, the imports included.
    """

    outputs: list[list[dict[str, Any]]]
    seconds: float

    @property
    def flat(self) -> list[dict[str, Any]]:
        """All outputs in one list."""
        return [output for cell in self.outputs for output in cell]

    @property
    def values(self) -> dict[str, float | int | str]:
        """What the cells kept for the prose."""
        return {k: v for output in self.flat for k, v in output.get("data", {}).get(VALUES_MIME, {}).items()}


def key_of(lesson: Lesson) -> str:
    """Hash what decides a lesson's outputs: its code, and the code of the package below the lessons."""
    package = _package(_names_claims(lesson))
    text = json.dumps([FORMAT, metadata.version("torch"), [cell.source for cell in lesson.code], package])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def kept(lesson: Lesson, folder: Path) -> Executed | None:
    """Read what an earlier run of the same code gave; None where there was none.

    Args:
        lesson: that was run.
        folder: of the cache.
    """
    try:
        content = json.loads(_file(lesson, folder).read_text(encoding="utf-8"))
        return Executed(content["outputs"], float(content["seconds"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # never run, or broken off while it was written by an older version: it is run again


def execute_all(
    lessons: Sequence[Lesson], folder: Path, jobs: int = 2, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Executed]:
    """Run what has not been run since its code changed; return the outputs by the lessons' names.

    Args:
        lessons: of the course.
        folder: of the cache.
        jobs: kernels at a time, of one thread each.
        tell: is told how many are to be run.

    Raises:
        RunError: a cell failed; the line names the lesson, the cell and the error. What ran before it is kept.
        MissingExtraError: nbclient or ipykernel is not installed.
    """
    found = {lesson.name: executed for lesson in lessons if (executed := kept(lesson, folder)) is not None}
    todo = [lesson for lesson in lessons if lesson.name not in found]
    tell(f"running {len(todo)} of {len(lessons)} lessons; the code of the others has not changed")
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for lesson, executed in zip(todo, pool.map(lambda one: execute(one, folder), todo), strict=True):
            found[lesson.name] = executed
    return found


def execute(lesson: Lesson, folder: Path) -> Executed:
    """Run a lesson's code in a fresh kernel and keep what it gave.

    Args:
        lesson: to run; its code sees an empty folder, one thread, and no window.
        folder: of the cache.

    Raises:
        RunError: a cell failed.
        MissingExtraError: nbclient or ipykernel is not installed.
    """
    cells = _run([cell.source for cell in lesson.code] + [CLOCK], lesson.name)
    seconds = float(cells[-1][0]["text"])
    executed = Executed(cells[:-1], seconds)
    content = {"format": FORMAT, "lesson": lesson.name, "seconds": seconds, "outputs": executed.outputs}
    write_json(_file(lesson, folder), content)
    return executed


def _run(sources: Sequence[str], name: str) -> list[list[dict[str, Any]]]:
    try:
        import ipykernel  # noqa: F401 (the kernel that is started)
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
        from nbformat.v4 import new_code_cell, new_notebook
    except ImportError as cause:
        need = "nbclient and ipykernel, of the extra d2lab[site]"
        fix = "pip install nbclient ipykernel"
        raise MissingExtraError("running lessons", got=str(cause), need=need, fix=fix) from cause
    cells = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
    notebook = new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="d2lab-lesson-") as place:
        resources = {"metadata": {"path": place}}
        client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", resources=resources)
        client.extra_arguments = ["--log-level=ERROR"]  # its warning about loopback is no news
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "D2LAB_RUNS": f"{place}/runs"}
        try:
            with ThreadPoolExecutor(1) as own:  # the caller's thread may have a loop that runs already
                own.submit(lambda: asyncio.run(client.async_execute(env=environment))).result()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as cause:
            at = next((i for i, cell in enumerate(notebook.cells, 1) if _failed(cell)), len(sources))
            got = COLORS.sub("", str(cause)).strip().splitlines()[-1]
            raise RunError(f"lesson {name}, code cell {at}", got=got, need="a cell that runs") from cause
    return [[json.loads(json.dumps(output)) for output in cell.outputs] for cell in notebook.cells]


def _failed(cell: Any) -> bool:  # noqa: ANN401 (a notebook's cell)
    return any(output.output_type == "error" for output in cell.outputs)


def _file(lesson: Lesson, folder: Path) -> Path:
    return folder / f"{lesson.slug}-{key_of(lesson)}.json"


def _names_claims(lesson: Lesson) -> bool:
    return any("d2lab.claims" in cell.source or "import claims" in cell.source for cell in lesson.code)


@cache
def _package(with_claims: bool) -> str:
    """Hash the code of the rooms that lessons stand on; words alone do not count."""
    above = ABOVE - {"claims"} if with_claims else ABOVE
    digest = hashlib.sha256()
    for file in sorted(ROOT.rglob("*.py")):
        place = file.relative_to(ROOT)
        if place.parts[0] not in above:
            digest.update(place.as_posix().encode() + without_words(file.read_text(encoding="utf-8")).encode() + b"\0")
    for file in sorted(FOLDER.glob("*.json")) if with_claims else ():
        digest.update(file.read_bytes())
    return digest.hexdigest()
