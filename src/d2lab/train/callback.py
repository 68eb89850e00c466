"""Callbacks of the training loop: a user's own code, curves that are redrawn, logs that other tools read."""

from collections.abc import Mapping
from typing import Any

from d2lab.train.record import RunRecord
from d2lab.train.task import Step


class Callback:
    """Base class of callbacks; override the methods you need.

    An exception in a callback ends the run as an error in the loop would; the last checkpoint stays.
    """

    def on_step(self, step: int, result: Step) -> None:
        """Called after each training step.

        Reading a value of the result synchronizes with the device, so do it rarely.

        Args:
            step: number of steps done, from 1.
            result: loss and outputs of this step, on the device.
        """

    def on_epoch(self, row: Mapping[str, Any], record: RunRecord | None) -> None:
        """Called after each epoch, when its row has been written.

        Args:
            row: the epoch's results: `epoch`, `step`, `train_loss`, `test_accuracy` and so on.
            record: record of the run; None where none is kept.
        """
