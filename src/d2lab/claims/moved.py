"""How evidence differs from what was recorded: verdict, data and values, old -> new, in standard errors where known."""

import math

from d2lab.claims.evidence import Evidence
from d2lab.claims.record import Recorded
from d2lab.metrics.paired import SURE


def compared(before: Recorded, evidence: Evidence) -> str:
    """Return in a few words how evidence compares with the recorded one.

    Args:
        before: that is recorded.
        evidence: of now.
    """
    if before.data != evidence.data:
        return f"on {before.data or 'none'}: {before.verdict}"
    if before.verdict != evidence.verdict:
        return f"was: {before.verdict}"
    first, *others = moved_values(before, evidence) or ["same value"]
    return first if not others else f"{first} and {len(others)} more"


def differences(before: Recorded, evidence: Evidence) -> list[str]:
    """Return a line for each thing in which evidence differs from the recorded one; none where it is the same.

    Args:
        before: that is recorded.
        evidence: of now.
    """
    pairs = {
        "verdict": (before.verdict, evidence.verdict),
        "data": (before.data or "none", evidence.data or "none"),
        "seeds": (str(len(before.content["evidence"]["seeds"])), str(len(evidence.seeds))),
    }
    lines = [f"{name} {old} -> {new}" for name, (old, new) in pairs.items() if old != new]
    return lines + moved_values(before, evidence)


def moved_values(before: Recorded, evidence: Evidence) -> list[str]:
    """Return "gap 0.1 -> 0.2 (+1.3 standard errors)" for each value that differs; the first of a spread has those.

    Args:
        before: that is recorded.
        evidence: of now.
    """
    old, new = before.value, evidence.to_json()["value"]
    lines = []
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) != new.get(name):
            lines.append(f"{name} {_said(old.get(name))} -> {_said(new.get(name))}")
            if name == next(iter(new)) == next(iter(old)):
                lines[-1] += _distance(before, float(new[name]))
    return lines


def standard_error(before: Recorded) -> float | None:
    """Return the standard error of the first recorded value; None where it has no interval over seeds.

    The half width of a t interval is so many standard errors: 95 %, or the level of the decision where there is one.

    Args:
        before: that is recorded.
    """
    from scipy.stats import t

    evidence = before.content["evidence"]
    interval, count = evidence["interval"], len(evidence["seeds"])
    if interval is None or count < 2:
        return None
    level = float(evidence.get("decision", {}).get("level", SURE))
    half = (float(interval[1]) - float(interval[0])) / 2
    return half / float(t.ppf((1 + level) / 2, count - 1))


def _distance(before: Recorded, new: float) -> str:
    error, step = standard_error(before), new - before.first
    return f" ({step / error:+.1f} standard errors)" if error and math.isfinite(step) else ""


def _said(value: object) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
