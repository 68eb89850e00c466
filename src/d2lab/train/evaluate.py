"""Measures of a net on a whole split: batched, without a graph, read once at the end."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from d2lab.data.split import Split
from d2lab.train.task import Task

MOST = 1000  # examples at once: large enough to fill two cores, small enough for a laptop's cache
INPUTS = 1_600_000  # numbers at once: 1,000 images of 28 pixels a side, 173 of 96, 31 of 224


def batch_size(example: Tensor) -> int:
    """Choose how many examples are looked at together.

    Args:
        example: one of them as the net reads it; the maps of a deep net take a few hundred times its memory.
    """
    return max(1, min(MOST, INPUTS // example.numel()))


@torch.inference_mode()
def evaluate(
    net: nn.Module,
    split: Split,
    task: Task,
    *,
    prepare: Callable[[Tensor], Tensor],
    device: torch.device,
    flips: bool = False,
) -> dict[str, float]:
    """Give the mean of each measure of the task over all examples of the split.

    Args:
        net: what is measured; it is put back into its mode.
        split: the examples.
        task: says what is measured.
        prepare: turns inputs as stored into what the net reads.
        device: where the net lives.
        flips: take the mean of the answers to an image and to its mirror image.
    """
    sums: list[Tensor] = []
    names: list[str] = []
    for outputs, targets in _outputs(net, split, prepare, device, flips):
        measured = task.measure(outputs, targets)
        names = list(measured)
        sums.append(torch.stack(list(measured.values())))
    totals = torch.stack(sums).cpu().double().sum(0) / len(split)
    return dict(zip(names, totals.tolist(), strict=True))


@torch.inference_mode()
def predict(
    net: nn.Module,
    split: Split,
    task: Task,
    *,
    prepare: Callable[[Tensor], Tensor],
    device: torch.device,
    flips: bool = False,
) -> Tensor:
    """Give what the task makes of every output, on the processor: probabilities `[n, class]`, or numbers."""
    answers = _outputs(net, split, prepare, device, flips)
    return torch.cat([task.predict(outputs).cpu() for outputs, _ in answers])


def _outputs(
    net: nn.Module, split: Split, prepare: Callable[[Tensor], Tensor], device: torch.device, flips: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield outputs and targets, batch by batch; the net is put back into its mode at the end."""
    training = net.training
    net.eval()
    try:
        size = batch_size(prepare(split.inputs[:1]))
        for start in range(0, len(split), size):
            inputs = prepare(split.inputs[start : start + size].to(device))
            outputs = net(inputs)
            if flips and inputs.ndim == 4:
                outputs = (outputs + net(inputs.flip(-1))) / 2
            yield outputs, split.targets[start : start + size].to(device)
    finally:
        net.train(training)
