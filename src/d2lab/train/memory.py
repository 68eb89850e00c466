"""Memory of a training step: weights, gradients, optimizer state and activations.

Nothing is computed: the model runs on torch's meta device, where a tensor has a shape and no data, so the memory of
a model that does not fit on this machine can be counted too.
"""

import copy
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.optimizers import OptimizerConfig, build_optimizer
from d2lab.train.task import Task

META = torch.device("meta")


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes of a training step, by what they hold."""

    parameters: int
    buffers: int  # such as the running averages of batch normalization
    gradients: int
    optimizer: int  # its state, such as momentum buffers and second moments
    activations: int  # what the forward pass keeps for the backward pass, the prepared batch where it is kept too

    @property
    def total(self) -> int:
        """Sum of all parts, bytes; a real step needs more for a while, such as workspaces of convolutions."""
        return sum(asdict(self).values())


def training_memory(
    model: nn.Module,
    task: Task,
    optimizer: OptimizerConfig,
    *,
    inputs: tuple[int, ...],
    targets: Tensor,
) -> TrainingMemory:
    """Count the bytes that a step in float32 holds when its forward pass ends and its gradients are there.

    Args:
        model: the model, on any device; it is not changed.
        task: its loss keeps activations too.
        optimizer: settings of the optimizer.
        inputs: shape of a prepared batch.
        targets: of the batch, on any device; their values do not matter.

    Raises:
        ConfigError: the batch is empty.
    """
    if not inputs or inputs[0] < 1:
        raise ConfigError("the shape of the inputs", got=inputs, need="at least one example")
    empty = copy.deepcopy(model).to(META).train()
    parameters = [p for p in empty.parameters() if p.requires_grad]
    kept: list[Tensor] = []  # the tensors themselves: a freed address could be reused

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = task.loss(empty, Batch(torch.empty(inputs, device=META), targets.to(META))).loss
    own = {_address(tensor) for tensor in (*empty.parameters(), *empty.buffers())}
    saved = {_address(tensor): tensor.untyped_storage().nbytes() for tensor in kept}
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        parameter.grad = gradient
    return TrainingMemory(
        parameters=_bytes(empty.parameters()),
        buffers=_bytes(empty.buffers()),
        gradients=_bytes(p.grad for p in parameters if p.grad is not None),
        optimizer=_state_bytes(optimizer, parameters),
        activations=sum(size for address, size in saved.items() if address not in own),
    )


def _state_bytes(optimizer: OptimizerConfig, parameters: list[nn.Parameter]) -> int:
    """Take one optimizer step and count the bytes of its state."""
    built = build_optimizer(optimizer, parameters)
    built.step()
    return _bytes(value for state in built.state.values() for value in state.values() if isinstance(value, Tensor))


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)


def _address(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
