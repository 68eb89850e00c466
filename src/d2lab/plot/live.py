"""A figure that follows a run: a file that is redrawn and, in a notebook, one output that is updated."""

import sys
from pathlib import Path
from typing import Any

from d2lab.plot.curves import curves
from d2lab.plot.history import History
from d2lab.plot.save import PNG_DPI, save
from d2lab.plot.theme import LIGHT


class LiveFigure:
    """Learning curves, redrawn at each `update`; opens no window and clears no output.

    Args:
        path_without_suffix: the files to write, `.svg` and `.png` are added.
    """

    def __init__(self, path_without_suffix: Path) -> None:
        self._path = path_without_suffix
        self._handle: Any = None  # of the notebook's output, from the first update on

    def update(self, history: History) -> None:
        """Draw the run as it stands now.

        Raises:
            RunError: the folder can't be written.
        """
        figure = curves(history, LIGHT)
        paths = save(figure, self._path)
        display = _notebook_display()
        if display is None:
            return
        pixels = round(figure.get_figwidth() * PNG_DPI / 2)  # half the dots: sharp on a dense screen
        shown = display.Image(data=paths[1].read_bytes(), format="png", width=pixels)
        if self._handle is None:
            self._handle = display.display(shown, display_id=True)
        else:
            self._handle.update(shown)


def _notebook_display() -> Any:  # noqa: ANN401 (a module that may not be installed)
    """Return `IPython.display` if this process is a notebook's kernel, without ever importing IPython."""
    ipython, display = sys.modules.get("IPython"), sys.modules.get("IPython.display")
    if ipython is None or display is None:
        return None
    shell = ipython.get_ipython()
    return display if type(shell).__name__ == "ZMQInteractiveShell" else None
