"""Position of a run beside its step: sums of the current epoch, the best epoch and the status."""

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from torch import Tensor

from d2lab.core.errors import RunError

Status = Literal["running", "interrupted", "stopped early", "finished"]


@dataclass(slots=True)
class Position:
    """Sums of the epoch so far, the best epoch, and the status of the run."""

    loss_sum: float = 0.0  # weighted sum of losses in the epoch so far
    weight: float = 0.0  # sum of the weights: examples, tokens or pixels
    examples: int = 0  # examples seen in the epoch so far
    seconds: float = 0.0  # spent in the epoch's steps so far
    best_loss: float = math.inf
    best_epoch: int = -1
    best: dict[str, Tensor] = field(default_factory=dict)  # weights of the best epoch, for early stopping
    status: Status = "running"

    def start_epoch(self) -> None:
        """Set the sums of the epoch to zero."""
        self.loss_sum, self.weight, self.examples, self.seconds = 0.0, 0.0, 0, 0.0

    def values(self) -> dict[str, Any]:
        """Return the values that a checkpoint keeps in JSON."""
        sums = {"loss_sum": self.loss_sum, "weight": self.weight, "examples": self.examples, "seconds": self.seconds}
        best_loss = self.best_loss if math.isfinite(self.best_loss) else None
        return {"status": self.status, "epoch": sums, "best_loss": best_loss, "best_epoch": self.best_epoch}

    @classmethod
    def from_values(cls, values: dict[str, Any], best: dict[str, Tensor]) -> "Position":
        """Rebuild the position from a checkpoint; its status is running.

        Raises:
            RunError: a value is missing or of another kind.
        """
        try:
            epoch = values["epoch"]
            loss_sum, weight, seconds = (float(epoch[name]) for name in ("loss_sum", "weight", "seconds"))
            examples, best_epoch = int(epoch["examples"]), int(values["best_epoch"])
            best_loss = math.inf if values["best_loss"] is None else float(values["best_loss"])
            if not all(math.isfinite(x) for x in (loss_sum, weight, seconds)) or math.isnan(best_loss):
                raise ValueError("a number that is not finite")
            _ = int(values["metrics_bytes"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as cause:
            raise RunError("checkpoint", got=str(cause), need="the values d2lab writes") from cause
        return cls(loss_sum, weight, examples, seconds, best_loss, best_epoch, best)

    def require_rows(self, step: int, rows: list[dict[str, Any]]) -> None:
        """Refuse a checkpoint that the record's own rows contradict: records before format 3 have no common hash.

        Args:
            step: of the checkpoint.
            rows: of the record up to the checkpoint, in order.

        Raises:
            RunError: the last row is of another step, steps run backward, or the best epoch had another loss.
        """
        steps = [row.get("step") for row in rows]
        for number, (before, after) in enumerate(pairwise(steps), 2):
            if not (isinstance(before, int) and isinstance(after, int) and before <= after):
                raise RunError(f"row {number} of the record", got=f"step {after} behind {before}", need="growing steps")
        last = steps[-1] if steps else 0
        if last != step:
            raise RunError("checkpoint", got=f"step {step}", need=f"the step of the record's last row, {last}")
        losses = [row.get("valid_loss") for row in rows if "epoch" in row]
        kept = None if self.best_epoch < 0 else self.best_loss
        found = losses[self.best_epoch] if 0 <= self.best_epoch < len(losses) else None
        if kept != found:
            raise RunError("checkpoint", got=f"best loss {kept}", need=f"the loss of the best epoch, {found}")
