"""Trials in two processes: the same weights on both, those of one process where parts are weighed, and four times."""

import numpy as np
import pytest
import torch

from d2lab.parallel.processes import in_processes
from d2lab.parallel.trials import KINDS, step_seconds, trained, trained_alone

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
ALL = 20 * 16 + 16 + 16 * 5 + 5


def everything(rank, processes):
    """One group for all of it, for starting one takes seconds."""
    runs = {f"{method} {rows}": trained(rank, processes, rows, 3, method) for rows, method in RUNS}
    return runs, step_seconds(rank, processes, width=8, layers=2, batch=6, rounds=2, steps=1)


RUNS = [([5, 4], "weighted"), ([5, 4], "plain"), ([4, 4], "plain"), ([4, 4], "sharded")]


@pytest.fixture(scope="module")
def answers():
    return in_processes(everything, 2)


def test_both_processes_hold_the_same_weights_after_every_method(answers):
    (first, _), (second, _) = answers
    for name in first:
        assert first[name]["weights"] == second[name]["weights"]


def test_weighed_parts_are_the_batch_and_a_plain_mean_of_unequal_parts_is_not(answers):
    runs, alone = answers[0][0], np.array(trained_alone(3))
    assert abs(np.array(runs["weighted [5, 4]"]["weights"]) - alone).max() < 1e-12
    assert abs(np.array(runs["plain [5, 4]"]["weights"]) - alone).max() > 1e-4


def test_sharded_weights_are_held_in_part_and_trained_alike(answers):
    runs = answers[0][0]
    gap = np.array(runs["sharded [4, 4]"]["weights"]) - np.array(runs["plain [4, 4]"]["weights"])
    assert abs(gap).max() < 1e-12
    assert {run["held"] for name, run in runs.items() if "sharded" not in name} == {ALL}
    assert sum(answer[0]["sharded [4, 4]"]["held"] for answer in answers) == ALL


def test_each_kind_has_a_time_for_each_round_the_same_on_both(answers):
    (_, first), (_, second) = answers
    assert first == second
    assert tuple(first) == KINDS
    assert all(len(times) == 2 and min(times) > 0 for times in first.values())
