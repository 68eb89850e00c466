"""What a person sees while a model learns: a bar in a terminal, a line an epoch elsewhere, nothing on request."""

import io
import sys
import time
from collections.abc import Mapping
from typing import Any, Protocol, TextIO, runtime_checkable

LABELS = {"loss": "loss", "accuracy": "acc", "perplexity": "ppl"}


@runtime_checkable
class Progress(Protocol):
    """What a run tells while it works."""

    def note(self, line: str) -> None:
        """Tell something once, before training starts."""

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        """Tell how many steps there are in all, and how many an earlier session has done."""

    def advance(self, *, step: int, epoch: int, examples_per_s: float, loss: float) -> None:
        """Tell the step and epoch reached, the speed since the last call, and the newest loss."""

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Tell the row of an epoch that just ended."""

    def stop(self) -> None:
        """Tell that no more will come, whatever the reason."""


class Silence:
    """Says nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        """Say nothing."""

    def advance(self, *, step: int, epoch: int, examples_per_s: float, loss: float) -> None:
        """Say nothing."""

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Say nothing."""

    def stop(self) -> None:
        """Say nothing."""


class Lines(Silence):
    """One plain line an epoch, for logs and pipes."""

    def __init__(self, out: TextIO | io.TextIOBase | None = None) -> None:
        self.out = out or sys.stdout
        self.epochs = 0

    def note(self, line: str) -> None:
        """Print the line."""
        self.out.write(f"{line}\n")
        self.out.flush()

    def start(self, *, steps: int, done: int, epochs: int) -> None:
        """Remember how many epochs there are."""
        self.epochs = epochs

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Print the epoch's row."""
        self.out.write(f"epoch {row['epoch']}/{self.epochs}  {describe(row)}\n")
        self.out.flush()


class Bar(Silence):
    """A rich bar with rate, remaining time and live metrics, and a line that stays for some epochs."""

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
        """Move the bar and show the newest numbers."""
        live = f"loss {loss:.4f}  {self.measured}"
        rate = f"{examples_per_s:,.0f} examples/s"
        self.bar.update(self.task, completed=step, epoch=epoch + 1, rate=rate, live=live)

    def epoch(self, row: Mapping[str, Any]) -> None:
        """Keep a line of the epoch's results, at most one a second so that quick epochs don't flood."""
        shown = {name: value for name, value in row.items() if name.startswith(("test_", "valid_"))}
        self.measured = describe(shown)
        if time.monotonic() - self.last_line > 1:
            self.bar.print(f"epoch {row['epoch']}  {describe(row)}", highlight=False)
            self.last_line = time.monotonic()

    def stop(self) -> None:
        """Take the bar away."""
        self.bar.stop()


def describe(row: Mapping[str, Any]) -> str:
    """Put the measures of a row into words: `train loss 0.53 acc 0.82  test loss 0.55 acc 0.81`."""
    parts = []
    for split in ("train", "valid", "test"):
        words = [f"{LABELS[m]} {row[f'{split}_{m}']:.4f}" for m in LABELS if f"{split}_{m}" in row]
        if words:
            parts.append(f"{split} {' '.join(words)}")
    return "  ".join(parts)


def progress_for(*, quiet: bool) -> Progress:
    """Choose by where the output goes: nothing when quiet, a bar on a terminal, lines elsewhere."""
    if quiet:
        return Silence()
    return Bar() if sys.stdout.isatty() else Lines()
