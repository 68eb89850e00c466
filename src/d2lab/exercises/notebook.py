"""Exercises in a notebook: a function that checks what a cell defined, and a magic that checks the cell itself."""

import inspect
import secrets
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from d2lab.core.errors import ConfigError
from d2lab.core.language import Language, spoken
from d2lab.exercises.catalog import course_folder, find, read_exercises
from d2lab.exercises.exercise import Candidate, id_of
from d2lab.exercises.progress import note, progress_file
from d2lab.exercises.runner import Checked, Limits, check_file

IMPORTS = "import math\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn\n\n\n"
PASSED: dict[Language, str] = {"en": "{}: right", "zh": "{}：对了"}
NOT_YET: dict[Language, str] = {"en": "{}: not yet. {}", "zh": "{}：还不对。{}"}


def check(candidate: Candidate, *, limits: Limits | None = None, language: Language | None = None) -> bool:
    """Check a function or class that is named like an exercise, and print what was found.

    Its source runs in a process of its own, with math, torch, nn and F imported; other names of the notebook are not
    known there.

    Args:
        candidate: that a cell defined.
        limits: of time and memory.
        language: of the hint; that of the system unless given.

    Raises:
        ConfigError: no exercise has its name, or its source can't be found.
    """
    try:
        source = inspect.getsource(candidate)
    except (OSError, TypeError) as cause:
        fix = "Define it in a cell and hand it over by its name."
        raise ConfigError("check", got=repr(candidate), need="a function with its source", fix=fix) from cause
    return _check_source(candidate.__name__, textwrap.dedent(source), limits, language or spoken())


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 (IPython's shell)
    """Add the cell magic %%exercise: it runs the cell, then checks the exercise that it names.

    Args:
        shell: of the notebook.
    """

    def exercise(line: str, cell: str) -> None:
        result = shell.run_cell(cell)
        if result.success:
            _check_source(line.strip(), cell, None, spoken())

    shell.register_magic_function(exercise, magic_kind="cell")


def report(name: str, checked: Checked, language: Language) -> str:
    """Print the result of a check in a line, after the output of the learner's code.

    Args:
        name: of the exercise.
        checked: what the check gave.
        language: of the line.
    """
    found = checked.verdict
    line = PASSED[language].format(name) if found.passed else NOT_YET[language].format(name, found.hint[language])
    return f"{checked.printed.rstrip()}\n{line}".lstrip("\n")


def _check_source(name: str, source: str, limits: Limits | None, language: Language) -> bool:
    course = course_folder()
    entry = find(read_exercises(course), id_of(name))
    with tempfile.TemporaryDirectory(prefix="d2lab-cell-") as folder:
        file = Path(folder) / "cell.py"
        file.write_text(IMPORTS + source + "\n", encoding="utf-8")
        checked = check_file(course, entry.id, file, seed=secrets.randbelow(2**31), limits=limits)
    note(progress_file(), entry.id, passed=checked.verdict.passed)
    print(report(entry.id, checked, language))  # noqa: T201 (a notebook's answer)
    return checked.verdict.passed
