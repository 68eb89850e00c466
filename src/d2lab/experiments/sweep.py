"""A sweep: one recipe at several values of some settings, each over the same seeds; what differs is what was named.

Arms are compared on data that none was trained on. Where a recipe has no validation split, a tenth of the training set
is held out for it: choosing a setting by the test split would make its number too good.
"""

import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from d2lab.core.atomic import write_json
from d2lab.core.errors import ConfigError, RunError
from d2lab.core.json_file import parse_json, read_object
from d2lab.core.settings import change, full_name, leaves
from d2lab.experiments.plan import RunRequest, plan
from d2lab.experiments.resumption import resume
from d2lab.experiments.run import run_request
from d2lab.metrics.paired import Mean, mean_interval
from d2lab.train.position import Status
from d2lab.train.progress import Progress
from d2lab.train.record import RunRecord, open_record, runs_folder

SWEEP = "sweep.json"
FORMAT = 1
NEED = "what d2lab sweep wrote"
RUN = re.compile(r"[\w.-]+")  # the name of a run's folder
MOST_RUNS = 1000
HELD_OUT = 0.1  # of the training set, where the recipe holds nothing out
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Arm:
    """One combination of values, and the runs that were made of it."""

    changes: Mapping[str, object]
    runs: dict[int, str] = field(default_factory=dict)  # seed -> name of the run's folder

    @property
    def name(self) -> str:
        """The values in words: learning_rate=0.1, momentum=0.9."""
        return ", ".join(f"{name.rpartition('.')[2]}={_said(value)}" for name, value in self.changes.items())


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep and its folder, which holds the runs."""

    folder: Path
    request: RunRequest  # what all arms have in common
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    status: Status = "running"

    def records(self, arm: Arm) -> list[RunRecord]:
        """Open the runs of an arm that were made so far, by seed."""
        return [open_record(self.folder / name) for _, name in sorted(arm.runs.items())]

    def results(self, measure: str) -> dict[str, list[float]]:
        """Return what each arm's runs measured in their last epoch, by the arms' names.

        Args:
            measure: a name in the rows of epochs, such as valid_accuracy.

        Raises:
            ConfigError: no run has it.
        """
        found: dict[str, list[float]] = {}
        known: set[str] = set()
        for arm in self.arms:
            ends = [_last(record) for record in self.records(arm)]
            known |= {name for row in ends for name in row}
            found[arm.name] = [float(row[measure]) for row in ends if measure in row]
        if not any(found.values()):
            names = sorted(name for name in known if name.startswith(("valid_", "test_", "train_")))
            raise ConfigError("--measure", got=measure, need=f"one of {', '.join(names)}")
        return found


def values_of(request: RunRequest, grid: Mapping[str, str]) -> dict[str, list[object]]:
    """Split the values of each setting: at commas, or at | where the setting itself is a list.

    Args:
        request: names the recipe, whose settings know their kinds.
        grid: text by setting: {"learning_rate": "0.01,0.1", "hidden": "64|64,64"}.

    Raises:
        ConfigError: an unknown setting, a value of the wrong kind, or one stated twice.
    """
    settings = plan(replace(request, changes={})).settings
    kinds = dict(leaves(settings))
    found: dict[str, list[object]] = {}
    for name, text in grid.items():
        path = full_name(settings, name, warn=True)
        parts = text.split("|") if "|" in text or isinstance(kinds[path], tuple) else text.split(",")
        values = [dict(leaves(change(settings, {path: part.strip()}))).get(path) for part in parts]
        if len({repr(value) for value in values}) < len(values):
            raise ConfigError(f"--set {name}", got=text, need="each value once")
        found[path] = values
    return found


def sweep(
    request: RunRequest,
    grid: Mapping[str, Sequence[object]],
    *,
    seeds: Sequence[int] = (0, 1, 2),
    folder: Path | None = None,
    progress: Progress | None = None,
    tell: Tell = lambda line: None,
) -> Sweep:
    """Train every combination of values with every seed, and keep their records in one folder.

    A sweep that was broken off goes on where it stood when it is given its folder again.

    Args:
        request: recipe and choices that all arms share.
        grid: values by setting; settings of one value belong into `request.changes`.
        seeds: of the runs of each arm; the same for all, so that arms can be compared seed by seed.
        folder: of the sweep; a new one in the folder of runs unless given.
        progress: who is told of each run.
        tell: is told of the sweep.

    Raises:
        ConfigError: a choice that can't be used, or a folder of another sweep; nothing was trained.
        RunError: a record can't be written.
    """
    arms = [Arm(dict(zip(grid, values, strict=True))) for values in itertools.product(*grid.values())]
    if not 1 <= len(arms) * len(seeds) <= MOST_RUNS or len(set(seeds)) < len(seeds):
        need = f"1 to {MOST_RUNS} runs, each seed once"
        raise ConfigError("a sweep", got=f"{len(arms)} arms of {len(seeds)} seeds", need=need)
    if not plan(request).settings.loop.validation:
        request = replace(request, changes={**request.changes, "loop.validation": HELD_OUT})
        tell(f"{HELD_OUT:.0%} of the training set is held out to compare arms; --set validation= chooses another share")
    for arm in arms:
        plan(replace(request, changes={**request.changes, **arm.changes}))  # what is wrong shows before the first run
    made = _open(folder, request, arms, seeds)
    for number, (arm, seed) in enumerate(itertools.product(made.arms, seeds), start=1):
        tell(f"run {number} of {len(arms) * len(seeds)}: {arm.name or 'as it is'}, seed {seed}")
        if _run(made, arm, seed, progress) == "interrupted":
            return replace(made, status="interrupted")
    return replace(made, status="finished")


def _run(made: Sweep, arm: Arm, seed: int, progress: Progress | None) -> Status:
    """Make one run, or go on with it."""
    if seed in arm.runs:
        own = Path(made.request.recipe) if made.request.recipe.endswith(".py") else None
        return resume(made.folder / arm.runs[seed], recipe_file=own, progress=progress).status
    asked = replace(made.request, seed=seed, changes={**made.request.changes, **arm.changes})
    run = run_request(asked, root=made.folder, progress=progress)
    arm.runs[seed] = run.record.name
    _write(made)
    return run.status


def _open(folder: Path | None, request: RunRequest, arms: Sequence[Arm], seeds: Sequence[int]) -> Sweep:
    """Start a sweep's folder, or read what an earlier call left in it."""
    name = f"sweep-{Path(request.recipe).stem}-{datetime.now():%Y%m%d-%H%M%S}"
    made = Sweep(folder or runs_folder() / name, request, tuple(seeds), tuple(arms))
    if (made.folder / SWEEP).is_file():
        kept = _read(made.folder / SWEEP)
        now = _plain(made)
        if any(kept.get(key) != now[key] for key in ("request", "seeds")) or len(kept["arms"]) != len(arms):
            fix = "Leave --out away, or name another folder."
            raise ConfigError("--out", got=str(made.folder), need="the folder of this very sweep", fix=fix)
        for arm, told in zip(made.arms, kept["arms"], strict=True):
            arm.runs.update({int(seed): str(run) for seed, run in told["runs"].items()})
    else:
        _write(made)
    return made


