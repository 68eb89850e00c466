"""Tensor parallelism from scratch: each device has a part of every layer and sees the whole batch.

Of two linear layers with an activation between, the first is split by columns and the second by rows. Every device
then computes its part of the hidden units alone, activation included, and the summands of the output are added up:

    y = sum over devices d of activation(x A_d + a_d) B_d, plus b,  where A = [A_1 A_2 ...] and B = [B_1; B_2; ...]

So one all-reduce serves the forward pass and one the backward pass, however wide the hidden layer. Were the first layer
split by rows, its outputs would have to be summed before the activation, which isn't linear.

Weights are stored as torch does, (outputs, inputs): the columns of A are the first axis of `nn.Linear.weight`.

Source: Shoeybi et al. 2019, "Megatron-LM: training multi-billion parameter language models using model parallelism",
    section 3 (the functions f and g of its figure 3a).
Changed: devices of one process, one after the other; no dropout.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_axis
from d2lab.parallel.collectives import all_reduce_sum
from d2lab.parallel.split_batch import Loss

Activation = Callable[[Tensor], Tensor]  # acts on each number alone: of a softmax, a part is not the softmax of a part


class _SumBackward(torch.autograd.Function):
    """Megatron's f: the identity forward, an all-reduce of the gradients backward."""

    @staticmethod
    def forward(ctx: Any, *copies: Tensor) -> tuple[Tensor, ...]:  # noqa: ANN401
        return tuple(copy.view_as(copy) for copy in copies)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:  # noqa: ANN401
        return tuple(all_reduce_sum(gradients))


class _SumForward(torch.autograd.Function):
    """Megatron's g: an all-reduce of the summands forward, the identity backward."""

    @staticmethod
    def forward(ctx: Any, *summands: Tensor) -> tuple[Tensor, ...]:  # noqa: ANN401
        return tuple(all_reduce_sum(summands))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:  # noqa: ANN401
        return gradients


@dataclass(frozen=True)
class DeviceBytes:
    """What one device holds and sends for a batch, in bytes."""

    parameters: int  # weights and biases; the second bias is on every device
    hidden: int  # inputs of the activation, kept for the backward pass
    forward: int  # the tensor that the device adds to the forward all-reduce
    backward: int  # the same for the backward all-reduce, which takes place where the input has a gradient


class TensorParallelMLP(nn.Module):
    """A linear layer, an activation and a linear layer, split over devices.

    Parts of the hidden units differ by at most one, the larger first. Every device holds the second bias and adds it
    after the sum. The module has parameters of its own: copies of those of the layers that it is built from.

    Args:
        first: (inputs -> hidden units), split by hidden units.
        second: (hidden units -> outputs), split by hidden units too.
        devices: where the parts lie; a device may occur several times.
        activation: a function of each hidden unit alone.

    Raises:
        ConfigError: there is no device, or more devices than hidden units, or the layers do not fit each other.
    """

    def __init__(
        self, first: nn.Linear, second: nn.Linear, devices: Sequence[torch.device], activation: Activation = torch.relu
    ) -> None:
        super().__init__()
        hidden = first.out_features
        if second.in_features != hidden:
            raise ConfigError("inputs of the second layer", got=second.in_features, need=f"{hidden}, as the first has")
        if not 1 <= len(devices) <= hidden:
            raise ConfigError("the number of devices", got=len(devices), need=f"1 to {hidden}, the hidden units")
        self.devices, self.activation = list(devices), activation
        widths = [len(part) for part in torch.arange(hidden).tensor_split(len(devices))]
        ends = torch.tensor(widths).cumsum(0).tolist()
        units = [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]
        self.first = nn.ModuleList(
            _linear(first.weight[unit], None if first.bias is None else first.bias[unit], device)
            for unit, device in zip(units, devices, strict=True)
        )
        self.second = nn.ModuleList(
            _linear(second.weight[:, unit], second.bias, device) for unit, device in zip(units, devices, strict=True)
        )

    @property
    def parts(self) -> list[tuple[nn.Linear, nn.Linear]]:
        """For each device its part of the first and of the second layer."""
        return [(cast(nn.Linear, a), cast(nn.Linear, b)) for a, b in zip(self.first, self.second, strict=True)]

    def forward(self, inputs: Sequence[Float[Tensor, "*batch inputs"]]) -> list[Float[Tensor, "*batch outputs"]]:
        """Return the whole output on every device, from the whole input on every device.

        To learn, take the loss on each device and backpropagate all of them, as in `tensor_parallel_gradients`: the
        gradients of the output are taken as equal on all devices.

        Args:
            inputs: copies of one batch, one on each device.

        Raises:
            ConfigError: there are not as many copies as devices, or their width is not that of the first layer.
        """
        if len(inputs) != len(self.devices):
            raise ConfigError("copies of the input", got=len(inputs), need=f"{len(self.devices)}, one for each device")
        for copy in inputs:
            check_axis("TensorParallelMLP", copy, -1, self.parts[0][0].in_features)
        summands = []
        for copy, (first, second) in zip(_SumBackward.apply(*inputs), self.parts, strict=True):
            hidden = self.activation(first(copy))  # *batch hidden/devices
            summands.append(hidden @ second.weight.mT)  # *batch outputs
        totals = zip(_SumForward.apply(*summands), self.parts, strict=True)
        return [total if second.bias is None else total + second.bias for total, (_, second) in totals]


def tensor_parallel_gradients(
    model: TensorParallelMLP,
    loss: Loss,
    inputs: Float[Tensor, " batch *rest"],
    targets: Shaped[Tensor, " batch *answer"],
) -> Float[Tensor, ""]:
    """Set `grad` of the parameters of every device to the gradient over the batch; return the loss (a scalar).

    Twin: the gradient of the whole model on one device, up to rounding: parts of it for the split weights and the
        first bias, the same on every device for the second bias.

    Args:
        model: the split model.
        loss: takes outputs and targets; computed on every device, on the same outputs.
        inputs: the whole batch; copied to every device.
        targets: one for each example; copied likewise.

    Raises:
        ConfigError: the width of the inputs is not that of the first layer.
    """
    model.zero_grad()
    outputs = model([inputs.to(device) for device in model.devices])
    losses = [loss(output, targets.to(output.device)) for output in outputs]
    torch.autograd.backward(losses)
    return losses[0].detach()


def device_bytes(model: TensorParallelMLP, batch: int) -> list[DeviceBytes]:
    """Count what each device holds and sends in a step of a batch of vectors.

    Args:
        model: the split model.
        batch: number of examples.

    Raises:
        ConfigError: the batch is below 1.
    """
    if batch < 1:
        raise ConfigError("the batch", got=batch, need="1 or more")
    counts = []
    for first, second in model.parts:
        number = first.weight.element_size()
        held = sum(p.numel() * p.element_size() for p in (*first.parameters(), *second.parameters()))
        widths = first.out_features, second.out_features, first.in_features
        counts.append(DeviceBytes(held, *(batch * width * number for width in widths)))
    return counts


def _linear(weight: Tensor, bias: Tensor | None, device: torch.device) -> nn.Linear:
    """Build a layer of copies of these numbers on a device."""
    outputs, inputs = weight.shape
    layer = nn.Linear(inputs, outputs, bias=bias is not None, device=device, dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer
