"""The outputs of a model's layers by name, and the layers whose maps are worth showing."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name


def outputs_of(
    model: nn.Module,
    inputs: Float[Tensor, " batch *input"],
    names: Sequence[str],
    keep: Callable[[Tensor], Tensor] | None = None,
) -> dict[str, Float[Tensor, "..."]]:
    """Return the outputs of some layers for a batch, in the order of the names; gradients flow through them.

    Of a layer that is called more than once it is the last output. The model computes in the mode that it is in.

    Args:
        model: any model.
        inputs: a batch that it reads.
        names: of modules, as `named_modules` has them; "" is the model itself.
        keep: what to keep of an output, so that the rest can be forgotten; all of it unless given.

    Raises:
        ConfigError: the model has no such layer, or the layer returns no tensor for this input.
    """
    modules = dict(model.named_modules())
    for name in names:
        if name not in modules:
            raise unknown_name("layer", name, modules.keys() - {""})
    seen: dict[str, Tensor] = {}
    hooks = [modules[name].register_forward_hook(partial(_note, seen, name, keep)) for name in names]
    try:
        model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    for name in names:
        if name not in seen:
            raise ConfigError("layer", got=name, need="one that returns a tensor for this input")
    return {name: seen[name] for name in names}


def _note(
    seen: dict[str, Tensor],
    name: str,
    keep: Callable[[Tensor], Tensor] | None,
    _: nn.Module,
    __: object,
    output: object,
) -> None:
    if isinstance(output, Tensor):
        seen[name] = output if keep is None else keep(output)


def main_layers(model: nn.Module, inputs: Float[Tensor, " batch *input"]) -> list[str]:
    """Return the name of the model's last direct child at each size of map above one pixel.

    Args:
        model: the model.
        inputs: a batch of one.

    Raises:
        ConfigError: the model has no maps.
    """
    with torch.no_grad():
        outputs = outputs_of(model, inputs, [name for name, _ in model.named_children()])
    last = {tuple(output.shape[2:]): name for name, output in outputs.items() if output[0, 0].numel() > 1}
    if not last:
        raise ConfigError(
            "model", got=type(model).__name__, need="one with maps: convolutions, not linear layers alone"
        )
    return list(last.values())
