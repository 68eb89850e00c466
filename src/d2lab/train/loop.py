"""The training loop: steps, evaluation after each epoch, checkpoints, rows of the record.

The loop works for every task: the task defines the loss, the metrics what is reported. Losses and sums of metrics
stay on the device and are read once for many steps; outputs are not kept.
"""

import errno
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from d2lab.core.device import require_same_device
from d2lab.data.batches import Batches
from d2lab.data.split import Split
from d2lab.data.stream import StreamedBatches
from d2lab.metrics import Metric
from d2lab.parallel.data_parallel import share_buffers, whole
from d2lab.train.callback import Callback
from d2lab.train.checkpoint import Checkpoint, clean_checkpoint, load_weights, require_finite
from d2lab.train.config import LoopConfig
from d2lab.train.evaluate import as_numbers, evaluate
from d2lab.train.guard import NonFiniteGuard, first_non_finite
from d2lab.train.interrupt import Interrupt
from d2lab.train.of_all import losses_of_all, merged, own_part, restore_metrics
from d2lab.train.position import Position, Status
from d2lab.train.progress import Progress
from d2lab.train.record import Row, RunRecord
from d2lab.train.rows import finite, step_rows
from d2lab.train.task import Step
from d2lab.train.train_step import TrainStep, split_by_prefix

READ_EVERY_S = 0.25  # seconds between two reads of the losses: each synchronizes with the device once
READ_EVERY_STEPS = 10_000  # losses buffered until they are read


