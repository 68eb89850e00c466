"""Threads follow the size of the model, never the clock."""

import torch

from d2lab.core.machine import usable_cores
from d2lab.models import LeNet, LeNetConfig, SoftmaxConfig, SoftmaxRegression
from d2lab.train.threads import choose_threads, using_threads


def test_small_nets_take_one_thread_and_larger_ones_all():
    image = torch.zeros(1, 1, 28, 28)
    assert choose_threads(SoftmaxRegression(SoftmaxConfig()), image, 256) == 1
    assert choose_threads(LeNet(LeNetConfig()), image, 256) == usable_cores()


def test_gives_the_threads_back():
    before = torch.get_num_threads()
    with using_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
