"""A small run that was killed in its last epoch: with Adam's state, a best epoch and a validation part."""

from collections.abc import Mapping
from pathlib import Path

from d2lab.experiments import train
from d2lab.train.loop import Loop

SETTINGS: dict[str, object] = {
    "hidden": (8,),
    "optimizer.name": "adam",
    "momentum": 0.0,
    "learning_rate": 0.01,
    "examples": 96,
    "batch_size": 32,
    "epochs": 3,
    "validation": 0.25,
    "patience": 3,
    "threads": 1,
    "checkpoint_every_s": 0,
}


class Killed(BaseException):
    """Stands for a kill."""


def killed_run(root: Path, settings: Mapping[str, object] = SETTINGS) -> Path:
    """Train an MLP that dies as its third epoch is closed; return the run's folder.

    Args:
        root: an empty folder for it.
        settings: of the run, of three epochs or more.
    """
    close, left = Loop._close_epoch, [3]

    def dying(loop: Loop, number: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        close(loop, number)

    Loop._close_epoch = dying  # type: ignore[method-assign]
    try:
        train("mlp", changes=settings, device="cpu", root=root)
    except Killed:
        (folder,) = root.iterdir()
        return folder
    finally:
        Loop._close_epoch = close  # type: ignore[method-assign]
    raise AssertionError("the run ended before it could be killed")
