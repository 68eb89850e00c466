"""Figures into files: whole or absent, and the same bytes for the same figure."""

import contextlib
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import ConfigError
from d2lab.plot.theme import DARK, LIGHT, Theme

if TYPE_CHECKING:
    import matplotlib.figure

PNG_DPI = 150
METADATA: dict[str, dict[str, Any]] = {  # no date and no version: they would change the bytes
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}
_salt_lock = threading.Lock()


def save(
    figure: "matplotlib.figure.Figure", path_without_suffix: Path, formats: Sequence[str] = ("svg", "png")
) -> list[Path]:
    """Write a figure in each format and return the files' paths.

    Args:
        figure: from any drawing function of this room.
        path_without_suffix: `runs/lenet/curves` becomes `runs/lenet/curves.svg`, a dot in the name stays.
        formats: "svg", "png" or both.

    Raises:
        ConfigError: a format is none of these.
        RunError: the folder can't be written.
    """
    unknown = [name for name in formats if name not in METADATA]
    if unknown or not formats:
        raise ConfigError("figure format", got=", ".join(unknown), need=" or ".join(METADATA))
    with _laid_out(figure):
        rendered = {name: render(figure, name) for name in formats}  # all of them before the first is written
    paths = []
    for name, content in rendered.items():
        path = path_without_suffix.with_name(f"{path_without_suffix.name}.{name}")
        write_bytes(path, content)
        paths.append(path)
    return paths


def save_both(
    draw: Callable[[Theme], "matplotlib.figure.Figure"],
    path_without_suffix: Path,
    formats: Sequence[str] = ("svg", "png"),
) -> list[Path]:
    """Write a figure in both themes: `curves.svg` and `.png` in light, `curves-dark.svg` and `.png` in dark.

    Args:
        draw: makes the figure in a theme.
        path_without_suffix: of the light one.
        formats: as `save` takes them.
    """
    dark = path_without_suffix.with_name(f"{path_without_suffix.name}-dark")
    return save(draw(LIGHT), path_without_suffix, formats) + save(draw(DARK), dark, formats)


@contextlib.contextmanager
def _laid_out(figure: "matplotlib.figure.Figure") -> Iterator[None]:
    """Lay a figure out once for all formats: matplotlib would draw it twice for each, the first time for this."""
    engine = figure.get_layout_engine()
    if engine is not None:
        figure.draw_without_rendering()
        figure.set_layout_engine(None)
    try:
        yield
    finally:
        if engine is not None:
            figure.set_layout_engine(engine)


def render(figure: "matplotlib.figure.Figure", name: str) -> bytes:
    """Return the bytes of a figure in one format."""
    import matplotlib

    buffer = io.BytesIO()
    with _salt_lock:  # ids inside an SVG are hashed with this global setting, random unless it is fixed
        before = matplotlib.rcParams["svg.hashsalt"]
        matplotlib.rcParams["svg.hashsalt"] = "d2lab"
        try:
            background = figure.get_facecolor()
            figure.savefig(buffer, format=name, dpi=PNG_DPI, facecolor=background, metadata=METADATA[name])
        finally:
            matplotlib.rcParams["svg.hashsalt"] = before
    return buffer.getvalue()
