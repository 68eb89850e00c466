"""State of the random number generators that training draws from."""

import torch
from torch import Tensor

from d2lab.core.errors import RunError


def get_rng_state(device: torch.device) -> dict[str, Tensor]:
    """Copy the state of the generators that training on `device` draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type in ("cuda", "mps", "xpu"):
        module = getattr(torch, device.type)
        on = () if device.type == "mps" else (device,)
        states[device.type] = module.get_rng_state(*on)
    return states


def set_rng_state(states: dict[str, Tensor], device: torch.device) -> None:
    """Restore saved states; the state of another kind of device is ignored.

    Raises:
        RunError: a tensor is not the state of a generator.
    """
    try:
        torch.set_rng_state(states["cpu"].cpu())
        if device.type in states and device.type != "cpu":
            module = getattr(torch, device.type)
            on = () if device.type == "mps" else (device,)
            module.set_rng_state(states[device.type].cpu(), *on)
    except (RuntimeError, TypeError) as cause:
        raise RunError("checkpoint", got=str(cause), need="the state of torch's generators") from cause
