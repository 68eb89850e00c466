"""Evaluation: loss and metrics of a model on a whole split, in batches, without gradients, read once at the end."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from d2lab.core.device import require_same_device
from d2lab.core.tensor_tree import Tree, concatenate, map_tensors, tensors_of
from d2lab.data.batch import Prepare, prepares_batches
from d2lab.data.split import Split, as_split
from d2lab.metrics import Metric
from d2lab.parallel.ranks import ALONE, Ranks
from d2lab.train.of_all import merged
from d2lab.train.task import CarriedState, Step, Task

MOST = 1000  # examples per batch: large enough to fill two cores, small enough for a laptop's cache
INPUTS = 1_600_000  # input elements per batch: 1,000 images of 28 pixels a side, 173 of 96, 31 of 224
INPUTS_ACCELERATOR = 4 * INPUTS  # the notes' training batches are as large, and backpropagation needs more memory
RESIDENT_BYTES = 256 * 2**20  # a set up to this size is copied to the device at once: each copy synchronizes


def batch_size(example: Tree) -> int:
    """Return how many examples are evaluated in one batch.

    Args:
        example: a prepared batch of one, on the model's device; the activations of a deep model take a few hundred
            times its memory.
    """
    parts = tensors_of(example)
    most = INPUTS if parts[0].device.type == "cpu" else INPUTS_ACCELERATOR
    return max(1, min(MOST, most // sum(part.numel() for part in parts)))


@torch.inference_mode()
def evaluate(
    model: nn.Module,
    split: Split,
    task: Task,
    *,
    prepare: Prepare,
    device: torch.device,
    flips: bool = False,
    batch: int | None = None,
    metrics: Sequence[Metric] | None = None,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """Return the loss and the metrics of a model over all examples of a split.

    Args:
        model: the model; evaluated in eval mode, then put back into the mode it was in.
        split: the examples.
        task: decides the loss and the default metrics.
        prepare: turns inputs as stored into what the model reads.
        device: the model's device.
        flips: average the outputs for an image and its mirror image.
        batch: batch size; chosen by the size of an example unless given. A carried state needs the size of training.
        metrics: newly built metrics in place of the task's; afterwards they hold the sums of the split.
        ranks: processes whose splits are parts of one; all get the values of the whole.

    Returns:
        `loss`, and the values of every metric by name.

    Raises:
        ConfigError: the model is on another device.
    """
    task = task.for_evaluation()
    measured = task.metrics() if metrics is None else metrics
    losses: list[Tensor] = []
    weights: list[int | Tensor] = []
    for result in _results(model, split, task, prepare, device, flips, batch):
        for metric in measured:
            metric.update(result.outputs, result.batch)  # type: ignore[arg-type]
        losses.append(result.loss.float())
        weights.append(result.weight)
    values = {"loss": weighted_mean(losses, weights, ranks)}
    for metric in measured:
        values |= merged(metric, ranks).compute()
    return values


def weighted_mean(losses: list[Tensor], weights: Sequence[int | Tensor], ranks: Ranks = ALONE) -> float:
    """Return the weighted mean of losses, summed in float64.

    Args:
        losses: scalar tensors, one per batch.
        weights: what each loss is a mean over.
        ranks: processes over whose losses the mean is taken.
    """
    numbers = torch.stack(losses).cpu().double()
    shares = torch.as_tensor([float(w) for w in as_numbers(weights)], dtype=torch.float64)
    total, weight = ranks.sum(torch.stack([(numbers * shares).sum(), shares.sum()]))
    return float(total / weight)


def as_numbers(weights: Sequence[int | Tensor]) -> Sequence[int | float]:
    """Return weights as Python numbers; tensors are copied from the device together."""
    if weights and isinstance(weights[0], Tensor):
        return torch.stack(list(weights)).tolist()  # type: ignore[arg-type]
    return weights  # type: ignore[return-value]


@torch.inference_mode()
def predict(
    model: nn.Module,
    split: Split,
    task: Task,
    *,
    prepare: Prepare,
    device: torch.device,
    flips: bool = False,
    batch: int | None = None,
) -> Tree:
    """Return the predictions for a whole split, on the CPU: probabilities `[n, class]`, numbers, boxes.

    Args:
        model: the model; put back into the mode it was in.
        split: the examples.
        task: turns outputs into predictions.
        prepare: turns inputs as stored into what the model reads.
        device: the model's device.
        flips: average the outputs for an image and its mirror image.
        batch: batch size; chosen by the size of an example unless given.

    Raises:
        ConfigError: the model is on another device.
    """
    results = _results(model, split, task.for_evaluation(), prepare, device, flips, batch)
    return concatenate([map_tensors(Tensor.cpu, task.predict(result.outputs)) for result in results])


def _results(
    model: nn.Module, split: Split, task: Task, prepare: Prepare, device: torch.device, flips: bool, size: int | None
) -> Iterator[Step]:
    """Yield the result of each batch; the model is put back into the mode it was in at the end."""
    require_same_device(model, device)
    training = model.training
    model.eval()
    prepare_batch, carried = prepares_batches(prepare), CarriedState(task)
    bytes_each = sum(part.nbytes for part in tensors_of(split.example))
    if device.type != "cpu" and len(split) * bytes_each <= RESIDENT_BYTES:
        split = as_split(split.held().whole().to(device))
    forward = _Mirrored(model) if flips else model
    try:
        example = prepare(map_tensors(lambda tensor: tensor.to(device), split.example))
        for stored in split.batches(size or batch_size(example)):
            batch = prepare_batch(stored.to(device))
            result = task.loss(forward, batch, carried.of(batch))
            carried.keep(result, batch)
            yield Step(result.loss, result.outputs, result.weight, None, batch)
    finally:
        model.train(training)


class _Mirrored:
    """Averages a model's outputs over an image and its mirror image; tables are evaluated once."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def __call__(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.model(inputs)
        return (outputs + self.model(inputs.flip(-1))) / 2 if inputs.ndim == 4 else outputs
