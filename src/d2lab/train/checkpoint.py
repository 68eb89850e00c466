"""Checkpoints: tensors in safetensors, everything else in JSON, replaced atomically.

A folder holds `tensors-<step>.safetensors` and `state.json`, which names it with its hash. The tensors are
written first and `state.json` is renamed into place last, so a process killed at any instant leaves either the
old checkpoint or the new one. Reading a checkpoint can't run code.
"""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as decode_tensors
from safetensors.torch import save as encode_tensors
from torch import Tensor

from d2lab.core.atomic import remove_leftovers, write_bytes, write_json
from d2lab.core.errors import RunError

FORMAT = 2
READABLE = (1, 2)  # format 1 kept the generators' states under `luck`, and the epoch's sums beside them
STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything the loop needs to continue exactly where it stopped."""

    step: int  # steps done
    tensors: dict[str, Tensor]  # model.*, optimizer.*, best.*, rng.*, metric.*, state.*
    values: dict[str, Any]  # what fits in JSON


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in place of the previous one; on any failure the previous one stays.

    Raises:
        RunError: the folder can't be written or the disk is full.
    """
    remove_leftovers(folder)
    content = encode_tensors({k: v.detach().cpu().contiguous() for k, v in checkpoint.tensors.items()})
    name = f"tensors-{checkpoint.step:08d}.safetensors"
    digest = hashlib.sha256(content).hexdigest()
    if (folder / name).exists():  # the same step saved again: a new name, since state.json still points at it
        name = f"tensors-{checkpoint.step:08d}-{digest[:8]}.safetensors"
    write_bytes(folder / name, content)
    state = {
        "format": FORMAT,
        "step": checkpoint.step,
        "tensors": name,
        "sha256": digest,
        "values": checkpoint.values,
    }
    write_json(folder / STATE, state)
    for old in folder.glob("tensors-*.safetensors"):
        if old.name != name:
            with contextlib.suppress(OSError):  # a reader on Windows may hold it open; the next save tries again
                old.unlink()


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read the checkpoint of a folder and verify its hash; a run that is still training can be read too.

    Raises:
        RunError: there is none, it is damaged, or another program wrote it.
    """
    while True:
        state = read_json(folder / STATE, "checkpoint")
        try:
            return _load(folder, state)
        except RunError:
            if read_json(folder / STATE, "checkpoint") == state:  # else a newer one took its place meanwhile
                raise


def _load(folder: Path, state: dict[str, Any]) -> Checkpoint:
    """Read the tensors named in a state.json."""
    fix = "Start the run again with d2lab train."
    try:
        version, step, name = state["format"], int(state["step"]), str(state["tensors"])
        digest, values = state["sha256"], dict(state["values"])
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        raise RunError(
            f"checkpoint {folder / STATE}", got=str(cause), need="the fields d2lab writes", fix=fix
        ) from cause
    if version not in READABLE:
        raise RunError(f"checkpoint {folder}", got=f"format {version}", need=f"format {FORMAT}", fix=fix)
    path = folder / name
    if path.parent != folder or not path.is_file():
        raise RunError(f"checkpoint {folder}", got=name, need="a tensors file that is there", fix=fix)
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise RunError(f"checkpoint {path}", got=cause.strerror, need="a readable file", fix=fix) from cause
    if hashlib.sha256(content).hexdigest() != digest:
        raise RunError(f"checkpoint {path}", got="another sha256", need="the file that state.json names", fix=fix)
    checkpoint = Checkpoint(step, _decode(path, content), values)
    return _from_format_1(checkpoint) if version == 1 else checkpoint


def _from_format_1(old: Checkpoint) -> Checkpoint:
    """Convert a checkpoint of d2lab 0.1 to the current format.

    Raises:
        RunError: a value of that format is missing.
    """
    tensors = {f"rng.{k.removeprefix('luck.')}" if k.startswith("luck.") else k: v for k, v in old.tensors.items()}
    try:
        values = dict(old.values)
        sums, seen = dict(values.pop("sums")), int(values.pop("seen"))
        epoch = {"loss_sum": sums.get("loss", 0.0), "weight": seen, "examples": seen, "seconds": values.pop("seconds")}
        values |= {"epoch": epoch, "train_step": values.pop("stepper", {})}
        if "accuracy" in sums:
            tensors |= {"metric.0.hits": torch.tensor(int(sums["accuracy"])), "metric.0.count": torch.tensor(seen)}
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        raise RunError("checkpoint", got=str(cause), need="the values of format 1") from cause
    return Checkpoint(old.step, tensors, values)


def _decode(path: Path, content: bytes) -> dict[str, Tensor]:
    try:
        return decode_tensors(content)
    except (SafetensorError, ValueError, KeyError) as cause:
        raise RunError(f"checkpoint {path}", got=str(cause), need="a safetensors file") from cause


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object from a file of a run.

    Args:
        path: the file.
        what: what errors call it, such as "checkpoint".

    Raises:
        RunError: the file is missing or holds no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{what} {path}", got="no such file", need="a folder that d2lab train wrote") from None
    except (OSError, ValueError, RecursionError) as cause:
        raise RunError(f"{what} {path}", got=str(cause), need="a readable JSON file") from cause
    if not isinstance(value, dict):
        raise RunError(f"{what} {path}", got=type(value).__name__, need="a JSON object")
    return value


def load_weights(model: torch.nn.Module, tensors: dict[str, Tensor], what: str) -> None:
    """Load weights into a model; nothing is changed when one does not fit.

    Args:
        model: the model; its `state_dict` decides names and shapes.
        tensors: weights by name.
        what: what errors call them.

    Raises:
        RunError: a tensor is missing, extra, or of another shape.
    """
    own = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in tensors.items()}
    if own != given:
        differing = sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
        got = ", ".join(f"{name} {given.get(name, 'missing')}" for name in differing[:3])
        need = ", ".join(f"{name} {own.get(name, 'absent')}" for name in differing[:3])
        raise RunError(f"weights of {what}", got=got, need=need, fix="Use the recipe and settings of that run.")
    model.load_state_dict(tensors)
