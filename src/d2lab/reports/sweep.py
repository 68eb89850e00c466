"""A sweep as a figure: a row for each arm, a dot for each run, the mean with its interval."""

from pathlib import Path

from d2lab.experiments.sweep import Sweep
from d2lab.metrics.paired import intervals
from d2lab.plot import dots, save_both

MOST_ARMS = 30  # rows of a figure that can be read


def draw_sweep(made: Sweep, measure: str) -> Path | None:
    """Draw a sweep into its folder, light and dark; return the light PNG, None where there are too many arms.

    Args:
        made: the sweep.
        measure: a name in the rows of epochs, such as valid_accuracy.

    Raises:
        ConfigError: no run has measured it.
    """
    results = {name or "as it is": values for name, values in made.results(measure).items() if values}
    if len(results) > MOST_ARMS:
        return None
    seeds = f"{len(made.seeds)} seed{'s' if len(made.seeds) > 1 else ''}"
    title = f"{made.request.recipe}: {measure.replace('_', ' ')}"
    subtitle = f"last epoch, {seeds} an arm; a bar is the 95 % interval of the mean"
    name, bars, path = measure.replace("_", " "), intervals(results), made.folder / "sweep"
    save_both(lambda theme: dots(results, bars, theme, title=title, subtitle=subtitle, horizontal=name), path)
    return path.with_name("sweep.png")
