"""Metrics of a model on a whole split: batched, without a graph, read once at the end."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from d2lab.core.placement import require_same_device
from d2lab.core.tensor_tree import Tree, concatenate, map_tensors, tensors_of
from d2lab.data.batch import Prepare, prepares_batches
from d2lab.data.split import Split, as_split
from d2lab.metrics import Metric
from d2lab.train.task import CarriedState, Step, Task

MOST = 1000  # examples at once: large enough to fill two cores, small enough for a laptop's cache
INPUTS = 1_600_000  # numbers at once: 1,000 images of 28 pixels a side, 173 of 96, 31 of 224
INPUTS_ACCELERATOR = 4 * INPUTS  # as many as the notes train on at once, whose graph needs more memory than this
RESIDENT_BYTES = 256 * 2**20  # a set up to this size goes to the device at once: every copy waits for it


def batch_size(example: Tree) -> int:
    """Choose how many examples are evaluated together.

    Args:
        example: one of them as the model reads it, where the model is; the maps of a deep model take a few hundred
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
) -> dict[str, float]:
    """Return the loss and the metrics of a model over all examples of a split.

    Args:
        model: what is measured; it is put back into its mode.
        split: the examples.
        task: says what the loss is, and which metrics there are unless given.
        prepare: turns inputs as stored into what the model reads.
        device: where the model lives.
        flips: take the mean of the answers to an image and to its mirror image.
        batch: examples at once; chosen by their size unless given. A carried state needs the size of training.
        metrics: fresh ones, which afterwards hold what they saw.

    Raises:
        ConfigError: the model lives elsewhere.
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
    values = {"loss": weighted_mean(losses, weights)}
    for metric in measured:
        values |= metric.compute()
    return values


def weighted_mean(losses: list[Tensor], weights: Sequence[int | Tensor]) -> float:
    """Return the mean of losses, weighted, summed in double precision after one read."""
    numbers = torch.stack(losses).cpu().double()
    shares = torch.as_tensor([float(w) for w in as_numbers(weights)], dtype=torch.float64)
    return float((numbers * shares).sum() / shares.sum())


def as_numbers(weights: Sequence[int | Tensor]) -> Sequence[int | float]:
    """Return weights as plain numbers; tensors are brought over together."""
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
    """Return what the task makes of every output, on the processor: probabilities `[n, class]`, numbers, boxes."""
    results = _results(model, split, task.for_evaluation(), prepare, device, flips, batch)
    return concatenate([map_tensors(Tensor.cpu, task.predict(result.outputs)) for result in results])


def _results(
    model: nn.Module, split: Split, task: Task, prepare: Prepare, device: torch.device, flips: bool, size: int | None
) -> Iterator[Step]:
    """Yield what the model makes of each batch; the model is put back into its mode at the end."""
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
    """A model asked twice: about an image and about its mirror image; tables are asked once."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def __call__(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.model(inputs)
        return (outputs + self.model(inputs.flip(-1))) / 2 if inputs.ndim == 4 else outputs
