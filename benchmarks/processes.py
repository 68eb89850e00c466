"""Two processes beside one and beside what this machine can give: `python -m benchmarks.processes [--rounds 5]`.

Three things alternate within each round, every process with one thread: one process that trains on whole batches; two
that share every batch by DDP; two that train alone at the same time and do not talk, which is the ceiling. A number is
examples a second of all processes; the ratio of a round is taken within the round. Results: processes.json.
"""

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch
from benchmarks import rows
from torch import nn

from d2lab.core.atomic import write_json
from d2lab.core.machine import describe_machine
from d2lab.data.batch import Batch
from d2lab.models import build_model, default_settings
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.parallel.ranks import ALONE, LAUNCHED, Ranks
from d2lab.train.config import LoopConfig
from d2lab.train.tasks import Classification
from d2lab.train.train_step import TrainStep

RESULTS = Path(__file__).with_suffix(".json")
CASES: dict[str, tuple[int, tuple[int, ...]]] = {  # examples a step, shape of one
    "resnet18 at 96 pixels": (32, (1, 96, 96)),
    "mlp of 4 x 2,048 units": (512, (2048,)),
    "lenet": (256, (1, 28, 28)),
}
STEPS = {"resnet18 at 96 pixels": 4, "mlp of 4 x 2,048 units": 8, "lenet": 60}


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


def work(rank: int, store: str, rounds: int, cases: list[str], results: Any) -> None:
    """Be one of two processes: all cases, all rounds; a barrier before and behind every measurement."""
    import torch.distributed as dist

    torch.set_num_threads(1)
    os.environ |= dict(zip(LAUNCHED, map(str, ("bench", rank, 2, rank, 2)), strict=True))
    os.environ["GLOO_SOCKET_IFNAME"] = "lo0" if sys.platform == "darwin" else "lo"
    dist.init_process_group("gloo", store=dist.FileStore(store, 2), rank=rank, world_size=2)
    for case in cases:
        kinds = {"one": ALONE, "two": Ranks(rank, 2, rank, 2), "ceiling": ALONE}
        steps = {kind: step_of(case, ranks) for kind, ranks in kinds.items()}
        for number in range(rounds + 1):  # the first one warms up
            for kind, (step, batch) in steps.items():
                dist.barrier()
                begin = time.perf_counter()
                if kind != "one" or rank == 0:
                    for _ in range(STEPS[case]):
                        step(batch)
                dist.barrier()
                examples = STEPS[case] * CASES[case][0] * (2 if kind == "ceiling" else 1)
                if rank == 0 and number:
                    results.put((case, kind, examples / (time.perf_counter() - begin)))
    dist.destroy_process_group()


def main() -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a case; all unless given")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in ("", case)]
    context = multiprocessing.get_context("spawn")
    results, store = context.Queue(), f"{RESULTS}.store"
    group = [context.Process(target=work, args=(rank, store, options.rounds, cases, results)) for rank in range(2)]
    for process in group:
        process.start()
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(len(cases) * 3 * options.rounds):
        case, kind, rate = results.get(timeout=600)
        found.setdefault(case, {}).setdefault(kind, []).append(rate)
    for process in group:
        process.join()
    Path(store).unlink(missing_ok=True)
    for case, rates in found.items():
        row = {kind: [round(rate, 1) for rate in values] for kind, values in rates.items()}
        speedup = [two / one for one, two in zip(rates["one"], rates["two"], strict=True)]
        ceiling = [two / one for one, two in zip(rates["one"], rates["ceiling"], strict=True)]
        share = [a / b for a, b in zip(speedup, ceiling, strict=True)]
        medians = {"speedup": speedup, "ceiling": ceiling, "of_ceiling": share}
        kept = rows.results(RESULTS)
        kept[case] = [row | {name: round(statistics.median(v), 3) for name, v in medians.items()}]
        kept[case][0]["machine"] = describe_machine()
        write_json(RESULTS, kept)
        print(f"{case}: " + ", ".join(f"{name} {statistics.median(v):.2f}" for name, v in medians.items()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
