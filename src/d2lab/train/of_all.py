"""What the processes of a run have together: parts of a split, losses, sums of metrics."""

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError, RunError
from d2lab.data.split import Split
from d2lab.metrics import Metric
from d2lab.parallel.ranks import Ranks


def own_part(split: Split | None, ranks: Ranks) -> Split | None:
    """Return what this process evaluates of a split.

    Raises:
        ConfigError: the split has fewer examples than there are processes.
    """
    if split is None or ranks.alone:
        return split
    if len(split) < ranks.world:
        raise ConfigError("processes", got=ranks.world, need=f"at most {len(split)}, the size of a split")
    return split.subset(torch.arange(len(split))[ranks.part.rows(len(split))])


def losses_of_all(
    losses: Tensor, weights: Sequence[int | float], examples: int, ranks: Ranks
) -> tuple[list[float], Sequence[int | float], int]:
    """Return the losses of steps, what they are means over and the number of examples, of all processes.

    Args:
        losses: `[step]`, this process's.
        weights: what each is a mean over.
        examples: of all these steps.
        ranks: the processes; all give the same steps.
    """
    if ranks.alone:
        return losses.tolist(), weights, examples
    share = torch.tensor(weights, dtype=torch.float64)
    numbers = ranks.sum(torch.cat([losses.cpu().double() * share, share, torch.tensor([examples])]))
    sums, of_all = numbers[:-1].chunk(2)
    return (sums / of_all).tolist(), of_all.tolist(), int(numbers[-1])


def merged(metric: Metric, ranks: Ranks) -> Metric:
    """Return a metric that holds the sums of all processes, merged in the order of the ranks."""
    if ranks.alone:
        return metric
    parts = []
    for state in ranks.gather(metric.state()):
        part = copy.deepcopy(metric)
        part.load(state, torch.device("cpu"))
        parts.append(part)
    for part in parts[1:]:
        parts[0].merge(part)
    return parts[0]


def restore_metrics(
    metrics: Sequence[Metric], states: Mapping[str, dict[str, Tensor]], device: torch.device, ranks: Ranks
) -> None:
    """Restore the sums that metrics had in an interrupted epoch: those of all processes, from which one goes on.

    Args:
        metrics: of training.
        states: their sums, by number.
        device: where they count.
        ranks: the processes.

    Raises:
        RunError: the sums are of other metrics.
    """
    for number, metric in enumerate(metrics):
        metric.reset()
        state = states.get(str(number))
        try:
            if state and ranks.leads:
                metric.load(state, device)
        except (KeyError, ValueError, TypeError, RuntimeError) as cause:
            raise RunError("checkpoint", got=f"metric {number}: {cause}", need="the sums d2lab writes") from cause
