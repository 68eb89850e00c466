"""Data parallelism from scratch: each device has the whole model and a part of the batch; gradients are summed.

The loss of a batch is a mean over its examples. Each part's mean is weighted by the part's share of the batch, so
the sum of the parts' gradients is the gradient of the batch, also where the parts are not equally large. Every
copy then takes the same step, and the copies stay alike to the bit.

Two layers see the split. Batch normalization takes its mean and variance over the part, not the batch: the numbers
are those of gradient accumulation over the parts, and each copy's running averages are its own. Dropout draws
anew for each part.

Source: Dean et al. 2012, "Large scale distributed deep networks", section 4.
Changed: all copies move in step, where Dean's ask a server each in their own time.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.parallel.collectives import all_reduce_sum, scatter

Loss = Callable[[Tensor, Tensor], Tensor]  # outputs, targets -> mean over the examples


def replicate(model: nn.Module, devices: Sequence[torch.device]) -> list[nn.Module]:
    """Return each device a copy of the model that shares nothing with the others; a device may be named twice.

    Raises:
        ConfigError: no device is named.
    """
    if not devices:
        raise ConfigError("the number of devices", got=0, need="at least 1")
    return [copy.deepcopy(model).to(device) for device in devices]


def split_batch_gradients(
    replicas: Sequence[nn.Module],
    loss: Loss,
    inputs: Shaped[Tensor, " batch *rest"],
    targets: Shaped[Tensor, " batch *answer"],
) -> Float[Tensor, ""]:
    """Leave in every replica's parameters the gradient of the whole batch; return its loss, on the first device.

    Twin: the gradient of the whole batch on one device, to rounding, for models without batch normalization
        and dropout.

    Args:
        replicas: copies of one model, from `replicate`.
        loss: a mean over examples.
        inputs: the whole batch.
        targets: one an example.

    Raises:
        ConfigError: there is no replica or no example.
    """
    if len(inputs) == 0:
        raise ConfigError("the batch", got="no example", need="at least 1")
    devices = [next(replica.parameters()).device for replica in replicas]
    parts = zip(replicas, scatter(inputs, devices), scatter(targets, devices), strict=True)
    shares = []
    for replica, part, wanted in parts:
        replica.zero_grad()
        if len(part):  # a mean over no example is not a number
            shares.append(loss(replica(part), wanted) * (len(part) / len(inputs)))
    torch.autograd.backward(shares)  # only now: every device has begun its forward pass
    _sum_gradients(replicas)
    return torch.stack([share.detach().to(devices[0]) for share in shares]).sum()


@torch.no_grad()
def _sum_gradients(replicas: Sequence[nn.Module]) -> None:
    """Replace each gradient by its sum over the replicas; a replica without examples adds nothing."""
    for same in zip(*(replica.parameters() for replica in replicas), strict=True):
        if any(parameter.grad is not None for parameter in same):  # else frozen, or unused
            parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in same]
            for parameter, total in zip(same, all_reduce_sum(parts), strict=True):
                parameter.grad = total
