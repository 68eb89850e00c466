"""From settings to torch's own optimizers, fused into one kernel where the device has one."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from d2lab.optimizers.config import OptimizerConfig


def build_optimizer(config: OptimizerConfig, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Make the optimizer that `config` names, over these parameters."""
    tensors = list(parameters)
    fused = all(t.device.type in ("cpu", "cuda") and t.is_floating_point() for t in tensors)
    shared = {"lr": config.learning_rate, "weight_decay": config.weight_decay, "fused": fused}
    if config.name == "adam":
        return torch.optim.Adam(tensors, **shared)  # type: ignore[arg-type]
    if config.name == "adamw":
        return torch.optim.AdamW(tensors, **shared)  # type: ignore[arg-type]
    return torch.optim.SGD(tensors, momentum=config.momentum, nesterov=config.nesterov, **shared)  # type: ignore[arg-type]


def set_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of every parameter group."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def clip(config: OptimizerConfig, parameters: Sequence[Tensor]) -> None:
    """Shorten gradients in place where the settings say so; by value first, then by norm."""
    if config.clip_value is not None:
        clip_grad_value_(parameters, config.clip_value)
    if config.clip_norm is not None:
        clip_grad_norm_(parameters, config.clip_norm)
