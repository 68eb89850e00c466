"""A loss that breaks: find the step and the first layer that did it.

The loop looks at losses every so often, not at every step, so that an accelerator is not made to wait. When one
is not finite, the last kept state is put back and the steps are taken again, each layer watched.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.errors import NonFiniteError
from d2lab.data.split import Split
from d2lab.train.evaluate import batch_size
from d2lab.train.train_step import TrainStep

COST_SHARE = 0.01  # at most this share of the time goes into keeping states


class Guard:
    """Keeps the state of a train_step from time to time and explains what went wrong since."""

    def __init__(self, train_step: TrainStep) -> None:
        self.train_step = train_step
        self._next_keep = 0.0
        self.keep()

    def keep(self) -> None:
        """Copy the present state, which is known to be good, unless the last copy is too recent to pay."""
        start = time.perf_counter()
        if start < self._next_keep:
            return
        self.step = self.train_step.step
        self.tensors = {name: value.clone() for name, value in self.train_step.state().items()}
        self.values: dict[str, Any] = self.train_step.values()
        end = time.perf_counter()
        self._next_keep = end + (end - start) / COST_SHARE

    def explain(self, bad_step: int, loss: float, batches: Any) -> NonFiniteError:  # noqa: ANN401
        """Take the steps since the kept state again and name what broke.

        Args:
            bad_step: the step whose loss was not finite, counted from 0.
            loss: that loss.
            batches: the same batches that training took; see data.batch.Batches.
        """
        self.train_step.restore(self.step, self.tensors, self.values)
        with torch.enable_grad():  # the loop looks without a graph
            for inputs, targets in _from_step(batches, self.step):
                if self.train_step.step == bad_step:
                    changed = self.train_step.changed(inputs, targets)
                    broken = self._first_broken(*changed) or "nothing in the plain model: the fast form differs"
                    break
                self.train_step.take(inputs, targets)
        epoch, batch = divmod(bad_step, batches.steps)
        where = f"loss at step {bad_step + 1} (epoch {epoch + 1}, batch {batch + 1})"
        rate = self.train_step.learning_rate(bad_step)
        fix = f"First to break: {broken}. Try a learning_rate below {rate:g}, or clip_norm=1."
        return NonFiniteError(where, got=loss, need="a finite number", fix=fix)

    def explain_measure(self, name: str, value: float, split: Split) -> NonFiniteError:
        """Name what breaks when the model, as it is now, is measured on a split."""
        self.train_step.model.eval()
        pieces = split.batches(batch_size(self.train_step.prepare(split.example.to(self.train_step.device))))
        found = (self._first_broken(x.to(self.train_step.device), y.to(self.train_step.device)) for x, y in pieces)
        broken = next((words for words in found if words), "the sum over the set")
        rate = self.train_step.learning_rate(self.train_step.step - 1)
        fix = f"First to break: {broken}. Try a learning_rate below {rate:g}, or clip_norm=1."
        return NonFiniteError(f"{name} after step {self.train_step.step}", got=value, need="a finite number", fix=fix)

    def _first_broken(self, inputs: Tensor, targets: Tensor) -> str | None:
        """Run one batch through the plain model and name the first thing that is not finite."""
        for name, weight in self.train_step.model.named_parameters():
            if not torch.isfinite(weight).all():
                return f"weights of layer {name} (a step before overflowed)"
        prepared = self.train_step.prepare(inputs)
        if prepared.is_floating_point() and not torch.isfinite(prepared).all():
            return "the input batch itself"
        with watching(self.train_step.model) as broken, torch.no_grad():
            outputs = self.train_step.model(prepared)
        if broken:
            return f"output of layer {broken[0]}"
        loss = self.train_step.task.loss(outputs, targets)
        return None if torch.isfinite(loss) else "the loss"


def first_non_finite(losses: list[float]) -> int | None:
    """Return the index of the first loss that is NaN or infinite."""
    return next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), None)


@contextmanager
def watching(model: nn.Module) -> Iterator[list[str]]:
    """Collect the names of layers whose output is not finite, in the order of computation."""
    broken: list[str] = []

    def watch(name: str) -> Any:  # noqa: ANN401
        def hook(layer: nn.Module, _: Any, output: Tensor) -> None:  # noqa: ANN401
            if not torch.isfinite(output).all():
                broken.append(f"{name} ({type(layer).__name__})")

        return hook

    leaves = [(name, layer) for name, layer in model.named_modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(watch(name)) for name, layer in leaves]
    try:
        yield broken
    finally:
        for hook in hooks:
            hook.remove()


def _from_step(batches: Any, step: int) -> Iterator[tuple[Tensor, Tensor]]:  # noqa: ANN401
    """Yield all batches from a step on, epoch after epoch."""
    epoch, start = divmod(step, batches.steps)
    while True:
        yield from batches.epoch(epoch, start=start)
        epoch, start = epoch + 1, 0
