"""Two processes beside one and beside what this machine can give: `python -m benchmarks.processes [--rounds 5]`.

Three things alternate within each round, every process with one thread: one process that trains on whole batches; two
that share every batch by DDP; two that train alone at the same time and do not talk, which is the ceiling. A number is
examples a second of all processes; the ratio of a round is taken within the round. Results: processes.json.
"""

import argparse
import importlib
import statistics
import sys
import time
from pathlib import Path

import torch
from benchmarks import rows
from torch import nn

from d2lab.core.atomic import write_json
from d2lab.core.machine import describe_machine
from d2lab.data.batch import Batch
from d2lab.models import build_model, default_settings
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.parallel.processes import in_processes
from d2lab.parallel.ranks import ALONE, Ranks
from d2lab.train.config import LoopConfig
from d2lab.train.tasks import Classification
from d2lab.train.train_step import TrainStep

RESULTS = Path(__file__).with_suffix(".json")
CASES: dict[str, tuple[int, tuple[int, ...]]] = {  # examples a step, shape of one
    "resnet18 at 96 pixels": (32, (1, 96, 96)),
    "resnet18, batch of 64": (64, (1, 96, 96)),
    "mlp of 4 x 2,048 units": (512, (2048,)),
    "mlp, batch of 2,048": (2048, (2048,)),
    "lenet": (256, (1, 28, 28)),
}
STEPS = {"resnet18 at 96 pixels": 4, "resnet18, batch of 64": 2, "mlp of 4 x 2,048 units": 8}
STEPS |= {"mlp, batch of 2,048": 2, "lenet": 60}


def model_of(case: str) -> nn.Module:
    """Build the model of a case."""
    if case.startswith("mlp"):
        layers = [part for _ in range(4) for part in (nn.Linear(2048, 2048), nn.ReLU())]
        return nn.Sequential(*layers, nn.Linear(2048, 10))
    return build_model(default_settings("ResNetConfig" if case.startswith("resnet") else "LeNetConfig"))


def step_of(case: str, ranks: Ranks) -> tuple[TrainStep, Batch]:
    """Build the training step of a case and this process's part of its batch."""
    torch.manual_seed(0)
    count, shape = CASES[case]
    inputs, targets = torch.randn(count, *shape), torch.randint(10, (count,))
    step = TrainStep(
        model_of(case),
        Classification(),
        optimizer=OptimizerConfig(name="sgd", learning_rate=0.01),
        schedule=ScheduleConfig(),
        loop=LoopConfig(),
        prepare=lambda given: given,
        example=inputs[:1],
        device=torch.device("cpu"),
        total_steps=10_000,
        ranks=ranks,
    )
    mine = ranks.part.rows(count)
    return step, Batch(inputs[mine], targets[mine])


def rates(rank: int, processes: int, case: str, rounds: int) -> dict[str, list[float]]:
    """Be one of the processes; return the rate of each kind in each round, measured between two barriers."""
    kinds = {"one": ALONE, "two": Ranks(rank, processes, rank, processes), "ceiling": ALONE}
    steps = {kind: step_of(case, ranks) for kind, ranks in kinds.items()}
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(rounds + 1):  # the first one warms up
        for kind, (step, batch) in steps.items():
            torch.distributed.barrier()
            begin = time.perf_counter()
            if kind != "one" or rank == 0:
                for _ in range(STEPS[case]):
                    step(batch)
            torch.distributed.barrier()
            examples = STEPS[case] * CASES[case][0] * (processes if kind == "ceiling" else 1)
            if number:
                found[kind].append(examples / (time.perf_counter() - begin))
    return found


def main() -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a case; all unless given")
    options = parser.parse_args()
    work = importlib.import_module("benchmarks.processes").rates  # under the name by which processes import it
    for case in [case for case in CASES if options.only in ("", case)]:
        found = in_processes(work, 2, case, options.rounds, limit_s=600)[0]
        speedup, ceiling = (
            [two / one for one, two in zip(found["one"], found[kind], strict=True)] for kind in ("two", "ceiling")
        )
        share = [a / b for a, b in zip(speedup, ceiling, strict=True)]
        medians = {
            name: round(statistics.median(ratios), 3)
            for name, ratios in (("speedup", speedup), ("ceiling", ceiling), ("of_ceiling", share))
        }
        row = {kind: [round(rate, 1) for rate in values] for kind, values in found.items()}
        kept = rows.results(RESULTS)
        kept[case] = [row | medians | {"machine": describe_machine()}]
        write_json(RESULTS, kept)
        print(f"{case}: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in medians.items()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
