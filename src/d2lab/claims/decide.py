"""Decisions over seeds: what the interval of an effect says about a statement, and when it says nothing.

A statement names the smallest effect that it is about before anything is measured. "Holds" needs an interval that
excludes the absence of the effect, "does not hold" one that excludes the effect itself or a counterexample; whatever
lies between is "not decided", with the number of seeds that would tell.

    decide(at_least(paired(ours, theirs), smallest_effect, "gain"), scoped=True)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt
from typing import Any, Literal

from d2lab.claims.words import Said, not_decided, stated, stuck_arms
from d2lab.core.errors import ConfigError
from d2lab.metrics.paired import POWER, SURE, Mean

Verdict = Literal["holds", "holds in scope", "does not hold", "not decided", "depends on hardware", "not checkable"]
VERDICTS: tuple[Verdict, ...] = (
    "holds",
    "holds in scope",
    "does not hold",
    "not decided",
    "depends on hardware",
    "not checkable",
)
ALPHA = 1 - SURE
FIRST_LOOK = 5  # seeds; each further look at twice as many
MOST_SEEDS = 100_000  # beyond this no number of seeds is named
Shape = Literal["at least", "at most", "alike"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One quantity that a statement is about, and what it says of it.

    Args:
        name: of the quantity, as in the values of the evidence.
        mean: over the seeds, less the value that the statement compares it with.
        smallest: smallest effect that the statement is about, or that would contradict it.
        shape: "at least" says that the mean is `smallest` or more, "at most" that it is less, "alike" that its size is.
        around: what was taken from the mean.
    """

    name: str
    mean: Mean
    smallest: float
    shape: Shape
    around: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.smallest < inf:
            raise ConfigError(f"smallest effect of {self.name}", got=self.smallest, need="a number above 0")

    def says(self, alpha: float, parts: int = 1) -> Verdict:
        """Return the verdict on this part alone: "holds", "does not hold" or "not decided".

        All parts must hold, each at `alpha`; one is enough to refute, so that each may err by a part of `alpha` only.

        Args:
            alpha: chance of a wrong verdict.
            parts: of the statement.
        """
        if self.mean.sd == 0:  # no spread to infer from: as many equal numbers tell of no other
            return "not decided"
        low, high = self.mean.interval(1 - alpha)
        least, most = self.mean.interval(1 - alpha / parts)
        if self.shape == "at least":
            return "does not hold" if most < self.smallest else "holds" if low > 0 else "not decided"
        reach = high if self.shape == "at most" else max(high, -low)
        beyond = least if self.shape == "at most" else max(least, -most)
        return "does not hold" if beyond > self.smallest else "holds" if reach < self.smallest else "not decided"

    def _apart(self) -> float:
        """Return how far the mean is from what it must exclude, at most the smallest effect."""
        mean = abs(self.mean.mean) if self.shape == "alike" else self.mean.mean
        off = self.smallest - mean
        return min(self.smallest, max(mean, off) if self.shape == "at least" else abs(off))

    def needed(self, alpha: float) -> int | None:
        """Return how many seeds of this spread decide with a probability of 0.8; None beyond 100,000 or without spread.

        That is where the interval at no effect stays clear of the smallest one, and that at the smallest clear of none;
        more where the mean of these seeds lies so near to what would refute it that it takes more to tell.

        Source: Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences", section 2.4, with t for normal.

        Args:
            alpha: chance of a wrong verdict.
        """
        from scipy.stats import t

        if self.mean.sd == 0:
            return None
        power = (1 + POWER) / 2 if self.shape == "alike" else POWER  # alike: on both sides
        low, high = 2, MOST_SEEDS
        while low < high:
            n = (low + high) // 2
            reach = (t.ppf(1 - alpha / 2, n - 1) + t.ppf(power, n - 1)) * self.mean.sd / sqrt(n)
            low, high = (low, n) if reach <= self._apart() else (n + 1, high)
        return low if low < MOST_SEEDS else None


def at_least(mean: Mean, smallest: float, name: str = "effect") -> Part:
    """State that a mean is above 0, by the smallest effect or more."""
    return Part(name=name, mean=mean, smallest=smallest, shape="at least")


def drops(mean: Mean, smallest: float, name: str = "effect") -> Part:
    """State that a mean is below 0, by the smallest effect or more."""
    return Part(name=f"-{name}", mean=_negated(mean), smallest=smallest, shape="at least")


def at_most(mean: Mean, smallest: float, name: str = "effect") -> Part:
    """State that a mean stays below the smallest effect that matters."""
    return Part(name=name, mean=mean, smallest=smallest, shape="at most")


def lost_at_most(mean: Mean, smallest: float, name: str = "effect") -> Part:
    """State that a mean is not below 0 by the smallest effect that matters."""
    return Part(name=f"-{name}", mean=_negated(mean), smallest=smallest, shape="at most")


def alike(mean: Mean, smallest: float, name: str = "effect", *, around: float = 0.0) -> Part:
    """State that a mean lies nearer to a value than the smallest effect that matters."""
    moved = Mean(mean.mean - around, mean.low - around, mean.high - around, mean.sd, mean.n)
    return Part(name=name, mean=moved, smallest=smallest, shape="alike", around=around)


