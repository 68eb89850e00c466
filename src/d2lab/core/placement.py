"""Where the tensors of a model live, and one clear word when a batch lives elsewhere."""

from collections import Counter
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from d2lab.core.device import numbered
from d2lab.core.errors import ConfigError


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
