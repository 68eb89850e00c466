"""Measures of a model on a whole split: batched, without a graph, read once at the end."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from d2lab.core.placement import require_same_device
from d2lab.data.split import Split
from d2lab.train.task import Task

MOST = 1000  # examples at once: large enough to fill two cores, small enough for a laptop's cache
INPUTS = 1_600_000  # numbers at once: 1,000 images of 28 pixels a side, 173 of 96, 31 of 224
INPUTS_ACCELERATOR = 4 * INPUTS  # as many as the notes train on at once, whose graph needs more memory than this
RESIDENT_BYTES = 256 * 2**20  # a set up to this size goes to the device at once: every copy waits for it


def batch_size(example: Tensor) -> int:
    """Choose how many examples are looked at together.

    Args:
        example: one of them as the model reads it, where the model is; the maps of a deep model take a few hundred times
            its memory.
    """
    most = INPUTS if example.device.type == "cpu" else INPUTS_ACCELERATOR
    return max(1, min(MOST, most // example.numel()))


@torch.inference_mode()
def evaluate(
    model: nn.Module,
    split: Split,
    task: Task,
    *,
    prepare: Callable[[Tensor], Tensor],
    device: torch.device,
    flips: bool = False,
) -> dict[str, float]:
    """Return the mean of each measure of the task over all examples of the split.

    Args:
        model: what is measured; it is put back into its mode.
        split: the examples.
        task: says what is measured.
        prepare: turns inputs as stored into what the model reads.
        device: where the model lives.
        flips: take the mean of the answers to an image and to its mirror image.

    Raises:
        ConfigError: the model lives elsewhere.
    """
    sums: list[Tensor] = []
    names: list[str] = []
    for outputs, targets in _outputs(model, split, prepare, device, flips):
        measured = task.measure(outputs, targets)
        names = list(measured)
        sums.append(torch.stack(list(measured.values())))
    totals = torch.stack(sums).cpu().double().sum(0) / len(split)
    return dict(zip(names, totals.tolist(), strict=True))


@torch.inference_mode()
def predict(
    model: nn.Module,
    split: Split,
    task: Task,
    *,
    prepare: Callable[[Tensor], Tensor],
    device: torch.device,
    flips: bool = False,
) -> Tensor:
    """Return what the task makes of every output, on the processor: probabilities `[n, class]`, or numbers."""
    answers = _outputs(model, split, prepare, device, flips)
    return torch.cat([task.predict(outputs).cpu() for outputs, _ in answers])


def _outputs(
    model: nn.Module, split: Split, prepare: Callable[[Tensor], Tensor], device: torch.device, flips: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield outputs and targets, batch by batch; the model is put back into its mode at the end."""
    require_same_device(model, device)
    training = model.training
    model.eval()
    if device.type != "cpu" and len(split) * split.example.nbytes <= RESIDENT_BYTES:
        whole = split.held()
        split = Split(whole.inputs.to(device), whole.targets.to(device))
    try:
        for stored, targets in split.batches(batch_size(prepare(split.example.to(device)))):
            inputs = prepare(stored.to(device))
            outputs = model(inputs)
            if flips and inputs.ndim == 4:
                outputs = (outputs + model(inputs.flip(-1))) / 2
            yield outputs, targets.to(device)
    finally:
        model.train(training)
