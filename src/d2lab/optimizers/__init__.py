"""How weights move: optimizers, schedules and gradient clips."""

from d2lab.optimizers.build import build_optimizer, clip, set_rate
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.optimizers.schedule import rate_factor

__all__ = ["OptimizerConfig", "ScheduleConfig", "build_optimizer", "clip", "rate_factor", "set_rate"]
