"""Train your own model on your own tensors: progress bar, record, early stopping, resume, figures.

from d2lab.experiments import fit

run = fit(model, (x, y), (x_valid, y_valid), task="classification", epochs=10)
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, DataError
from d2lab.core.machine import configure_malloc
from d2lab.core.seed import fork_rng
from d2lab.core.settings import change, leaves
from d2lab.core.tensor_tree import Tree, tensors_of
from d2lab.data.batch import Prepare
from d2lab.data.batches import Batches
from d2lab.data.split import Split, holdout
from d2lab.experiments import processes
from d2lab.experiments.run_loop import Run
from d2lab.metrics import Metric
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.parallel.ranks import Ranks, joined_ranks
from d2lab.train.callback import Callback
from d2lab.train.config import LoopConfig
from d2lab.train.last_batch import check_last_batch
from d2lab.train.loop import Loop
from d2lab.train.progress import NoProgress, Progress, progress_for
from d2lab.train.record import RunRecord, open_record
from d2lab.train.task import Supervised, Task
from d2lab.train.tasks import find_task
from d2lab.train.threads import choose_threads, using_threads
from d2lab.train.train_step import TrainStep

Examples = Split | Dataset[Any] | tuple[Tree, Tree]
RECIPE_NAME = "fit"
FORMAT = 2


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FitSettings:
    """Settings of `fit` by keyword, with the names of `--set`."""

    optimizer: OptimizerConfig = dataclasses.field(
        default_factory=lambda: OptimizerConfig(name="adam", learning_rate=1e-3)
    )
    schedule: ScheduleConfig = dataclasses.field(default_factory=ScheduleConfig)
    loop: LoopConfig = dataclasses.field(default_factory=lambda: LoopConfig(batch_size=64))


class OwnLoss(Supervised):
    """A task from a function that returns the mean loss."""

    name = "own loss"

    def __init__(self, function: Callable[[Any, Any], Tensor]) -> None:
        self.function = function

    def criterion(self, outputs: Tree, targets: Tree) -> Tensor:
        """Return the loss of the function."""
        return self.function(outputs, targets)


def fit(
    model: nn.Module,
    train: Examples,
    valid: Examples | None = None,
    *,
    task: Task | str | None = None,
    loss: Callable[[Any, Any], Tensor] | None = None,
    test: Examples | None = None,
    metrics: Iterable[type[Metric]] = (),
    optimizer: str | OptimizerConfig = "adam",
    prepare: Prepare | None = None,
    callbacks: Sequence[Callback] = (),
    name: str = RECIPE_NAME,
    seed: int = 0,
    device: str = "auto",
    root: Path | None = None,
    progress: Progress | None = None,
    resume: Path | str | None = None,
    **settings: object,
) -> Run:
    """Train your own model, in place, and write a record.

    In a script that torchrun starts, all processes train the one model; see `run_request`.

    Args:
        model: any `nn.Module`.
        train: examples: `(inputs, targets)` tensors (or tuples or dicts of tensors), a `data.Split`, or a
            `torch.utils.data.Dataset` of pairs, which is read into memory once.
        valid: validation examples, evaluated after each epoch and watched by early stopping (`patience=`).
        task: a name ("classification", "regression", ...) or a `Task`.
        loss: in place of a task, a function of outputs and targets that returns the mean loss.
        test: test examples, evaluated after each epoch.
        metrics: classes of metrics beside the task's own.
        optimizer: a name such as "adam", or settings.
        prepare: turns inputs as stored into what the model reads, batch by batch on the device.
        callbacks: called after steps and epochs.
        name: name of the record's folder.
        seed: decides the order of examples and dropout; the weights are the model's own.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        root: the folder of all runs; $D2LAB_RUNS or `runs` here unless given.
        progress: shows the progress; by default a bar in a terminal, a line per epoch elsewhere.
        resume: folder of an interrupted run of the same arguments, to continue.
        settings: `epochs=10, batch_size=64, learning_rate=1e-3, patience=3, ...`, by the names of `--set`.

    Raises:
        ConfigError: a setting can't be used, or not exactly one of task and loss is given.
        DataError: examples of another type, of differing shapes, or none.
        NonFiniteError: the loss became NaN or infinite.
        RunError: the record can't be written, or belongs to other arguments.
    """
    chosen = _settings(optimizer, settings)
    chosen.loop.check_watched(given=valid is not None, plateau=chosen.schedule.name == "plateau")
    job = _task(task, loss)
    splits = {
        part: as_examples(given, part)
        for part, given in (("train", train), ("valid", valid), ("test", test))
        if given is not None
    }
    if chosen.loop.validation and "valid" not in splits:
        splits["train"], splits["valid"] = holdout(splits["train"], chosen.loop.validation, seed=seed)
    with joined_ranks() as ranks:
        where = torch.device(str(resolve_device(processes.own_device(device, ranks))))
        recipe = _described(name, model, job, chosen, seed, str(where))
        begun = processes.interrupted_record(name, root, ranks) if resume is None else Path(resume)
        record = None if begun is None else _same(open_record(begun), recipe)
        configure_malloc()
        with fork_rng(str(where)):
            processes.seed_training(seed, ranks)
            reads: Prepare = prepare or (lambda inputs: inputs)
            batches, step = _build(model, job, splits["train"], chosen, reads, where, seed, ranks)
            threads = processes.own_threads(_threads(chosen, model, reads, splits["train"], record), ranks)
            with using_threads(threads):
                if record is None:
                    record = processes.new_record(name, seed, recipe, str(where), threads, root, ranks)
                with processes.locked(record, ranks):
                    loop = Loop(
                        step,
                        batches,
                        config=chosen.loop,
                        test=splits.get("test"),
                        validation=splits.get("valid"),
                        record=record if ranks.leads else None,
                        progress=(progress or progress_for(quiet=False)) if ranks.leads else NoProgress(),
                        callbacks=callbacks if ranks.leads else (),
                        metrics=metrics,
                    )
                    checkpoint = record.load() if begun is not None and record.has_checkpoint() else None
                    ranks.any(False)  # all have read it before the first writes another
                    if checkpoint is not None:
                        loop.restore(checkpoint)
                        if checkpoint.values.get("status") in ("finished", "stopped early"):
                            return Run(record, checkpoint.values["status"], model)
                    return Run(record, loop.run(), model)


def as_examples(given: Examples, name: str = "examples") -> Split:
    """Return examples as a `Split` in memory.

    Args:
        given: a split, a pair of inputs and targets, or a dataset of pairs.
        name: what errors call them.

    Raises:
        DataError: they are of another type, or empty.
    """
    if isinstance(given, Split):
        return given
    if isinstance(given, tuple) and len(given) == 2 and tensors_of(given[0]) and tensors_of(given[1]):
        return Split(*given)
    if isinstance(given, Dataset):
        from torch.utils.data import default_collate

        pairs = [given[number] for number in range(len(given))]  # type: ignore[arg-type]
        if not pairs or any(not isinstance(pair, tuple | list) or len(pair) != 2 for pair in pairs):
            raise DataError(name, got=f"a {type(given).__name__}", need="a dataset of (input, target) pairs, not empty")
        try:
            inputs, targets = default_collate(pairs)
        except (TypeError, RuntimeError) as cause:
            raise DataError(name, got=str(cause).splitlines()[0], need="examples of one shape") from cause
        return Split(inputs, targets)
    need = "(inputs, targets) tensors, a data.Split or a torch.utils.data.Dataset of pairs"
    raise DataError(name, got=type(given).__name__, need=need)


def _settings(optimizer: str | OptimizerConfig, given: Mapping[str, object]) -> FitSettings:
    base = FitSettings()
    if isinstance(optimizer, OptimizerConfig):
        base = dataclasses.replace(base, optimizer=optimizer)
    elif optimizer != base.optimizer.name:
        rate = {"sgd": 0.1, "muon": 0.02}.get(optimizer, 1e-3)
        base = change(base, {"optimizer.name": optimizer, "learning_rate": given.get("learning_rate", rate)})
    return change(base, given)


def _task(task: Task | str | None, loss: Callable[[Any, Any], Tensor] | None) -> Task:
    if (task is None) == (loss is None):
        got = "neither" if task is None else "both"
        fix = 'For example task="classification", or loss=nn.CrossEntropyLoss().'
        raise ConfigError("task and loss", got=got, need="one of the two", fix=fix)
    if loss is not None:
        return OwnLoss(loss)
    return find_task(task) if isinstance(task, str) else task  # type: ignore[return-value]


def _build(
    model: nn.Module,
    task: Task,
    train: Split,
    settings: FitSettings,
    prepare: Prepare,
    device: torch.device,
    seed: int,
    ranks: Ranks,
) -> tuple[Batches, TrainStep]:
    loop = settings.loop
    processes.spread(model, task, loop, device, ranks)
    batches = Batches(
        train,
        batch_size=loop.batch_size,
        seed=seed,
        device=device,
        drop_last=loop.drop_last,
        order="sequential" if task.carries_state else "shuffled",
        part=ranks.part,
    )
    step = TrainStep(
        model,
        task,
        optimizer=settings.optimizer,
        schedule=settings.schedule,
        loop=loop,
        prepare=prepare,
        example=train.example,
        device=device,
        total_steps=batches.steps * loop.epochs,
        ranks=ranks,
    )
    check_last_batch(step, train, loop)
    return batches, step


def _threads(settings: FitSettings, model: nn.Module, prepare: Prepare, train: Split, record: RunRecord | None) -> int:
    """Return the number of CPU threads: the record's, the setting, or chosen by the size of the model."""
    if record is not None:
        return int(record.machine()["threads"])
    if settings.loop.threads is not None:
        return settings.loop.threads
    example = prepare(train.example)
    if next(model.parameters()).device.type != "cpu":
        return torch.get_num_threads()
    return choose_threads(model, example, settings.loop.batch_size)


def _described(
    name: str, model: nn.Module, task: Task, settings: FitSettings, seed: int, device: str
) -> dict[str, Any]:
    """Return the plain values of recipe.json, by which runs are compared and another model is refused."""
    return {
        "format": FORMAT,
        "recipe": name,
        "own": True,
        "model": type(model).__name__,
        "parameters": {key: list(value.shape) for key, value in model.state_dict().items()},
        "task": task.name,
        "data": "own",
        "seed": seed,
        "device": device,
        "budget": "full",
        "settings": dict(leaves(settings)),
    }


def _same(record: RunRecord, recipe: dict[str, Any]) -> RunRecord:
    """Return the record if it belongs to these arguments.

    Raises:
        ConfigError: an argument differs.
    """
    import json

    kept, now = record.recipe(), json.loads(json.dumps(recipe))
    for key in ("own", "model", "parameters", "task", "seed", "settings"):
        if kept.get(key) != now[key]:
            fix = "Call fit with the arguments of that run, or leave resume out."
            raise ConfigError(f"resume {record.name}", got=f"another {key}", need="the run of these arguments", fix=fix)
    return record
