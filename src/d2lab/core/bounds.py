"""Bounds of numbers, declared beside each setting: ``epochs: Annotated[int, Meta(ge=1, le=1_000_000)] = 10``.

`Meta` is msgspec's: ge, gt, le and lt bound a number, min_length and max_length a list, description names the unit. A
setting without a range lets a typing error through to where it is a crash: torch starts as many threads as it is told.
"""

import dataclasses
import math
import types
import typing
from typing import Annotated, Any

from msgspec import Meta

from d2lab.core.errors import ConfigError

Share = Annotated[float, Meta(ge=0, lt=1, description="share")]  # of what may not be all: dropout, momentum
Portion = Annotated[float, Meta(ge=0, le=1, description="share")]  # from none to all
Positive = Annotated[float, Meta(gt=0, le=1e6)]  # rates, factors, limits of norms
Amount = Annotated[float, Meta(ge=0, le=1e6)]  # penalties and strengths that may be off
Pixels = Annotated[int, Meta(ge=1, le=4096, description="pixels")]  # height and width of an image
Channels = Annotated[int, Meta(ge=1, le=4096, description="channels")]
Classes = Annotated[int, Meta(ge=2, le=1_000_000, description="classes")]
ObjectClasses = Annotated[int, Meta(ge=1, le=1_000_000, description="classes")]  # beside background
Units = Annotated[int, Meta(ge=1, le=65_536, description="units")]  # width of a hidden layer
Widths = Annotated[tuple[Units, ...], Meta(max_length=64)]  # of layer after layer
Seed = Meta(ge=0, le=2**63 - 1)  # what core.seed can derive from
Port = Meta(ge=0, le=65_535)
Features = Annotated[int, Meta(ge=1, le=100_000_000, description="features")]

_DECLARED: dict[type, dict[str, Any]] = {}  # by class: reading annotations takes longer than checking them


def check_bounds(settings: object, prefix: str = "") -> None:
    """Refuse the first number of a dataclass that lies outside the range declared beside it.

    Args:
        settings: an instance of a dataclass; call this in its `__post_init__`.
        prefix: what an error writes before the name of the field.

    Raises:
        ConfigError: a number is out of its range, or is NaN or infinite.
    """
    for name, hint in declared(type(settings)).items():
        need = outside(getattr(settings, name), hint)
        if need:
            raise ConfigError(f"{prefix}{name}", got=getattr(settings, name), need=need)


def declared(kind: type) -> dict[str, Any]:
    """Return the annotation of each field of a dataclass, with the ranges in it."""
    if kind not in _DECLARED:
        hints = typing.get_type_hints(kind, include_extras=True)
        _DECLARED[kind] = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    return _DECLARED[kind]


def outside(value: object, hint: Any) -> str:  # noqa: ANN401
    """Return what is needed where a value lies outside the range that its annotation declares; "" where it fits.

    >>> outside(0, Annotated[int, Meta(ge=1, le=64, description="threads")])
    'a whole number from 1 to 64 (threads)'
    """
    kind, meta = _range_of(hint)
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        finite = isinstance(value, int) or math.isfinite(value)
        fits = finite and (meta is None or _inside(value, meta))
        return "" if fits else _words(meta, "a whole number" if kind is int else "a number")
    if isinstance(value, tuple | list) and typing.get_origin(kind) is tuple:
        least, most = (meta.min_length or 0, meta.max_length) if meta else (0, None)
        if len(value) < least or (most is not None and len(value) > most):
            return f"{least} to {most} numbers" if least != most else f"{least} numbers"
        return next((f"each {need}" for one in value if (need := outside(one, typing.get_args(kind)[0]))), "")
    return ""


def is_bounded(hint: Any) -> bool:  # noqa: ANN401
    """Return whether an annotation bounds every number in it, from below and from above."""
    kind, meta = _range_of(hint)
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)[0]
        return not _is_number(_range_of(inner)[0]) or (is_bounded(inner) and meta is not None and bool(meta.max_length))
    if not _is_number(kind):
        return True
    lower, upper = ((None, None), (None, None)) if meta is None else ((meta.ge, meta.gt), (meta.le, meta.lt))
    return any(end is not None for end in lower) and any(end is not None for end in upper)


def _is_number(kind: Any) -> bool:  # noqa: ANN401
    return kind in (int, float)


def _range_of(hint: Any) -> tuple[Any, Meta | None]:  # noqa: ANN401
    """Return the plain type of an annotation and its range; of `int | None` those of the number."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        some = [part for part in typing.get_args(hint) if part is not types.NoneType]
        return _range_of(some[0])
    if typing.get_origin(hint) is Annotated:
        inner, *more = typing.get_args(hint)
        kind, meta = _range_of(inner)
        return kind, next((one for one in more if isinstance(one, Meta)), meta)
    return hint, None


def _inside(value: int | float, meta: Meta) -> bool:
    return (
        (meta.ge is None or value >= meta.ge)
        and (meta.gt is None or value > meta.gt)
        and (meta.le is None or value <= meta.le)
        and (meta.lt is None or value < meta.lt)
    )


def _words(meta: Meta | None, kind: str) -> str:
    """Put a range into words."""
    if meta is None:
        return "a finite number"
    low = f"from {_number(meta.ge)} " if meta.ge is not None else f"above {_number(meta.gt)}, "
    high = f"to {_number(meta.le)}" if meta.le is not None else f"up to, not with, {_number(meta.lt)}"
    if meta.ge is None and meta.le is not None:
        high = f"up {high}"
    unit = f" ({meta.description})" if meta.description else ""
    return f"{kind} {low}{high}{unit}"


def _number(value: int | float | None) -> str:
    return f"{value:,.0f}" if value is not None and value == int(value) else f"{value:g}"
