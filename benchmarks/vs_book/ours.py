"""Our side: recipes trained as a user trains them, and the floor below which no loop can go."""

import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from benchmarks.vs_book.contest import MODELS
from benchmarks.vs_book.wire import Message, serve
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.device import synchronize
from d2lab.core.machine import configure_malloc, describe_machine
from d2lab.data.batches import steps_per_epoch
from d2lab.data.split import Split, limit
from d2lab.experiments import train
from d2lab.experiments.build import build_train_step, count_threads, new_model
from d2lab.experiments.data import build_batches, load_data
from d2lab.experiments.plan import Experiment, plan
from d2lab.train.loop import Loop
from d2lab.train.progress import NoProgress
from d2lab.train.record import RunRecord
from d2lab.train.threads import using_threads

DATA = "fashion-mnist"
WARM_STEPS = 20


class Stopwatch(NoProgress):
    """Times each epoch from outside the loop: loading, training and its bookkeeping, not the test."""

    def __init__(self) -> None:
        self.laps: list[tuple[int, float]] = []  # examples, seconds

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        self.begin = time.perf_counter()

    def advance(self, *, step: int, epoch: int, examples_per_s: float, loss: float) -> None:
        self.end = time.perf_counter()  # the last one of an epoch comes after its last step

    def epoch(self, row: Mapping[str, Any]) -> None:
        self.laps.append((row["examples"], self.end - self.begin))
        self.begin = time.perf_counter()


def changes(model: str, epochs: int, threads: int | None, *, compiled: bool = False) -> dict[str, object]:
    """Name the contest's settings, though the recipes have most of them already."""
    named: dict[str, object] = {
        "epochs": epochs,
        "batch_size": MODELS[model].batch,
        "learning_rate": MODELS[model].rate,
    }
    named |= {} if threads is None else {"threads": threads}
    return named | ({"compile": True} if compiled else {})


def hello() -> Message:
    """Say who this is."""
    return describe_machine()


def epoch(model: str, threads: int | None, epochs: int, compiled: bool = False) -> Message:
    """Train for some epochs, record and checkpoint included; a compiled run's first epoch is left out."""
    watch = Stopwatch()
    settings = changes(model, epochs, threads, compiled=compiled)
    with tempfile.TemporaryDirectory() as root:
        run = train(MODELS[model].recipe, data=DATA, changes=settings, device="cpu", root=Path(root), progress=watch)
        used = run.record.machine()["threads"]
    laps = watch.laps[1:] if compiled else watch.laps
    return {"examples": sum(n for n, _ in laps), "seconds": sum(s for _, s in laps), "threads": used}


def window(model: str, threads: int, precision: str = "float32") -> Message:
    """Train for some steps after an epoch of as many that warms up: our data, loop and record, hardly a test."""
    watch, entry = Stopwatch(), MODELS[model]
    settings = changes(model, 2, threads) | {"precision": precision, "examples": entry.batch * (entry.steps or 1)}
    experiment = plan(entry.recipe, data=DATA, changes=settings, device="cpu")
    training, _, test = load_data(experiment)
    configure_malloc()
    with tempfile.TemporaryDirectory() as root, using_threads(threads):
        record = RunRecord.create(entry.recipe, 0, experiment.to_json(), describe_machine(), Path(root))
        loop = Loop(
            build_train_step(experiment, training),
            build_batches(experiment, training, threads),
            config=experiment.settings.loop,
            test=limit(test, 1, seed=0),
            validation=None,
            record=record,
            progress=watch,
        )
        loop.run()
    examples, seconds = watch.laps[-1]
    return {"examples": examples, "seconds": seconds, "threads": threads}


@cache
def training_set() -> Split:
    """Load the training set once."""
    return load_data(plan(MODELS["mlp"].recipe, data=DATA, device="cpu"))[0]


def floor(model: str, threads: int | None, epochs: int, form: str) -> Message:
    """Take as many bare steps as epochs have, on one resident batch of floats: no data, no bookkeeping.

    Args:
        model: of the contest.
        threads: processor threads; none takes those that our loop chooses.
        epochs: how many epochs' worth of steps.
        form: "plain" for the eager model as written, "ours" for the form that our loop trains.
    """
    experiment = plan(MODELS[model].recipe, data=DATA, changes=changes(model, epochs, threads), device="cpu")
    split = training_set()
    count = count_threads(experiment, split)
    configure_malloc()  # as our loop does; without it every step pays for fresh pages
    with using_threads(count):
        trained, optimizer = plain_form(experiment) if form == "plain" else our_form(experiment, split)
        sizes = step_sizes(model, len(split), epochs)
        batch = experiment.preparation(split.inputs[: sizes[0]]), split.targets[: sizes[0]]
        seconds = bare_steps(trained, optimizer, batch, sizes, warm=1 if MODELS[model].windowed else WARM_STEPS)
    return {"examples": sum(sizes), "seconds": seconds, "threads": count}


def step_sizes(model: str, count: int, epochs: int) -> list[int]:
    """List how many examples each step takes: those of whole epochs, or of a window."""
    entry = MODELS[model]
    if entry.steps is not None:
        return [entry.batch] * entry.steps
    steps = steps_per_epoch(count, entry.batch)
    return ([entry.batch] * (steps - 1) + [count - (steps - 1) * entry.batch]) * epochs


def plain_form(experiment: Experiment) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Return the model as written and torch's optimizer as it comes."""
    model = new_model(experiment)
    return model, torch.optim.SGD(model.parameters(), lr=experiment.settings.optimizer.learning_rate)


def our_form(experiment: Experiment, split: Split) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Return what our loop trains: narrow convolutions on blocks of pixels, one fused step."""
    train_step = build_train_step(experiment, split)
    return train_step.eval_model, train_step.optimizer


def bare_steps(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: tuple[Tensor, Tensor],
    sizes: list[int],
    warm: int,
    half: torch.dtype | None = None,
) -> float:
    """Return the seconds of forward, backward and step on the first examples of a resident batch, step by step."""
    inputs, targets = batch
    cast = torch.autocast(inputs.device.type, dtype=half, enabled=half is not None, cache_enabled=False)
    model.train()
    for number, size in enumerate([sizes[0]] * warm + sizes):
        if number == warm:
            synchronize(inputs.device)
            start = time.perf_counter()
        optimizer.zero_grad()
        with cast:
            loss = functional.cross_entropy(model(inputs[:size]), targets[:size])
        loss.backward()
        optimizer.step()
    synchronize(inputs.device)
    return time.perf_counter() - start


def accuracy(model: str, seed: int, epochs: int, threads: int | None) -> Message:
    """Train from a seed; the last epoch's row holds the accuracy on the test set."""
    with tempfile.TemporaryDirectory() as root:
        settings = changes(model, epochs, threads)
        run = train(MODELS[model].recipe, data=DATA, changes=settings, seed=seed, device="cpu", root=Path(root))
        return {"accuracy": run.last["test_accuracy"]}


if __name__ == "__main__":
    serve({"hello": hello, "epoch": epoch, "window": window, "floor": floor, "accuracy": accuracy})
