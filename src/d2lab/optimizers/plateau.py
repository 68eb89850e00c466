"""A learning rate that falls when a measure no longer improves.

Unlike the schedules of `optimizers.schedule` it is no function of the step: it has a state, which belongs in a
checkpoint, and needs a value measured on validation data.
"""

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from d2lab.core.errors import ConfigError
from d2lab.optimizers.config import ScheduleConfig


@dataclass(kw_only=True, slots=True)
class Plateau:
    """The factor of the learning rate, lowered when a loss has not improved for more than `patience` looks.

    A look improves where the value is below `best` by the share `threshold` of it; NaN never does.

    Twin: torch.optim.lr_scheduler.ReduceLROnPlateau, with mode "min", threshold_mode "rel" and eps=0.

    Args:
        factor: multiplies the learning rate when it falls.
        patience: looks without improvement that are borne.
        threshold: least improvement that counts, as a share of the best value.
        cooldown: looks after a fall that are not counted.
        floor: smallest factor.
        scale: factor now; the state from here on.
        best: best value seen.
        bad: looks without improvement in a row.
        cooling: looks left of the cooldown.

    Raises:
        ConfigError: factor is not in [0, 1), a count is negative, or threshold or floor outside [0, 1].

    >>> plateau = Plateau(factor=0.5, patience=1)
    >>> [plateau.look(loss) for loss in (1.0, 0.8, 0.9, 0.9, 0.7)]
    [1.0, 1.0, 1.0, 0.5, 0.5]
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    cooldown: int = 0
    floor: float = 0.0
    scale: float = 1.0
    best: float = inf
    bad: int = 0
    cooling: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.factor < 1:
            raise ConfigError("Plateau.factor", got=self.factor, need="a number from 0, below 1")
        for name in ("threshold", "floor"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"Plateau.{name}", got=getattr(self, name), need="a number from 0 to 1")
        for name in ("patience", "cooldown"):
            if getattr(self, name) < 0:
                raise ConfigError(f"Plateau.{name}", got=getattr(self, name), need="0 or more")

    def values(self) -> dict[str, Any]:
        """Return the state, as a checkpoint keeps it in JSON."""
        best = self.best if isfinite(self.best) else None
        return {"scale": self.scale, "best": best, "bad": self.bad, "cooling": self.cooling}

    def restore(self, values: dict[str, Any]) -> None:
        """Restore what `values` returned.

        Raises:
            KeyError, TypeError, ValueError: a value is missing or of another kind.
        """
        scale, best = float(values["scale"]), inf if values["best"] is None else float(values["best"])
        bad, cooling = int(values["bad"]), int(values["cooling"])
        if not 0 <= scale <= 1 or best != best or min(bad, cooling) < 0:  # noqa: PLR0124 - NaN differs from itself
            raise ValueError(f"a plateau of {values}")
        self.scale, self.best, self.bad, self.cooling = scale, best, bad, cooling

    def look(self, value: float) -> float:
        """Take a value measured after an epoch and return the factor for the next one.

        Args:
            value: a loss; the smaller, the better.
        """
        if value < self.best * (1 - self.threshold):
            self.best, self.bad = value, 0
        else:
            self.bad += 1
        if self.cooling:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad > self.patience:
            self.scale = max(self.scale * self.factor, self.floor)
            self.cooling, self.bad = self.cooldown, 0
        return self.scale


def plateau_of(schedule: ScheduleConfig) -> Plateau | None:
    """Build the rule that a run's schedule asks for; None for a schedule that is a function of the step."""
    if schedule.name != "plateau":
        return None
    return Plateau(
        factor=schedule.gamma,
        patience=schedule.plateau_patience,
        threshold=schedule.threshold,
        cooldown=schedule.cooldown,
        floor=schedule.floor,
    )
