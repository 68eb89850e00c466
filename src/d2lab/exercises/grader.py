"""Grading a candidate: random trials against the solution, and the hint that explains what went wrong."""

import contextlib
import doctest
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from d2lab.exercises import hints
from d2lab.exercises.exercise import Candidate, Exercise, Text
from d2lab.exercises.outcome import Outcome, is_finite, outcome, same, same_outcome, shape_of
from d2lab.exercises.random_inputs import RandomInputs

TRIALS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check found.

    Args:
        passed: whether all trials were right.
        kind: `right`, or what is wrong: the name of a known mistake, or one of the general kinds.
        hint: in both languages; empty when it passed.
    """

    passed: bool
    kind: str
    hint: Text


RIGHT = Verdict(passed=True, kind="right", hint={"en": "", "zh": ""})


def grade(exercise: Exercise, solution: Candidate, candidate: Candidate, *, seed: int, file: str = "") -> Verdict:
    """Try a candidate on random inputs beside the solution.

    Args:
        exercise: that it was written for.
        solution: that is right.
        candidate: the function or class to grade.
        seed: of the inputs: another seed, other inputs.
        file: of the candidate, to name the line of an error.
    """
    trials = [exercise.arguments(RandomInputs(seed * 1009 + number)) for number in range(TRIALS)]
    wanted = [outcome(exercise, solution, arguments) for arguments in trials]
    given: list[Outcome] = []
    for number, arguments in enumerate(trials):
        with _quiet() if number else contextlib.nullcontext():  # one trial's prints are enough to read
            given.append(outcome(exercise, candidate, arguments))
        if isinstance(given[-1].error, NotImplementedError):
            return _wrong("unfinished", hints.unfinished(exercise.stub.__name__))
    right = [same_outcome(one, other, exercise.tolerance) for one, other in zip(given, wanted, strict=True)]
    if all(right):
        untouched = not any(a.changed and not b.changed for a, b in zip(given, wanted, strict=True))
        return RIGHT if untouched else _wrong("changes its input", hints.changed())
    if given[0].value is not None and _is_constant(given) and not _is_constant(wanted):
        return _wrong("constant", hints.constant(given[0].value))
    known = _known(exercise, trials, given)
    if known is not None:
        return known
    failures = [n for n, is_right in enumerate(right) if not is_right]
    smallest = min(failures, key=lambda n: (given[n].error is None, _size(trials[n])))
    told = hints.named(exercise, trials[smallest])
    if given[smallest].error is not None:
        return _wrong("error", hints.failed(given[smallest].error, file, told))  # type: ignore[arg-type]
    return _of_value(exercise, candidate, given, wanted, smallest, told, sum(right))


def _known(exercise: Exercise, trials: Sequence[Any], given: Sequence[Outcome]) -> Verdict | None:
    """Find the known mistake that gives the same on every trial."""
    for mistake in exercise.mistakes:
        pairs = ((outcome(exercise, mistake.wrong, a), one) for a, one in zip(trials, given, strict=True))
        if all(same_outcome(one, other, exercise.tolerance) for one, other in pairs):
            return _wrong(mistake.name, mistake.hint)
    return None


def _of_value(
    exercise: Exercise,
    candidate: Candidate,
    given: Sequence[Outcome],
    wanted: Sequence[Outcome],
    failed: int,
    told: str,
    right: int,
) -> Verdict:
    """Explain a value that no known mistake gives."""
    got, need = given[failed].value, wanted[failed].value
    if got is None:
        return _wrong("returns nothing", hints.nothing())
    if hints.kind_of(got, "en") != hints.kind_of(need, "en") and shape_of(got) != shape_of(need):
        return _wrong("kind", hints.kind(got, need))
    if shape_of(got) != shape_of(need):
        return _wrong("shape", hints.shape(shape_of(got), shape_of(need), told))
    if is_finite(need) and not is_finite(got):
        return _wrong("not finite", hints.not_finite(got, told))
    examples = _passes_examples(exercise, candidate)
    return _wrong("wrong", hints.wrong(got, told, right, len(given), examples=examples))


def _passes_examples(exercise: Exercise, candidate: Candidate) -> bool:
    """Say whether the examples in the task come out right."""
    name = exercise.stub.__name__
    scope = {**exercise.scope, name: candidate}
    test = doctest.DocTestParser().get_doctest(exercise.stub.__doc__ or "", scope, name, None, 0)
    with _quiet():
        result = doctest.DocTestRunner(verbose=False).run(test)
    return result.attempted > 0 and result.failed == 0


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def _is_constant(outcomes: Sequence[Outcome]) -> bool:
    first = outcomes[0]
    return all(one.error is None and same(one.value, first.value, 0.0) for one in outcomes)


def _size(arguments: Sequence[Any]) -> int:
    return sum(one.numel() if isinstance(one, Tensor) else 1 for one in arguments)


def _wrong(kind: str, hint: Text) -> Verdict:
    return Verdict(passed=False, kind=kind, hint=hint)
