"""The loop: epochs of steps, a look at the losses now and then, a checkpoint in time, a row for the record.

No hidden work between steps: losses and outputs stay on the device and are read once for many steps.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from d2lab.core.errors import RunError
from d2lab.core.placement import require_same_device
from d2lab.data.batch import Batches
from d2lab.data.split import Split
from d2lab.data.stream import StreamedBatches
from d2lab.train.checkpoint import Checkpoint, load_weights, save_checkpoint
from d2lab.train.config import LoopConfig
from d2lab.train.evaluate import evaluate
from d2lab.train.guard import Guard, first_non_finite
from d2lab.train.interrupt import Interrupt
from d2lab.train.progress import Progress
from d2lab.train.record import Row, RunRecord
from d2lab.train.train_step import TrainStep, split_by_prefix

LOOK_EVERY_S = 0.25  # seconds between two looks at the losses: each look makes an accelerator wait once
LOOK_EVERY_ELEMENTS = 4_000_000  # outputs held back until a look: 16 MB of logits
Status = Literal["running", "interrupted", "stopped early", "finished"]


@dataclass(slots=True)
class Position:
    """Where a run is, beyond the step: what an epoch has added up so far, and the best epoch."""

    sums: dict[str, float] = field(default_factory=dict)  # over the epoch's examples so far
    seen: int = 0  # examples of the epoch so far
    seconds: float = 0.0  # spent in the epoch's steps so far
    best_loss: float = math.inf
    best_epoch: int = -1
    best: dict[str, Tensor] = field(default_factory=dict)  # weights of the best epoch, when early stop watches
    status: Status = "running"


class Loop:
    """Trains a train_step over batches and keeps its record."""

    def __init__(
        self,
        train_step: TrainStep,
        batches: Batches | StreamedBatches,
        *,
        config: LoopConfig,
        test: Split,
        validation: Split | None,
        record: RunRecord | None,
        progress: Progress,
        on_epoch: Callable[[], None] | None = None,
    ) -> None:
        self.train_step, self.batches, self.config = train_step, batches, config
        self.test, self.validation, self.record = test, validation, record
        self.progress, self.on_epoch = progress, on_epoch
        self.position = Position()
        self.rows: list[Row] = []  # not yet written
        self.metrics_bytes = 0
        self._held: list[tuple[Tensor, Tensor, Tensor]] = []  # loss, outputs, targets since the last look
        self._held_elements = 0
        self._last_look = self._last_save = time.perf_counter()

    def run(self) -> Status:
        """Train to the end of the last epoch, or until asked to stop; what was learnt is in the model.

        Raises:
            NonFiniteError: a loss became NaN or infinite.
            RunError: the record can't be written; the last checkpoint is whole.
            ConfigError: the batches come from another device than the model's.
        """
        require_same_device(self.train_step.model, self.batches.device)
        steps = self.batches.steps
        self.guard = Guard(self.train_step)
        self.progress.start(steps=steps * self.config.epochs, done=self.train_step.step, epochs=self.config.epochs)
        self._last_look = self._last_save = time.perf_counter()
        try:
            with Interrupt() as interrupt:
                while self.train_step.step < steps * self.config.epochs and self.position.status == "running":
                    if not self._epoch(interrupt):
                        self.position.status = "interrupted"
            self._end()
        finally:
            self.progress.stop()
        return self.position.status

    def _epoch(self, interrupt: Interrupt) -> bool:
        """Train for the rest of an epoch; False when asked to stop on the way."""
        number, start = divmod(self.train_step.step, self.batches.steps)
        self.train_step.model.train()
        for inputs, targets in self.batches.epoch(number, start=start):
            loss, outputs = self.train_step.take(inputs, targets)
            self._hold(loss, outputs, targets)
            if interrupt.asked:
                self._look()
                if self.train_step.step % self.batches.steps:
                    return False
        self._look()
        self._close_epoch(number)
        done = self.train_step.step == self.batches.steps * self.config.epochs
        return not interrupt.asked or done or self.position.status != "running"

    def _hold(self, loss: Tensor, outputs: Tensor, targets: Tensor) -> None:
        """Keep a step's results on the device; look at them when enough time or memory has gone by."""
        self._held.append((loss, outputs, targets))
        self._held_elements += outputs.numel()
        now = time.perf_counter()
        if now - self._last_look > LOOK_EVERY_S or self._held_elements > LOOK_EVERY_ELEMENTS:
            self._look()
            due = now - self._last_save > self.config.checkpoint_every_s
            # Not after an epoch's last step: its row is still to come, and going on from here would skip it.
            if self.record is not None and due and self.train_step.step % self.batches.steps:
                self._save()

    @torch.no_grad()
    def _look(self) -> None:
        """Read the losses since the last look, in one go; add up the measures; stop at a broken loss."""
        if not self._held:
            return
        losses = torch.stack([loss for loss, _, _ in self._held]).tolist()
        first = self.train_step.step - len(losses)
        broken = first_non_finite(losses)
        if broken is not None:
            raise self.guard.explain(first + broken, losses[broken], self.batches)
        targets = torch.cat([targets for _, _, targets in self._held])
        measured = self.train_step.task.measure(torch.cat([outputs for _, outputs, _ in self._held]), targets)
        for loss, held in zip(losses, self._held, strict=True):  # step by step: the clock, which cuts the looks,
            self.position.sums["loss"] = self.position.sums.get("loss", 0.0) + loss * len(held[2])  # can't round it
        for name, value in measured.items():
            if name != "loss":
                self.position.sums[name] = self.position.sums.get(name, 0.0) + float(value)
        self.position.seen += len(targets)
        for number, loss in enumerate(losses, start=first):
            self.rows.append({"step": number + 1, "loss": loss, "learning_rate": self.train_step.learning_rate(number)})
        self._held.clear()
        self._held_elements = 0
        self.guard.keep()
        now = time.perf_counter()
        elapsed, self._last_look = now - self._last_look, now
        self.position.seconds += elapsed
        rate = len(targets) / elapsed if elapsed > 0 else 0.0
        epoch = (self.train_step.step - 1) // self.batches.steps
        self.progress.advance(step=self.train_step.step, epoch=epoch, examples_per_s=rate, loss=losses[-1])

    def _close_epoch(self, number: int) -> None:
        """Measure, write the epoch's row, save, and decide whether to go on."""
        position, seen = self.position, self.position.seen
        row: Row = {"epoch": number + 1, "step": self.train_step.step}
        row |= {f"train_{name}": total / seen for name, total in position.sums.items()}
        row |= {"examples": seen, "seconds": position.seconds}
        for name, split in (("valid", self.validation), ("test", self.test)):
            if split is not None:
                row |= {f"{name}_{measure}": value for measure, value in self._measure(split).items()}
                loss = row[f"{name}_loss"]
                if not math.isfinite(loss):
                    raise self.guard.explain_measure(f"{name}_loss", loss, split)
        position.sums, position.seen, position.seconds = {}, 0, 0.0
        self.rows.append(row)
        self._watch(number, row)
        self.progress.epoch(row)
        # An early stop saves once, at the end: a checkpoint that calls itself done must hold the best weights.
        due = time.perf_counter() - self._last_save > self.config.checkpoint_every_s
        if self.record is not None and due and position.status == "running":
            self._save()
        if self.on_epoch is not None:
            self._flush()
            self.on_epoch()
        self._last_look = time.perf_counter()

    def _measure(self, split: Split) -> dict[str, float]:
        """Evaluate the model as it is now."""
        train_step = self.train_step
        how = {"prepare": train_step.prepare, "device": train_step.device, "flips": self.config.test_flips}
        return evaluate(train_step.eval_net, split, train_step.task, **how)  # type: ignore[arg-type]

    def _watch(self, number: int, row: Row) -> None:
        """Keep the best epoch's weights and stop when nothing got better for `patience` epochs."""
        position = self.position
        if self.config.patience is None:
            return
        if row["valid_loss"] < position.best_loss:
            position.best_loss, position.best_epoch = row["valid_loss"], number
            position.best = {name: value.clone() for name, value in self.train_step.model.state_dict().items()}
        elif number - position.best_epoch >= self.config.patience:
            position.status = "stopped early"

    def _end(self) -> None:
        """Take the best weights where they were watched, and save for the last time."""
        position = self.position
        if position.status != "interrupted":
            position.status = "stopped early" if position.status == "stopped early" else "finished"
            if position.best:
                load_weights(self.train_step.model, position.best, "the best epoch")
        self._save()

    def _flush(self) -> None:
        """Write the rows that wait."""
        if self.record is not None and self.rows:
            self.metrics_bytes = self.record.append(self.rows)
            self.rows = []

    def _save(self) -> None:
        """Write rows first, then the checkpoint that vouches for them."""
        if self.record is None:
            return
        self._flush()
        save_checkpoint(self.record.checkpoint, self.checkpoint())
        self._last_save = time.perf_counter()

    def checkpoint(self) -> Checkpoint:
        """Collect everything that going on needs."""
        position = self.position
        values: dict[str, Any] = {
            "status": position.status,
            "sums": position.sums,
            "seen": position.seen,
            "seconds": position.seconds,
            "best_loss": position.best_loss if math.isfinite(position.best_loss) else None,
            "best_epoch": position.best_epoch,
            "metrics_bytes": self.metrics_bytes,
            "train_step": self.train_step.values(),
        }
        best = {f"best.{name}": value for name, value in position.best.items()}
        return Checkpoint(self.train_step.step, {**self.train_step.state(), **best}, values)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint; the record's newer rows are cut off.

        Raises:
            RunError: the checkpoint is not this run's.
        """
        values = checkpoint.values
        try:
            best_loss = math.inf if values["best_loss"] is None else float(values["best_loss"])
            sums = {str(name): float(value) for name, value in values["sums"].items()}
            progress = int(values["seen"]), float(values["seconds"]), best_loss, int(values["best_epoch"])
            self.metrics_bytes = int(values["metrics_bytes"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as cause:
            raise RunError("checkpoint", got=str(cause), need="the values d2lab writes") from cause
        self.train_step.restore(checkpoint.step, checkpoint.tensors, values.get("train_step", {}))
        best = split_by_prefix(checkpoint.tensors).get("best", {})
        best = {name: value.to(self.train_step.device) for name, value in best.items()}
        self.position = Position(sums, *progress, best)
        if self.record is not None:
            self.record.cut(self.metrics_bytes)
