"""Threads at work are counted by their processor time."""

import threading
import time

import pytest
import torch

from d2lab.inspection.threads_used import threads_used
from d2lab.train.threads import using_threads


def test_one_thread_counts_one_and_idle_ones_nothing():
    over = threading.Event()
    waiting = threading.Thread(target=over.wait)
    waiting.start()
    try:
        assert threads_used(lambda: sum(range(10_000)), 0.3) == pytest.approx(1, abs=0.1)
    finally:
        over.set()
        waiting.join()


def test_two_threads_of_torch_share_a_large_product_and_not_a_small_one():
    large, small = torch.rand(800, 800), torch.rand(10)
    with using_threads(2):
        assert threads_used(lambda: large @ large) > 1.5
        assert threads_used(lambda: small + small) < 1.2


def test_an_action_that_only_waits_counts_one():
    assert threads_used(lambda: time.sleep(0.05), 0.1) >= 1
