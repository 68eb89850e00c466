"""The state of torch's L-BFGS as tensors by name and plain values, and put back from them."""

import math
from typing import Any

import torch
from torch import Tensor

from d2lab.core.errors import RunError

LISTS = ("old_dirs", "old_stps")  # of each step that is remembered: change of the gradient, of the weights
ONCE = ("d", "prev_flat_grad")  # the last direction and gradient
COUNTS = ("func_evals", "n_iter")


def lbfgs_state(optimizer: torch.optim.LBFGS) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return all that a step of the optimizer reads and changes; empty before the first.

    Args:
        optimizer: of one weight.
    """
    state: dict[str, Any] = next(iter(optimizer.state.values()), {})
    if not state.get("n_iter"):
        return {}, {}
    tensors = {name: state[name] for name in ONCE}
    tensors["H_diag"] = torch.as_tensor(state["H_diag"], dtype=state["d"].dtype)
    for name in LISTS:
        tensors[name] = torch.stack(state[name]) if state[name] else state["d"].new_zeros(0, len(state["d"]))
    tensors["ro"] = torch.stack(state["ro"]) if state["ro"] else state["d"].new_zeros(0)
    values = {name: int(state[name]) for name in COUNTS}
    return tensors, values | {"t": float(state["t"]), "prev_loss": float(state["prev_loss"])}


def load_lbfgs(optimizer: torch.optim.LBFGS, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
    """Put a state back.

    Args:
        optimizer: of the same one weight.
        tensors: by name.
        values: by name.

    Raises:
        RunError: one is missing, of another size, or no finite number.
    """
    if not tensors and not values:
        return
    weight: Tensor = optimizer.param_groups[0]["params"][0]
    size, many = weight.numel(), len(tensors.get("ro", ()))
    shapes = dict.fromkeys(ONCE, (size,)) | {"H_diag": (), "ro": (many,)} | dict.fromkeys(LISTS, (many, size))
    got = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if got != shapes:
        wrong = next(name for name in (*shapes, *got) if got.get(name) != shapes.get(name))
        need = f"{shapes.get(wrong, 'absent')} of an L-BFGS over {size} numbers"
        raise RunError("checkpoint's optimizer", got=f"{wrong} {got.get(wrong, 'missing')}", need=need)
    try:
        state: dict[str, Any] = {name: int(values[name]) for name in COUNTS}
        state |= {name: float(values[name]) for name in ("t", "prev_loss")}
        if not all(map(math.isfinite, state.values())) or state["n_iter"] < 1:
            raise ValueError("numbers that no step leaves")
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        raise RunError("checkpoint's optimizer", got=str(cause), need="the values d2lab writes") from cause
    here = {name: tensor.to(weight) for name, tensor in tensors.items()}
    state |= {name: here[name] for name in (*ONCE, "H_diag")}
    state |= {name: list(here[name].unbind()) for name in (*LISTS, "ro")}
    optimizer.state[weight] = state
