"""Schedules of a pipeline, their run on one CPU, and the cut into stages."""

import copy
from itertools import combinations, pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.parallel.pipeline import Task, Timetable, gpipe, one_forward_one_backward, short, timetable
from d2lab.parallel.pipeline_run import pipeline_gradients
from d2lab.parallel.stages import balanced_stages

SIZES = [(1, 1), (1, 4), (2, 1), (2, 3), (3, 2), (3, 3), (4, 3), (4, 8)]
SCHEDULES = [gpipe, one_forward_one_backward]


def drawn(schedule):
    return [" ".join(short(task) for task in row) for row in zip(*schedule.ticks, strict=True)]


def test_gpipe_by_hand():
    assert drawn(gpipe(2, 3)) == ["F0 F1 F2 . . B2 B1 B0", ". F0 F1 F2 B2 B1 B0 ."]


def test_one_forward_one_backward_by_hand():
    assert drawn(one_forward_one_backward(3, 4)) == [
        "F0 F1 F2 . . B0 F3 B1 . B2 . B3",
        ". F0 F1 . B0 F2 B1 F3 B2 . B3 .",
        ". . F0 B0 F1 B1 F2 B2 F3 B3 . .",
    ]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("p", "m"), SIZES)
def test_the_bubble_is_that_of_the_formula(schedule, p, m):
    table = schedule(p, m)
    assert (table.stages, table.micro_batches, len(table.ticks)) == (p, m, 2 * (m + p - 1))
    assert table.bubble_share == pytest.approx((p - 1) / (m + p - 1), abs=1e-15)


@pytest.mark.parametrize(("p", "m"), SIZES)
def test_what_is_held_is_m_or_at_most_the_stages_that_follow(p, m):
    assert gpipe(p, m).most_held == [m] * p
    assert one_forward_one_backward(p, m).most_held == [min(p - s, m) for s in range(p)]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("p", "m"), SIZES)
def test_each_task_comes_once_and_after_what_it_needs(schedule, p, m):
    when = {(s, task): t for t, tick in enumerate(schedule(p, m).ticks) for s, task in enumerate(tick) if task}
    assert len(when) == 2 * p * m
    for (stage, task), tick in when.items():
        before = stage - 1 if task.direction == "forward" else stage + 1
        assert tick > when.get((before, task), -1)
        assert task.direction == "forward" or tick > when[stage, Task("forward", task.micro_batch)]


def make_stages():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    return layers, [copy.deepcopy(layers[part]) for part in (slice(0, 1), slice(1, 2), slice(2, 5))]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("examples", "m"), [(6, 1), (6, 3), (7, 3), (7, 4), (4, 4)])
def test_gradients_are_those_of_the_whole_model(rng, schedule, examples, m):
    whole, stages = make_stages()
    inputs = torch.randn(examples, 4, generator=rng, dtype=torch.float64)
    targets = torch.randint(3, (examples,), generator=rng)
    table = schedule(3, m)
    expected = functional.cross_entropy(whole(inputs), targets)
    expected.backward()
    for _ in range(2):  # the second time over the gradients of the first
        step = pipeline_gradients(stages, functional.cross_entropy, inputs, targets, table)
        torch.testing.assert_close(step.loss, expected.detach(), rtol=1e-12, atol=1e-12)
        mine = [p.grad for stage in stages for p in stage.parameters()]
        torch.testing.assert_close(mine, [p.grad for p in whole.parameters()], rtol=1e-12, atol=1e-12)
    assert step.most_held == table.most_held


def test_a_frozen_stage_and_a_single_stage(rng):
    whole, stages = make_stages()
    inputs, targets = torch.randn(5, 4, generator=rng, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 1])
    stages[0].requires_grad_(False)
    functional.cross_entropy(whole(inputs), targets).backward()
    pipeline_gradients(stages, functional.cross_entropy, inputs, targets, one_forward_one_backward(3, 2))
    assert stages[0][0].weight.grad is None
    torch.testing.assert_close(stages[2][0].weight.grad, whole[2].weight.grad, rtol=1e-12, atol=1e-12)
    alone = copy.deepcopy(whole)
    pipeline_gradients([alone], functional.cross_entropy, inputs, targets, gpipe(1, 2))
    torch.testing.assert_close(alone[0].weight.grad, whole[0].weight.grad, rtol=1e-12, atol=1e-12)


