"""Learning-rate schedules as pure functions of the step, so that a resumed run needs no state for them.

Each returns the factor of the full learning rate at `step`, counted from 0; `last` is the number of the last step.
"""

import math
from collections.abc import Callable

from d2lab.optimizers.config import ScheduleConfig
from d2lab.optimizers.cyclic import triangular


def lr_scale(config: ScheduleConfig, step: int, total_steps: int) -> float:
    """Return the factor that multiplies the learning rate at `step`.

    Warm-up raises it linearly to 1. The named schedule follows and counts its steps from the end of the warm-up; at the
    last step of the run, `total_steps` - 1, it reaches `floor`. What `plateau` takes off depends on validation losses:
    see `plateau.Plateau`.

    Source: warm-up: Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.2.
    Changed: the decay counts from the end of the warm-up.

    Args:
        config: name and settings of the schedule.
        step: of the optimizer, counted from 0.
        total_steps: number of steps of the run.
    """
    if step < config.warmup_steps:
        return (step + 1) / (config.warmup_steps + 1)
    last = max(1, total_steps - 1 - config.warmup_steps)
    return SCHEDULES[config.name](config, step - config.warmup_steps, last)


def _constant(config: ScheduleConfig, step: int, last: int) -> float:
    return 1.0


def _step(config: ScheduleConfig, step: int, last: int) -> float:
    """Multiply by gamma every `every_steps` steps."""
    return float(config.gamma ** (step // config.every_steps))


def _multi_step(config: ScheduleConfig, step: int, last: int) -> float:
    """Multiply by gamma at each milestone. Source: He et al. 2016, "Deep Residual Learning", section 4.2."""
    return float(config.gamma ** sum(step >= milestone for milestone in config.milestones))


def _factor(config: ScheduleConfig, step: int, last: int) -> float:
    """Multiply by gamma at every step, not below the floor."""
    return max(config.floor, float(config.gamma**step))


def _polynomial(config: ScheduleConfig, step: int, last: int) -> float:
    """Decay as a power of the steps left. Source: Chen et al. 2018, "DeepLab", section 4.1.2 ("poly")."""
    return config.floor + (1 - config.floor) * float((1 - min(1.0, step / last)) ** config.power)


def _linear(config: ScheduleConfig, step: int, last: int) -> float:
    return config.floor + (1 - config.floor) * (1 - min(1.0, step / last))


def _cosine(config: ScheduleConfig, step: int, last: int) -> float:
    """Decay along half a cosine. Source: Loshchilov and Hutter 2017, "SGDR", eq. 5, without restarts."""
    return _interpolate(1.0, config.floor, min(1.0, step / last), "cos")


def _one_cycle(config: ScheduleConfig, step: int, last: int) -> float:
    """Rise from `start` to 1 and fall to `end`. Source: Smith and Topin 2018, "Super-Convergence", section 3."""
    top = config.rise * (last + 1) - 1  # as in torch, the maximum may lie between two steps
    if step <= top:
        return _interpolate(config.start, 1.0, step / top if top else 1.0, config.anneal)
    return _interpolate(1.0, config.end, min(1.0, (step - top) / (last - top)), config.anneal)


def _cyclic(config: ScheduleConfig, step: int, last: int) -> float:
    """Rise from the floor to 1 and fall again, cycle after cycle; the length of the run does not count."""
    assert config.rise_steps is not None  # noqa: S101 - its config refuses it
    rise, fall = config.rise_steps, config.fall_steps
    return triangular(step, rise, fall, config.floor, shrink=config.shrink, gamma=config.fade)


def _interpolate(first: float, end: float, share: float, anneal: str) -> float:
    """Return the value between first and end at a share of the way, linearly or along half a cosine."""
    done = (1 - math.cos(math.pi * share)) / 2 if anneal == "cos" else share
    return first + (end - first) * done


SCHEDULES: dict[str, Callable[[ScheduleConfig, int, int], float]] = {
    "constant": _constant,
    "step": _step,
    "multi-step": _multi_step,
    "factor": _factor,
    "polynomial": _polynomial,
    "linear": _linear,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
    "cyclic": _cyclic,
    "plateau": _constant,  # as a function of the step; the rest is the state of a run
}
