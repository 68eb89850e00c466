"""Fresh outputs of a lesson beside the kept ones: the same words, and numbers that agree.

A cell whose options say `varies: true` prints times, memory or facts of the machine: of it only the words are compared.
"""

import math
import re
from collections.abc import Mapping

from d2lab.lessons.export_values import VALUES_MIME
from d2lab.lessons.kept import Executed, varying
from d2lab.lessons.kernel import Output
from d2lab.lessons.lesson import Lesson
from d2lab.plot.drawing import SVG_MIME

RELATIVE, ABSOLUTE = 0.02, 1e-5  # of numbers; a rounding error, printed as it is, lies below the second
NUMBER = re.compile(r"-?(?:\d+(?:[_,]\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?|\binf\b|\bnan\b)", re.I)


def differences(lesson: Lesson, known: Executed, fresh: Executed) -> list[str]:
    """List where a run gave something else than what is kept, each in a line that names the cell.

    Args:
        lesson: that was run.
        known: its kept outputs.
        fresh: those of the run.
    """
    found = []
    for number in range(1, len(lesson.code) + 1):
        before, after = known.outputs[number - 1], fresh.outputs[number - 1]
        varies = number in varying(lesson)
        said = [text_difference(_text(before), _text(after), numbers=not varies)]
        said += [_figures(before, after)]
        if not varies:
            said += _values(_exported(before), _exported(after))
        found += [f"{lesson.name}, code cell {number}: {line}" for line in said if line]
    return found


def same_processor(known: Executed, fresh: Executed) -> bool:
    """Return whether both ran on the same kind of processor with the same libraries, so that numbers must agree."""
    names = ("processor", "core", "libraries")
    return all(known.machine.get(name) == fresh.machine.get(name) for name in names)


def text_difference(before: str, after: str, *, numbers: bool = True) -> str:
    """Return the first line in which two texts differ; empty where none does.

    Args:
        before: one text.
        after: the other.
        numbers: compare numbers too, within 2 % and one unit of their last digit.
    """
    old, new = before.splitlines(), after.splitlines()
    for one, other in zip(old, new, strict=False):
        words = _words(one) == _words(other)
        pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True) if words and numbers else ()
        if not words or not all(agree(a, b) for a, b in pairs):
            return f"{other.strip()!r}, kept {one.strip()!r}"
    return f"{len(new)} lines, kept {len(old)}" if len(old) != len(new) else ""


def agree(before: str, after: str) -> bool:
    """Return whether two printed numbers agree.

    Args:
        before: as it was printed then.
        after: as it is printed now.
    """
    plain = before.replace(",", "").replace("_", ""), after.replace(",", "").replace("_", "")
    if plain[0] == plain[1]:
        return True
    a, b = float(plain[0]), float(plain[1])
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=max(ABSOLUTE, 1.01 * _last_digit(plain[0])))


def _last_digit(number: str) -> float:
    """Return what one unit of the last printed digit is worth; a whole number was counted and has none."""
    head, _, power = number.lower().partition("e")
    decimals = len(head.partition(".")[2])
    return float(10 ** (int(power or 0) - decimals)) if decimals or power else 0.0


def _words(line: str) -> str:
    """Return a line without its numbers and the widths of its gaps."""
    return " ".join(NUMBER.sub("#", line).split())


def _text(outputs: list[Output]) -> str:
    """Join what a cell printed and returned as text; figures aside."""
    parts = [output.get("text", "") or _plain(output.get("data", {})) for output in outputs]
    return "\n".join(part.rstrip("\n") for part in parts if part)


def _plain(data: Mapping[str, str]) -> str:
    return "" if SVG_MIME in data else data.get("text/plain", "")


def _figures(before: list[Output], after: list[Output]) -> str:
    counts = [sum(SVG_MIME in output.get("data", {}) for output in outputs) for outputs in (before, after)]
    return "" if counts[0] == counts[1] else f"{counts[1]} figures, kept {counts[0]}"


def _exported(outputs: list[Output]) -> dict[str, float | int | str]:
    return {k: v for output in outputs for k, v in output.get("data", {}).get(VALUES_MIME, {}).items()}


def _values(before: Mapping[str, float | int | str], after: Mapping[str, float | int | str]) -> list[str]:
    """List the exported values that differ, and names that only one has."""
    found = [f"the values {sorted(after)}, kept {sorted(before)}"] if before.keys() != after.keys() else []
    for name in before.keys() & after.keys():
        if not agree_values(before[name], after[name]):
            found.append(f"{name} = {after[name]}, kept {before[name]}")
    return sorted(found)


def agree_values(before: float | int | str, after: float | int | str) -> bool:
    """Return whether two exported values agree: words exactly, numbers as printed ones do."""
    if isinstance(before, str) or isinstance(after, str):
        return before == after
    return before == after or math.isclose(before, after, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
