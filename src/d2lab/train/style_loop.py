"""The loop of style transfer: steps, images kept on the way, checkpoints and rows of an ordinary record.

Each image of the strip closes an epoch of the record, so that `runs`, `plot` and `compare` show it like any other run.
"""

import errno
import math
import time
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.errors import NonFiniteError, RunError
from d2lab.train.checkpoint import Checkpoint, clean_checkpoint, require_finite
from d2lab.train.interrupt import Interrupt
from d2lab.train.position import Position, Status
from d2lab.train.progress import Progress
from d2lab.train.record import Row, RunRecord
from d2lab.train.style import StyleTransfer

TELL_EVERY_S = 0.25  # seconds between two looks of the progress bar
Bytes = UInt8[Tensor, "3 height width"]


def as_bytes(image: Tensor) -> Bytes:
    """Return an image `[1, 3, height, width]` of colors from 0 to 1 as bytes, rounded."""
    return (image.detach()[0] * 255).round().clamp(0, 255).to("cpu", torch.uint8)


class StyleLoop:
    """Takes the steps of a style transfer and keeps the run's record.

    Args:
        transfer: image, targets and optimizer.
        photos: content and style as they were read, by these names; they are kept in the checkpoint.
        record: of the run; None keeps none.
        progress: shows what happens, such as a bar.
    """

    def __init__(
        self, transfer: StyleTransfer, photos: dict[str, Bytes], *, record: RunRecord | None, progress: Progress
    ) -> None:
        self.transfer, self.photos, self.record, self.progress = transfer, photos, record, progress
        self.config = transfer.config
        self.position, self.metrics_bytes = Position(), 0
        self.strip: list[Bytes] = []  # images on the way
        self.rows: list[Row] = []  # not yet written
        self._told = self._saved = self._began = time.perf_counter()

    def run(self) -> Status:
        """Take all steps, or until asked to stop; return "finished" or "interrupted".

        Raises:
            NonFiniteError: a loss became NaN or infinite.
            RunError: the record can't be written; the last checkpoint is complete.
            BrokenPipeError: nobody reads the output any more; the checkpoint is that of an interrupted run.
        """
        self.progress.start(steps=self.config.steps, done=self.transfer.step, epochs=self.config.images)
        self._told = self._saved = self._began = time.perf_counter()
        unread: BrokenPipeError | None = None
        try:
            with Interrupt() as interrupt:
                try:
                    while self.transfer.step < self.config.steps and not interrupt.asked:
                        self._step()
                except BrokenPipeError as error:  # of progress, which is told when a step is done
                    unread = error
                interrupt.save_in_peace()
                done = self.transfer.step == self.config.steps
                self.position.status = "finished" if done else "interrupted"
                self._save()
            if unread is not None:
                how = f"; go on with d2lab resume {self.record.folder}" if self.record is not None else ""
                raise BrokenPipeError(errno.EPIPE, f"nobody reads it any more{how}", "standard output") from unread
        finally:
            self.progress.stop()
        return self.position.status

    def _step(self) -> None:
        """Take a step; keep its row, and its image where it belongs to the strip."""
        losses = self.transfer().numbers()
        step, now = self.transfer.step, time.perf_counter()
        if not math.isfinite(losses["loss"]):
            fix = f"Try a learning_rate below {self.config.rate:g}."
            raise NonFiniteError(f"loss at step {step}", got=losses["loss"], need="a finite number", fix=fix)
        took, self._began = now - self._began, now
        self.position.examples += 1
        self.position.seconds += took
        self.rows.append({"step": step, "loss": losses["loss"], "learning_rate": self.config.rate})
        number = self.config.shown(step)
        row: Row | None = None
        if number is not None:
            self.strip.append(as_bytes(self.transfer.image))
            named = {f"train_{name}": losses[name] for name in ("loss", "style", "content", "variation")}
            counted = {"examples": self.position.examples, "seconds": self.position.seconds}
            row = {"epoch": number, "step": step, **named, **counted}
            self.rows.append(row)
            self.position.start_epoch()
        if self.record is not None and now - self._saved > self.config.checkpoint_every_s:
            self._save()
        self._tell(now, took, losses["loss"], row)

    def _tell(self, now: float, took: float, loss: float, row: Row | None) -> None:
        if now - self._told > TELL_EVERY_S or row is not None:
            epoch, rate = min(len(self.strip), self.config.images - 1), 1 / max(took, 1e-9)
            self.progress.advance(step=self.transfer.step, epoch=epoch, examples_per_s=rate, loss=loss)
            self._told = now
        if row is not None:
            self.progress.epoch(row)

    def _save(self) -> None:
        """Write the rows first, then the checkpoint that states their length."""
        if self.record is None:
            return
        if self.rows:
            self.metrics_bytes = self.record.append(self.rows)
            self.rows = []
        self.record.save(self.checkpoint())
        self._saved = time.perf_counter()

    def checkpoint(self) -> Checkpoint:
        """Return everything that resuming needs."""
        tensors, kept = self.transfer.state()
        values: dict[str, Any] = {**self.position.values(), "metrics_bytes": self.metrics_bytes, "optimizer": kept}
        tensors |= {f"photo.{name}": photo for name, photo in self.photos.items()}
        tensors |= {f"strip.{number}": image for number, image in enumerate(self.strip)}
        return Checkpoint(self.transfer.step, tensors, values)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint; newer rows of the record are cut off.

        Raises:
            RunError: the checkpoint is not this run's.
        """
        own = {name: x for name, x in checkpoint.tensors.items() if not name.startswith(("photo.", "strip."))}
        require_finite(own, "the checkpoint")
        position = Position.from_values(checkpoint.values, {})
        shape = own["image"].shape if "image" in own else None
        if shape != self.transfer.image.shape:
            need = f"an image of shape {tuple(self.transfer.image.shape)}"
            raise RunError("checkpoint", got=f"one of {shape and tuple(shape)}", need=need)
        self.strip = strip_of(checkpoint)
        self.transfer.restore(checkpoint.step, own, checkpoint.values.get("optimizer", {}))
        self.position, self.metrics_bytes = position, int(checkpoint.values["metrics_bytes"])
        if self.record is not None:
            position.require_rows(checkpoint.step, self.record.rows(until=self.metrics_bytes))
            self.record.cut(self.metrics_bytes)
            clean_checkpoint(self.record.checkpoint)


def strip_of(checkpoint: Checkpoint) -> list[Bytes]:
    """Return the images that were kept on the way, in order.

    Raises:
        RunError: one is missing, or no image of bytes.
    """
    kept = {name: image for name, image in checkpoint.tensors.items() if name.startswith("strip.")}
    images = [kept.get(f"strip.{number}") for number in range(len(kept))]
    for image in images:
        if image is None or image.dtype != torch.uint8 or image.ndim != 3 or image.shape[0] != 3:
            raise RunError("checkpoint", got=sorted(kept), need="images of bytes, numbered from 0")
    return [image for image in images if image is not None]
