"""One run at a time: a recipe trained as a user trains it, and the floor below which no loop can go."""

import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from benchmarks.gpu.contest import DATA, FAST, FLOOR_STEPS, TARGETS
from benchmarks.vs_book.contest import MODELS
from benchmarks.vs_book.ours import bare_steps, our_form
from benchmarks.vs_book.wire import Message
from torch import Tensor
from torch.nn import functional

from d2lab.core.device import synchronize
from d2lab.core.timing import time_interleaved
from d2lab.experiments import train
from d2lab.experiments.data import load_data
from d2lab.experiments.plan import plan
from d2lab.experiments.profiled import profile
from d2lab.parallel.data_parallel import Computation, average_gradients
from d2lab.recipes import find_recipe
from d2lab.train.precision import HALF

QUICK = {"examples": 128, "batch_size": 32}  # of the embedded digits: does everything work?


def notes_run(model: str, precision: str, seed: int, epochs: int, device: torch.device, *, quick: bool) -> Message:
    """Train a model of the notes; give accuracy, median rate and peak memory."""
    rows, peak = trained(MODELS[model].recipe, {"epochs": epochs, "precision": precision}, seed, device, quick=quick)
    rates = [row["examples"] / row["seconds"] for row in rows]
    return {
        "examples_per_s": round(median(rates[1:] or rates), 1),  # the first epoch loads kernels
        "accuracy": rows[-1]["test_accuracy"],
        "peak_bytes": peak,
    }


def fast_run(target: float, seed: int, device: torch.device, *, data: str, quick: bool) -> Message:
    """Train the fast recipe at the settings of a target, in bfloat16; give accuracy and seconds of training.

    Raises:
        ConfigError: this d2lab has no such recipe, or it knows not these settings.
    """
    find_recipe(FAST)
    settings = TARGETS[target] | ({"epochs": 2} if quick else {})
    rows, peak = trained(FAST, settings | {"precision": "bfloat16"}, seed, device, quick=quick, data=data)
    laps = [row["seconds"] for row in rows]
    return {
        "accuracy": rows[-1]["test_accuracy"],
        "seconds": round(warm_seconds(laps), 3),
        "seconds_with_start": round(sum(laps), 3),
        "peak_bytes": peak,
        "settings": settings,
        "data": data,
    }


def warm_seconds(laps: list[float]) -> float:
    """Sum up the epochs with the first, in which kernels are loaded and compiled, at the median of the others."""
    return sum(laps) if len(laps) == 1 else median(laps[1:]) + sum(laps[1:])


def trained(
    recipe: str,
    settings: dict[str, object],
    seed: int,
    device: torch.device,
    *,
    quick: bool,
    data: str = DATA,
) -> tuple[list[dict[str, Any]], int | None]:
    """Train a recipe; return the rows of its epochs, and the most memory that was taken on the device."""
    module = torch.get_device_module(device.type)
    watched = hasattr(module, "max_memory_allocated")
    if watched:
        module.reset_peak_memory_stats(device)
    with tempfile.TemporaryDirectory() as root:
        run = train(
            recipe,
            data=None if quick else data,
            changes=settings | (QUICK if quick else {}),
            seed=seed,
            device=str(device),
            root=Path(root),
        )
        rows = [row for row in run.record.rows() if "epoch" in row]
    return rows, module.max_memory_allocated(device) if watched else None


def floor(model: str, precision: str, device: torch.device, *, quick: bool) -> float:
    """Return the examples a second of bare steps on one resident, prepared batch, in the form that our loop trains."""
    settings = {"precision": precision} | (QUICK if quick else {})
    data = None if quick else DATA
    experiment = plan(MODELS[model].recipe, data=data, changes=settings, device=str(device))
    split = load_data(experiment)[0]
    batch = experiment.settings.loop.batch_size
    fast, optimizer = our_form(experiment, split)
    inputs, targets = (t[:batch].to(device) for t in (split.inputs, split.targets))
    sizes = [batch] * (2 if quick else FLOOR_STEPS)
    prepared = experiment.preparation(inputs)
    seconds = bare_steps(fast, optimizer, (prepared, targets), sizes, warm=len(sizes), half=HALF.get(precision))
    return round(sum(sizes) / seconds, 1)


def profiled(model: str, device: torch.device, *, quick: bool) -> Message:
    """Profile a step of a model of the notes: its phases, what takes it, what the device reached."""
    changes = QUICK if quick else {}
    found = profile(MODELS[model].recipe, data=None if quick else DATA, changes=changes, device=str(device)).profile
    told = found.to_json()
    return {name: told[name] for name in ("seconds", "phases", "bottleneck", "causes", "efficiency", "roof")}


def ddp_share(model: str, device: torch.device, *, quick: bool) -> Message:
    """Return the rate of a step inside DDP over that of the plain step, both of one process."""
    experiment = plan(
        MODELS[model].recipe, data=None if quick else DATA, changes=QUICK if quick else {}, device=str(device)
    )
    split, size = load_data(experiment)[0], experiment.settings.loop.batch_size
    inputs, targets = (tensor[:size].to(device) for tensor in (split.inputs, split.targets))
    inputs = experiment.preparation(inputs)
    with tempfile.TemporaryDirectory() as folder:
        store = torch.distributed.FileStore(str(Path(folder) / "store"), 1)
        backend = "nccl" if device.type == "cuda" else "gloo"
        torch.distributed.init_process_group(backend, store=store, rank=0, world_size=1)
        try:
            actions, count = {}, 2 if quick else FLOOR_STEPS
            for name in ("plain", "ddp"):
                net, optimizer = our_form(experiment, split)
                loss = Computation(net, lambda net, x, y: (functional.cross_entropy(net(x), y),))
                loss = average_gradients(loss) if name == "ddp" else loss
                actions[name] = partial(_steps, loss, optimizer, inputs, targets, count)
            laps = time_interleaved(actions)
        finally:
            torch.distributed.destroy_process_group()
    shares = [plain / ddp for plain, ddp in zip(laps["plain"], laps["ddp"], strict=True)]
    return {"share": round(median(shares), 3), "from": round(min(shares), 3), "to": round(max(shares), 3)}


def _steps(loss: torch.nn.Module, optimizer: Any, inputs: Tensor, targets: Tensor, count: int) -> None:
    """Take steps on one batch and wait for the device."""
    for _ in range(count):
        optimizer.zero_grad()
        loss(inputs, targets)[0].backward()
        optimizer.step()
    synchronize(inputs.device)
