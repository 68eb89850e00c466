"""An exercise: the stub that a learner fills in, how it is tried, and the mistakes that it knows by name."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from d2lab.core.language import Language
from d2lab.exercises.random_inputs import Draw

Text = dict[Language, str]
Judged = Callable[..., Any]  # what a learner writes: a function, or a class


def call(candidate: Judged, *arguments: Any) -> Any:  # noqa: ANN401 (whatever the exercise asks for)
    """Measure a function by what it returns."""
    return candidate(*arguments)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong solution that people write, and the hint that names what is wrong with it.

    Args:
        wrong: the solution.
        hint: in both languages; it names the mistake and not the answer.
    """

    wrong: Judged
    hint: Text

    @property
    def name(self) -> str:
        """Its name, by which tests know it."""
        return self.wrong.__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """An exercise.

    Args:
        stub: what the learner is given; its docstring is the task, with examples.
        lesson: the label of the lesson that it belongs to.
        title: in both languages.
        arguments: draws what one trial calls the learner's function with.
        measure: what is compared: of the candidate and the arguments; what the call returns unless given.
        tolerance: relative and absolute, within which two numbers count as equal.
        mistakes: that it knows, in the order in which they are told.
    """

    stub: Judged
    lesson: str
    title: Text
    arguments: Callable[[Draw], tuple[Any, ...]]
    measure: Callable[..., Any] = call
    tolerance: float = 1e-4
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def id(self) -> str:
        """What it is called on the command line: half-square for a function half_square."""
        return id_of(self.stub.__name__)

    @property
    def scope(self) -> dict[str, Any]:
        """The names that the stub's file knows: its examples are run with them."""
        return dict(vars(sys.modules[self.stub.__module__]))

    def mistake(self, *, zh: str, en: str) -> Callable[[Judged], Judged]:
        """Add a wrong solution.

        Args:
            zh: the hint that names the mistake, in Chinese.
            en: the same in English.
        """

        def add(wrong: Judged) -> Judged:
            self.mistakes.append(Mistake(wrong, {"zh": zh, "en": en}))
            return wrong

        return add


def exercise(
    lesson: str,
    *,
    zh: str,
    en: str,
    arguments: Callable[[Draw], tuple[Any, ...]],
    measure: Callable[..., Any] = call,
    tolerance: float = 1e-4,
) -> Callable[[Judged], Exercise]:
    """Make an exercise of a stub.

    Args:
        lesson: the label of its lesson.
        zh: its title, in Chinese.
        en: its title, in English.
        arguments: draws what one trial calls the learner's function with.
        measure: what is compared, of the candidate and the arguments.
        tolerance: relative and absolute.
    """

    def make(stub: Judged) -> Exercise:
        title: Text = {"zh": zh, "en": en}
        return Exercise(
            stub=stub, lesson=lesson, title=title, arguments=arguments, measure=measure, tolerance=tolerance
        )

    return make


def id_of(name: str) -> str:
    """Return the id of a function's name: half-square of half_square, my-linear of MyLinear."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return spaced.replace("_", "-").lower()


def is_function(stub: Judged) -> bool:
    """Say whether a function is asked for and not a class."""
    return isinstance(stub, FunctionType)
