"""Fine-tuning: a new head on a pretrained body, frozen low layers, and a higher learning rate for the head.

Source: Yosinski et al. 2014, "How transferable are features in deep neural networks?" (what stays and what is new);
Girshick et al. 2014, "Rich feature hierarchies", section 2.3 (a new head, a small rate for the rest).
"""

from collections.abc import Mapping, Sequence
from types import MethodType
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.layers import BatchNorm2d
from d2lab.models.library import INNER

BODY = "body"  # as the last frozen layer: all but what is trained on the features
DECODER = "decoder"  # a model's own part of this name turns features into more than one row of scores


class Head(NamedTuple):
    """The layer that scores the classes, and its name in the model."""

    name: str
    layer: nn.Linear | nn.Conv2d

    @property
    def classes(self) -> int:
        """Count its outputs."""
        return self.layer.weight.shape[0]


def find_head(model: nn.Module) -> Head:
    """Find the last layer with weights, which scores the classes: linear, or a 1x1 convolution.

    Raises:
        ConfigError: the last layer with weights is of another kind.
    """
    weighted = [(name, m) for name, m in model.named_modules() if next(m.parameters(recurse=False), None) is not None]
    name, layer = weighted[-1] if weighted else ("", model)
    pointwise = isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) and layer.groups == 1
    if not isinstance(layer, nn.Linear | nn.Conv2d) or not (pointwise or isinstance(layer, nn.Linear)):
        got = f"{name or 'the model'} ({type(layer).__name__})"
        raise ConfigError("the head", got=got, need="a linear map or a 1x1 convolution as the last layer")
    return Head(name, layer)


class Top(NamedTuple):
    """What a model computes from features: its head, or its decoder where it has one; and its name in the model."""

    name: str
    module: nn.Module


def find_top(model: nn.Module) -> Top:
    """Return what a model computes from the features of its body: its decoder, else its head.

    Raises:
        ConfigError: it has no decoder, and its last layer with weights is no head.
    """
    decoder = getattr(model, DECODER, None)
    return Top(DECODER, decoder) if isinstance(decoder, nn.Module) else Top(*find_head(model))


def replace_head(model: nn.Module, classes: int) -> Head:
    """Put a head for other classes on a model, in place; its weights are drawn from torch's global generator.

    The new head lies on the device of the old one and in its precision, and it is trained, frozen or not.

    Args:
        model: with a head.
        classes: outputs of the new one.

    Raises:
        ConfigError: there are fewer than two classes, or no head was found.
    """
    if classes < 2:
        raise ConfigError("classes", got=classes, need="2 or more")
    name, old = find_head(model)
    like: dict[str, Any] = {"bias": old.bias is not None, "device": old.weight.device, "dtype": old.weight.dtype}
    new: nn.Linear | nn.Conv2d
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, classes, **like)
    else:
        new = nn.Conv2d(old.in_channels, classes, kernel_size=1, **like)
    where, _, last = name.rpartition(".")
    model.get_submodule(where).register_module(last, new.train(old.training))
    return Head(name, new)


@torch.no_grad()
def copy_rows(
    head: nn.Linear | nn.Conv2d,
    weight: Float[Tensor, " class_ *fan_in"],
    bias: Float[Tensor, " class_"] | None,
    pairs: Mapping[int, int],
) -> None:
    """Copy the rows of another head for some classes: a row of weights and a bias each.

    Args:
        head: to change.
        weight: of the other head.
        bias: of the other head, if it has one.
        pairs: number of a class here -> number of the class there.

    Raises:
        ConfigError: the heads read different numbers of features.
    """
    if head.weight[0].numel() != weight[0].numel():
        raise ConfigError("the source's head", got=weight[0].numel(), need=f"{head.weight[0].numel()} features")
    for here, there in pairs.items():
        head.weight[here] = weight[there].view_as(head.weight[here])
        if head.bias is not None:
            head.bias[here] = 0.0 if bias is None else bias[there]


def head_from_classes(
    model: nn.Module,
    rows: Mapping[str, str | int],
    *,
    classes: Sequence[str],
    source: nn.Module,
    source_classes: Sequence[str],
) -> Head:
    """Initialize the head of `model` from the rows of `source` for some classes; the other rows stay as they are.

    Args:
        model: to change; its head has one row for each of `classes`.
        rows: class of `model` -> class of `source`, by name or number, as {"hotdog": 934}.
        classes: of `model`, in order.
        source: a model with the same number of features.
        source_classes: of `source`, in order.

    Raises:
        ConfigError: a class that does not exist (the error names the nearest), or heads that don't fit.
    """
    head, theirs = find_head(model), find_head(source)
    for what, one, names in (("classes", head, classes), ("source_classes", theirs, source_classes)):
        if one.classes != len(names):
            raise ConfigError(what, got=f"{len(names)} names", need=f"{one.classes}, one for each row of {one.name}")
    pairs = {class_number(here, classes): class_number(there, source_classes) for here, there in rows.items()}
    copy_rows(head.layer, theirs.layer.weight, theirs.layer.bias, pairs)
    return head


