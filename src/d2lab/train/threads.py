"""Number of CPU threads for a model.

Splitting a tiny operation over two threads costs more than it saves. The choice counts multiplications instead
of measuring seconds, so that it is the same in every run: the number of threads decides the order of sums,
and with it the last bit of the weights.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from d2lab.core.machine import usable_cores
from d2lab.core.tensor_tree import Tree
from d2lab.inspection.multiply_adds import count_multiply_adds

WORTH_A_THREAD = 20_000_000  # multiply-adds a step; docs/decisions/0004-threads.md has the measurement


def choose_threads(model: nn.Module, example: Tree, batch_size: int) -> int:
    """Return 1 thread for a small step, else one per usable core.

    Args:
        model: the model, on the CPU.
        example: a batch of one.
        batch_size: examples per step.
    """
    return usable_cores() if count_multiply_adds(model, example) * batch_size >= WORTH_A_THREAD else 1


@contextlib.contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Set the number of torch's CPU threads within a context; the old number is restored."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
