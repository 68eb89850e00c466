"""The plain training loop of checks that compare models or optimizers outside a recipe."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from d2lab.data.batch import Batch
from d2lab.data.batches import Batches


def train_steps(
    model: nn.Module,
    optimizer: Optimizer,
    batches: Iterable[Batch | tuple[Tensor, Tensor]],
    loss: Callable[[Tensor, Tensor], Tensor] = functional.cross_entropy,
) -> None:
    """Take one step of the optimizer for each batch: clear the gradients, compute those of the loss, update.

    Args:
        model: in the mode it should train in.
        optimizer: of the model's parameters.
        batches: inputs and targets; `itertools.repeat` gives the same batch many times.
        loss: of outputs and targets.
    """
    for inputs, targets in batches:
        optimizer.zero_grad()
        torch.autograd.backward(loss(model(inputs), targets))
        optimizer.step()


def epochs_of(batches: Batches, count: int) -> Iterator[Batch]:
    """Yield the batches of so many epochs, one after the other.

    Args:
        batches: of a training set.
        count: of epochs, from number 0.
    """
    for epoch in range(count):
        yield from batches.epoch(epoch)
