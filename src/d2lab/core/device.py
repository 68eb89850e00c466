"""Where tensors live: devices by name, the tensors of a model, and one clear word when a batch lives elsewhere."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

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


@dataclass(frozen=True, slots=True)
class Share:
    """Tensors of one kind on one device."""

    device: torch.device
    dtype: torch.dtype
    tensors: int
    bytes: int


def where(model: nn.Module) -> tuple[Share, ...]:
    """List where the parameters and buffers of a model live: a line for each device and number format, largest first.

    A tensor that two layers share is counted once.

    >>> where(nn.Linear(3, 2))
    (Share(device=device(type='cpu'), dtype=torch.float32, tensors=2, bytes=32),)
    """
    counts: Counter[tuple[torch.device, torch.dtype]] = Counter()
    sizes: Counter[tuple[torch.device, torch.dtype]] = Counter()
    for tensor in chain(model.parameters(), model.buffers()):
        counts[tensor.device, tensor.dtype] += 1
        sizes[tensor.device, tensor.dtype] += tensor.nbytes
    return tuple(Share(*kind, counts[kind], size) for kind, size in sizes.most_common())


def require_same_device(model: nn.Module, *given: Tensor | torch.device) -> None:
    """Refuse tensors that live elsewhere than the model; meant for the start of a loop, not for every step.

    A model without tensors goes anywhere. So does a processor's tensor without axes: torch hands such a number over.

    Args:
        model: the model.
        given: batches, or the devices that they come from.

    Raises:
        ConfigError: one lives elsewhere, or the model itself lives on several devices.
    """
    homes = sorted({str(numbered(tensor.device)) for tensor in chain(model.parameters(), model.buffers())})
    if len(homes) > 1:
        need, fix = "one device for the whole model", f"Move it: model.to({homes[0]!r})."
        raise ConfigError("the model's device", got=", ".join(homes), need=need, fix=fix)
    for thing in given:
        device = numbered(thing.device if isinstance(thing, Tensor) else thing)
        number = isinstance(thing, Tensor) and thing.ndim == 0 and device.type == "cpu"
        if homes and str(device) != homes[0] and not number:
            fix = f"Move it: batch.to({homes[0]!r}), or the model to {device}."
            raise ConfigError("the batch's device", got=str(device), need=f"{homes[0]}, where the model is", fix=fix)
