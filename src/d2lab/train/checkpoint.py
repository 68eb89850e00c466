"""Checkpoints: tensors in safetensors, everything else in JSON, replaced atomically.

A folder holds `tensors-<step>.safetensors` and `state.json`, which names it with its hash. The tensors are
written first and `state.json` is renamed into place last, so a process killed at any instant leaves either the
old checkpoint or the new one. Reading a checkpoint can't run code.

One hash in `state.json` stands over everything: its own values, the hash of the tensors, and that of the settings
(recipe.json and machine.json). A file that was changed is refused. Links are not followed.

Torch is imported where tensors are read or written: how a run stands (`d2lab runs`) is told without it.
"""

import contextlib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from d2lab.core.atomic import remove_leftovers, write_bytes, write_json
from d2lab.core.errors import RunError
from d2lab.core.json_file import canonical_hash, read_object
from d2lab.core.regular_file import kind_of, read_regular, require_kind

if TYPE_CHECKING:
    from torch import Tensor, nn

FORMAT = 3
READABLE = (1, 2, 3)  # 1: the generators' states under `luck`, sums of an epoch beside them; 1 and 2: no common hash
STATE = "state.json"
TENSORS = re.compile(r"tensors-(\d{8,})(-[0-9a-f]{8})?\.safetensors")
TENSORS_LIMIT = 2**40  # bytes
FIX = "Start the run again with d2lab train."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything the loop needs to continue exactly where it stopped."""

    step: int  # steps done
    tensors: dict[str, "Tensor"]  # model.*, optimizer.*, best.*, rng.*, metric.*, state.*
    values: dict[str, Any]  # what fits in JSON


def save_checkpoint(folder: Path, checkpoint: Checkpoint, settings: Sequence[str] = ()) -> None:
    """Write a checkpoint in place of the previous one; on any failure the previous one stays.

    Args:
        folder: of the checkpoint; made if it is missing.
        checkpoint: to write.
        settings: hashes of the settings that it may be resumed with; see `record.RunRecord.settings_hash`.

    Raises:
        RunError: the folder can't be written, the disk is full, or a link lies in the place of the folder.
    """
    from safetensors.torch import save as encode_tensors

    require_kind(folder, "a folder")
    remove_leftovers(folder)
    content = encode_tensors({k: v.detach().cpu().contiguous() for k, v in checkpoint.tensors.items()})
    name = f"tensors-{checkpoint.step:08d}.safetensors"
    digest = hashlib.sha256(content).hexdigest()
    if kind_of(folder / name):  # the same step saved again: a new name, since state.json still points at it
        name = f"tensors-{checkpoint.step:08d}-{digest[:8]}.safetensors"
    write_bytes(folder / name, content)
    state = {
        "format": FORMAT,
        "step": checkpoint.step,
        "tensors": name,
        "sha256": digest,
        "settings": list(settings),
        "values": checkpoint.values,
    }
    write_json(folder / STATE, {**state, "hash": canonical_hash(state)})
    _remove_superseded(folder, name)


def clean_checkpoint(folder: Path) -> None:
    """Delete what a kill left beside a checkpoint: half-written files, and tensors that state.json does not name.

    Args:
        folder: of a checkpoint that this process alone may write, and that was read without an error.
    """
    remove_leftovers(folder)
    _remove_superseded(folder, read_json(folder / STATE, "checkpoint")["tensors"])


def _remove_superseded(folder: Path, name: str) -> None:
    for old in folder.glob("tensors-*.safetensors"):
        if old.name != name and TENSORS.fullmatch(old.name) and kind_of(old) == "a file":
            with contextlib.suppress(OSError):  # a reader on Windows may hold it open; the next save tries again
                old.unlink()


def load_checkpoint(folder: Path, settings: str | None = None) -> Checkpoint:
    """Read the checkpoint of a folder and verify its hashes; a run that is still training can be read too.

    Args:
        folder: of the checkpoint.
        settings: the hash of the settings as they are now; not compared unless given.

    Raises:
        RunError: there is none, it is damaged or was changed, or another program wrote it.
    """
    require_kind(folder, "a folder")
    while True:
        state = read_json(folder / STATE, "checkpoint")
        try:
            return _load(folder, state, settings)
        except RunError:
            if read_json(folder / STATE, "checkpoint") == state:  # else a newer one took its place meanwhile
                raise


def _load(folder: Path, state: dict[str, Any], settings: str | None) -> Checkpoint:
    """Read the tensors named in a state.json."""
    step = _require_consistent(folder, state, settings)
    path = folder / state["tensors"]
    try:
        content = read_regular(path, TENSORS_LIMIT)
    except FileNotFoundError:
        raise RunError(f"checkpoint {folder}", got=path.name, need="a tensors file that is there", fix=FIX) from None
    except OSError as cause:
        raise RunError(f"checkpoint {path}", got=cause.strerror, need="a readable file", fix=FIX) from cause
    if hashlib.sha256(content).hexdigest() != state["sha256"]:
        raise RunError(f"checkpoint {path}", got="another sha256", need="the file that state.json names", fix=FIX)
    checkpoint = Checkpoint(step, _decode(path, content), dict(state["values"]))
    return _from_format_1(checkpoint) if state["format"] == 1 else checkpoint


def _require_consistent(folder: Path, state: dict[str, Any], settings: str | None) -> int:
    """Refuse a state.json whose parts do not belong together; return its step."""
    path, values = folder / STATE, state.get("values")
    version, step, name = state.get("format"), state.get("step"), state.get("tensors")
    if type(version) is int and version not in READABLE:
        raise RunError(f"checkpoint {folder}", got=f"format {version}", need=f"format {FORMAT}", fix=FIX)
    if type(version) is not int or type(step) is not int or not isinstance(values, dict):
        got = {"format": version, "step": step, "values": values}
        raise RunError(f"checkpoint {path}", got=got, need="the fields d2lab writes", fix=FIX)
    named = TENSORS.fullmatch(name) if isinstance(name, str) else None
    if named is None or int(named[1]) != step:
        need = f"the name of a tensors file of step {step}"
        raise RunError(f"checkpoint {path}", got=name, need=need, fix=FIX)
    if version < 3:  # these formats have no hash of their values
        return step
    if state.get("hash") != canonical_hash({key: value for key, value in state.items() if key != "hash"}):
        need = "the values as d2lab wrote them, which have the sha256 in `hash`"
        raise RunError(f"checkpoint {path}", got="changed values", need=need, fix=FIX)
    if settings is not None and settings not in (state.get("settings") or []):
        need, fix = "the settings that the checkpoint was trained with", "Undo the change, or train anew."
        raise RunError(f"run {folder.parent}", got="a changed recipe.json or machine.json", need=need, fix=fix)
    return step


def _from_format_1(old: Checkpoint) -> Checkpoint:
    """Convert a checkpoint of d2lab 0.1 to the current format.

    Raises:
        RunError: a value of that format is missing.
    """
    import torch

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


def _decode(path: Path, content: bytes) -> dict[str, "Tensor"]:
    from safetensors.torch import load as decode_tensors

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
        RunError: the file is missing, is a link, or holds no JSON object.
    """
    try:
        return read_object(path, what)
    except FileNotFoundError:
        raise RunError(f"{what} {path}", got="no such file", need="a folder that d2lab train wrote") from None


