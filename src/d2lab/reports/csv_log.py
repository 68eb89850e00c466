"""The rows of a run's epochs as a CSV file, for spreadsheets and other programs."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from d2lab.core.atomic import write_bytes
from d2lab.train.callback import Callback
from d2lab.train.record import RunRecord

NAME = "metrics.csv"  # in a run's folder


class CsvLog(Callback):
    """Writes `<run>/metrics.csv` anew after each epoch: a line an epoch, a column a metric."""

    def on_epoch(self, row: Mapping[str, Any], record: RunRecord | None) -> None:
        """Write the file."""
        if record is not None:
            save_csv(record)


def save_csv(record: RunRecord, path: Path | None = None) -> Path:
    """Write the epochs of a run as CSV; return the file.

    Args:
        record: of the run.
        path: of the file; in the run's folder unless given.

    Raises:
        RunError: the rows are broken, or the file can't be written.
    """
    rows = [row for row in record.rows() if "epoch" in row]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    out = path or record.folder / NAME
    write_bytes(out, text.getvalue().encode("utf-8"))
    return out
