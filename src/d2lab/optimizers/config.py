"""Settings of an optimizer, of gradient clipping and of a learning-rate schedule: plain values, no tensors."""

import itertools
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from d2lab.core.bounds import Amount, Portion, Positive, Share, check_bounds
from d2lab.core.errors import ConfigError

OptimizerName = Literal["sgd", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "muon"]
ScheduleName = Literal[
    "constant", "step", "multi-step", "factor", "polynomial", "linear", "cosine", "one-cycle", "cyclic", "plateau"
]
TAKES = {  # which settings beyond the shared ones each optimizer has
    "sgd": {"momentum", "nesterov", "l1"},
    "adagrad": {"eps"},
    "rmsprop": {"momentum", "decay", "eps"},
    "adadelta": {"decay", "eps"},
    "adam": {"beta1", "beta2", "eps"},
    "adamw": {"beta1", "beta2", "eps"},
    "muon": {"momentum", "nesterov", "beta1", "beta2", "eps", "adamw_lr_scale", "keep_norm"},
}
OPTIONAL = {"decay", "beta1", "beta2", "eps", "adamw_lr_scale"}  # settings that are none unless they are given
Steps = Annotated[int, Meta(ge=0, le=10**12, description="steps")]
Period = Annotated[int, Meta(ge=1, le=10**12, description="steps")]
EpochCount = Annotated[int, Meta(ge=0, le=1_000_000, description="epochs")]
Milestones = Annotated[tuple[Steps, ...], Meta(max_length=1000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimizerConfig:
    """Settings of an optimizer and of gradient clipping; None keeps the optimizer's default."""

    RENAMED: ClassVar[dict[str, str]] = {"rest_factor": "adamw_lr_scale"}  # former names of settings
    ALIASES: ClassVar[dict[str, str]] = {"lr": "learning_rate"}  # names that users of other libraries type

    name: OptimizerName = "sgd"
    learning_rate: Positive = 0.1
    momentum: Share = 0.0  # sgd, rmsprop and muon
    nesterov: bool = False  # sgd and muon
    l1: Amount = 0.0  # sgd: strength of an L1 penalty, applied by proximal steps
    decay: Share | None = None  # rmsprop (alpha, 0.99) and adadelta (rho, 0.9): decay of the mean squared gradient
    beta1: Share | None = None  # adam, adamw, and adamw inside muon: decay of the mean gradient, 0.9
    beta2: Share | None = None  # adam, adamw, and adamw inside muon: decay of the mean squared gradient, 0.999
    eps: Positive | None = None  # all but sgd: added to the denominator
    adamw_lr_scale: Positive | None = None  # muon: rate of its adamw part (biases, gains, head) over muon's; 0.1
    keep_norm: bool = False  # muon: keep the norm of hidden weights constant
    weight_decay: Amount = 0.0
    clip_norm: Positive | None = None  # largest 2-norm of the gradients of all parameters together
    clip_value: Positive | None = None  # largest absolute value of a gradient's entry

    def __post_init__(self) -> None:
        check_bounds(self)
        self._check_together()

    def _check_together(self) -> None:
        """Refuse settings that the named optimizer does not have, or that contradict each other."""
        for name in ("momentum", "nesterov", "l1", "decay", "beta1", "beta2", "eps", "adamw_lr_scale", "keep_norm"):
            value = getattr(self, name)
            given = value is not None if name in OPTIONAL else bool(value)  # decay=0 is given, momentum=0 the default
            if given and name not in TAKES[self.name]:
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
    warmup_steps: Steps = 0  # steps of linear warm-up from 0
    every_steps: Period = 1000  # step: multiply by `gamma` every so many steps
    milestones: Milestones = ()  # multi-step: multiply by `gamma` at these steps
    gamma: Portion = 0.1  # step, multi-step, factor, plateau
    floor: Portion = 0.0  # cosine, linear, polynomial: at the end; factor, plateau: lower bound; cyclic: its start
    power: Positive = 2.0  # polynomial
    rise: Annotated[float, Meta(gt=0, lt=1)] = 0.3  # one-cycle: share of the run in which the learning rate rises
    start: Portion = 0.04  # one-cycle: value at the first step
    end: Portion = 4e-6  # one-cycle: value at the last step
    anneal: Literal["cos", "linear"] = "cos"  # one-cycle: shape of rise and fall
    rise_steps: Period | None = None  # cyclic: steps of the way up, which it needs
    fall_steps: Period | None = None  # cyclic: steps of the way down; `rise_steps` unless given
    shrink: Portion = 1.0  # cyclic: the height above the floor is multiplied by it from cycle to cycle
    fade: Portion = 1.0  # cyclic: and by this from step to step
    plateau_patience: EpochCount = 10  # plateau: epochs without a lower validation loss that are borne
    threshold: Portion = 1e-4  # plateau: least fall of the loss that counts, as a share of the lowest one
    cooldown: EpochCount = 0  # plateau: epochs after a fall of the rate that are not counted

    def __post_init__(self) -> None:
        check_bounds(self, "schedule.")
        if any(later <= earlier for earlier, later in itertools.pairwise((0, *self.milestones))):
            raise ConfigError("schedule.milestones", got=self.milestones, need="increasing step numbers above 0")
        if self.name == "multi-step" and not self.milestones:
            raise ConfigError("schedule.milestones", got=(), need="at least one step", fix="Set milestones=100,200.")
        if self.name == "one-cycle" and self.warmup_steps:
            raise ConfigError("schedule.warmup_steps", got=self.warmup_steps, need="0: one-cycle has its own warm-up")
        if self.name == "plateau" and self.gamma == 1:
            raise ConfigError("schedule.gamma", got=1, need="below 1 for plateau: it multiplies the learning rate")
        if self.name == "cyclic":
            self._check_cycles()

    def _check_cycles(self) -> None:
        """Refuse cycles whose length is not known, or that only begin at the floor after a warm-up to the top."""
        if self.rise_steps is None:
            raise ConfigError("schedule.rise_steps", got=None, need="steps of the way up", fix="Set rise_steps=1000.")
        if self.warmup_steps:
            raise ConfigError("schedule.warmup_steps", got=self.warmup_steps, need="0: each cycle begins at its floor")
