"""Collective operations over several devices, in plain copies and sums.

Source: MPI standard 1.1, 1995, chapter 4 (the names and their meaning).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError


def scatter(batch: Shaped[Tensor, " batch *rest"], devices: Sequence[torch.device]) -> list[Tensor]:
    """Split a batch along its first axis and copy one part to each device, in order.

    Sizes differ by at most one, the larger parts first. With fewer examples than devices the last parts are empty.

    Args:
        batch: a tensor whose first axis counts examples.
        devices: where the parts go; one part each.

    Raises:
        ConfigError: no device is named.
    """
    _check(devices)
    return [
        part.to(device, non_blocking=True)
        for part, device in zip(batch.tensor_split(len(devices)), devices, strict=True)
    ]


def gather(parts: Sequence[Tensor], device: torch.device) -> Tensor:
    """Concatenate parts along the first axis on one device: the inverse of `scatter`.

    Args:
        parts: tensors that differ in their first axis only.
        device: where the result lies.

    Raises:
        ConfigError: there is no part.
    """
    _check(parts)
    return torch.cat([part.to(device) for part in parts])


def all_reduce_sum(parts: Sequence[Tensor]) -> list[Tensor]:
    """Return the sum of all parts once for each part, as a copy of its own on that part's device.

    The sum is taken in the order of the parts on the device of the first, so the result is deterministic and the same
    to the bit on every device.

    Cost: 2 (devices - 1) copies of a part, all through the first device. A ring spreads them over all links.

    Args:
        parts: tensors of one shape, one on each device.

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
