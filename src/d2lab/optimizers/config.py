"""Settings of an optimizer, of gradient clipping and of a learning-rate schedule: plain values, no tensors."""

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from d2lab.core.errors import ConfigError

OptimizerName = Literal["sgd", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "muon"]
ScheduleName = Literal["constant", "step", "multi-step", "factor", "polynomial", "linear", "cosine", "one-cycle"]
TAKES = {  # which settings beyond the shared ones each optimizer has
    "sgd": {"momentum", "nesterov", "l1"},
    "adagrad": {"eps"},
    "rmsprop": {"momentum", "decay", "eps"},
    "adadelta": {"decay", "eps"},
    "adam": {"beta1", "beta2", "eps"},
    "adamw": {"beta1", "beta2", "eps"},
    "muon": {"momentum", "nesterov", "beta1", "beta2", "eps", "adamw_lr_scale", "keep_norm"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimizerConfig:
    """Settings of an optimizer and of gradient clipping; None keeps the optimizer's default."""

    RENAMED: ClassVar[dict[str, str]] = {"rest_factor": "adamw_lr_scale"}  # former names of settings
    ALIASES: ClassVar[dict[str, str]] = {"lr": "learning_rate"}  # names that users of other libraries type

    name: OptimizerName = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.0  # sgd, rmsprop and muon
    nesterov: bool = False  # sgd and muon
    l1: float = 0.0  # sgd: strength of an L1 penalty, applied by proximal steps
    decay: float | None = None  # rmsprop (alpha, 0.99) and adadelta (rho, 0.9): decay of the mean squared gradient
    beta1: float | None = None  # adam, adamw, and adamw inside muon: decay of the mean gradient, 0.9
    beta2: float | None = None  # adam, adamw, and adamw inside muon: decay of the mean squared gradient, 0.999
    eps: float | None = None  # all but sgd: added to the denominator
    adamw_lr_scale: float | None = None  # muon: learning rate of its adamw part (biases, gains, head) over muon's; 0.1
    keep_norm: bool = False  # muon: keep the norm of hidden weights constant
    weight_decay: float = 0.0
    clip_norm: float | None = None  # largest 2-norm of the gradients of all parameters together
    clip_value: float | None = None  # largest absolute value of a gradient's entry

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < math.inf:
            raise ConfigError("learning_rate", got=self.learning_rate, need="a number above 0")
        for name in ("momentum", "decay", "beta1", "beta2"):
            share = getattr(self, name)
            if share is not None and not 0 <= share < 1:
                raise ConfigError(name, got=share, need="a number from 0 up to, not with, 1")
        for name in ("weight_decay", "l1"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(name, got=getattr(self, name), need="0 or more")
        for name in ("clip_norm", "clip_value", "eps", "adamw_lr_scale"):
            limit = getattr(self, name)
            if limit is not None and not 0 < limit < math.inf:
                raise ConfigError(name, got=limit, need="a number above 0, or none")
        self._check_together()

    def _check_together(self) -> None:
        """Refuse settings that the named optimizer does not have, or that contradict each other."""
        for name in ("momentum", "nesterov", "l1", "decay", "beta1", "beta2", "eps", "adamw_lr_scale", "keep_norm"):
            if getattr(self, name) not in (None, False, 0.0) and name not in TAKES[self.name]:
                able = [optimizer for optimizer, names in TAKES.items() if name in names]
                fix = f"Set name={able[0]}, or leave {name} out."
                raise ConfigError("optimizer.name", got=self.name, need=f"{' or '.join(able)} for {name}", fix=fix)
        if self.nesterov and not self.momentum:
            raise ConfigError("nesterov", got=True, need="a momentum above 0", fix="Set momentum=0.9.")
        if self.l1 and (self.weight_decay or self.nesterov):
            raise ConfigError("l1", got=self.l1, need="weight_decay=0 and nesterov=false beside it")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleConfig:
    """Settings of a learning-rate schedule, whose values multiply `learning_rate`."""

    name: ScheduleName = "constant"
    warmup_steps: int = 0  # steps of linear warm-up from 0
    every_steps: int = 1000  # step: multiply by `gamma` every so many steps
    milestones: tuple[int, ...] = ()  # multi-step: multiply by `gamma` at these steps
    gamma: float = 0.1  # step, multi-step, factor
    floor: float = 0.0  # cosine, linear, polynomial: the value at the last step; factor: the lower bound
    power: float = 2.0  # polynomial
    rise: float = 0.3  # one-cycle: share of the run in which the learning rate rises
    start: float = 0.04  # one-cycle: value at the first step
    end: float = 4e-6  # one-cycle: value at the last step
    anneal: Literal["cos", "linear"] = "cos"  # one-cycle: shape of rise and fall

    def __post_init__(self) -> None:
        for name, least in (("warmup_steps", 0), ("every_steps", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"schedule.{name}", got=getattr(self, name), need=f"{least} or more")
        for name in ("gamma", "floor", "start", "end"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"schedule.{name}", got=getattr(self, name), need="a number from 0 to 1")
        if not 0 < self.rise < 1:
            raise ConfigError("schedule.rise", got=self.rise, need="a share between 0 and 1")
        if not 0 < self.power < math.inf:
            raise ConfigError("schedule.power", got=self.power, need="a number above 0")
        if any(later <= earlier for earlier, later in itertools.pairwise((0, *self.milestones))):
            raise ConfigError("schedule.milestones", got=self.milestones, need="increasing step numbers above 0")
        if self.name == "multi-step" and not self.milestones:
            raise ConfigError("schedule.milestones", got=(), need="at least one step", fix="Set milestones=100,200.")
        if self.name == "one-cycle" and self.warmup_steps:
            raise ConfigError("schedule.warmup_steps", got=self.warmup_steps, need="0: one-cycle has its own warm-up")