def load_weights(model: "nn.Module", tensors: dict[str, "Tensor"], what: str) -> None:
    """Load weights into a model; nothing is changed when one does not fit.

    Args:
        model: the model; its `state_dict` decides names and shapes.
        tensors: weights by name.
        what: what errors call them.

    Raises:
        RunError: a tensor is missing, extra, of another shape or type, or holds NaN or an infinity.
    """
    state = model.state_dict()
    own, given = ({name: _form(value) for name, value in one.items()} for one in (state, tensors))
    if own != given:
        differing = sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
        got = ", ".join(f"{name} {given.get(name, 'missing')}" for name in differing[:3])
        need = ", ".join(f"{name} {own.get(name, 'absent')}" for name in differing[:3])
        raise RunError(f"weights of {what}", got=got, need=need, fix="Use the recipe and settings of that run.")
    # A mask of minus infinities is a legitimate buffer: what the model itself begins with may be so.
    require_finite({name: value for name, value in tensors.items() if _is_finite(state[name])}, f"weights of {what}")
    model.load_state_dict(tensors)


def require_finite(tensors: dict[str, "Tensor"], what: str) -> None:
    """Refuse tensors with NaN or an infinity.

    Args:
        tensors: by name.
        what: they are, for the error.

    Raises:
        RunError: one is not finite.
    """
    for name, value in tensors.items():
        if not _is_finite(value):
            fix = "The training diverged, or the file was changed: train anew, with a smaller learning_rate."
            raise RunError(what, got=f"NaN or infinity in {name}", need="finite numbers", fix=fix)


def _is_finite(tensor: "Tensor") -> bool:
    """Return whether a tensor holds neither NaN nor an infinity."""
    return not tensor.is_floating_point() or bool(tensor.isfinite().all())


def _form(tensor: "Tensor") -> str:
    """Describe shape and number format."""
    kind = str(tensor.dtype).removeprefix("torch.")
    return f"{tuple(tensor.shape)}" if kind == "float32" else f"{tuple(tensor.shape)} of {kind}"
