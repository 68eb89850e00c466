"""Builders: from settings to torch's own optimizers, fused where the device can; and from torch's to ours."""

import copy
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from d2lab.core.errors import ConfigError
from d2lab.optimizers.adam import Adam, AdamW
from d2lab.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from d2lab.optimizers.base import Parameters, ScratchOptimizer
from d2lab.optimizers.config import OptimizerConfig
from d2lab.optimizers.muon import Muon, MuonAdamW
from d2lab.optimizers.proximal import ProximalSGD
from d2lab.optimizers.sgd import SGD

FUSED = {"sgd", "adagrad", "adam", "adamw"}  # torch has one kernel for the whole step of these
TORCHS: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adadelta": torch.optim.Adadelta,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}
SCRATCH: dict[type[torch.optim.Optimizer], Callable[..., ScratchOptimizer]] = {
    getattr(torch.optim, made.__name__): made
    for made in (SGD, Adagrad, RMSprop, Adadelta, Adam, AdamW, Muon)
    if hasattr(torch.optim, made.__name__)  # Muon came with torch 2.9
}


def build_optimizer(config: OptimizerConfig, parameters: Parameters) -> torch.optim.Optimizer:
    """Build the optimizer that `config` names, over parameters or parameter groups.

    Args:
        config: name and settings of the optimizer.
        parameters: tensors, or groups with `params`; a group's `lr_scale` multiplies its learning rate, see `set_lr`.
    """
    given_parameters: list[Any] = list(parameters)
    tensors = [t for given in given_parameters for t in (given["params"] if isinstance(given, dict) else [given])]
    if config.l1:
        return ProximalSGD(given_parameters, config.learning_rate, config.l1, config.momentum)
    given: dict[str, Any] = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    given |= {"momentum": config.momentum} if config.name in ("sgd", "rmsprop", "muon") else {}
    given |= {"nesterov": config.nesterov} if config.name in ("sgd", "muon") else {}
    given |= {} if config.eps is None else {"eps": config.eps}
    if config.decay is not None:
        given["alpha" if config.name == "rmsprop" else "rho"] = config.decay
    if config.name in ("adam", "adamw", "muon"):
        betas = (config.beta1, config.beta2)
        given["betas"] = tuple(d if b is None else b for b, d in zip(betas, (0.9, 0.999), strict=True))
    if config.name == "muon":
        given |= {} if config.adamw_lr_scale is None else {"adamw_lr_scale": config.adamw_lr_scale}
        return MuonAdamW(given_parameters, keep_norm=config.keep_norm, **given)
    if config.name in FUSED:
        given["fused"] = all(_has_fused(config.name, t) for t in tensors)
    return TORCHS[config.name](given_parameters, **given)


def _has_fused(name: str, tensor: Tensor) -> bool:
    devices = ("cpu",) if name == "adagrad" else ("cpu", "cuda")
    shared = hasattr(tensor, "full_tensor")  # a DTensor, whose operations are not fused
    return tensor.device.type in devices and tensor.is_floating_point() and not shared


def scratch_optimizer(optimizer: torch.optim.Optimizer) -> ScratchOptimizer:
    """Build the from-scratch counterpart of a torch optimizer: same weights, groups, settings and state.

    Args:
        optimizer: one of torch.optim's; it is left as it is.

    Raises:
        ConfigError: the optimizer has no counterpart, or only some of its groups decouple the weight decay.
    """
    made = SCRATCH.get(type(optimizer))
    if made is Adam and _is_decoupled(optimizer):
        made = AdamW
    if made is None:
        names = ", ".join(known.__name__ for known in SCRATCH)
        raise ConfigError("the optimizer", got=type(optimizer).__name__, need=f"one of torch's {names}")
    known = set(inspect.signature(made).parameters) | {"params"}
    groups = [{name: value for name, value in group.items() if name in known} for group in optimizer.param_groups]
    ours = made(groups)
    ours.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    return ours


def _is_decoupled(adam: torch.optim.Optimizer) -> bool:
    """Return whether torch's Adam decouples the weight decay, as AdamW does."""
    decoupled = {bool(group.get("decoupled_weight_decay")) for group in adam.param_groups}
    if len(decoupled) > 1:
        raise ConfigError("decoupled_weight_decay", got="both", need="one value for all groups")
    return decoupled == {True}


def set_lr(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of every parameter group to `learning_rate` times the group's `lr_scale` (default 1)."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group.get("lr_scale", 1.0)


def clip(config: OptimizerConfig, parameters: Sequence[Tensor]) -> Tensor | None:
    """Clip gradients in place as the settings say: by value first, then by norm; return the norm before the latter.

    Args:
        config: with `clip_value` and `clip_norm`; None turns either off.
        parameters: whose gradients are clipped.
    """
    if config.clip_value is not None:
        clip_grad_value_(parameters, config.clip_value)
    if config.clip_norm is not None:
        return clip_grad_norm_(parameters, config.clip_norm)
    return None
