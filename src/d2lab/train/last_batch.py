"""Batches of one under batch normalization, found before anything is written.

In training, batch normalization divides by the standard deviation of each channel over the batch. One value has none,
so a batch (or a piece of one) of a single example fails where a layer sees one value a channel.
"""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from d2lab.core.errors import ConfigError
from d2lab.core.seed import fork_rng
from d2lab.data.split import Split
from d2lab.layers import BatchNorm2d
from d2lab.train.config import LoopConfig
from d2lab.train.train_step import TrainStep


def check_last_batch(step: TrainStep, train: Split, loop: LoopConfig) -> None:
    """Refuse a batch of one example where the model can't be trained on it.

    Args:
        step: model and task.
        train: the training examples.
        loop: batch size, pieces, and whether the last batch is dropped.

    Raises:
        ConfigError: an epoch holds such a batch; the error says how to avoid it.
    """
    size, last = min(loop.batch_size, len(train)), len(train) % loop.batch_size
    if not step.ranks.alone:
        size, last = _smallest_parts(size, 0 if loop.drop_last else last, step.ranks.world)
        if loop.sync_batchnorm:
            return
    whole = _has_single(size, loop.accumulate)
    ragged = not loop.drop_last and len(train) > loop.batch_size and _has_single(last, loop.accumulate)
    if not (whole or ragged):
        return
    layer = single_value_layer(step, train)
    if layer is None:
        return
    pieces = f" in {loop.accumulate} pieces" if loop.accumulate > 1 else ""
    need = f"2 or more examples in each, for the batch normalization of layer {layer}"
    if whole:
        got, fix = f"batches of {size}{pieces}", "Set a larger batch_size."
        if loop.accumulate > 1:
            fix = "Set another batch_size or accumulate."
        raise ConfigError("batch_size", got=got, need=need, fix=fix)
    fix = f"Leave the last batch out: drop_last=true, or set another batch_size than {loop.batch_size}."
    raise ConfigError("the last batch", got=f"{last} of {len(train)} examples{pieces}", need=need, fix=fix)


def _smallest_parts(size: int, last: int, processes: int) -> tuple[int, int]:
    """Return how many examples of a batch, and of the incomplete last one, the process with the fewest has.

    Raises:
        ConfigError: a process would have none.
    """
    need = f"at least one for each of {processes} processes"
    if size < processes:
        raise ConfigError("batch_size", got=size, need=need)
    if 0 < last < processes:
        fix = "Leave the last batch out: drop_last=true, or set another batch_size."
        raise ConfigError("the last batch", got=f"{last} of the examples", need=need, fix=fix)
    return size // processes, last // processes


def _has_single(examples: int, pieces: int) -> bool:
    """Return whether a batch, cut as `Batch.chunk` cuts it, has a piece of one example."""
    if examples == 0:
        return False
    piece = -(-examples // pieces)
    return piece == 1 or examples % piece == 1


@torch.no_grad()
def single_value_layer(step: TrainStep, train: Split) -> str | None:
    """Name the first batch normalization that one example gives one value a channel; None where there is none.

    The model runs once on one example, in evaluation mode: nothing of it changes.

    Args:
        step: model and task.
        train: examples.
    """
    layers = {name: one for name, one in step.model.named_modules() if isinstance(one, _BatchNorm | BatchNorm2d)}
    if not layers:
        return None
    found: list[str] = []

    def watch(name: str, layer: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def look(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            if given[0].numel() == given[0].shape[1]:
                found.append(name)

        return layer.register_forward_pre_hook(look)

    hooks = [watch(name, layer) for name, layer in layers.items()]
    training = step.model.training
    try:
        with fork_rng(str(step.device)):
            step.model.eval()
            one = step.prepare_batch(next(iter(train.batches(1))).to(step.device))
            step.task.loss(step.model, one, None)
    finally:
        step.model.train(training)
        for hook in hooks:
            hook.remove()
    return found[0] if found else None
