"""What a mutant is, and how it is tried."""

import multiprocessing
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "d2lab"
PASSED, FAILED = 0, 1  # pytest's exit codes; any other means that the tests did not run
TRIED = 100  # added to that of a try, for a process that breaks down ends with 1 too
LIMIT_S = 300  # for the tests of one mutant
# What every try would import anew, for several seconds: read once, then each try is a copy of that process. Nothing of
# d2lab is among it, nor any plugin of pytest. Where a system can't copy a process, a fresh one serves.
KNOWN = ["torch", "numpy", "scipy.stats", "sklearn.datasets", "pytest", "PIL.Image"]
KNOWN += ["matplotlib.pyplot", "msgspec", "rich.console", "safetensors.torch", "typer"]
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
multiprocessing.get_context(METHOD).set_forkserver_preload(KNOWN)  # now: the server may start for another test


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
    path.write_text(edited(mutant, path), encoding="utf-8")
    code, output = tried(mutant.tests, folder)
    if code not in (TRIED + PASSED, TRIED + FAILED):
        raise LookupError(f"the tests of {mutant.id!r} did not run:\n{output[-4000:]}")
    return "" if code == TRIED + FAILED else output or "passed"


def edited(mutant: Mutant, path: Path) -> str:
    """Return a file's text with the mistake in it."""
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise LookupError(f"{mutant.file} holds {mutant.old!r} {text.count(mutant.old)} times, not once")
    return text.replace(mutant.old, mutant.new)


def tried(tests: str, folder: Path) -> tuple[int | None, str]:
    """Run tests against the package in a folder, in a process of their own; give pytest's exit code and what it said."""
    context = multiprocessing.get_context(METHOD)
    with tempfile.TemporaryDirectory() as where:
        said = Path(where) / "said"
        process = context.Process(target=_run, args=(tests, str(folder), str(said)))
        process.start()
        process.join(LIMIT_S)
        if process.exitcode is None:
            process.kill()
            process.join()
        return process.exitcode, said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""


def _run(tests: str, folder: str, said: str) -> None:
    """Be the process: only the package in the folder is importable under the name d2lab."""
    import pytest
    import torch

    out = os.open(said, os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(ROOT)
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "COV_"))]:
        del os.environ[name]
    os.environ |= {"PYTHONPATH": folder, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path[:] = [folder, *(place for place in sys.path if Path(place) != ROOT / "src")]
    torch.set_num_threads(1)
    quick = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=mutants"]
    code = pytest.main([*quick, *tests.split()])
    sys.stdout.flush()
    os._exit(TRIED + int(code))
