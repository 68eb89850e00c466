"""Every number that a user can set has a range, declared beside it and told when it is left."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Annotated

import pytest
from msgspec import Meta

from d2lab.core.bounds import check_bounds, declared, is_bounded, outside
from d2lab.core.errors import ConfigError, D2labError
from d2lab.core.settings import change

Threads = Annotated[int, Meta(ge=1, le=64, description="threads")]


@dataclass(frozen=True, kw_only=True)
class Group:
    threads: Threads | None = None
    rate: Annotated[float, Meta(gt=0, le=1000)] = 0.5
    share: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    widths: Annotated[tuple[Threads, ...], Meta(min_length=1, max_length=3)] = (1,)
    free: float = 0.0
    flag: bool = False

    def __post_init__(self):
        check_bounds(self, "group.")


REFUSED = [
    ("threads", 65, "need a whole number from 1 to 64 (threads)."),
    ("threads", 10**30, "need a whole number from 1 to 64 (threads)."),
    ("rate", 0.0, "need a number above 0, up to 1,000."),
    ("rate", math.nan, "need a number above 0, up to 1,000."),
    ("share", 1.0, "need a number from 0 up to, not with, 1."),
    ("share", -math.inf, "need a number from 0 up to, not with, 1."),
    ("widths", (), "need 1 to 3 numbers."),
    ("widths", (1, 2, 3, 4), "need 1 to 3 numbers."),
    ("widths", (1, 0), "need each a whole number from 1 to 64 (threads)."),
    ("free", math.inf, "need a finite number."),
]


@pytest.mark.parametrize(("name", "value", "need"), REFUSED)
def test_a_number_outside_its_range_is_refused_in_code_and_from_text(name, value, need):
    with pytest.raises(ConfigError) as caught:
        Group(**{name: value})
    assert str(caught.value) == f"group.{name}: got {value!r}, {need}"
    if value != 10**30:  # more than 64 bits: refused as text already
        with pytest.raises(ConfigError) as caught:
            change(Group(), {name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)})
        assert str(caught.value) == f"setting {name}: got {value!r}, {need}"


@pytest.mark.parametrize(
    ("name", "value"), [("threads", 1), ("threads", 64), ("threads", None), ("rate", 1000.0), ("share", 0.0)]
)
def test_the_ends_of_a_range_belong_to_it(name, value):
    assert getattr(change(Group(), {name: str(value)}), name) == value


def test_a_field_without_a_range_is_seen():
    unbounded = {name for name, hint in declared(Group).items() if not is_bounded(hint)}
    assert unbounded == {"free"}
    assert not is_bounded(Annotated[int, Meta(ge=1)])
    assert not is_bounded(tuple[Threads, ...])
    assert outside(7, Annotated[int | None, Meta(ge=1, le=5)]) == "a whole number from 1 to 5"


def test_a_long_value_is_cut_in_a_message():
    line = str(D2labError("a" * 10**5, got="b" * 10**5, need="less"))
    assert len(line) < 500
    assert "[...]" in line
    assert str(D2labError("x", got="c" * 200, need="less")) == f"x: got '{'c' * 200}', need less."


def test_every_number_of_every_settings_class_has_a_range():
    from d2lab.models.catalog import all_models
    from d2lab.recipes.recipe import Settings

    kinds, seen = [Settings, *(kind for kind in all_models() if kind.__module__.startswith("d2lab."))], set()
    while kinds:
        kind = kinds.pop()
        seen.add(kind)
        for hint in declared(kind).values():
            if dataclasses.is_dataclass(hint) and hint not in seen:
                kinds.append(hint)
    missing = [
        f"{kind.__name__}.{name}" for kind in seen for name, hint in declared(kind).items() if not is_bounded(hint)
    ]
    assert not missing
    assert len(seen) > 15
