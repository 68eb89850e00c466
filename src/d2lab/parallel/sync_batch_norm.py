"""Batch normalization over the examples of all processes, not over those of each alone.

Per-process statistics are the usual choice: no communication, but they are those of a smaller batch. With synchronized
ones a step is that of one process with the whole batch.

Source: Peng et al. 2018, "MegDet: A Large Mini-Batch Object Detector", section 3.3 (cross-GPU batch normalization).
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.layers import BatchNorm2d


class _SumOverProcesses(torch.autograd.Function):
    """Sum over all processes. The losses of all depend on the sum, so the gradient is the sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:  # noqa: ANN401
        total = part.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401
        total = gradient.contiguous().clone()
        torch.distributed.all_reduce(total)
        return total


def joint_moments(
    input: Float[Tensor, "batch channel *pixel"],
) -> tuple[Float[Tensor, " channel"], Float[Tensor, " channel"], Float[Tensor, ""]]:
    """Return mean, biased variance and number of values of each channel over the batches of all processes.

    The mean is summed first, then the squared distances from it: in one pass, E[x^2] - E[x]^2 cancels. Gradients flow
    through both sums to the inputs of every process.

    Args:
        input: this process's part of the batch; parts may differ in size.
    """
    axes = (0, *range(2, input.ndim))
    shape = (1, -1, *([1] * (input.ndim - 2)))
    count = input.new_tensor([input.numel() / input.shape[1]])
    sums = _SumOverProcesses.apply(torch.cat([input.sum(axes), count]))  # channel + 1
    mean, total = sums[:-1] / sums[-1].detach(), sums[-1].detach()
    squares = (input - mean.view(shape)).square().sum(axes)
    return mean, _SumOverProcesses.apply(squares) / total, total


def synchronized_batch_norm(
    layer: nn.modules.batchnorm._BatchNorm | BatchNorm2d, input: Float[Tensor, "batch channel *pixel"]
) -> Float[Tensor, "batch channel *pixel"]:
    """Return what a batch normalization in training computes on the batches of all processes together.

    Running statistics are updated as the layer itself would: running = (1 - momentum) running + momentum batch, with
    the unbiased variance.

    Twin: torch.nn.SyncBatchNorm, which needs CUDA tensors.

    Args:
        layer: gives weight, bias, running statistics and momentum.
        input: this process's part of the batch.
    """
    mean, variance, count = joint_moments(input)
    shape = (1, -1, *([1] * (input.ndim - 2)))
    output = (input - mean.view(shape)) * (variance + layer.eps).rsqrt().view(shape)
    if layer.weight is not None:
        output = output * layer.weight.view(shape)
    if layer.bias is not None:
        output = output + layer.bias.view(shape)
    if layer.running_mean is not None and layer.running_var is not None and layer.num_batches_tracked is not None:
        with torch.no_grad():
            layer.num_batches_tracked += 1
            share = 1 / float(layer.num_batches_tracked) if layer.momentum is None else layer.momentum
            layer.running_mean.lerp_(mean, share)
            layer.running_var.lerp_(variance * count / (count - 1), share)
    return output


def synchronize_batch_norm(model: nn.Module) -> nn.Module:
    """Make every batch normalization of a model compute on the batches of all processes while it trains; in place.

    Layers, weights and names stay; in evaluation nothing changes.

    Args:
        model: with batch normalization of torch's kinds or of `layers`.
    """
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm | BatchNorm2d):
            layer.forward = _Synchronized(layer)  # type: ignore[method-assign]
    return model


class _Synchronized:
    """The forward pass of a batch normalization: over all processes in training, its own in evaluation."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer

    def __call__(self, input: Tensor) -> Tensor:
        if self.layer.training and torch.distributed.is_initialized():
            return synchronized_batch_norm(self.layer, input)  # type: ignore[arg-type]
        return type(self.layer).forward(self.layer, input)  # type: ignore[no-any-return]
