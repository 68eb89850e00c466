"""The tensors of an optimizer, put back from a checkpoint and checked: none missing, none too many."""

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.errors import RunError
from d2lab.parallel.data_parallel import placed_like


def pack_state(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], *, began: bool) -> dict[str, Any]:
    """Put loose tensors back into the shape that torch's optimizers load.

    A weight that never had a gradient has no state. One that has some must have all that a step makes.

    Args:
        optimizer: that is to load them.
        tensors: by `NUMBER.NAME`: the weight's number among all weights, and the name in its state.
        began: whether a step was taken, so that there must be state where the optimizer keeps any.

    Raises:
        RunError: a tensor is missing, unknown, or of another shape or type.
    """
    parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
    expected = state_names(optimizer) if tensors or began else []
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        if not number.isdecimal() or int(number) >= len(parameters):
            raise RunError("checkpoint", got=f"optimizer.{key}", need=f"{len(parameters)} parameters")
        state.setdefault(int(number), {})[name] = _like(parameters[int(number)], value, f"optimizer.{key}")
    for index, kept in state.items():
        if kept.keys() != expected[index]:
            got = f"{', '.join(sorted(kept))} for weight {index}"
            raise RunError("checkpoint's optimizer", got=got, need=", ".join(sorted(expected[index])) or "no state")
    if began and not state and any(expected):
        need = f"{', '.join(sorted(set().union(*expected)))} of {type(optimizer).__name__}"
        raise RunError("checkpoint's optimizer", got="no state", need=need, fix="Start the run again with d2lab train.")
    return {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}


def _like(weight: Tensor, value: Tensor, name: str) -> Tensor:
    """Copy a tensor of an optimizer's state, in memory as its weight is."""
    if value.ndim and value.shape != weight.shape:
        raise RunError(
            "checkpoint", got=f"{name} {tuple(value.shape)}", need=f"the weight's shape {tuple(weight.shape)}"
        )
    if not value.is_floating_point():
        raise RunError("checkpoint", got=f"{name} of {value.dtype}", need="numbers of floating point")
    # A fused step walks through memory in step: state must lie as its weight does, channels last or not.
    like = torch.empty_like(weight, dtype=value.dtype) if value.ndim else value.clone()
    return like.copy_(placed_like(value, like))


def state_names(optimizer: torch.optim.Optimizer) -> list[set[str]]:
    """List, for each weight, the names of the tensors that a step keeps; found by a step of a copy on single numbers.

    >>> state_names(torch.optim.SGD([torch.zeros(2, 3)], lr=0.1, momentum=0.9))
    [{'momentum_buffer'}]

    Args:
        optimizer: stays as it is.
    """
    kind = type(optimizer)
    tried = kind.__new__(kind)
    tried.__dict__.update(optimizer.__dict__)  # copy.copy would leave out what a subclass adds
    tried.state = defaultdict(dict)
    tried.param_groups = [
        {**group, "params": [_single(w) for w in group["params"]]} for group in optimizer.param_groups
    ]
    kind.step(tried)
    weights = [weight for group in tried.param_groups for weight in group["params"]]
    return [{name for name, value in tried.state[one].items() if isinstance(value, Tensor)} for one in weights]


def _single(weight: Tensor) -> nn.Parameter:
    """Return a weight of one number with as many axes, its gradient zero."""
    one = nn.Parameter(torch.zeros((1,) * weight.ndim, dtype=weight.dtype, device=weight.device))
    one.grad = torch.zeros_like(one)
    return one
