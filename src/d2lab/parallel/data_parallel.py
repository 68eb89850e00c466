"""Data parallelism by torch's own engines: every process computes on its part of the batch, gradients are averaged.

`DistributedDataParallel` keeps the whole model in each process. `fully_shard` (FSDP2) keeps 1 / processes of every
weight, of its gradient and of the optimizer's state in each, and gathers a layer's weights while it computes.

Source: Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training"; Zhao et al. 2023,
"PyTorch FSDP: Experiences on Scaling Fully Sharded Data Parallel"; Rajbhandari et al. 2020, "ZeRO", section 5.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from d2lab.core.errors import ConfigError
from d2lab.parallel.ranks import Ranks


class Computation(nn.Module):
    """A model and what is computed with it as one module, for DDP acts where a module is called.

    Args:
        model: the model.
        compute: called with the model and the arguments; returns a tuple of what needs gradients and what does not.
    """

    def __init__(self, model: nn.Module, compute: Callable[..., tuple[Any, ...]]) -> None:
        super().__init__()
        self.model, self.compute = model, compute

    def forward(self, *arguments: Any) -> tuple[Any, ...]:  # noqa: ANN401
        """Return what is computed."""
        return self.compute(self.model, *arguments)


def average_gradients(computation: Computation) -> DistributedDataParallel:
    """Average the gradients of all processes during the backward pass; buffers are those of process 0.

    Weights that a step does not use are looked for at every step: a detector without a proposal has such. Where they
    are, buckets of gradients also stay as they were first laid out, so that a resumed run adds up in the same order.

    Args:
        computation: on its device; the same in all processes.
    """
    return DistributedDataParallel(computation, find_unused_parameters=True)


def share_buffers(model: nn.Module, ranks: Ranks) -> None:
    """Copy the buffers of process 0 to all processes, such as the running statistics of batch normalization."""
    if not ranks.alone:
        for buffer in model.buffers():
            torch.distributed.broadcast(buffer, src=0)


def shard_weights(model: nn.Module, device: torch.device) -> nn.Module:
    """Keep an equal share of every weight in each process; changes the model in place and returns it.

    Each layer below the model is gathered when it computes and let go of afterwards. Names and (global) shapes stay,
    the weights become tensors of the class `DTensor`: an optimizer must be built after this.

    Args:
        model: the same in all processes; on the device or not.
        device: where it computes.

    Raises:
        ConfigError: the model has no layer that can be sharded, or this torch can't shard.
    """
    try:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard
    except ImportError as cause:
        raise ConfigError("shard", got=f"torch {torch.__version__}", need="2.7 or newer, for fully_shard") from cause
    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    model.to(device)
    for layer in _layers(model):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


def _layers(model: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers directly below a model that hold weights; lists of layers are never called, their items are."""
    for child in model.children():
        if isinstance(child, nn.ModuleList | nn.ModuleDict):
            yield from _layers(child)
        elif any(parameter.requires_grad for parameter in child.parameters()):
            yield child


def is_sharded(tensor: Tensor) -> bool:
    """Return whether each process holds only a share of a tensor."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """Return a sharded tensor gathered from all processes, on each of them; any other as it is."""
    return tensor.full_tensor() if is_sharded(tensor) else tensor  # type: ignore[attr-defined]


def placed_like(tensor: Tensor, like: Tensor) -> Tensor:
    """Return a whole tensor sharded as another one is; as it is where that one is not, or the tensor is already."""
    if not is_sharded(like) or is_sharded(tensor) or tensor.shape != like.shape:
        return tensor
    from torch.distributed.tensor import distribute_tensor

    here, mesh = tensor.to(like.device), like.device_mesh  # type: ignore[attr-defined]
    return distribute_tensor(here, mesh, like.placements, src_data_rank=None)  # type: ignore[attr-defined]
