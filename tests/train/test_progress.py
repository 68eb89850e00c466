"""What is printed where."""

import io
import sys

from d2lab.train.progress import Bar, Lines, NoProgress, describe, progress_for

ROW = {"epoch": 2, "step": 9, "train_loss": 0.5, "train_accuracy": 0.75, "test_loss": 0.25, "seconds": 1.0}


def test_names_the_measures_of_a_row():
    assert describe(ROW) == "train loss 0.5000 acc 0.7500  test loss 0.2500"


def test_lines_are_plain_and_one_an_epoch():
    out = io.StringIO()
    lines = Lines(out)
    lines.start(steps=10, done=0, epochs=3)
    lines.advance(step=5, epoch=0, examples_per_s=10.0, loss=1.0)
    lines.epoch(ROW)
    lines.stop()
    assert out.getvalue() == "epoch 2/3  train loss 0.5000 acc 0.7500  test loss 0.2500\n"


def test_a_terminal_gets_a_bar_a_pipe_gets_lines_and_quiet_gets_nothing(monkeypatch):
    assert isinstance(progress_for(quiet=True), NoProgress)
    assert isinstance(progress_for(quiet=False), Lines)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert isinstance(progress_for(quiet=False), Bar)


def test_the_bar_shows_rate_and_loss(monkeypatch):
    from rich.console import Console

    bar = Bar()
    bar.bar.live.console = Console(file=io.StringIO(), force_terminal=True, width=140)
    bar.start(steps=10, done=0, epochs=2)
    bar.advance(step=5, epoch=0, examples_per_s=12_345.0, loss=0.5)
    task = bar.bar.tasks[0]
    bar.epoch(ROW)
    bar.stop()
    assert task.completed == 5
    assert "12,345 examples/s" in task.fields["rate"]
    assert "0.5000" in task.fields["live"]
