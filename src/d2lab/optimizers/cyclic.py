"""Learning-rate schedules that rise again: warm restarts and triangular cycles, pure functions of the step.

Each returns the factor of the full learning rate at `step`, counted from 0, as `optimizers.schedule` does.
"""

import math

from d2lab.core.errors import ConfigError


def warm_restarts(step: int, period: int, growth: int = 1, floor: float = 0.0) -> float:
    """Return the factor of the learning rate: half a cosine down to `floor`, begun anew after each period.

    Source: Loshchilov and Hutter 2017, "SGDR", eq. 5 and section 3.
    Twin: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.

    Args:
        step: counted from 0.
        period: steps of the first period.
        growth: each period is so many times as long as the one before.
        floor: factor that a period falls to; the step that would reach it is the first of the next period.

    Raises:
        ConfigError: step is negative, period or growth below 1, or floor outside [0, 1].

    >>> [round(warm_restarts(step, 2, growth=2), 2) for step in range(7)]
    [1.0, 0.5, 1.0, 0.85, 0.5, 0.15, 1.0]
    """
    _check(step, period=period, growth=growth)
    _check_share(floor=floor)
    while step >= period:
        step -= period
        period *= growth
    return floor + (1 - floor) * (1 + math.cos(math.pi * step / period)) / 2


def triangular(
    step: int, rise: int, fall: int | None = None, floor: float = 0.0, *, shrink: float = 1.0, gamma: float = 1.0
) -> float:
    """Return the factor of the learning rate: a line up from `floor` to 1 and a line down again, cycle after cycle.

    The height above the floor is multiplied by `shrink` for each cycle that is over and by `gamma` for each step.

    Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.
    Twin: torch.optim.lr_scheduler.CyclicLR; its mode "triangular2" is shrink=0.5, "exp_range" is gamma.

    Args:
        step: counted from 0.
        rise: steps of the way up.
        fall: steps of the way down; `rise` if not given.
        floor: factor at which a cycle begins and ends.
        shrink: of the height from cycle to cycle.
        gamma: of the height from step to step.

    Raises:
        ConfigError: step is negative, rise or fall below 1, or floor, shrink or gamma outside [0, 1].

    >>> [triangular(step, 2, floor=0.5) for step in range(6)]
    [0.5, 0.75, 1.0, 0.75, 0.5, 0.75]
    """
    fall = rise if fall is None else fall
    _check(step, rise=rise, fall=fall)
    _check_share(floor=floor, shrink=shrink, gamma=gamma)
    cycle, place = divmod(step, rise + fall)
    height = place / rise if place <= rise else (rise + fall - place) / fall
    return floor + (1 - floor) * height * shrink**cycle * gamma**step


def _check(step: int, **lengths: int) -> None:
    """Refuse a negative step and lengths below 1."""
    if step < 0:
        raise ConfigError("step", got=step, need="0 or more")
    for name, value in lengths.items():
        if value < 1:
            raise ConfigError(name, got=value, need="1 or more")


def _check_share(**shares: float) -> None:
    """Refuse factors outside [0, 1]."""
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise ConfigError(name, got=value, need="a number from 0 to 1")
