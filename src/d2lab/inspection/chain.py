"""Whether a model is a chain of layers, found by running it: what its class is called does not matter."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


def chain_of(
    model: nn.Module, example: Tensor, parts: Mapping[str, nn.Module] | None = None, *, training: bool = False
) -> dict[str, nn.Module] | None:
    """Return the layers of a model in the order of their calls if it is a chain of them, else None.

    In a chain the first layer reads the input, each other one exactly the tensor that the one before returned, the
    model returns what the last one does, and no layer is called twice: calling the layers one after the other then is
    the model. Tensors are compared by identity, so that anything computed between two layers is noticed.

    Modes, buffers (running statistics) and the state of torch's random generators are as before.

    Args:
        model: any model.
        example: a batch that it reads, on its device.
        parts: modules of the model that count as layers, by name; those without children unless given.
        training: follow the forward pass of training rather than that of evaluation.
    """
    if parts is None:
        parts = {name: module for name, module in model.named_modules() if next(module.children(), None) is None}
    calls: list[tuple[str, object, object]] = []  # name, what went in, what came out
    inputs = torch.cat([example[:1]] * 2) if training else example  # batch normalization needs two to train
    with _recording(parts, calls), _unchanged(model, inputs.device), torch.no_grad():
        result = model.train(training)(inputs)
    given, names = inputs, []
    for name, read, returned in calls:
        if read is not given or not isinstance(returned, Tensor) or name in names:
            return None
        given = returned
        names.append(name)
    return {name: parts[name] for name in names} if calls and result is given else None


@contextmanager
def _recording(parts: Mapping[str, nn.Module], calls: list[tuple[str, object, object]]) -> Iterator[None]:
    """Write each call of a part down; one with more than a single argument is no link of a chain."""
    hooks = []
    for name, module in parts.items():

        def record(_: nn.Module, args: Any, kwargs: Any, output: Any, name: str = name) -> None:  # noqa: ANN401
            calls.append((name, args[0] if len(args) == 1 and not kwargs else None, output))

        hooks.append(module.register_forward_hook(record, with_kwargs=True))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _unchanged(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Restore modes, buffers and generators behind the block."""
    modes = {module: module.training for module in model.modules()}
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)
