"""Non-finite losses: find the step and the first layer whose output is NaN or infinite.

The loop reads losses now and then, not at every step, so that the device is not synchronized each time. When one is
not finite, the last saved state is restored and the steps are repeated with a hook on every layer.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from d2lab.core.errors import NonFiniteError
from d2lab.core.tensor_tree import Tree, has_non_finite, map_tensors
from d2lab.data.batch import Batch
from d2lab.data.split import Split
from d2lab.train.evaluate import batch_size
from d2lab.train.train_step import TrainStep

COST_SHARE = 0.01  # at most this fraction of the time is spent saving states


class NonFiniteGuard:
    """Saves the state of a training step from time to time and explains which layer broke since."""

    def __init__(self, train_step: TrainStep) -> None:
        self.train_step = train_step
        self._next_keep = 0.0
        self.keep()

    def keep(self, *, now: bool = False) -> None:
        """Copy the current state, whose losses were finite, unless the last copy is too recent to pay.

        Args:
            now: copy it in any case.
        """
        start = time.perf_counter()
        (due,) = self.train_step.ranks.any(now or start >= self._next_keep)  # all repeat the same steps
        if not due:
            return
        self.step = self.train_step.step
        self.tensors = {name: value.clone() for name, value in self.train_step.state().items()}
        self.values: dict[str, Any] = self.train_step.values()
        end = time.perf_counter()
        self._next_keep = end + (end - start) / COST_SHARE

    def explain(self, bad_step: int, loss: float, batches: Any) -> NonFiniteError:  # noqa: ANN401
        """Repeat the steps since the saved state and name the first layer that broke.

        Args:
            bad_step: the step whose loss was not finite, counted from 0.
            loss: that loss.
            batches: the batches of training, which can be read again; see data.batches.Batches.
        """
        self.train_step.restore(self.step, self.tensors, self.values)
        with torch.enable_grad():  # the loop reads losses without a graph
            for batch in self._from_step(batches):
                if self.train_step.step == bad_step:
                    prepared, state = self.train_step.prepared(batch), self.train_step.carried.of(batch)
                    broken = self._first_broken(prepared, state) or "nothing without optimize_layout, which differs"
                    break
                self.train_step(batch)
        epoch, batch = divmod(bad_step, batches.steps)
        where = f"loss at step {bad_step + 1} (epoch {epoch + 1}, batch {batch + 1})"
        rate = self.train_step.learning_rate(bad_step)
        fix = f"First to break: {broken}. Try a learning_rate below {rate:g}, or clip_norm=1."
        return NonFiniteError(where, got=loss, need="a finite number", fix=fix)

    def explain_measure(self, name: str, value: float, split: Split) -> NonFiniteError:
        """Name the first layer that breaks when the current model is evaluated on a split."""
        self.train_step.model.eval()
        device = self.train_step.device
        example = self.train_step.prepare(map_tensors(lambda tensor: tensor.to(device), split.example))
        pieces = (self.train_step.prepare_batch(one.to(device)) for one in split.batches(batch_size(example)))
        found = (self._first_broken(one, None) for one in pieces)
        broken = next((words for words in found if words), "the sum over the set")
        rate = self.train_step.learning_rate(self.train_step.step - 1)
        fix = f"First to break: {broken}. Try a learning_rate below {rate:g}, or clip_norm=1."
        return NonFiniteError(f"{name} after step {self.train_step.step}", got=value, need="a finite number", fix=fix)

    def _first_broken(self, batch: Batch, state: Tree) -> str | None:
        """Run one prepared batch through the plain model and name the first thing that is not finite."""
        for name, weight in self.train_step.model.named_parameters():
            if not torch.isfinite(weight).all():
                return f"weights of layer {name} (an earlier step overflowed)"
        if has_non_finite(batch.inputs):
            return "the input batch itself"
        with watching(self.train_step.model) as broken, torch.no_grad():
            loss = self.train_step.task.loss(self.train_step.model, batch, state).loss
        if broken:
            return f"output of layer {broken[0]}"
        return None if torch.isfinite(loss) else "the loss"

    def _from_step(self, batches: Any) -> Iterator[Batch]:  # noqa: ANN401
        """Yield all batches from the saved step on, epoch after epoch."""
        epoch, start = divmod(self.step, batches.steps)
        while True:
            if start == 0:
                self.train_step.carried.reset()
            yield from batches.epoch(epoch, start=start)
            epoch, start = epoch + 1, 0


def first_non_finite(losses: list[float]) -> int | None:
    """Return the index of the first loss that is NaN or infinite."""
    return next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), None)


@contextmanager
def watching(model: nn.Module) -> Iterator[list[str]]:
    """Collect the names of layers whose output is not finite, in the order of the forward pass."""
    broken: list[str] = []

    def watch(name: str) -> Any:  # noqa: ANN401
        def hook(layer: nn.Module, _: Any, output: Tree) -> None:  # noqa: ANN401
            if has_non_finite(output):
                broken.append(f"{name} ({type(layer).__name__})")

        return hook

    leaves = [(name, layer) for name, layer in model.named_modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(watch(name)) for name, layer in leaves]
    try:
        yield broken
    finally:
        for hook in hooks:
            hook.remove()