class Loop:
    """Trains a model for some epochs and keeps the run's record.

    Of several processes each trains on its part of every batch and evaluates its part of every split. Losses and
    metrics are those of all; what the clock or a signal decides is decided together.

    Args:
        train_step: model, task and optimizer, and the processes that train.
        batches: the training set.
        config: epochs, early stopping, checkpoints.
        test: split that is evaluated after each epoch; None for none.
        validation: split that early stopping watches; None for none.
        record: record of the run; None keeps none, as in all processes but the leading one.
        progress: shows what happens, such as a bar.
        callbacks: called after steps and epochs.
        metrics: newly built metrics beside the task's own: these for training, a copy of each for evaluation.
        complete_row: adds to the row of an epoch what follows from it and from the model, such as a sample.
    """

    def __init__(
        self,
        train_step: TrainStep,
        batches: Batches | StreamedBatches,
        *,
        config: LoopConfig,
        test: Split | None,
        validation: Split | None,
        record: RunRecord | None,
        progress: Progress,
        callbacks: Sequence[Callback] = (),
        metrics: Iterable[type[Metric]] = (),
        complete_row: Callable[[Row], Row] = lambda row: row,
    ) -> None:
        self.train_step, self.batches, self.config, self.ranks = train_step, batches, config, train_step.ranks
        self.test, self.validation, self.record = own_part(test, self.ranks), own_part(validation, self.ranks), record
        self.progress, self.callbacks, self.more_metrics = progress, tuple(callbacks), tuple(metrics)
        self.complete_row = complete_row
        self.on_step = [c.on_step for c in self.callbacks if type(c).on_step is not Callback.on_step]
        self.train_metrics = [*train_step.task.train_metrics(), *(make() for make in self.more_metrics)]
        self.position = Position()
        self.rows: list[Row] = []  # not yet written
        self.metrics_bytes = 0
        self._buffered: list[tuple[Tensor, int | Tensor, int, Tensor | None]] = []  # loss, weight, examples, norm
        self._last_read = self._last_save = time.perf_counter()
        self._unread = False  # the reader of the output has gone

    def run(self) -> Status:
        """Train to the end of the last epoch, or until asked to stop; the weights are in the model.

        Returns:
            "finished", "stopped early" or "interrupted".

        Raises:
            NonFiniteError: a loss became NaN or infinite.
            RunError: the record can't be written; the last checkpoint is complete.
            ConfigError: the batches are on another device than the model.
            BrokenPipeError: nobody reads the output any more; the checkpoint is that of an interrupted run.
        """
        require_same_device(self.train_step.model, self.batches.device)
        steps = self.batches.steps
        self.guard = NonFiniteGuard(self.train_step)
        self.progress.start(steps=steps * self.config.epochs, done=self.train_step.step, epochs=self.config.epochs)
        self._last_read = self._last_save = time.perf_counter()
        try:
            with Interrupt() as interrupt:
                while self.train_step.step < steps * self.config.epochs and self.position.status == "running":
                    if not self._epoch(interrupt):
                        self.position.status = "interrupted"
                interrupt.save_in_peace()
                self._end()
            if self._unread:
                how = f"; go on with d2lab resume {self.record.folder}" if self.record is not None else ""
                raise BrokenPipeError(errno.EPIPE, f"nobody reads it any more{how}", "standard output")
        finally:
            self.progress.stop()
        return self.position.status

    def _tell(self, call: Callable[..., None], *news: Any, **named: Any) -> None:  # noqa: ANN401
        """Tell the progress or a callback; if nobody reads it any more, all processes stop after this step."""
        try:
            call(*news, **named)
        except BrokenPipeError:
            self._unread = True

    def _epoch(self, interrupt: Interrupt) -> bool:
        """Train for the rest of an epoch; return False when asked to stop before its end."""
        number, start = divmod(self.train_step.step, self.batches.steps)
        if start == 0:
            self.train_step.carried.reset()
        self.train_step.model.train()
        for batch in self.batches.epoch(number, start=start):
            result = self.train_step(batch)
            now = time.perf_counter()
            self._buffer(result, len(batch))
            due = now - self._last_read > READ_EVERY_S or len(self._buffered) >= READ_EVERY_STEPS
            late = now - self._last_save > self.config.checkpoint_every_s
            for call in self.on_step:
                self._tell(call, self.train_step.step, result)
            # One agreement a step, after the callbacks, which may have asked: each costs a message to every process.
            read, save, stop = self.ranks.any(due, late, interrupt.asked or self._unread)
            if read or stop:
                self._flush_metrics()
            if self.train_step.step % self.batches.steps:
                # Not after an epoch's last step: its row is not written yet, and a resumed run would skip it.
                if stop:
                    return False
                if read and save:
                    self._save()
        self._flush_metrics()
        self._close_epoch(number)
        done = self.train_step.step == self.batches.steps * self.config.epochs
        (stop,) = self.ranks.any(interrupt.asked or self._unread)
        return not stop or done or self.position.status != "running"

    def _buffer(self, result: Step, examples: int) -> None:
        """Update the metrics and keep the loss on the device."""
        for metric in self.train_metrics:
            metric.update(result.outputs, result.batch)  # type: ignore[arg-type]
        self._buffered.append((result.loss, result.weight, examples, result.gradient_norm))

    def _flush_metrics(self) -> None:
        """Read the buffered losses at once; raise if one is not finite."""
        if not self._buffered:
            return
        read, weighed, counted, norms = zip(*self._buffered, strict=True)
        losses, weights, examples = losses_of_all(torch.stack(read), as_numbers(weighed), sum(counted), self.ranks)
        first = self.train_step.step - len(losses)
        broken = first_non_finite(losses)
        if broken is not None:
            raise self.guard.explain(first + broken, losses[broken], self.batches)
        for loss, weight in zip(losses, weights, strict=True):  # one at a time: when they are read must not
            self.position.loss_sum += loss * weight  # change how the sum is rounded
            self.position.weight += weight
        self.position.examples += examples
        self.rows += step_rows(first, losses, norms, self.train_step.learning_rate)
        self._buffered.clear()
        self.guard.keep()
        now = time.perf_counter()
        elapsed, self._last_read = now - self._last_read, now
        self.position.seconds += elapsed
        rate = examples / elapsed if elapsed > 0 else 0.0
        epoch = (self.train_step.step - 1) // self.batches.steps
        step, loss = self.train_step.step, losses[-1]
        self._tell(self.progress.advance, step=step, epoch=epoch, examples_per_s=rate, loss=loss)

    def _close_epoch(self, number: int) -> None:
        """Evaluate, write the epoch's row, save, and decide whether to continue."""
        position = self.position
        row: Row = {"epoch": number + 1, "step": self.train_step.step}
        row |= {"train_loss": position.loss_sum / position.weight if position.weight else math.nan}
        share_buffers(self.train_step.model, self.ranks)
        for metric in self.train_metrics:
            row |= {f"train_{name}": value for name, value in merged(metric, self.ranks).compute().items()}
            metric.reset()
        row |= {"examples": position.examples, "seconds": position.seconds}
        for name, split in (("valid", self.validation), ("test", self.test)):
            if split is not None:
                row |= {f"{name}_{measure}": value for measure, value in self._evaluate(split).items()}
                loss = row[f"{name}_loss"]
                if not math.isfinite(loss):
                    raise self.guard.explain_measure(f"{name}_loss", loss, split)
        position.start_epoch()
        row = self.complete_row(row)
        self.rows.append(finite(row))
        self._watch(number, row)
        self._tell(self.progress.epoch, row)
        # Early stopping saves once, at the end: a checkpoint with a final status must hold the best weights.
        (due,) = self.ranks.any(time.perf_counter() - self._last_save > self.config.checkpoint_every_s)
        if due and position.status == "running":
            self._save()
        if self.callbacks:
            self._flush()
            for callback in self.callbacks:
                self._tell(callback.on_epoch, row, self.record)
        self._last_read = time.perf_counter()

    def _evaluate(self, split: Split) -> dict[str, float]:
        """Evaluate the current model on a split."""
        step = self.train_step
        metrics = [*step.task.for_evaluation().metrics(), *(make() for make in self.more_metrics)]
        size = self.config.batch_size if step.task.carries_state or step.task.wide_outputs else None
        return evaluate(
            step.eval_model,
            split,
            step.task,
            prepare=step.prepare,
            device=step.device,
            flips=self.config.test_flips,
            batch=size,
            metrics=metrics,
            ranks=self.ranks,
        )

    def _watch(self, number: int, row: Row) -> None:
        """Lower the rate on a plateau; keep the best weights, stop after `patience` epochs without a lower loss."""
        position, plateau = self.position, self.train_step.plateau
        if plateau is not None and plateau.scale != plateau.look(row["valid_loss"]):
            self.guard.keep(now=True)  # the steps that it repeats must have one rate
        if self.config.patience is None:
            return
        if row["valid_loss"] < position.best_loss:
            position.best_loss, position.best_epoch = row["valid_loss"], number
            position.best = {name: value.clone() for name, value in self.train_step.model.state_dict().items()}
        elif number - position.best_epoch >= self.config.patience:
            position.status = "stopped early"

    def _end(self) -> None:
        """Restore the best weights where early stopping kept them, and save for the last time."""
        position = self.position
        if position.status != "interrupted":
            position.status = "stopped early" if position.status == "stopped early" else "finished"
            if position.best:
                load_weights(self.train_step.model, position.best, "the best epoch")
        self._save()

    def _flush(self) -> None:
        """Write the buffered rows."""
        if self.record is not None and self.rows:
            self.metrics_bytes = self.record.append(self.rows)
            self.rows = []

    def _save(self) -> None:
        """Write the rows first, then the checkpoint that states their length; of several processes one does."""
        if self.record is not None or not self.ranks.alone:
            self._flush()
            checkpoint = self.checkpoint()
            if self.record is not None:
                self.record.save(checkpoint)
        self._last_save = time.perf_counter()

    def checkpoint(self) -> Checkpoint:
        """Return everything that resuming needs; of several processes all must call it."""
        values = self.position.values()
        values |= {"metrics_bytes": self.metrics_bytes, "train_step": self.train_step.values()}
        tensors = self.train_step.whole_state()
        tensors |= {f"best.{name}": whole(value) for name, value in self.position.best.items()}
        for number, metric in enumerate(self.train_metrics):
            state = merged(metric, self.ranks).state()
            tensors |= {f"metric.{number}.{name}": value for name, value in state.items()}
        return Checkpoint(self.train_step.step, tensors, values)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint; newer rows of the record are cut off.

        Raises:
            RunError: the checkpoint is not this run's.
        """
        groups = split_by_prefix(checkpoint.tensors)
        require_finite(groups.get("optimizer", {}), "the checkpoint's optimizer")
        best = self.train_step.placed(groups.get("best", {}))
        position = Position.from_values(checkpoint.values, best)
        self.train_step.restore(checkpoint.step, checkpoint.tensors, checkpoint.values.get("train_step", {}))
        restore_metrics(
            self.train_metrics, split_by_prefix(groups.get("metric", {})), self.train_step.device, self.ranks
        )
        self.position, self.metrics_bytes = position, int(checkpoint.values["metrics_bytes"])
        if self.record is not None:
            position.require_rows(checkpoint.step, self.record.rows(until=self.metrics_bytes))
            self.record.cut(self.metrics_bytes)
            clean_checkpoint(self.record.checkpoint)
