"""Data parallelism from scratch: each device has the whole model and a part of the batch; gradients are summed.

The loss of a batch is a mean over its examples. Each part's mean is weighted by the part's share of the batch, so
the sum of the parts' gradients is the gradient of the batch, also where the parts are not equally large. Every
replica then takes the same optimizer step, and the replicas stay equal to the bit.

Two layers depend on the split. Batch normalization takes mean and variance over the part, not the batch: the result
is that of gradient accumulation over the parts, and each replica has running statistics of its own. Dropout draws a
new mask for each part.

Source: Dean et al. 2012, "Large scale distributed deep networks", section 4.
Changed: synchronous updates, where Dean's replicas exchange with a parameter server asynchronously.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.parallel.collectives import all_reduce_sum, scatter

Loss = Callable[[Tensor, Tensor], Tensor]  # outputs, targets -> scalar, the mean over the examples


def replicate(model: nn.Module, devices: Sequence[torch.device]) -> list[nn.Module]:
    """Copy the model to every device; the copies share no memory.

    Args:
        model: what to copy; it is left as it is.
        devices: one for each copy; a device may occur several times.

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
    """Set `grad` of every replica's parameters to the gradient over the whole batch; return its loss (a scalar).

    Twin: the gradient of the whole batch on one device, up to rounding, for models without batch normalization and
        dropout.

    Args:
        replicas: copies of one model, from `replicate`; the loss is returned on the device of the first.
        loss: takes outputs and targets, returns the mean over examples.
        inputs: the whole batch; the first axis counts examples.
        targets: one for each example.

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
        if len(part):  # the mean over no example would be NaN
            shares.append(loss(replica(part), wanted) * (len(part) / len(inputs)))
    torch.autograd.backward(shares)  # only now: every device has started its forward pass
    _sum_gradients(replicas)
    return torch.stack([share.detach().to(devices[0]) for share in shares]).sum()


@torch.no_grad()
def _sum_gradients(replicas: Sequence[nn.Module]) -> None:
    """Replace each gradient by its sum over the replicas; a replica without examples adds nothing."""
    for same in zip(*(replica.parameters() for replica in replicas), strict=True):
        if any(parameter.grad is not None for parameter in same):  # otherwise frozen or unused
            parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in same]
            for parameter, total in zip(same, all_reduce_sum(parts), strict=True):
                parameter.grad = total
