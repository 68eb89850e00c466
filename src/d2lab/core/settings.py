"""Nested dataclasses of settings, changed by dotted names: ``optimizer.learning_rate=0.1``.

The last part of a name is enough where only one setting bears it (``learning_rate=0.1``). Values come as text
from a command line or as JSON values from a file; msgspec turns them into the type that the field declares.
"""

import dataclasses
import types
import typing
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from d2lab.core.bounds import declared, outside
from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name

S = TypeVar("S")


def leaves(settings: object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List every setting as (dotted name, value), in the order of declaration."""
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from leaves(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", value


def change(settings: S, changes: Mapping[str, object], *, warn: bool = True) -> S:
    """Return a copy of the settings with some of them changed, all at once: only the result has to make sense.

    A dataclass may list former names of its settings in `RENAMED`: they still work, and say what they are called now.

    Args:
        settings: a nested dataclass.
        changes: values by dotted or short name.
        warn: say so where a former name is used; a record of an older version is read without a word.

    Raises:
        ConfigError: a name that is unknown or could mean two settings, or a value of the wrong kind.
    """
    spoken = {full_name(settings, name, warn=warn): name for name in changes}  # dotted name -> as the user wrote it
    changed: S = _rebuilt(settings, {path: (changes[name], name) for path, name in spoken.items()})
    return changed


def full_name(settings: object, name: str, *, warn: bool = False) -> str:
    """Complete a short name to its dotted one; a former name gives the one that the setting has now.

    A group that has a name of its own stands for it: `schedule` for `schedule.name`.

    >>> from d2lab.optimizers.config import OptimizerConfig
    >>> full_name(OptimizerConfig(), "learning_rate")
    'learning_rate'

    Raises:
        ConfigError: no setting, or more than one, has this name.
    """
    known = [path for path, _ in leaves(settings)]
    if name in known:
        return name
    if f"{name}.name" in known:
        return f"{name}.name"
    now = _present_name(settings, name)
    if now != name:
        if warn and name.rpartition(".")[2] not in _aliases(settings):
            warnings.warn(f"setting {name} is called {now} now", FutureWarning, stacklevel=3)
        name = now
        if name in known:
            return name
    ends = [path for path in known if path.endswith(f".{name}")]
    if len(ends) > 1:
        raise ConfigError("setting", got=name, need=f"one of {', '.join(ends)}", fix="Write the whole name.")
    if not ends:
        raise unknown_name("setting", name, known if "." in name else {p.rpartition(".")[2] for p in known})
    return ends[0]


def _present_name(settings: object, name: str) -> str:
    """Replace each part of a dotted name that was renamed; `schedule.start` is none because `start` was a group."""
    renamed = _tables(settings, "RENAMED") | _aliases(settings)
    paths = [path for path, _ in leaves(settings)]
    groups = {".".join(path.split(".")[:depth]) for path in paths for depth in range(1, path.count(".") + 1)}
    *outer, last = name.split(".")
    now: list[str] = []
    for part in outer:
        now.append(part if ".".join([*now, part]) in groups else renamed.get(part, part))
    known = {path.rpartition(".")[2] for path in paths}
    return ".".join([*now, last if last in known else renamed.get(last, last)])


def _aliases(settings: object) -> dict[str, str]:
    """Return the short names that users of other libraries type, such as lr: they are good names, not former ones."""
    return _tables(settings, "ALIASES")


def _tables(settings: object, table: str) -> dict[str, str]:
    """Gather a table of names from a dataclass and those inside it."""
    found: dict[str, str] = dict(getattr(settings, table, {}))
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            found |= _tables(value, table)
    return found


def _rebuilt(settings: Any, values: Mapping[str, tuple[object, str]]) -> Any:  # noqa: ANN401
    """Replace leaves by their dotted names; every dataclass on the way checks itself again, once."""
    hints = declared(type(settings))
    own: dict[str, Any] = {}
    inner: dict[str, dict[str, tuple[object, str]]] = {}
    for path, (value, name) in values.items():
        head, _, rest = path.partition(".")
        if rest:
            inner.setdefault(head, {})[rest] = (value, name)
        else:
            own[head] = decode(value, hints[head], name)
    own |= {head: _rebuilt(getattr(settings, head), below) for head, below in inner.items()}
    return dataclasses.replace(settings, **own)


def decode(value: object, hint: Any, name: str) -> Any:  # noqa: ANN401
    """Turn text or a JSON value into the declared type, within the range that is declared with it.

    Raises:
        ConfigError: the value is not of that type, or out of its range.
    """
    ranged, hint = hint, _without_ranges(hint)
    meant = value
    if isinstance(value, str):
        if value.lower() == "none" and value not in typing.get_args(hint):  # a choice may be called none
            meant = None
        elif typing.get_origin(hint) is tuple:
            meant = [part.strip() for part in value.strip("()[] ").split(",") if part.strip()]
    try:
        known = msgspec.convert(meant, hint, strict=False)
    except (ValueError, OverflowError) as cause:  # msgspec's own is a ValueError; so is that of too many digits
        raise ConfigError(f"setting {name}", got=value, need=_kind(hint)) from cause
    need = outside(known, ranged)
    if need:
        raise ConfigError(f"setting {name}", got=known, need=need)
    return known


def _without_ranges(hint: Any) -> Any:  # noqa: ANN401
    """Return an annotation without the ranges in it."""
    holder = type("Holder", (), {"__annotations__": {"it": hint}})
    return typing.get_type_hints(holder)["it"]


def _kind(hint: Any) -> str:  # noqa: ANN401
    """Name a type for a reader."""
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", types.NoneType: "none"}
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(map(str, inner))
    if typing.get_origin(hint) is tuple:
        return f"a list of {words[inner[0]].removeprefix('a ')}s, divided by commas"
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(_kind(part) for part in inner)
    return words.get(hint) or str(hint)
