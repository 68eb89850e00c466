"""The settings of an optimizer, a schedule and a gradient clip: plain values, no tensor.

Source: none; the optimizers and schedules name theirs.
"""

import itertools
import math
from dataclasses import dataclass
from typing import Literal

from d2lab.core.errors import ConfigError

OptimizerName = Literal["sgd", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "muon"]
ScheduleName = Literal["constant", "step", "multi-step", "factor", "polynomial", "linear", "cosine", "one-cycle"]
TAKES = {  # which settings beyond the shared ones mean something to which optimizer
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
    """How a step follows from a gradient; what is none keeps the optimizer's own default."""

    name: OptimizerName = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.0  # sgd, rmsprop and muon
    nesterov: bool = False  # sgd and muon
    l1: float = 0.0  # sgd: weight of the absolute values in the loss, by proximal steps
    decay: float | None = None  # rmsprop (alpha, 0.99) and adadelta (rho, 0.9): share of the past in the squares
    beta1: float | None = None  # adam, adamw and what muon leaves to it: share of the past in the mean, 0.9
    beta2: float | None = None  # the same three: share of the past in the squares, 0.999
    eps: float | None = None  # all but sgd: what keeps the division finite
    adamw_lr_scale: float | None = None  # muon: rate of biases, gains and the head, left to adamw, over its own; 0.1
    keep_norm: bool = False  # muon: hold the length of hidden weights
    weight_decay: float = 0.0
    clip_norm: float | None = None  # longest gradient, as the 2-norm over all parameters
    clip_value: float | None = None  # largest absolute entry of a gradient

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
        """Refuse settings that the named optimizer doesn't know, or that contradict each other."""
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
    """How the learning rate moves over a run, as a factor of `learning_rate`."""

    name: ScheduleName = "constant"
    warmup_steps: int = 0  # steps of straight growth from 0
    every_steps: int = 1000  # step: multiply by `gamma` after each of these
    milestones: tuple[int, ...] = ()  # multi-step: multiply by `gamma` at these steps
    gamma: float = 0.1  # step, multi-step, factor
    floor: float = 0.0  # cosine, linear, polynomial: the factor at the last step; factor: the least
    power: float = 2.0  # polynomial
    rise: float = 0.3  # one-cycle: share of the run that goes up
    start: float = 0.04  # one-cycle: factor of the first step
    end: float = 4e-6  # one-cycle: factor of the last step
    anneal: Literal["cos", "linear"] = "cos"  # one-cycle: how it goes up and down

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
            raise ConfigError("schedule.milestones", got=self.milestones, need="growing step numbers above 0")
        if self.name == "multi-step" and not self.milestones:
            raise ConfigError("schedule.milestones", got=(), need="at least one step", fix="Set milestones=100,200.")
        if self.name == "one-cycle" and self.warmup_steps:
            raise ConfigError("schedule.warmup_steps", got=self.warmup_steps, need="0: one-cycle has its own rise")
