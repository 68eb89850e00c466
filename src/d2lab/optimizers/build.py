"""From settings to torch's own optimizers, fused into one kernel where the device has one; and from torch's to ours.

Source: none; the optimizers name theirs.
"""

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
from d2lab.optimizers.sgd import SGD, ProximalSGD

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
    """Make the optimizer that `config` names, over these parameters or groups of them.

    A group may have a `lr_scale`: its learning rate is that many times the others', see `set_lr`.
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
    return tensor.device.type in devices and tensor.is_floating_point()


def scratch_optimizer(optimizer: torch.optim.Optimizer) -> ScratchOptimizer:
    """Rebuild one of torch's optimizers on ours: same weights, groups, settings and memory of past steps.

    Source: none; the twins' sources are theirs.

    Raises:
        ConfigError: the optimizer has no scratch twin, or some of its groups decay apart and some by L2.
    """
    made = SCRATCH.get(type(optimizer))
    if made is Adam and _decays_apart(optimizer):
        made = AdamW
    if made is None:
        names = ", ".join(known.__name__ for known in SCRATCH)
        raise ConfigError("the optimizer", got=type(optimizer).__name__, need=f"one of torch's {names}")
    known = set(inspect.signature(made).parameters) | {"params"}
    groups = [{name: value for name, value in group.items() if name in known} for group in optimizer.param_groups]
    ours = made(groups)
    ours.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    return ours


def _decays_apart(adam: torch.optim.Optimizer) -> bool:
    """Tell whether torch's Adam was told to decay as AdamW does."""
    apart = {bool(group.get("decoupled_weight_decay")) for group in adam.param_groups}
    if len(apart) > 1:
        raise ConfigError("decoupled_weight_decay", got="both", need="one value for all groups")
    return apart == {True}


def set_lr(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of every parameter group, times the group's own `lr_scale` where it has one."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group.get("lr_scale", 1.0)


def clip(config: OptimizerConfig, parameters: Sequence[Tensor]) -> None:
    """Shorten gradients in place where the settings say so; by value first, then by norm."""
    if config.clip_value is not None:
        clip_grad_value_(parameters, config.clip_value)
    if config.clip_norm is not None:
        clip_grad_norm_(parameters, config.clip_norm)
