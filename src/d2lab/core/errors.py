"""Errors that a reader can act on: what was given, what is expected, what to do.

The command line prints the one line and exits with 2; ``--debug`` shows the trace.
"""

from functools import partial
from typing import Any

SHOWN = 200  # characters of a value that an error shows


def shortened(text: str) -> str:
    """Cut a value that fills more than a line of an error.

    >>> len(shortened("a" * 100_000))
    207
    """
    return text if len(text) <= SHOWN + 4 else f"{text[: SHOWN // 2]} [...] {text[-SHOWN // 2 :]}"


class D2labError(Exception):
    """Base of every error that d2lab raises on purpose.

    Args:
        what: the name of the thing that is wrong, as the user knows it (an option, a file, a field).
        got: the value that was given.
        need: what would have been accepted.
        fix: one sentence that says what to do now.
    """

    def __init__(self, what: str, *, got: object, need: str, fix: str = "") -> None:
        self.what, self.got, self.need, self.fix = what, got, need, fix
        super().__init__(what)

    def __reduce__(self) -> tuple[Any, ...]:  # a worker process sends its error home by pickle
        return partial(type(self), self.what, got=self.got, need=self.need, fix=self.fix), ()

    def __str__(self) -> str:
        line = f"{shortened(self.what)}: got {shortened(repr(self.got))}, need {self.need}."
        return " ".join(f"{line} {self.fix}".split())  # one line, whatever the value held


class ConfigError(D2labError, ValueError):
    """A setting, an argument or a name that can't be used."""


class DataError(D2labError, ValueError):
    """A data file or data set that is missing, broken or of the wrong kind."""


class RunError(D2labError, ValueError):
    """A run record or checkpoint that is missing, broken or from elsewhere."""


class NonFiniteError(D2labError, ArithmeticError):
    """A loss that became NaN or infinite; the message names the step and the first layer that broke."""


class MissingExtraError(D2labError, ImportError):
    """An optional library that the feature needs is not installed."""
