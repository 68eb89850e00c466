"""The training step of each recipe, eager and compiled: `python -m benchmarks.compile [--only NAME] [--table]`.

Each recipe has a process of its own and an empty cache of torch.compile's. Both steps are of the same recipe on its
default data and see the same batch, on one thread. They alternate within each round, and the ratio of a round is taken
within it. In the table stand the median of the rounds, the seconds until the first compiled step is done beyond those
of eager's (torch's compiler is imported and tried in them), and the steps after which compiling has paid for itself.
Results: compile.json, written after each recipe.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from benchmarks import rows

from d2lab.core.machine import configure_malloc, describe_machine
from d2lab.core.seed import derive
from d2lab.core.tensor_tree import tensors_of
from d2lab.data.batch import Batch
from d2lab.experiments.build import build_train_step
from d2lab.experiments.counted import is_counted
from d2lab.experiments.data import build_batches, load_data
from d2lab.experiments.plan import plan
from d2lab.experiments.tokens import with_tokenizer
from d2lab.recipes.catalog import RECIPES
from d2lab.train.train_step import TrainStep

RESULTS = Path(__file__).with_suffix(".json")
ROUND_S = 0.4  # seconds of a round of one of the two
MOST = 200  # steps of a round
CHILD = "import sys; from benchmarks.compile import child; child(sys.argv[1], int(sys.argv[2]))"


def step_of(recipe: str, *, compiled: bool) -> tuple[TrainStep, Batch]:
    """Build a recipe's training step and its first batch."""
    experiment = with_tokenizer(plan(recipe, device="cpu", changes={"compile": compiled, "threads": 1}))
    training = load_data(experiment, fetch=False)[0]
    torch.manual_seed(derive(experiment.seed, "training"))
    step = build_train_step(experiment, training)
    step.model.train()
    return step, next(iter(build_batches(experiment, training, 1).epoch(0)))


def seconds(step: TrainStep, batch: Batch, times: int = 1) -> float:
    """Take steps; return the seconds of one."""
    begin = time.perf_counter()
    for _ in range(times):
        step.step = 0  # a schedule has no rate behind its end
        step(batch)
    return (time.perf_counter() - begin) / times


def measure(recipe: str, rounds: int) -> dict[str, Any]:
    """Compare both steps of a recipe."""
    laps_until_first = []
    for compiled in (False, True):
        begin = time.perf_counter()
        step, batch = step_of(recipe, compiled=compiled)
        seconds(step, batch)
        laps_until_first.append((time.perf_counter() - begin, step, batch))
    (plain_s, eager, batch), (first_s, compiled_step, same) = laps_until_first
    seconds(compiled_step, same)
    times = max(1, min(MOST, int(ROUND_S / seconds(eager, batch))))
    laps = [(seconds(eager, batch, times), seconds(compiled_step, same, times)) for _ in range(rounds)]
    each = [statistics.median(lap[arm] for lap in laps) for arm in (0, 1)]
    ratios = [mine / theirs for theirs, mine in laps]
    saved = each[0] - each[1]
    return {
        "batch": len(tensors_of(batch.inputs)[0]),
        "eager_ms": round(1e3 * each[0], 3),
        "compiled_ms": round(1e3 * each[1], 3),
        "ratio": round(statistics.median(ratios), 3),
        "lowest": round(min(ratios), 3),
        "highest": round(max(ratios), 3),
        "compile_s": round(first_s - plain_s, 1),
        "pays_after": round((first_s - plain_s) / saved) if saved > 0 else None,
        "rounds": rounds,
    }


def has_steps(recipe: str) -> bool:
    """Return whether a recipe trains its whole model in each step."""
    experiment = plan(recipe, device="cpu")
    return not is_counted(experiment) and not experiment.settings.finetune.cached


def table(kept: rows.Kept) -> str:
    """Return the results as a table."""
    heads = ("recipe", "eager ms", "compiled ms", "compiled / eager", "first step s", "pays after")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, (row,) in sorted(kept.items()):
        if "error" in row:
            lines.append(f"| {name} | | | does not compile: {row['error']} | | |")
            continue
        ratio = f"{row['ratio']:.2f} ({row['lowest']:.2f} to {row['highest']:.2f})"
        pays = "never" if row["pays_after"] is None else f"{row['pays_after']:,} steps"
        lines.append(
            f"| {name} | {row['eager_ms']:.2f} | {row['compiled_ms']:.2f} | {ratio} | {row['compile_s']:.0f} | {pays} |"
        )
    return "\n".join(lines)


def measured_apart(recipe: str, rounds: int) -> dict[str, Any]:
    """Measure a recipe in a process of its own, with an empty cache of compiled code."""
    with tempfile.TemporaryDirectory() as cache:
        words = [sys.executable, "-c", CHILD, recipe, str(rounds)]
        env = os.environ | {"TORCHINDUCTOR_CACHE_DIR": cache, "OMP_NUM_THREADS": "1"}
        said = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if said.returncode:
        lines = said.stderr.strip().splitlines() or [f"exit status {said.returncode}"]
        return {"error": lines[-1][:200]}
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def child(recipe: str, rounds: int) -> None:
    """Be the process that measures one recipe; print what was found as JSON."""
    torch.set_num_threads(1)
    configure_malloc()
    logging.disable(logging.WARNING)
    print(json.dumps(measure(recipe, rounds)))


def main() -> int:
    """Measure what the file lacks, or what is named; print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="recipes to measure anew; those that the file lacks unless given")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--table", action="store_true", help="only print what the file holds")
    chosen = parser.parse_args()
    recipes = chosen.only or [name for name in RECIPES if name not in rows.results(RESULTS) and has_steps(name)]
    for recipe in [] if chosen.table else recipes:
        found = measured_apart(recipe, chosen.rounds) | {"machine": describe_machine()}
        rows.write_json(RESULTS, rows.results(RESULTS) | {recipe: [found]})
        print(recipe, {key: value for key, value in found.items() if key != "machine"}, flush=True)
    print(table(rows.results(RESULTS)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
