"""The norm of the gradient over a run, and where it was clipped."""

from typing import TYPE_CHECKING, Any

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.plot.curves import envelope, smoothed
from d2lab.plot.theme import LIGHT, Theme, dress, figure, font, header
from d2lab.plot.values import Numbers, column

if TYPE_CHECKING:
    import matplotlib.figure

SPAN = 100.0  # of the numbers to show: the axis is logarithmic from there on


def gradient_norms(
    epochs: Numbers, norms: Numbers, clip: float | int | None = None, theme: Theme = LIGHT, *, title: str
) -> "matplotlib.figure.Figure":
    """Draw the norm of each step's gradient before it was clipped, its running mean, and the threshold.

    Args:
        epochs: places of the steps, in epochs.
        norms: of the gradients; None or NaN leaves a gap.
        clip: the threshold; None where gradients are not clipped.
        theme: `LIGHT` or `DARK`.
        title: headline.

    Raises:
        ConfigError: there is no norm, or the lists differ in length.
    """
    places, values = column("epochs", epochs), column("norms", norms)
    if len(places) != len(values) or not np.isfinite(values).any():
        raise ConfigError("norms", got=f"{len(values)} for {len(places)} steps", need="one a step, and one at least")
    known = values[~np.isnan(values)]
    said = f"{len(known):,} steps · median {np.median(known):.3g} · largest {known.max():.3g}"
    if clip is not None:
        said += f" · {(known > clip).mean():.1%} of the steps were clipped"
    drawn = figure(7.2, 4.2, theme)
    header(drawn, title, said, theme)
    axes = drawn.subplots()
    dress(axes, theme, title="norm of the gradient", horizontal="epoch")
    color = theme.line(0)
    axes.plot(*envelope(places, values), color=color, alpha=0.28, linewidth=0.8, gid="norms")
    mean = smoothed(values, max(1, len(values) // 50))
    axes.plot(*envelope(places, mean), color=color, linewidth=1.4, gid="norms-smoothed")
    shown = [*np.quantile(known, [0.01, 1.0]), *([] if clip is None else [clip])]
    if min(shown) > 0 and max(shown) / min(shown) > SPAN:
        axes.set_yscale("log")
        axes.set_ylim(min(shown) / 2, 2 * max(shown))
    else:
        axes.set_ylim(0, 1.08 * max(shown) or 1)
    if clip is not None:
        axes.axhline(clip, color=theme.line(1), linewidth=1.4, linestyle="--", gid="clip")
        where: dict[str, Any] = {"xy": (1, clip), "xycoords": ("axes fraction", "data"), "ha": "right"}
        offset: dict[str, Any] = {"xytext": (-4, 4), "textcoords": "offset points", **font(9, theme.line(1))}
        axes.annotate(f"clipped above {clip:g}", **where, **offset)
    return drawn
