"""An exercise: the stub that a learner fills in, its worked solution, and the mistakes that it knows by name."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

from d2lab.core.language import Language
from d2lab.exercises.random_inputs import RandomInputs

Text = dict[Language, str]
Candidate = Callable[..., Any]  # what a learner writes: a function, or a class
Arguments = Callable[[RandomInputs], tuple[Any, ...]]


def call(candidate: Candidate, *arguments: Any) -> Any:  # noqa: ANN401 (whatever the exercise asks for)
    """Measure a function by what it returns."""
    return candidate(*arguments)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong solution that people write, and the hint that names what is wrong with it.

    Args:
        wrong: the wrong solution.
        hint: in both languages; it names the mistake and not the answer.
    """

    wrong: Candidate
    hint: Text

    @property
    def name(self) -> str:
        """The name of its function, by which tests know it."""
        return self.wrong.__name__


@dataclass(frozen=True, slots=True)
class Solution:
    """The worked solution of an exercise.

    Args:
        candidate: the function or class that is right.
        explanation: Markdown in both languages: why it is right.
    """

    candidate: Candidate
    explanation: Text


@dataclass(slots=True, kw_only=True, eq=False)
class Exercise:
    """An exercise.

    Args:
        stub: what the learner is given; its docstring is the task, with examples.
        lesson: the label of the lesson that it belongs to.
        order: its place among the exercises of the lesson.
        title: in both languages.
        arguments: draws the arguments of one random trial.
        measure: maps the candidate and the arguments of a trial to what is compared; calls the candidate unless given.
        tolerance: relative and absolute, within which two numbers count as equal.
        formerly: function names that the exercise had in earlier releases.
        mistakes: the known ones, in the order in which they are tried.
        worked: the solution; None until `solution` has added it.
    """

    stub: Candidate
    lesson: str
    order: int
    title: Text
    arguments: Arguments
    measure: Callable[..., Any] = call
    tolerance: float = 1e-4
    formerly: Sequence[str] = ()
    mistakes: list[Mistake] = field(default_factory=list)
    worked: Solution | None = None

    @property
    def id(self) -> str:
        """The name on the command line: half-square for a function half_square."""
        return id_of(self.stub.__name__)

    @property
    def scope(self) -> dict[str, Any]:
        """The global names of the stub's file, for running its examples."""
        return dict(vars(sys.modules[self.stub.__module__]))

    def solution(self, *, en: str, zh: str) -> Callable[[Candidate], "Exercise"]:
        """Add the worked solution; like a property's setter, it has the name of the stub.

        Args:
            en: the explanation, Markdown in English.
            zh: the same in Chinese.
        """

        def add(candidate: Candidate) -> Exercise:
            self.worked = Solution(candidate, {"en": cleandoc(en), "zh": cleandoc(zh)})
            return self

        return add

    def mistake(self, *, en: str, zh: str) -> Callable[[Candidate], Candidate]:
        """Add a wrong solution.

        Args:
            en: the hint that names the mistake, in English.
            zh: the same in Chinese.
        """

        def add(wrong: Candidate) -> Candidate:
            self.mistakes.append(Mistake(wrong, {"en": en, "zh": zh}))
            return wrong

        return add


def exercise(
    lesson: str,
    *,
    order: int,
    en: str,
    zh: str,
    arguments: Arguments,
    measure: Callable[..., Any] = call,
    tolerance: float = 1e-4,
    formerly: Sequence[str] = (),
) -> Callable[[Candidate], Exercise]:
    """Make an exercise of the stub that is decorated.

    Args:
        lesson: the label of its lesson.
        order: its place among the exercises of the lesson, from 1.
        en: its title in English.
        zh: its title in Chinese.
        arguments: draws the arguments of one random trial.
        measure: maps the candidate and the arguments of a trial to what is compared; calls the candidate unless given.
        tolerance: relative and absolute, within which two numbers count as equal.
        formerly: function names that the exercise had in earlier releases; files and progress with them still count.
    """

    def make(stub: Candidate) -> Exercise:
        return Exercise(
            stub=stub,
            lesson=lesson,
            order=order,
            title={"en": en, "zh": zh},
            arguments=arguments,
            measure=measure,
            tolerance=tolerance,
            formerly=formerly,
        )

    return make


def id_of(name: str) -> str:
    """Return the id of a function's name: half-square of half_square, my-linear of MyLinear."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return spaced.replace("_", "-").lower()
