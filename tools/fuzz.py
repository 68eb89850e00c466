"""Damage records, data files and command lines as a seed says, and see that each is answered in a line.

    python -m tools.fuzz records|data|commands|all [--cases 300] [--seed 0] [--only N] [--minutes M] [--programs 20]

A case must end within 20 s with success, or with one line that begins `d2lab: ` and exit code 2. Counted as faults:
a traceback, a signal, a hang, a file written, moved or deleted outside the case's folder, another program started, and
a damaged record that goes on to other weights without a word. Each fault is told with the command that repeats it.
A case is a forked child of a process that has imported everything; of one in so many (`--programs`) the figures are
drawn, and a command line runs once more as a program of its own, which must give the same exit code, words, files and
tensors.
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
    parser.add_argument("kind", choices=[*KINDS, "all"])
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--programs", type=int, default=20, help="one case in so many; 0: none")
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.cases)
    if options.only is not None:
        numbers = range(options.only, options.only + 1)
    plan = Plan(numbers, options.seed, options.minutes, options.programs, told=options.only is not None)
    kinds = list(KINDS) if options.kind == "all" else [options.kind]
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        base = Path(folder).resolve()
        warm_up(WARM, fresh(base)[0], heavy="commands" in kinds)
        done = [fuzz(kind, plan, base) for kind in kinds]
    gc.unfreeze()
    return 1 if any(one.faults or one.cases < len(numbers) for one in done) else 0


@dataclass(frozen=True)
class Plan:
    """Which cases are run.

    Args:
        numbers: of the cases; each has a seed of its own.
        seed: of all.
        minutes: after which no other case of a kind begins.
        programs: one case in so many runs also as a program.
        told: whether what each case says is printed.
    """

    numbers: range
    seed: int
    minutes: float
    programs: int
    told: bool


def fuzz(name: str, plan: Plan, base: Path) -> Done:
    """Run cases of a kind in a folder, and say now and then how far they are."""
    begin, done, kind = time.monotonic(), Done(name), KINDS[name](base)
    done.faults += kind.learn_answers(fresh(base)[0])
    for fault in done.faults:
        print(f"FAULT before any damage: {fault}")
    for number in plan.numbers:
        if time.monotonic() - begin > 60 * plan.minutes:
            break
        seed, proven = f"{name} {plan.seed} {number}", bool(plan.programs) and number % plan.programs == 0
        case = one_case(kind, seed, base, drawn=proven)
        if any(fault.startswith("hang") for fault in case.faults):  # the machine may have been busy
            case = one_case(kind, seed, base, drawn=proven)
        done.programs += as_program(kind, seed, base, case) if proven else 0
        done.cases += 1
        done.slowest = max(done.slowest, (case.seconds, number))
        done.faults += case.faults
        done.seconds = time.monotonic() - begin
        for fault in case.faults:
            print(f"FAULT {fault}\n    again: python -m tools.fuzz {name} --seed {plan.seed} --only {number}")
        for step in case.steps if plan.told else ():
            print(f"{step.name}: {step.code}, {step.seconds:.2f} s\n{step.out}{step.err}")
        if done.cases % 25 == 0 or case.faults or number == plan.numbers[-1]:
            print(done, flush=True)
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