def class_number(name: str | int, classes: Sequence[str]) -> int:
    """Return the number of a class, the first of its name.

    Raises:
        ConfigError: there is no such class; the error proposes the nearest name.
    """
    if isinstance(name, int):
        if not 0 <= name < len(classes):
            raise ConfigError("the class", got=name, need=f"a number from 0 to {len(classes) - 1}")
        return name
    if name not in classes:
        raise unknown_name("the class", name, classes)
    return list(classes).index(name)


def freeze(model: nn.Module, up_to: str) -> nn.Module:
    """Keep the layers up to and with one of them as they are: no gradient, and evaluation for good.

    Batch normalization would go on measuring its running mean and variance although its weights stand still, and
    so change what the frozen layers compute; dropout would go on dropping. Frozen layers therefore pass
    `model.train()` by, until `unfreeze`. The order is that in which the layers were registered.

    Args:
        model: to change, in place.
        up_to: name of the last layer that stays, such as `stage2` or `stage2.0.conv1`; `body` is all below the head,
            or the decoder.

    Raises:
        ConfigError: there is no such layer; the error proposes the nearest.
    """
    modules = dict(model.named_modules())
    names = list(modules)
    if up_to == BODY:
        last = names.index(find_top(model).name) - 1
    else:
        found = next((name for name in (up_to, f"{INNER}.{up_to}") if name and name in modules), None)
        if found is None:
            raise unknown_name(
                "the layer to freeze up to", up_to, [BODY, *(name for name, _ in model.named_children())]
            )
        last = max(number for number, name in enumerate(names) if f"{name}.".startswith(f"{found}."))
    for number, module in enumerate(modules.values()):
        if number > last:
            break
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
        if number + sum(1 for _ in module.modules()) - 1 <= last:  # all that it holds is frozen
            _hold(module)
    return model


def unfreeze(model: nn.Module) -> nn.Module:
    """Train every layer again; those that were frozen take the mode of the whole model."""
    for module in model.modules():
        module.__dict__.pop("train", None)
    return model.requires_grad_(True).train(model.training)


def freeze_statistics(model: nn.Module) -> nn.Module:
    """Keep the running mean and variance of every batch normalization; its scale and shift still learn.

    The layers normalize with the source's statistics in training too: small batches of other images would replace
    them. They pass `model.train()` by, which would wake them, until `unfreeze`.
    """
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm | BatchNorm2d):
            _hold(module)
    return model


def _hold(module: nn.Module) -> None:
    """Put a layer into evaluation for good."""
    module.eval()
    module.__dict__["train"] = MethodType(_stay, module)


def _stay(module: nn.Module, mode: bool = True) -> nn.Module:
    """Stand in for `train` of a frozen layer: it stays in evaluation."""
    return module


def parameter_groups(
    model: nn.Module, head_rate_factor: float = 10.0, layer_decay: float = 1.0
) -> list[dict[str, Any]]:
    """Sort what learns into body and head (or decoder), whose learning rate is `head_rate_factor` times the body's.

    With `layer_decay` below 1 the body is sorted by the model's children: the one next to the head keeps its rate, and
    each below has `layer_decay` times that of the one above it. All follow the same schedule: see optimizers.set_lr.

    Source: Howard and Ruder 2018, "Universal Language Model Fine-tuning", section 3.2 (discriminative fine-tuning).

    Raises:
        ConfigError: a factor is not above 0, the decay is above 1, or no head was found.
    """
    if not 0 < layer_decay <= 1:
        raise ConfigError("layer_decay", got=layer_decay, need="a number above 0, at most 1")
    if not 0 < head_rate_factor < float("inf"):
        raise ConfigError("head_lr_scale", got=head_rate_factor, need="a number above 0")
    own = {id(parameter) for parameter in find_top(model).module.parameters()}
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    level = _levels(model) if layer_decay < 1 else {}
    body = [p for p in learning if id(p) not in own]
    top = max((level.get(id(p), 0) for p in body), default=0)
    groups = [
        *(
            {"params": [p for p in body if level.get(id(p), 0) == number], "lr_scale": layer_decay ** (top - number)}
            for number in range(top + 1)
        ),
        {"params": [p for p in learning if id(p) in own], "lr_scale": head_rate_factor},
    ]
    return [group for group in groups if group["params"]]


def _levels(model: nn.Module) -> dict[int, int]:
    """Number the model's children that have parameters from the lowest; return the number of each parameter's."""
    layers = [child for child in getattr(model, INNER, model).children() if next(child.parameters(), None) is not None]
    return {id(parameter): number for number, layer in enumerate(layers) for parameter in layer.parameters()}
