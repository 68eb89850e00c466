"""A run in several processes: the device and the threads of each, and the record that a restart goes on with."""

import contextlib
import os
from pathlib import Path
from typing import Any

import torch
from torch import nn

from d2lab.core.errors import ConfigError, D2labError
from d2lab.core.machine import describe_machine, usable_cores
from d2lab.core.seed import derive
from d2lab.layers import BatchNorm2d
from d2lab.parallel.data_parallel import shard_weights
from d2lab.parallel.ranks import Ranks, launched
from d2lab.parallel.sync_batch_norm import synchronize_batch_norm
from d2lab.train.config import LoopConfig
from d2lab.train.record import RunRecord, find_records, runs_folder
from d2lab.train.task import Supervised, Task


def own_device(name: str, ranks: Ranks) -> str:
    """Return the device of this process: of several CUDA devices each process takes one.

    Raises:
        ConfigError: there are fewer devices than processes, or one device is named for all.
    """
    if ranks.alone or name not in ("auto", "cuda") or not torch.cuda.is_available():
        if not ranks.alone and ":" in name:
            raise ConfigError("device", got=name, need="cuda or cpu: each process takes a device of its own")
        return name
    if torch.cuda.device_count() < ranks.neighbors:
        got, need = f"{ranks.neighbors} on one machine", f"at most {torch.cuda.device_count()}, one for each device"
        raise ConfigError("processes", got=got, need=need, fix="Or train on the CPU: device=cpu.")
    return f"cuda:{ranks.local}"


def own_threads(count: int, ranks: Ranks) -> int:
    """Return the CPU threads of this process: at most its share of the machine's cores."""
    return count if ranks.alone else min(count, max(1, usable_cores() // ranks.neighbors))


def seed_training(seed: int, ranks: Ranks) -> None:
    """Seed the generator of dropout, which each process draws for its own part of the batch."""
    torch.manual_seed(derive(seed, "training", *([] if ranks.leads else [ranks.rank])))


def new_record(
    name: str, seed: int, recipe: dict[str, Any], device: str, threads: int, root: Path | None, ranks: Ranks
) -> RunRecord:
    """Make the record of a run; of several processes the first makes it and tells the others where it is."""
    if not ranks.leads:
        return RunRecord(ranks.from_leader(Path()))
    machine = {**describe_machine(), "device": device, "threads": threads}
    if not ranks.alone:
        machine["processes"] = ranks.world
    launch = launch_of_this_process()
    if launch is not None:
        machine["launch"] = launch
    record = RunRecord.create(name, seed, recipe, machine, root)
    ranks.from_leader(record.folder)
    return record


def locked(record: RunRecord, ranks: Ranks) -> contextlib.AbstractContextManager[None]:
    """Keep others from training into the record; of several processes the first does."""
    return record.lock() if ranks.leads else contextlib.nullcontext()


def spread(model: nn.Module, task: Task, loop: LoopConfig, device: torch.device, ranks: Ranks) -> nn.Module:
    """Prepare a model for several processes, in place: synchronize its batch normalization, shard its weights.

    Raises:
        ConfigError: a setting needs several processes, or this model or task can't be sharded.
    """
    if ranks.alone:
        return model
    if loop.sync_batchnorm:
        synchronize_batch_norm(model)
    if loop.shard == "none":
        return model
    if not isinstance(task, Supervised):
        raise ConfigError("shard", got=f"full, for {task.name}", need="none: its loss calls parts of the model")
    normalizes = any(isinstance(layer, nn.modules.batchnorm._BatchNorm | BatchNorm2d) for layer in model.modules())
    if normalizes and not loop.sync_batchnorm:
        need = "sync_batchnorm=true: else each process would keep running statistics of its own"
        raise ConfigError("shard", got="full, with batch normalization", need=need)
    return shard_weights(model, device)


def require_one(ranks: Ranks, what: str) -> None:
    """Refuse several processes for what is no training by gradients.

    Raises:
        ConfigError: there are several.
    """
    if not ranks.alone:
        raise ConfigError("processes", got=ranks.world, need=f"1 for {what}, which has no gradients to average")


def launch_of_this_process() -> str | None:
    """Return what names the launch that this process belongs to, the same after a restart; None outside of one."""
    if not launched():
        return None
    name = os.environ["TORCHELASTIC_RUN_ID"]
    return name if name != "none" else f"none-{os.environ.get('MASTER_ADDR', '')}-{os.getppid()}"


def interrupted_record(recipe: str, root: Path | None, ranks: Ranks) -> Path | None:
    """Return the record that an earlier start of this launch began; None in a first start, or where it has none.

    torchrun starts all processes anew after one was lost.

    Args:
        recipe: name of the recipe.
        root: the folder of all runs.
        ranks: the processes; the leading one looks.
    """
    if not launched() or int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) == 0:
        return None
    return ranks.from_leader(_record_of_launch(recipe, root or runs_folder()) if ranks.leads else None)


def _record_of_launch(recipe: str, root: Path) -> Path | None:
    """Return the newest record of a recipe by this launch."""
    for record in reversed(find_records(root)):
        try:
            mine = record.machine().get("launch") == launch_of_this_process()
            if mine and record.recipe().get("recipe") == recipe:
                return record.folder
        except D2labError:  # another one's, broken
            continue
    return None
