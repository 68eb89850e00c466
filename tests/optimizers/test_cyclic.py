"""Schedules that rise again, and the one that waits for a plateau, beside torch's."""

import math

import pytest
import torch
from torch.optim import lr_scheduler

from d2lab.core.errors import ConfigError
from d2lab.optimizers.cyclic import triangular, warm_restarts
from d2lab.optimizers.plateau import Plateau


def test_restarts_begin_at_the_full_rate_and_periods_grow():
    scales = [warm_restarts(step, 3, growth=2, floor=0.1) for step in range(21)]
    assert [step for step, scale in enumerate(scales) if scale == 1] == [0, 3, 9]
    assert min(scales) > 0.1


def test_restarts_pass_the_middle_at_half():
    assert warm_restarts(5, 10) == pytest.approx(0.5)
    assert warm_restarts(25, 10) == pytest.approx(0.5)


def test_a_triangle_reaches_one_at_the_end_of_its_rise():
    scales = [triangular(step, 3, 5, 0.2) for step in range(17)]
    assert [step for step, scale in enumerate(scales) if scale == pytest.approx(1)] == [3, 11]
    assert [step for step, scale in enumerate(scales) if scale == pytest.approx(0.2)] == [0, 8, 16]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: warm_restarts(-1, 3), "step: got -1, need 0 or more"),
        (lambda: warm_restarts(1, 0), "period: got 0, need 1 or more"),
        (lambda: warm_restarts(1, 3, growth=0), "growth: got 0, need 1 or more"),
        (lambda: warm_restarts(1, 3, floor=1.5), "floor: got 1.5, need a number from 0 to 1"),
        (lambda: triangular(1, 3, 0), "fall: got 0, need 1 or more"),
        (lambda: triangular(1, 3, shrink=2.0), "shrink: got 2.0, need a number from 0 to 1"),
        (lambda: triangular(1, 3, gamma=math.nan), "gamma: got nan, need a number from 0 to 1"),
        (lambda: Plateau(factor=1.0), "Plateau.factor: got 1.0, need a number from 0, below 1"),
        (lambda: Plateau(patience=-1), "Plateau.patience: got -1, need 0 or more"),
        (lambda: Plateau(floor=2.0), "Plateau.floor: got 2.0, need a number from 0 to 1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(call, said):
    with pytest.raises(ConfigError) as caught:
        call()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("patience", "cooldown", "floor", "threshold"), [(0, 0, 0.0, 0.0), (2, 3, 0.02, 0.05), (5, 1, 0.3, 1e-4)]
)
def test_a_plateau_is_torchs(seed, patience, cooldown, floor, threshold):
    draw = torch.Generator().manual_seed(seed)
    losses = (1 / torch.arange(1, 61) + 0.1 * torch.rand(60, generator=draw)).tolist()
    losses[30] = math.nan
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=patience, cooldown=cooldown, min_lr=floor, threshold=threshold, eps=0
    )
    ours = Plateau(factor=0.5, patience=patience, cooldown=cooldown, floor=floor, threshold=threshold)
    scales = []
    for loss in losses:
        theirs.step(loss)
        scales.append(ours.look(loss))
        assert scales[-1] == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
    assert len(set(scales)) > 1


def test_a_plateau_goes_on_from_its_fields():
    losses = [1.0, 0.9, 0.95, 0.92, 0.93, 0.94, 0.91, 0.9]
    whole = Plateau(factor=0.5, patience=1)
    first = [whole.look(loss) for loss in losses[:4]]
    again = Plateau(factor=0.5, patience=1, scale=whole.scale, best=whole.best, bad=whole.bad, cooling=whole.cooling)
    assert first == [1, 1, 1, 0.5]
    assert [whole.look(loss) for loss in losses[4:]] == [again.look(loss) for loss in losses[4:]]
