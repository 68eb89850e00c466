"""One case in a process of its own: what it may touch, how long it may take, and what counts as a fault."""

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from d2lab.cli.main import main
from d2lab.core.errors import D2labError

save = importlib.import_module("d2lab.plot.save")  # the module: the room's own `save` is its function
LIMIT_S, PATIENCE_S = 20.0, 2.0
LONGEST_LINE = 1500
CODES = {0, 1, 2, 130, 141}  # 1: a finding of `check`, `exercise check`, `data verify`; 130: Ctrl-C; 141: unread
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MOVES = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
    "os.symlink",
    "os.link",
    "os.chmod",
    "os.chown",
)
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile")

Call = Callable[[], object]
Step = Sequence[str] | Call  # arguments of the command line, or a function; it returns, or raises a D2labError


@dataclass
class Outcome:
    """What a step did: its exit code, what it wrote, and the traceback that escaped."""

    name: str
    code: int | None = None
    out: str = ""
    err: str = ""
    trace: str = ""
    value: Any = None
    seconds: float = 0.0


@dataclass
class Made:
    """What a kind made of a seed, in the folder of the case.

    Args:
        steps: what is run.
        done: what was damaged, in words.
        programs: whether other programs may be started.
        stoppable: whether it may go on until Ctrl-C.
        facts: what the kind must remember to judge.
    """

    steps: Sequence[Step]
    done: list[str]
    programs: bool = False
    stoppable: bool = False
    facts: dict[str, str] = field(default_factory=dict)


@dataclass
class Case:
    """Outcomes of the steps of a case, and the faults that need no look at the damage."""

    steps: list[Outcome] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run_case(
    steps: Sequence[Step],
    place: Path,
    *,
    programs: bool = False,
    stoppable: bool = False,
    drawn: bool = True,
    limit_s: float = LIMIT_S,
) -> Case:
    """Run steps in a forked child that may write below `place` alone.

    Args:
        steps: command lines, and functions whose value goes home as JSON.
        place: the allowed folder; the current folder, home, runs, cache and temporary files are in it.
        programs: whether other programs may be started.
        stoppable: a case that goes on for two seconds gets Ctrl-C, and ends by it; otherwise it is a hang.
        drawn: whether figures become images; without it they are made, and their files are empty.
        limit_s: after which a case hangs.
    """
    start = time.monotonic()
    reader, writer = os.pipe()
    for name in ("stdout", "stderr"):
        (place.parent / name).write_bytes(b"")
    child = os.fork()
    if child == 0:
        os.close(reader)
        if not drawn:
            _draw_nothing()
        _child(steps, place, writer, programs=programs)
    os.close(writer)
    os.read(reader, 1)  # until its first step begins: a Ctrl-C that meets the hooks of a fork is swallowed there
    stopped = not stoppable
    text, case, watch = b"", Case(), Watch(child, limit_s if stopped else PATIENCE_S)
    while True:
        ready, _, _ = select.select([reader], [], [], 0.2)
        if ready:
            piece = os.read(reader, 2**16)
            text += piece
            if not piece:
                break
        elif watch.is_over() and not stopped:
            os.kill(child, signal.SIGINT)
            watch, stopped = Watch(child, limit_s), True
        elif watch.is_over():
            case.faults.append(f"hang: no end within {limit_s:.0f} s" + (" after Ctrl-C" if stoppable else ""))
            break
    os.close(reader)
    end_group(child)
    _, status = os.waitpid(child, 0)
    case.seconds = time.monotonic() - start
    lines = text.decode().splitlines()
    case.steps = [Outcome(**json.loads(line)) for line in lines if line.startswith("{")]
    case.faults += [line for line in lines if not line.startswith("{")]
    if not case.faults and os.WIFSIGNALED(status):
        name = steps[len(case.steps)] if len(case.steps) < len(steps) else "the end"
        case.faults.append(f"crash: signal {os.WTERMSIG(status)} in {name}: {_tail(place)}")
    for step in case.steps:
        case.faults += faults_of(step)
    return case


