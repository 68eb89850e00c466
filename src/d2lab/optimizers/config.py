"""The settings of an optimizer, a schedule and a gradient clip: plain values, no tensor."""

import math
from dataclasses import dataclass
from typing import Literal

from d2lab.core.errors import ConfigError

OptimizerName = Literal["sgd", "adam", "adamw"]
ScheduleName = Literal["constant", "step", "cosine", "linear"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimizerConfig:
    """How a step follows from a gradient."""

    name: OptimizerName = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.0  # sgd only
    nesterov: bool = False  # sgd only
    weight_decay: float = 0.0
    clip_norm: float | None = None  # longest gradient, as the 2-norm over all parameters
    clip_value: float | None = None  # largest absolute entry of a gradient

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < math.inf:
            raise ConfigError("learning_rate", got=self.learning_rate, need="a number above 0")
        if not 0 <= self.momentum < 1:
            raise ConfigError("momentum", got=self.momentum, need="a number from 0 up to, not with, 1")
        if not 0 <= self.weight_decay < math.inf:
            raise ConfigError("weight_decay", got=self.weight_decay, need="0 or more")
        for name in ("clip_norm", "clip_value"):
            limit = getattr(self, name)
            if limit is not None and not 0 < limit < math.inf:
                raise ConfigError(name, got=limit, need="a number above 0, or none")
        if self.name != "sgd" and (self.momentum or self.nesterov):
            fix = "Set name=sgd, or leave momentum and nesterov out."
            raise ConfigError("optimizer.name", got=self.name, need="sgd where momentum is set", fix=fix)
        if self.nesterov and not self.momentum:
            raise ConfigError("nesterov", got=True, need="a momentum above 0", fix="Set momentum=0.9.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleConfig:
    """How the learning rate moves over a run, as a factor of `learning_rate`."""

    name: ScheduleName = "constant"
    warmup_steps: int = 0  # steps of straight growth from 0
    every_steps: int = 1000  # step only: multiply by `gamma` after each of these
    gamma: float = 0.1  # step only
    floor: float = 0.0  # cosine and linear: the factor at the last step

    def __post_init__(self) -> None:
        for name, least in (("warmup_steps", 0), ("every_steps", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"schedule.{name}", got=getattr(self, name), need=f"{least} or more")
        for name in ("gamma", "floor"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"schedule.{name}", got=getattr(self, name), need="a number from 0 to 1")
