"""Learning-rate schedules as pure functions of the step, so that a resumed run needs no memory of them."""

import math

from d2lab.optimizers.config import ScheduleConfig


def rate_factor(config: ScheduleConfig, step: int, total_steps: int) -> float:
    """Give the factor of the learning rate at `step`, counted from 0.

    Warm-up grows it in a straight line to 1 and then hands over to the named schedule, whose clock starts
    where the warm-up ends; the last step of the run (`total_steps` - 1) reaches `floor`.

    Source: cosine: Loshchilov and Hutter 2017, "SGDR", eq. 5, without restarts.
    Changed: the decay counts from the end of the warm-up.
    """
    if step < config.warmup_steps:
        return (step + 1) / (config.warmup_steps + 1)
    done = step - config.warmup_steps
    left = max(1, total_steps - 1 - config.warmup_steps)
    share = min(1.0, done / left)
    if config.name == "step":
        return float(config.gamma ** (done // config.every_steps))
    if config.name == "cosine":
        return config.floor + (1 - config.floor) * (1 + math.cos(math.pi * share)) / 2
    if config.name == "linear":
        return config.floor + (1 - config.floor) * (1 - share)
    return 1.0