class Watch:
    """Tells when a process had its time: of the clock, without what it stood in line for a processor.

    Args:
        child: the process.
        limit_s: its time.
    """

    def __init__(self, child: int, limit_s: float = LIMIT_S) -> None:
        self.child, self.limit_s, self.start = child, limit_s, time.monotonic()
        self.first = self._lived()

    def _lived(self) -> float:
        try:
            stood = int(Path(f"/proc/{self.child}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError):  # no Linux, or the process is over
            stood = 0.0
        return time.monotonic() - stood

    def is_over(self) -> bool:
        """Say whether the time is over."""
        return self._lived() - self.first > self.limit_s or time.monotonic() - self.start > 30 * LIMIT_S


def faults_of(step: Outcome) -> list[str]:  # noqa: PLR0911 (a list of rules)
    """Return what is wrong with an outcome, whatever was asked."""
    if step.trace:
        return [f"traceback in {step.name}: {step.trace}"]
    if "Traceback (most recent call last)" in step.err + step.out:
        return [f"traceback in {step.name}: {step.err[-3000:]}"]
    if step.code not in CODES:
        return [f"exit code {step.code} in {step.name}: {step.err[-500:]}"]
    lines = [line for line in step.err.replace("\r", "\n").splitlines() if line.strip()]
    if step.code == 2 and (not lines or not lines[-1].startswith("d2lab: ")):
        return [f"no line of an error in {step.name}: {step.err[-500:]}"]
    loose = [line for line in lines if not line.startswith("d2lab: ")]
    if step.code == 2 and loose:
        return [f"more than lines of d2lab in {step.name}: {loose[:3]}"]
    if lines and max(map(len, lines)) > LONGEST_LINE:
        return [f"a line of {max(map(len, lines))} characters in {step.name}: {max(lines, key=len)[:300]}"]
    return []


def places(place: Path) -> dict[str, str]:
    """Return the variables that keep a process inside a folder, and make the folder of temporary files."""
    (place / "tmp").mkdir(exist_ok=True)
    where = {
        "HOME": "",
        "D2LAB_RUNS": "runs",
        "D2LAB_CACHE": "cache",
        "TMPDIR": "tmp",
        "TORCHINDUCTOR_CACHE_DIR": "tmp",
        "D2LAB_PROGRESS": "progress.json",
    }
    return {name: str(place / folder) for name, folder in where.items()}


def _draw_nothing() -> None:
    """Make figures in this process without their pixels: they would take most of a case."""
    save.render = lambda figure, name: b""  # type: ignore[attr-defined]
    save._laid_out = contextlib.nullcontext  # type: ignore[attr-defined]


def _child(steps: Sequence[Step], place: Path, writer: int, *, programs: bool) -> None:
    """Run the steps, report each on a line, and leave without any cleanup of the parent's."""
    os.setpgid(0, 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(place.parent / name, os.O_RDWR | os.O_APPEND), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout, sys.stderr = (
        os.fdopen(os.dup(n), "w", encoding="utf-8", errors="replace", buffering=1) for n in (1, 2)
    )
    os.environ |= places(place)
    os.environ.pop("D2LAB_DATA", None)
    tempfile.tempdir = None
    os.chdir(place)
    with warnings.catch_warnings():  # forgets which warnings this process has already shown
        pass
    sys.addaudithook(_guard(place, writer, programs=programs))
    code = 0
    os.write(writer, b"\n")
    try:
        for step in steps:
            os.write(writer, (json.dumps(vars(_outcome(step, place))) + "\n").encode())
    except BaseException:  # a fault of this tool
        os.write(writer, f"tool: {traceback.format_exc()!r}\n".encode())
        code = 3
    os._exit(code)


def _outcome(step: Step, place: Path) -> Outcome:
    start = time.monotonic()
    before = [(place.parent / name).stat().st_size for name in ("stdout", "stderr")]
    name = step.__name__ if callable(step) else "d2lab " + " ".join(map(str, step))
    outcome = Outcome(name if len(name) < 400 else f"{name[:200]} [...] {name[-200:]}")
    try:
        if callable(step):
            outcome.value, outcome.code = step(), 0
        else:
            sys.argv = ["d2lab", *step]
            main()
            outcome.trace = "main() returned"
    except SystemExit as end:
        outcome.code = end.code if isinstance(end.code, int) else 1
    except D2labError as error:
        outcome.code = 2
        sys.stderr.write(f"d2lab: {error}\n")
    except BaseException:  # what a user would see as a traceback
        outcome.trace = traceback.format_exc()[-4000:]
    for channel in (sys.stdout, sys.stderr):
        channel.flush()
    texts = []
    for name, size in zip(("stdout", "stderr"), before, strict=True):
        with (place.parent / name).open("rb") as f:
            f.seek(size)
            texts.append(f.read(2**20).decode("utf-8", "replace"))
    outcome.out, outcome.err = texts
    outcome.seconds = time.monotonic() - start
    return outcome


def _guard(place: Path, writer: int, *, programs: bool) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that reports writes outside, programs and connections; it stops connections."""
    inside = (str(place.resolve()), str(place.parent / "stdout"), str(place.parent / "stderr"))
    busy = [False]

    def tell(what: str, *facts: object) -> None:
        os.write(writer, f"outside: {what} {' '.join(map(repr, facts))}"[:600].replace("\n", " ").encode() + b"\n")

    def beyond(path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        real = os.path.realpath(os.fsdecode(path))
        return not real.startswith(inside) and (
            real.startswith("/dev/shm/")  # noqa: S108 (a place of other programs)
            or not real.startswith(("/dev/", "/proc/", "/sys/"))
        )

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if busy[0]:
            return
        if event in ("socket.connect", "socket.getaddrinfo"):
            target = given[1] if event == "socket.connect" else given
            if isinstance(target, tuple) and str(target[0]) not in ("127.0.0.1", "::1", "localhost"):
                raise OSError(101, "Network is unreachable")
        busy[0] = True
        try:
            if event == "open":
                path, mode, flags = given
                writes = bool(flags & WRITES) if mode is None else bool(set(str(mode)) & set("wax+"))
                if writes and beyond(path):
                    tell("open", path, mode)
            elif (
                event in MOVES
                and any(map(beyond, given[1:2] if event == "os.link" else given[: 1 + (event == "os.rename")]))
            ) or (event in PROGRAMS and not programs):
                tell(event, *given)
        finally:
            busy[0] = False

    return hook


def end_group(child: int) -> None:
    """Kill a process that leads a group, and all of the group."""
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _tail(place: Path) -> str:
    return (place.parent / "stderr").read_text("utf-8", "replace")[-300:]
