"""Collectives: what several devices do together, in plain copies and sums.

Source: the names are those of the MPI standard 1.1, 1995, chapter 4.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError


def scatter(batch: Shaped[Tensor, " batch *rest"], devices: Sequence[torch.device]) -> list[Tensor]:
    """Cut a batch along its first axis, a part for each device in order; the first parts are one longer.

    A batch smaller than the number of devices leaves the last ones an empty part.

    Raises:
        ConfigError: no device is named.
    """
    _check(devices)
    return [
        part.to(device, non_blocking=True)
        for part, device in zip(batch.tensor_split(len(devices)), devices, strict=True)
    ]


def gather(parts: Sequence[Tensor], device: torch.device) -> Tensor:
    """Put parts together again along the first axis, on one device: undoes `scatter`.

    Raises:
        ConfigError: there is no part.
    """
    _check(parts)
    return torch.cat([part.to(device) for part in parts])


def all_reduce_sum(parts: Sequence[Tensor]) -> list[Tensor]:
    """Return every device the sum of all parts, each a copy of its own.

    The sum is taken in the order of the parts, on the device of the first: every device gets the same bits, and
    the next run gets them again.

    Cost: 2 (devices - 1) copies of a part, all through the first device. A ring spreads them over all wires.

    Raises:
        ConfigError: there is no part, or their shapes differ.
    """
    _check(parts)
    shapes = sorted({tuple(part.shape) for part in parts})
    if len(shapes) > 1:
        raise ConfigError("the parts of a sum", got=f"shapes {shapes}", need="one shape")
    total = parts[0].clone()
    for part in parts[1:]:
        total += part.to(total.device)
    return [total.to(part.device, copy=True) for part in parts]


def _check(things: Sequence[object]) -> None:
    if not things:
        raise ConfigError("the number of devices", got=0, need="at least 1")