def _read(path: Path) -> dict[str, Any]:
    kept = read_object(path, "sweep", need=NEED)
    arms = kept.get("arms")
    whole = isinstance(arms, list) and all(isinstance(arm, dict) and _names_runs(arm.get("runs")) for arm in arms)
    if kept.get("format") != FORMAT or not whole:
        raise RunError(f"sweep {path}", got="another format", need=NEED)
    return kept


def _names_runs(runs: object) -> bool:
    """Tell whether these are names of folders by seed, none of which leads out of the sweep's folder."""
    return isinstance(runs, dict) and all(
        seed.isdecimal() and len(seed) < 20 and isinstance(name, str) and RUN.fullmatch(name) and set(name) != {"."}
        for seed, name in runs.items()
    )


def _plain(made: Sweep) -> dict[str, Any]:
    request = made.request
    shared = {
        "recipe": request.recipe,
        "data": request.data,
        "changes": dict(request.changes),
        "budget": request.budget,
    }
    arms = [{"changes": dict(arm.changes), "runs": {str(k): v for k, v in arm.runs.items()}} for arm in made.arms]
    plain: dict[str, Any] = parse_json(
        json.dumps({"format": FORMAT, "request": shared, "seeds": list(made.seeds), "arms": arms})
    )
    return plain


def _write(made: Sweep) -> None:
    made.folder.mkdir(parents=True, exist_ok=True)
    write_json(made.folder / SWEEP, _plain(made))


def summarize(results: Mapping[str, Sequence[float]]) -> dict[str, Mean | float | None]:
    """Return each arm's mean with its interval; the number alone where there is one run, None where there is none."""
    return {
        name: mean_interval(values) if len(values) > 1 else (values[0] if values else None)
        for name, values in results.items()
    }


def _last(record: RunRecord) -> dict[str, Any]:
    rows = [row for row in record.rows() if "epoch" in row]
    return rows[-1] if rows else {}


def _said(value: object) -> str:
    if isinstance(value, tuple | list):
        return "/".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
