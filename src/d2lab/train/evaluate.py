"""Measures of a net on a whole split: batched, without a graph, read once at the end."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from d2lab.data.split import Split
from d2lab.train.task import Task

BATCH = 1000  # examples at once: large enough to fill two cores, small enough for a laptop's cache


@torch.inference_mode()
def evaluate(
    net: nn.Module, split: Split, task: Task, *, prepare: Callable[[Tensor], Tensor], device: torch.device
) -> dict[str, float]:
    """Give the mean of each measure of the task over all examples of the split."""
    sums: list[Tensor] = []
    names: list[str] = []
    for outputs, targets in _outputs(net, split, prepare, device):
        measured = task.measure(outputs, targets)
        names = list(measured)
        sums.append(torch.stack(list(measured.values())))
    totals = torch.stack(sums).cpu().double().sum(0) / len(split)
    return dict(zip(names, totals.tolist(), strict=True))


@torch.inference_mode()
def predict(
    net: nn.Module, split: Split, task: Task, *, prepare: Callable[[Tensor], Tensor], device: torch.device
) -> Tensor:
    """Give what the task makes of every output, on the processor: probabilities `[n, class]`, or numbers."""
    return torch.cat([task.predict(outputs).cpu() for outputs, _ in _outputs(net, split, prepare, device)])


def _outputs(
    net: nn.Module, split: Split, prepare: Callable[[Tensor], Tensor], device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield outputs and targets, batch by batch; the net is put back into its mode at the end."""
    training = net.training
    net.eval()
    try:
        for start in range(0, len(split), BATCH):
            inputs = split.inputs[start : start + BATCH].to(device)
            yield net(prepare(inputs)), split.targets[start : start + BATCH].to(device)
    finally:
        net.train(training)
