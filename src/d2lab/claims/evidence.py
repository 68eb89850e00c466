"""Evidence: what a check measured, its bound, the verdict, and an explanation in both languages."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from d2lab.claims.decide import VERDICTS, Decision, Verdict
from d2lab.core.errors import ConfigError
from d2lab.metrics.paired import Mean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from d2lab.plot.theme import Theme

__all__ = ["VERDICTS", "Decision", "Evidence", "Verdict", "power_note", "within"]

Draw = Callable[["Theme"], "Figure"]
Number = float | int


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The outcome of a check.

    Args:
        value: what was measured, by name; the first is the one a table shows.
        bound: what it was held against, as one reads it: "at most 1e-12", "above 0"; that of the decision unless given.
        verdict: what follows for the statement; that of the decision where there is one.
        decision: of an experiment: a verdict from the intervals of its seeds, with its own interval and bound. Where
            nothing was decided, it says why in place of `why_en` and `why_zh`. A counterexample is kept only where it
            refutes.
        why_en: one sentence, in English; it may name numbers only by format fields of `value`: "{gap:.3f}".
        why_zh: the same in Chinese, written for itself.
        n: how many numbers, examples or pairs are behind the value; the seeds of the decision unless given.
        seeds: of an experiment; those of the decision where it knows them.
        interval: of the first value, 95 % or the level of the decision.
        counterexample: where the statement fails, the smallest case that shows it.
        bound_zh: the bound in Chinese.
        counterexample_zh: the counterexample in Chinese.
        data: the data set that was used.
        stand_in: `data` stands in for the set that the statement is about, which is not on this machine.
        figure: draws it, in a theme.

    Raises:
        ConfigError: there is no value, one is not a number, the verdict is unknown or stated beside a decision, or a
            sentence is missing.
    """

    value: Mapping[str, Number]
    why_en: str
    why_zh: str
    bound: str = ""
    verdict: Verdict | Literal[""] = ""
    decision: Decision | None = None
    n: int = 1
    seeds: Sequence[int] = ()
    interval: tuple[float, float] | None = None
    counterexample: str = ""
    bound_zh: str = ""
    counterexample_zh: str = ""
    data: str = ""
    stand_in: bool = False
    figure: Draw | None = None

    def __post_init__(self) -> None:
        if not self.value or any(isinstance(v, bool) or math.isnan(v) for v in self.value.values()):
            raise ConfigError("Evidence.value", got=dict(self.value), need="one number or more, by name")
        if self.decision is not None:
            self._take(self.decision)
        if self.verdict not in VERDICTS:
            raise ConfigError("Evidence.verdict", got=self.verdict, need=f"one of {', '.join(VERDICTS)}")
        for name in ("why_en", "why_zh"):
            try:
                words = getattr(self, name).format(**self.value)
            except (KeyError, IndexError, ValueError) as cause:
                raise ConfigError(f"Evidence.{name}", got=getattr(self, name), need="names of values only") from cause
            if not words.strip():
                raise ConfigError(f"Evidence.{name}", got=words, need="a sentence")
            object.__setattr__(self, name, words)

    def _take(self, decision: Decision) -> None:
        """Take verdict, interval, seeds, bound and, where nothing is decided, the explanation from a decision."""
        if self.verdict:
            raise ConfigError("Evidence.verdict", got=self.verdict, need="none beside a decision, which has its own")
        taken: dict[str, Any] = {"verdict": decision.verdict, "interval": self.interval or decision.interval}
        if decision.seeds and not self.seeds:
            taken |= {"seeds": decision.seeds, "n": self.n if self.n > 1 else len(decision.seeds)}
        if not self.bound:
            taken |= dict(zip(("bound", "bound_zh"), decision.bound, strict=True))
        if decision.why is not None:
            taken |= dict(zip(("why_en", "why_zh"), decision.why, strict=True))
        if decision.verdict != "does not hold":
            taken |= {"counterexample": "", "counterexample_zh": ""}
        for name, value in taken.items():
            object.__setattr__(self, name, value)

    @property
    def first(self) -> float:
        """The first value, which tables show."""
        return float(next(iter(self.value.values())))

    def to_json(self) -> dict[str, Any]:
        """Return the plain values that are recorded; numbers keep every digit."""
        names: tuple[str, ...] = ("bound", "verdict", "why_en", "why_zh", "n", "counterexample", "data", "stand_in")
        names += tuple(name for name in ("bound_zh", "counterexample_zh") if getattr(self, name))
        plain: dict[str, Any] = {"value": {name: _plain(v) for name, v in self.value.items()}}
        plain |= {name: getattr(self, name) for name in names}
        plain |= {"seeds": list(self.seeds), "interval": None if self.interval is None else list(self.interval)}
        return plain | ({} if self.decision is None else {"decision": self.decision.to_json()})


def _plain(value: Number) -> Number | str:
    """Return infinity as text, which JSON lacks."""
    return value if isinstance(value, int) or math.isfinite(value) else str(value)


def within(difference: Number, bound: Number) -> Verdict:
    """Return "holds" if a difference is at most its bound, else "does not hold"; NaN never holds."""
    return "holds" if difference <= bound else "does not hold"


def power_note(mean: Mean, unit: str = "") -> str:
    """Return a sentence about the power of an experiment: the smallest effect that so few seeds would show.

    >>> power_note(Mean(0.001, -0.01, 0.012, 0.008, 5))
    '5 seeds see no effect below 0.015'
    """
    return f"{mean.n} seeds see no effect below {mean.visible:.2g}{unit}"
