"""A learning rate that falls when a measure no longer improves.

Unlike the schedules of `optimizers.schedule` it is no function of the step: it has a state, which belongs in a
checkpoint, and needs a value measured on validation data.
"""

from dataclasses import dataclass
from math import inf

from d2lab.core.errors import ConfigError


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
