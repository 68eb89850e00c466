"""Predicted against true numbers."""

from typing import TYPE_CHECKING, Any

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.plot.theme import LIGHT, Theme, dress, figure, font, header
from d2lab.plot.values import Numbers, column, same_length

if TYPE_CHECKING:
    import matplotlib.figure

MANY_POINTS = 5000  # above this an SVG holds the points as one image, not as thousands of shapes


def fit(truth: Numbers, predicted: Numbers, theme: Theme = LIGHT) -> "matplotlib.figure.Figure":
    """Draw each prediction over its true value; on the diagonal a prediction is perfect.

    Args:
        truth: true numbers.
        predicted: predicted numbers, in the same order.
        theme: `LIGHT` or `DARK`.

    Raises:
        ConfigError: lengths differ, nothing is given, or a value is missing.
    """
    true, guessed = column("truth", truth), column("predicted", predicted)
    count = same_length({"truth": len(true), "predicted": len(guessed)})
    if np.isnan(true).any() or np.isnan(guessed).any():
        raise ConfigError("truth and predicted", got="NaN or infinity", need="finite numbers")
    drawn = figure(5.2, 5.6, theme)
    squared, spread = float(((guessed - true) ** 2).sum()), float(((true - true.mean()) ** 2).sum())
    explained = f" · R² {1 - squared / spread:.3f}" if spread > 0 else ""
    deviation = f"root mean squared error {np.sqrt(squared / count):.3g}{explained}"
    header(drawn, "predicted against true", f"{deviation} · n = {count:,}", theme)
    axes = drawn.subplots()
    dress(axes, theme, horizontal="true")
    axes.set_ylabel("predicted", **font(9.5, theme.muted))
    low, high = min(true.min(), guessed.min()), max(true.max(), guessed.max())
    pad = 0.05 * (high - low) or 0.5
    ends = [low - pad, high + pad]
    axes.plot(ends, ends, color=theme.muted, linewidth=1, linestyle=(0, (5, 4)), gid="diagonal", zorder=3)
    look: dict[str, Any] = {"s": 14, "linewidths": 0, "alpha": float(np.clip(20 / np.sqrt(count), 0.15, 0.8))}
    axes.scatter(true, guessed, color=theme.line(0), rasterized=count > MANY_POINTS, gid="points", **look)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    return drawn