def _negated(mean: Mean) -> Mean:
    return Mean(-mean.mean, -mean.high, -mean.low, mean.sd, mean.n)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A verdict from intervals, with what it was decided by.

    Args:
        verdict: on the statement.
        parts: of the statement; the first is the one whose interval is shown.
        alpha: chance of a wrong verdict at this look, where the effect is absent.
        looks: numbers of seeds at which a decision was possible; one unless more seeds were added between looks.
        seeds: that were used.
        needed: number of seeds that would decide; None where it is decided, or no number can be named.
        stuck: arms that learned nothing.
        differs: what differs between the arms: their names first, then a row for each thing.
    """

    verdict: Verdict
    parts: tuple[Part, ...]
    alpha: float = ALPHA
    looks: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
    needed: int | None = None
    stuck: tuple[str, ...] = ()
    differs: tuple[tuple[str, ...], ...] = ()

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the first part, at the confidence level of this look."""
        first = self.parts[0]
        low, high = (edge + first.around for edge in first.mean.interval(1 - self.alpha))
        return (-high, -low) if first.name.startswith("-") else (low, high)

    @property
    def bound(self) -> Said:
        """What each part was held against, in both languages."""
        return stated([(part.name, part.shape, part.smallest, part.around) for part in self.parts])

    @property
    def why(self) -> Said | None:
        """Why nothing was decided, in both languages; None where something was."""
        if self.verdict != "not decided":
            return None
        if self.stuck:
            return stuck_arms(self.stuck)
        open_part = next(part for part in self.parts if part.says(self.alpha, len(self.parts)) == "not decided")
        low, high = (edge + open_part.around for edge in open_part.mean.interval(1 - self.alpha))
        return not_decided(open_part.name, open_part.mean.n, (low, high), open_part.smallest, self.needed)

    def to_json(self) -> dict[str, Any]:
        """Return the plain values that are recorded."""
        parts = [
            {"name": one.name, "says": one.shape, "smallest_effect": one.smallest, "around": one.around}
            | {"mean": one.mean.mean + one.around, "sd": one.mean.sd, "n": one.mean.n}
            | {"interval": [edge + one.around for edge in one.mean.interval(1 - self.alpha)]}
            for one in self.parts
        ]
        return {
            "level": 1 - self.alpha,
            "parts": parts,
            "looks": list(self.looks),
            "seeds_needed": self.needed,
            "stuck": list(self.stuck),
            "differs": [list(row) for row in self.differs],
        }


def decide(
    *parts: Part,
    scoped: bool = False,
    refuted: bool = False,
    alpha: float = ALPHA,
    stuck: Iterable[str] = (),
    differs: Sequence[Sequence[str]] = (),
) -> Decision:
    """Decide a statement that says all of its parts.

    Args:
        parts: one or more, each over the same seeds.
        scoped: holds within the claim's scope only.
        refuted: a counterexample was shown.
        alpha: chance of a wrong verdict.
        stuck: arms at the level of chance: nothing is decided about a comparison with what did not learn.
        differs: what differs between the arms, as `compare` lists it.

    Raises:
        ConfigError: there is no part.
    """
    if not parts:
        raise ConfigError("the parts of a decision", got="none", need="one or more")
    said, stuck = {part.says(alpha, len(parts)) for part in parts}, tuple(stuck)
    verdict: Verdict = "not decided"
    if refuted or ("does not hold" in said and not stuck):
        verdict = "does not hold"
    elif said == {"holds"} and not stuck:
        verdict = "holds in scope" if scoped else "holds"
    wanted = [part.needed(alpha) for part in parts if part.says(alpha, len(parts)) == "not decided"]
    known = [count for count in wanted if count is not None]
    needed = max(known) if verdict == "not decided" and known and not stuck else None
    rows = tuple(tuple(row) for row in differs)
    return Decision(verdict=verdict, parts=parts, alpha=alpha, needed=needed, stuck=stuck, differs=rows)


def looks_of(most: int) -> tuple[int, ...]:
    """Return the numbers of seeds at which a sequential experiment may stop: 5, 10, 20, 40 and the most.

    Args:
        most: seeds, two or more.
    """
    found = [FIRST_LOOK]
    while 2 * found[-1] < most:
        found.append(2 * found[-1])
    return (*(count for count in found if count < most), most)


def spending(looks: Sequence[int], alpha: float = ALPHA) -> list[float]:
    """Return the chance of error that each look may use up: hardly any at first, nearly all at the last.

    The spending function of O'Brien and Fleming says how much is used up by each share of the seeds. Each look tests at
    the increment alone: the sum over the looks bounds the whole, whatever the looks have to do with each other.

    Source: Lan, DeMets 1983, "Discrete Sequential Boundaries for Clinical Trials", section 2, example 1.
    Changed: the increments are added up (Bonferroni), not integrated over the looks before; that is never too little.

    Args:
        looks: numbers of seeds, ascending.
        alpha: of all looks together.
    """
    from scipy.stats import norm

    edge = norm.ppf(1 - alpha / 2)
    used = [0.0, *(float(2 * norm.sf(edge / sqrt(count / looks[-1]))) for count in looks)]
    return [after - before for before, after in pairwise(used)]
