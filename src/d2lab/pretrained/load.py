"""The door: weights of others by name, in a model that reads images in [0, 1] like any of ours."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from d2lab.core.errors import RunError
from d2lab.data.progress import Report
from d2lab.models.catalog import build_model
from d2lab.models.library import AUXILIARY, WHEEL, library, library_model, split_name
from d2lab.models.pretrained import PretrainedConfig
from d2lab.pretrained.origin import Origin, find_origin
from d2lab.pretrained.store import obtain
from d2lab.pretrained.weights import Tensors, fingerprint, read_weights
from d2lab.vision.color import to_unit
from d2lab.vision.resample import center_crop

OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d)\.")  # files from before torch 0.4: norm.1 for norm1


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A model with the weights of others, in evaluation, and where they come from."""

    model: nn.Module  # image in [0, 1] -> one logit per class; its first layer standardizes
    origin: Origin
    sha256: str  # of the weights, whatever file held them

    @property
    def config(self) -> PretrainedConfig:
        """Return the settings that build such a model."""
        return self.origin.config

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in order."""
        return self.origin.classes

    @property
    def parameters(self) -> int:
        """Count what can learn."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    def prepare(self, images: UInt8[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel side side"]:
        """Crop images as the model's authors did for evaluation, and scale them to [0, 1]."""
        origin = self.origin
        return to_unit(center_crop(images, resize=origin.resize, side=origin.side, mode=origin.interpolation))


def load_pretrained(
    name: str, *, file: Path | None = None, fetch: bool = True, report: Report | None = None
) -> Pretrained:
    """Load weights of others.

    >>> load_pretrained("torchvision/resnet18").classes[934]  # doctest: +SKIP
    'hotdog'

    Args:
        name: such as torchvision/resnet18, timm/resnet18.a1_in1k or wheel/efficientnet-lite0; see `list_origins`.
        file: a .pth or .safetensors to read instead of looking for one.
        fetch: may use the network where the weights are not on disk.
        report: told of every piece that arrives; without it a terminal gets a bar.

    Raises:
        ConfigError: there are no such weights.
        DataError: the file can't be had, is broken, or holds anything but tensors.
        MissingExtraError: the library, or the package that holds the weights, is not installed.
        RunError: the tensors are of another model.
    """
    origin = find_origin(name)
    tensors = obtain(origin, fetch=fetch, report=report) if file is None else read_weights(file)
    model = build_model(origin.config).eval()
    theirs = _in_library(origin, tensors)
    inner = [key for key in model.state_dict() if not key.startswith("normalize.")]
    state = dict(zip(inner, theirs.values(), strict=True))
    own = model.state_dict()  # timm's VGG has a convolution of the whole map where ours has a linear map
    model.load_state_dict({**own, **{key: value.reshape(own[key].shape) for key, value in state.items()}})
    return Pretrained(model, origin, fingerprint(model.state_dict()))


def _in_library(origin: Origin, tensors: Tensors) -> Tensors:
    """Load the file into the library's own model, which knows former names; return its state in its order.

    Raises:
        RunError: the tensors are of another model.
    """
    if origin.name.startswith(f"{WHEEL}/"):
        return in_order(origin, tensors)
    try:
        if origin.name.startswith("timm/"):
            return _in_timm(origin, tensors)
        return _in_torchvision(origin, tensors)
    except RunError:
        raise
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError, AssertionError) as cause:
        raise _foreign(origin, str(cause)) from cause


def in_order(origin: Origin, tensors: Tensors) -> Tensors:
    """Return tensors that another program named under the names of our model, one after the other.

    Raises:
        RunError: there are others than the model has: in number, in kind (`weight`, `running_mean`) or in shape.
    """
    with torch.device("meta"):
        ours = {n: t for n, t in build_model(origin.config).state_dict().items() if not n.startswith("normalize.")}
    need, got = ([(n.rpartition(".")[2], tuple(t.shape)) for n, t in named.items()] for named in (ours, tensors))
    if got != need:
        at = next((at for at, pair in enumerate(zip(got, need, strict=False)) if pair[0] != pair[1]), None)
        if at is None:
            raise RunError(f"the weights of {origin.name}", got=f"{len(got)} tensors", need=f"{len(need)}")
        words = [f"{list(named)[at]} {list(shapes[at][1])}" for named, shapes in ((tensors, got), (ours, need))]
        raise RunError(f"the weights of {origin.name}", got=words[0], need=f"{words[1]} as tensor {at + 1}")
    return dict(zip(ours, tensors.values(), strict=True))


def _in_torchvision(origin: Origin, tensors: Tensors) -> Tensors:
    tensors = {OLD_DENSENET.sub(r"\1\2.", name): tensor for name, tensor in tensors.items()}
    unused = AUXILIARY.get(split_name(origin.architecture)[1], ())
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(unused)}
    with torch.device("meta"):
        model = library_model(origin.architecture, len(origin.classes))
    answer = model.load_state_dict(tensors, strict=False, assign=True)
    missing = [name for name in answer.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or answer.unexpected_keys:
        words = [f"no {missing[0]}"] if missing else []
        words += [f"{answer.unexpected_keys[0]} too many"] if answer.unexpected_keys else []
        raise _foreign(origin, " and ".join(words))
    state = model.state_dict()
    return {name: torch.zeros(t.shape, dtype=t.dtype) if t.is_meta else t for name, t in state.items()}


def _in_timm(origin: Origin, tensors: Tensors) -> Tensors:
    timm = library("timm")
    overlay: dict[str, Any] = {"state_dict": dict(tensors), "custom_load": False, "source": ""}
    with torch.random.fork_rng(devices=[]):
        name = split_name(origin.name)[1]
        model: nn.Module = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay)
    return model.state_dict()


def _foreign(origin: Origin, words: str) -> RunError:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    got = " ".join(lines[1:2] or lines)[:200]
    return RunError(f"the weights of {origin.name}", got=got, need=f"the tensors of {origin.architecture}")
