"""Rebuild any torch model on the layers from scratch: same weights, same outputs, same gradients."""

import copy
import inspect
import typing
from typing import Any

import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.layers import (
    activation,
    attention,
    convolution,
    dropout,
    linear,
    loss,
    normalization,
    pooling,
    recurrent,
    recurrent_cell,
    transposed,
)

ROOMS = (
    activation, attention, convolution, dropout, linear, loss, normalization, pooling, recurrent, recurrent_cell,
    transposed,
)  # fmt: skip
# torch's class -> ours: every public class here that has a namesake in torch.nn.
SCRATCH: dict[type[nn.Module], type[nn.Module]] = {
    getattr(nn, name): made
    for room in ROOMS
    for name, made in vars(room).items()
    if isinstance(made, type) and issubclass(made, nn.Module) and made.__module__ == room.__name__ and hasattr(nn, name)
}
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
PLACEMENT = ("device", "dtype")  # arguments of torch that the weights themselves carry


def to_scratch(model: nn.Module) -> nn.Module:
    """Copy a model and replace every torch layer by its counterpart from scratch.

    The copy has the same names of parameters and buffers, the same tied weights and the same mode (training or
    evaluation). Modules of your own stay, with their layers replaced. The model itself is not changed.

    Args:
        model: a model of torch layers.

    Raises:
        ConfigError: a torch layer has no counterpart, uses an option that it lacks, or carries hooks.
    """
    return _rebuilt(copy.deepcopy(model), "", {})


def _rebuilt(module: nn.Module, path: str, done: dict[int, nn.Module]) -> nn.Module:
    """Return the counterpart of a layer, or the module with its children replaced; a shared module stays shared."""
    if id(module) in done:
        return done[id(module)]
    made = SCRATCH.get(type(module))
    done[id(module)] = _counterpart(module, made, path) if made else module
    if made is None:
        _refuse_unknown(module, path)
        for name, child in module._modules.items():  # named_children() would skip a module's second name
            if child is not None:
                module._modules[name] = _rebuilt(child, f"{path}.{name}".lstrip("."), done)
    return done[id(module)]


def _refuse_unknown(module: nn.Module, path: str) -> None:
    """Raise for what would silently stay torch's: its own layers, and subclasses of those with a counterpart."""
    torchs = type(module).__module__.startswith("torch.") and not isinstance(module, CONTAINERS)
    if torchs or isinstance(module, tuple(SCRATCH)):
        need = f"a layer that has a twin from scratch ({', '.join(sorted(known.__name__ for known in SCRATCH))})"
        raise ConfigError(path or "the model", got=type(module).__name__, need=need)


def _counterpart(module: nn.Module, made: type[nn.Module], path: str) -> nn.Module:
    """Build our layer with the arguments of torch's, then let it take over the tensors."""
    where = f"{path or 'the model'} ({type(module).__name__})"
    if any(getattr(module, hooks) for hooks in HOOKS):
        raise ConfigError(where, got="hooks", need="a layer without them", fix="Remove them before to_scratch.")
    taken = _parameters(made)
    for name, parameter in _parameters(type(module)).items():
        value = getattr(module, name, parameter.default)
        if name not in taken and name not in PLACEMENT and value != parameter.default:
            raise ConfigError(f"{where}.{name}", got=value, need=f"{parameter.default!r}: the twin has nothing else")
    given = {name: _argument(module, name, parameter) for name, parameter in taken.items()}
    with torch.device("meta"):  # neither memory nor random numbers for weights that are replaced below
        twin = made(**given)
    _take_over(twin, module, where)
    for name, child in twin._modules.items():  # such as the output map of attention
        if child is not None and name in module._modules:
            _take_over(child, module.get_submodule(name), f"{where}.{name}")
    return twin.train(module.training)


def _take_over(twin: nn.Module, module: nn.Module, where: str) -> None:
    """Replace the tensors of our layer by those of torch's, which must be the ones that it has a use for."""
    for own, theirs in ((twin._parameters, module._parameters), (twin._buffers, module._buffers)):
        unknown = [name for name, value in theirs.items() if value is not None and name not in own]
        if unknown:
            raise ConfigError(where, got=f"the weight {unknown[0]}", need="a layer without it: the twin has none")
        own.clear()
        own.update(theirs)  # type: ignore[arg-type]


def _parameters(made: type[nn.Module]) -> dict[str, inspect.Parameter]:
    """Return the named arguments of a layer's constructor."""
    overloads = typing.get_overloads(made.__init__)  # torch's recurrent layers state their arguments there
    known = inspect.signature(overloads[0] if overloads else made.__init__).parameters
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: parameter for name, parameter in known.items() if parameter.kind in named and name != "self"}


def _argument(module: nn.Module, name: str, parameter: inspect.Parameter) -> Any:  # noqa: ANN401
    """Return a constructor argument, read back from the layer."""
    if name == "bias":
        bias = getattr(module, "bias", getattr(module, "in_proj_bias", None))
        return bias if isinstance(bias, bool) else bias is not None
    value = getattr(module, name, parameter.default)
    if value is inspect.Parameter.empty or (value is None and name == "dim"):
        raise ConfigError(f"{type(module).__name__}.{name}", got=None, need="a stated one", fix="Name the axis.")
    return value
