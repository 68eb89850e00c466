"""Damage records, data files and command lines as a seed says, and see that each is answered in a line.

    python -m tools.fuzz records|data|commands [--cases 300] [--seed 0] [--only N] [--minutes M]

A case must end within 20 s with success, or with one line that begins `d2lab: ` and exit code 2. Counted as faults:
a traceback, a signal, a hang, a file written, moved or deleted outside the case's folder, another program started, and
a damaged record that goes on to other weights without a word. Each fault is told with the command that repeats it.
A case is a forked child of a process that has imported everything; of every twentieth a command line runs once more
as a program of its own, which must give the same exit code, words, files and tensors.
"""

import argparse
import gc
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tools.fuzzing.case import Case, Step, run_case
from tools.fuzzing.commands import Commands
from tools.fuzzing.data import Data
from tools.fuzzing.real import by_fork, by_program, can_run, difference
from tools.fuzzing.records import Records
from tools.fuzzing.warm import warm_up

KINDS = {"records": Records, "data": Data, "commands": Commands}
BESIDE = {"place", "victim", "stdout", "stderr"}
SHARE = 20  # one case in so many draws its figures, and runs once more as a program
WARM = [("runs",), ("list",), ("train", "--help")]


@dataclass
class Done:
    """What was run of a kind, and what was wrong."""

    kind: str
    cases: int = 0
    programs: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    seconds: float = 0.0

    def __str__(self) -> str:
        """Return a line."""
        return (
            f"{self.kind}: {self.cases} cases, {self.programs} of them also as programs, {len(self.faults)} faults; "
            f"{self.seconds:.0f} s, the slowest ({self.slowest[1]}) {self.slowest[0]:.1f} s"
        )


def main() -> int:
    """Run the cases of a kind; 1 when there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--minutes", type=float, default=60.0)
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.cases)
    if options.only is not None:
        numbers = range(options.only, options.only + 1)
    done = fuzz(options.kind, numbers, seed=options.seed, minutes=options.minutes, told=options.only is not None)
    sys.stdout.write(f"{done}\n")
    return 1 if done.faults or done.cases < len(numbers) else 0


def fuzz(name: str, numbers: range, *, seed: int = 0, minutes: float = 60.0, told: bool = False) -> Done:
    """Run cases of a kind.

    Args:
        name: of the kind.
        numbers: of the cases; each has a seed of its own.
        seed: of all.
        minutes: after which no other case begins.
        told: whether what each case says is printed.
    """
    begin, done = time.monotonic(), Done(name)
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        base = Path(folder).resolve()
        kind = KINDS[name](base)
        warm_up(WARM, fresh(base)[0], heavy=name == "commands")
        done.faults += kind.learn_answers(fresh(base)[0])
        for fault in done.faults:
            sys.stdout.write(f"FAULT before any damage: {fault}\n")
        for number in numbers:
            if time.monotonic() - begin > 60 * minutes:
                break
            case = one_case(kind, f"{name} {seed} {number}", base, drawn=number % SHARE == 0)
            if any(fault.startswith("hang") for fault in case.faults):  # the machine may have been busy
                case = one_case(kind, f"{name} {seed} {number}", base, drawn=number % SHARE == 0)
            if number % SHARE == 0:
                done.programs += as_program(kind, f"{name} {seed} {number}", base, case)
            done.cases += 1
            done.slowest = max(done.slowest, (case.seconds, number))
            done.faults += case.faults
            for fault in case.faults:
                sys.stdout.write(
                    f"FAULT {fault}\n    again: python -m tools.fuzz {name} --seed {seed} --only {number}\n"
                )
            for step in case.steps if told else ():
                sys.stdout.write(f"{step.name}: {step.code}, {step.seconds:.2f} s\n{step.out}{step.err}")
            sys.stdout.flush()
    gc.unfreeze()
    done.seconds = time.monotonic() - begin
    return done


def fresh(base: Path) -> tuple[Path, Path]:
    """Return an empty folder for a case, and one beside it that nothing may touch."""
    case, victim = base / "case", base / "case" / "victim"
    shutil.rmtree(case, ignore_errors=True)
    (case / "place").mkdir(parents=True)
    victim.mkdir()
    (victim / "file").write_text("kept")
    (victim / "state.json").write_text("{}")
    return case / "place", victim


def one_case(kind: Records | Data | Commands, seed: str, base: Path, *, drawn: bool) -> Case:
    """Run a case, and look whether what lies beside its folder is as it was."""
    place, victim = fresh(base)
    made = kind.make(random.Random(seed), place, victim)
    case = run_case(made.steps, place, programs=made.programs, stoppable=made.stoppable, drawn=drawn)
    kind.judge(case, made, place)
    found = {path.name: path.read_bytes() for path in victim.iterdir() if path.is_file()}
    if found != {"file": b"kept", "state.json": b"{}"} or {path.name for path in place.parent.iterdir()} - BESIDE:
        case.faults.append("outside: what lies beside the case's folder was changed")
    case.faults = [f"{fault} [{'; '.join(made.done)}]" for fault in case.faults]
    return case


def as_program(kind: Records | Data | Commands, seed: str, base: Path, case: Case) -> int:
    """Run one command line of a case alone, forked and as a program, each on the same damage; return how many ran."""

    def again(choice: random.Random) -> tuple[Step | None, Path]:
        place, victim = fresh(base)
        made = kind.make(random.Random(seed), place, victim)
        lines = [step for step in made.steps if not callable(step) and can_run(step) and not made.stoppable]
        return (choice.choice(lines) if lines else None), place

    results = []
    for run in (by_fork, by_program):
        step, place = again(random.Random(seed))
        if step is None or callable(step):
            return 0
        results.append(run(step, place))
    wrong = difference(*results)
    if wrong:
        case.faults.append(f"d2lab {' '.join(step)[:200]}: {wrong}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
