"""Progress of training: a bar in a terminal, a line per epoch elsewhere, nothing on request."""

import io
import sys
import time
from collections.abc import Mapping
from typing import Any, Protocol, TextIO, runtime_checkable

LABELS = {"loss": "loss", "rmse": "RMSE", "log_rmse": "log RMSE", "accuracy": "acc", "perplexity": "ppl"}


@runtime_checkable
class Progress(Protocol):
    """What the loop calls while it trains."""

    def note(self, line: str) -> None:
        """Show a line once, before training starts."""

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        """Called at the start: steps in all, steps done by an earlier session, epochs in all."""

    def advance(self, *, step: int, epoch: int, examples_per_s: float, loss: float) -> None:
        """Called now and then: step and epoch reached, examples per second since the last call, latest loss."""

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Called after an epoch with its row of results."""

    def stop(self) -> None:
        """Called once at the end, also after an error."""


class NoProgress:
    """Shows nothing."""

    def note(self, line: str) -> None:
        """Show nothing."""

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        """Show nothing."""

    def advance(self, *, step: int, epoch: int, examples_per_s: float, loss: float) -> None:
        """Show nothing."""

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Show nothing."""

    def stop(self) -> None:
        """Show nothing."""


class Lines(NoProgress):
    """One plain line per epoch, for logs and pipes."""

    def __init__(self, out: TextIO | io.TextIOBase | None = None) -> None:
        self.out = out or sys.stdout
        self.epochs = 0

    def note(self, line: str) -> None:
        """Print the line."""
        self._write(line)

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        """Keep the number of epochs."""
        self.epochs = epochs

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Print the epoch's row."""
        self._write(f"epoch {row['epoch']}/{self.epochs}  {describe(row)}")

    def _write(self, line: str) -> None:
        try:
            self.out.write(f"{line}\n")
            self.out.flush()
        except BrokenPipeError as cause:
            raise BrokenPipeError(cause.errno, "nobody reads it any more", "standard output") from cause


class Bar(NoProgress):
    """A progress bar with examples per second, remaining time and current metrics; a line stays for some epochs."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = [
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=28),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[live]}"),
        ]
        self.bar = RichProgress(*columns, console=Console(file=sys.stdout), transient=True)
        self.last_line = 0.0
        self.measured = ""

    def note(self, line: str) -> None:
        """Print the line."""
        self.bar.print(line, highlight=False)

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        """Draw the bar."""
        self.task = self.bar.add_task("", total=steps, completed=done, epoch=1, epochs=epochs, rate="", live="")
        self.bar.start()

    def advance(self, *, step: int, epoch: int, examples_per_s: float, loss: float) -> None:
        """Advance the bar and show the latest numbers."""
        live = f"loss {loss:.4f}  {self.measured}"
        rate = f"{examples_per_s:,.0f} examples/s"
        self.bar.update(self.task, completed=step, epoch=epoch + 1, rate=rate, live=live)

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Print a line of the epoch's results, at most one per second."""
        shown = {name: value for name, value in row.items() if name.startswith(("test_", "valid_"))}
        self.measured = describe(shown)
        if time.monotonic() - self.last_line > 1:
            self.bar.print(f"epoch {row['epoch']}  {describe(row)}", highlight=False)
            self.last_line = time.monotonic()

    def stop(self) -> None:
        """Remove the bar."""
        self.bar.stop()


def describe(row: Mapping[str, Any]) -> str:
    """Format the results of a row: `train loss 0.53 acc 0.82  test loss 0.55 acc 0.81`."""
    parts = []
    for split in ("train", "valid", "test"):
        words = [f"{LABELS[m]} {row[f'{split}_{m}']:.4f}" for m in LABELS if f"{split}_{m}" in row]
        if words:
            parts.append(f"{split} {' '.join(words)}")
    return "  ".join(parts)


def progress_for(*, quiet: bool) -> Progress:
    """Return the progress for where the output goes: none when quiet, a bar on a terminal, lines elsewhere."""
    if quiet:
        return NoProgress()
    return Bar() if sys.stdout.isatty() else Lines()
