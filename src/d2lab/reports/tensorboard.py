"""TensorBoard events from the rows of a run."""

from collections.abc import Mapping
from typing import Any

from d2lab.core.errors import MissingExtraError
from d2lab.train.callback import Callback
from d2lab.train.record import RunRecord


class TensorBoardLog(Callback):
    """Writes the rows that are new since the last epoch to `<run>/tensorboard`.

    Raises:
        MissingExtraError: tensorboard is not installed.
    """

    def __init__(self) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as cause:
            fix = "Install it: pip install 'd2lab[tensorboard]'."
            raise MissingExtraError("--tensorboard", got="no tensorboard", need="tensorboard", fix=fix) from cause
        self._open: Any = SummaryWriter
        self._writer: Any = None
        self._done = 0

    def on_epoch(self, row: Mapping[str, Any], record: RunRecord | None) -> None:
        """Write the new rows."""
        if record is None:
            return
        if self._writer is None:
            self._writer = self._open(str(record.folder / "tensorboard"))
        rows = record.rows()
        for one in rows[self._done :]:
            for name, value in one.items():
                if name not in ("step", "epoch"):
                    self._writer.add_scalar(name if "epoch" in one else f"step_{name}", value, one["step"])
        self._done = len(rows)
        self._writer.flush()
