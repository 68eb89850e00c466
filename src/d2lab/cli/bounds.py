"""Ranges of the options: declared beside each, like those of settings, and checked before a verb does anything."""

import functools
import typing
from collections.abc import Callable
from typing import Any

from d2lab.core.bounds import outside
from d2lab.core.errors import ConfigError


class UnreadError(Exception):
    """Nobody reads the output any more; the library of the command line would end with 1, and without a word."""


def bounded(verb: Callable[..., None]) -> Callable[..., None]:
    """Return a verb that refuses options outside the ranges declared beside them, and NaN.

    Raises:
        ConfigError: an option is outside its range.
        UnreadError: the reader of the output has gone; the message says how to go on, where there is something to say.
    """

    @functools.wraps(verb)
    def checked(**options: Any) -> None:  # noqa: ANN401
        hints = typing.get_type_hints(verb, include_extras=True)
        for name, value in options.items():
            need = outside(value, hints[name])
            if need:
                raise ConfigError(f"--{name.replace('_', '-')}", got=value, need=need)
        try:
            verb(**options)
        except BrokenPipeError as error:
            raise UnreadError(f"{error.filename}: {error.strerror}" if error.filename else "") from error

    return checked
