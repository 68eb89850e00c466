"""A function in several processes: answers by rank, one sum over all, and failures that end every process."""

import multiprocessing
import time

import pytest
import torch
from tests.parallel import working

from d2lab.core.errors import ConfigError
from d2lab.parallel.processes import in_processes
from d2lab.parallel.ranks import LostError

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")


def test_answers_come_in_the_order_of_the_ranks_and_the_sum_is_over_all():
    assert in_processes(working.total, 2, 10.0) == [(0, 2, 2, 1, 30.0), (1, 2, 2, 1, 30.0)]


def test_the_first_error_is_told_and_no_process_stays():
    with pytest.raises(LostError, match="ValueError: not today"):
        in_processes(working.fail_in_one, 2)
    assert not multiprocessing.active_children()


def test_a_process_that_ends_without_a_word_is_told():
    with pytest.raises(LostError, match="its end before an answer"):
        in_processes(working.die_in_one, 2)
    assert not multiprocessing.active_children()


def test_one_that_takes_too_long_is_ended():
    begin = time.monotonic()
    with pytest.raises(LostError, match=r"no answer in 0\.5 s"):
        in_processes(working.sleep, 1, limit_s=0.5)
    assert time.monotonic() - begin < 30
    assert not multiprocessing.active_children()


def test_work_that_others_can_not_import_is_refused():
    with pytest.raises(ConfigError, match="imported"):
        in_processes(lambda rank, processes: rank, 2)
    with pytest.raises(ConfigError, match="at least 1"):
        in_processes(working.total, 0, 1.0)