def test_a_schedule_that_can_not_run_is_refused(rng):
    stages = make_stages()[1]
    inputs, targets = torch.zeros(3, 4, dtype=torch.float64), torch.zeros(3, dtype=torch.int64)
    f, b = Task("forward", 0), Task("backward", 0)

    def run(table, batch=3):
        pipeline_gradients(stages[1:], functional.cross_entropy, inputs[:batch], targets[:batch], table)

    for action, said in (
        (lambda: gpipe(0, 3), "gpipe.stages: got 0"),
        (lambda: one_forward_one_backward(3, 0), "one_forward_one_backward.micro_batches: got 0"),
        (lambda: timetable([]), "the number of stages: got 0"),
        (lambda: timetable([[], []]), "the tasks of stage 0"),
        (lambda: timetable([[f, b], [f]]), r"the tasks of stage 1: got \['F0'\], need each of 1 micro-batches"),
        (lambda: timetable([[f, b], [f, f]]), "the tasks of stage 1"),
        (lambda: timetable([[b, f], [f, b]]), "a wait for ever at tick 0"),
        (lambda: run(gpipe(3, 2)), "the number of stages: got 2, need 3"),
        (lambda: run(gpipe(2, 4)), "the batch: got '3 examples', need 4 or more"),
    ):
        with pytest.raises(ConfigError, match=said) as caught:
            action()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("ticks", "said"),
    [
        ([["F0", "F0"]], "stage 1, tick 0: got 'F0', need the input"),
        ([["F0", None], [None, "F0"], ["B0", "B0"]], "stage 0, tick 2: got 'B0', need the output"),
        ([["B0", None]], "stage 0, tick 0: got 'B0'"),
        ([["F0", None], ["F0", None]], "stage 0, tick 1: got 'F0'"),
    ],
)
def test_a_table_by_hand_with_a_task_too_early_is_refused(ticks, said):
    read = {"F0": Task("forward", 0), "B0": Task("backward", 0), None: None}
    table = Timetable(tuple(tuple(read[name] for name in tick) for tick in ticks))
    stages = [nn.Linear(2, 2), nn.Linear(2, 2)]
    with pytest.raises(ConfigError, match=said):
        pipeline_gradients(stages, functional.mse_loss, torch.zeros(1, 2), torch.zeros(1, 2), table)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=7), st.data())
def test_no_cut_is_better_than_that_of_dynamic_programming(costs, data):
    stages = data.draw(st.integers(1, len(costs)))

    def largest(cuts):
        ends = [0, *cuts, len(costs)]
        return max(sum(costs[a:b]) for a, b in pairwise(ends))

    parts = balanced_stages(costs, stages)
    assert [i for part in parts for i in range(len(costs))[part]] == list(range(len(costs)))
    assert all(part.stop > part.start for part in parts)
    assert len(parts) == stages
    best = min(largest(cuts) for cuts in combinations(range(1, len(costs)), stages - 1))
    assert max(sum(costs[part]) for part in parts) == best


def test_the_cut_by_hand_and_what_it_refuses():
    assert balanced_stages([5, 1, 1, 1, 4], 2) == [slice(0, 2), slice(2, 5)]
    assert balanced_stages([0.5, 0.25, 0.25], 3) == [slice(0, 1), slice(1, 2), slice(2, 3)]
    for costs, stages in (([1, 2], 3), ([1, 2], 0), ([], 1), ([1, -1], 1), ([1.0, float("nan")], 1)):
        with pytest.raises(ConfigError):
            balanced_stages(costs, stages)


@pytest.mark.gpu
def test_a_pipeline_over_cpu_and_gpu(rng):
    whole, stages = make_stages()
    stages[1].to("cuda")
    stages[2].to("cuda")
    inputs, targets = torch.randn(5, 4, generator=rng, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 1])
    functional.cross_entropy(whole(inputs), targets).backward()
    pipeline_gradients(stages, functional.cross_entropy, inputs, targets, one_forward_one_backward(3, 2))
    mine = [p.grad.cpu() for stage in stages for p in stage.parameters()]
    torch.testing.assert_close(mine, [p.grad for p in whole.parameters()], rtol=1e-12, atol=1e-12)
