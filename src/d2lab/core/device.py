"""Where tensors live: a device by name, or the best one that this machine has."""

from collections.abc import Callable

import torch

from d2lab.core.errors import ConfigError

PREFERENCE = ("cuda", "mps", "xpu", "cpu")  # fastest first


def available_devices() -> tuple[str, ...]:
    """List the kinds of device that work here, the best first; always ends with cpu."""
    works: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "xpu": lambda: hasattr(torch, "xpu") and torch.xpu.is_available(),
        "cpu": lambda: True,
    }
    return tuple(kind for kind in PREFERENCE if works[kind]())


def devices() -> tuple[torch.device, ...]:
    """List every device of this machine, the best first: each card by its number, the processor last."""
    found: list[torch.device] = []
    for kind in available_devices():
        if kind in ("cuda", "xpu"):
            found += [torch.device(kind, number) for number in range(torch.get_device_module(kind).device_count())]
        else:
            found.append(torch.device(kind))
    return tuple(found)


def numbered(device: torch.device) -> torch.device:
    """Name one device one way: "cuda" is the present card of several, and "cpu:0" is "cpu".

    >>> numbered(torch.device("cpu", 0))
    device(type='cpu')
    """
    if device.type not in ("cuda", "xpu"):
        return torch.device(device.type)
    if device.index is not None:
        return device
    return torch.device(device.type, torch.get_device_module(device.type).current_device())


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all it was asked for; a processor has when it answers."""
    if device.type not in ("cpu", "meta"):
        torch.accelerator.synchronize(device)


def resolve_device(name: str = "auto") -> torch.device:
    """Turn a name (auto, cpu, cuda, cuda:1, mps, xpu) into a device that exists.

    Raises:
        ConfigError: the name is no device, or this machine has none of that kind.
    """
    kinds = available_devices()
    if name == "auto":
        return torch.device(kinds[0])
    fix = "Leave --device out to take the best one."
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError("device", got=name, need=f"one of {', '.join(kinds)}", fix=fix) from None
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if device.type not in kinds or (device.index or 0) >= count:
        raise ConfigError("device", got=name, need=f"one of {', '.join(kinds)} (found here)", fix=fix)
    return device
