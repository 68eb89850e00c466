"""Learning scales over a run."""

import itertools
import math
import re

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.optimizers import ScheduleConfig, lr_scale

NAMES = ("constant", "step", "factor", "polynomial", "cosine", "linear")  # those that only fall


def lr_scales(config, steps):
    return [lr_scale(config, step, steps) for step in range(steps)]


@pytest.mark.parametrize("name", NAMES)
def test_every_schedule_starts_at_the_full_learning_rate_and_never_grows(name):
    scales = lr_scales(ScheduleConfig(name=name, every_steps=7), 50)
    assert scales[0] == 1
    assert all(later <= earlier for earlier, later in itertools.pairwise(scales))


@pytest.mark.parametrize("floor", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("name", ["cosine", "linear", "polynomial"])
@pytest.mark.parametrize("warmup", [0, 10])
def test_the_last_step_reaches_the_floor(name, floor, warmup):
    config = ScheduleConfig(name=name, floor=floor, warmup_steps=warmup)
    assert lr_scale(config, 99, 100) == pytest.approx(floor, abs=1e-15)


def test_linear_is_half_way_in_the_middle_and_cosine_too():
    for name in ("linear", "cosine"):
        assert lr_scale(ScheduleConfig(name=name), 50, 101) == pytest.approx(0.5)


def test_cosine_is_torchs_cosine():
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=29, eta_min=0.2)
    for step in range(30):
        assert lr_scale(ScheduleConfig(name="cosine", floor=0.2), step, 30) == pytest.approx(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()


def test_steps_multiply_by_gamma():
    scales = lr_scales(ScheduleConfig(name="step", every_steps=3, gamma=0.5), 9)
    assert scales == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]


@pytest.mark.parametrize("name", NAMES)
def test_warm_up_is_linear_and_the_schedule_follows(name):
    scales = lr_scales(ScheduleConfig(name=name, warmup_steps=4, every_steps=3), 12)
    assert scales[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert scales[4:] == pytest.approx(lr_scales(ScheduleConfig(name=name, every_steps=3), 8))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_run_shorter_than_its_warm_up_still_has_a_learning_rate(name, steps):
    assert all(0 < scale <= 1 for scale in lr_scales(ScheduleConfig(name=name, warmup_steps=10), steps))


@pytest.mark.parametrize("name", NAMES)
def test_a_step_past_the_end_keeps_the_last_learning_rate(name):
    config = ScheduleConfig(name=name, floor=0.3)
    assert lr_scale(config, 500, 100) == pytest.approx(lr_scale(config, 99, 100))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rise", 1.0),
        ("power", 0.0),
        ("start", 1.5),
        ("milestones", (3, 3)),
        ("milestones", (0,)),
        ("warmup_steps", -1),
        ("every_steps", 0),
        ("rise_steps", 0),
        ("fall_steps", 0),
        ("shrink", 1.5),
        ("fade", -0.1),
        ("gamma", -0.1),
        ("gamma", 1.1),
        ("floor", 2.0),
        ("floor", math.nan),
    ],
)
def test_bad_settings_are_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=re.escape(f"schedule.{field}: got {value}, need")):
        ScheduleConfig(**{field: value})


def test_the_factor_schedule_stops_at_its_floor():
    scales = lr_scales(ScheduleConfig(name="factor", gamma=0.5, floor=0.2), 6)
    assert scales == [1, 0.5, 0.25, 0.2, 0.2, 0.2]


def test_milestones_multiply_at_their_own_step():
    assert lr_scales(ScheduleConfig(name="multi-step", milestones=(2, 3), gamma=0.5), 5) == [1, 1, 0.5, 0.25, 0.25]


def test_one_cycle_rises_to_one_falls_to_its_end_and_has_one_maximum():
    config = ScheduleConfig(name="one-cycle", rise=0.3, start=0.1, end=0.01)
    scales = lr_scales(config, 101)
    top = scales.index(max(scales))
    assert scales[0] == pytest.approx(0.1)
    assert scales[-1] == pytest.approx(0.01)
    assert max(scales) == pytest.approx(1, abs=1e-3)
    assert top in (29, 30)
    assert scales[:top] == sorted(scales[:top])
    assert scales[top:] == sorted(scales[top:], reverse=True)


@pytest.mark.parametrize("total", [1, 3, 1000])
def test_cycles_rise_and_fall_whatever_the_length_of_the_run(total):
    config = ScheduleConfig(name="cyclic", rise_steps=2, fall_steps=3, floor=0.4, shrink=0.5)
    scales = [lr_scale(config, step, total) for step in range(9)]
    assert scales == pytest.approx([0.4, 0.7, 1.0, 0.8, 0.6, 0.4, 0.55, 0.7, 0.6])


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
@pytest.mark.parametrize("rise", [0.01, 0.3, 0.5, 0.99])
def test_a_cycle_of_few_steps_still_has_scales(steps, rise):
    assert all(0 <= scale <= 1 for scale in lr_scales(ScheduleConfig(name="one-cycle", rise=rise), steps))


def test_schedules_that_contradict_themselves_are_refused():
    with pytest.raises(ConfigError, match="at least one step"):
        ScheduleConfig(name="multi-step")
    with pytest.raises(ConfigError, match="one-cycle has its own warm-up"):
        ScheduleConfig(name="one-cycle", warmup_steps=5)
    with pytest.raises(ConfigError, match=r"schedule\.rise_steps: got None, need steps of the way up"):
        ScheduleConfig(name="cyclic")
    with pytest.raises(ConfigError, match="each cycle begins at its floor"):
        ScheduleConfig(name="cyclic", rise_steps=5, warmup_steps=5)
