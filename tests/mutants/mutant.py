"""What a mutant is, and how it is tried."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "d2lab"
PASSED, FAILED = 0, 1  # pytest's exit codes; any other means that the tests did not run


@dataclass(frozen=True)
class Mutant:
    """One edit: in `file` (relative to src/d2lab) the text `old`, found exactly once, becomes `new`."""

    why: str  # the mistake, in words: "biased variance", "forgotten bias"
    file: str
    old: str
    new: str
    tests: str  # what should catch it: pytest arguments, such as "tests/layers/test_twins.py -k Conv2d"

    @property
    def id(self) -> str:
        return f"{self.file.removesuffix('.py').replace('/', '.')}: {self.why}"


def survives(mutant: Mutant, folder: Path) -> str:
    """Plant the mistake in a copy of the package and run its tests; give pytest's output if they pass, else ""."""
    package = folder / "d2lab"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    path = package / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise LookupError(f"{mutant.file} holds {mutant.old!r} {text.count(mutant.old)} times, not once")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, *mutant.tests.split()], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    if done.returncode not in (PASSED, FAILED):
        raise LookupError(f"the tests of {mutant.id!r} did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return "" if done.returncode == FAILED else done.stdout or "passed"
