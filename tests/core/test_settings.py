"""Nested settings changed by name."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from d2lab.core.errors import ConfigError
from d2lab.core.settings import change, full_name, leaves


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner:
    name: Literal["plain", "fancy"] = "plain"
    rate: float = 0.5
    limit: float | None = None
    extra: float = 0.0

    def __post_init__(self):
        if self.name == "fancy" and not self.extra:
            raise ConfigError("name", got=self.name, need="plain where extra is 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    name: str = "other"
    sizes: tuple[int, ...] = (1, 2)
    flag: bool = False
    way: Literal["short", "none"] = "short"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outer:
    count: int = 3
    inner: Inner = field(default_factory=Inner)
    other: Other = field(default_factory=Other)


def test_settings_are_listed_by_dotted_names_in_the_order_of_declaration():
    assert list(dict(leaves(Outer()))) == [
        "count",
        "inner.name",
        "inner.rate",
        "inner.limit",
        "inner.extra",
        "other.name",
        "other.sizes",
        "other.flag",
        "other.way",
    ]


@pytest.mark.parametrize("name", ["inner.rate", "rate"])
def test_a_setting_is_found_by_its_whole_name_and_by_its_end(name):
    assert change(Outer(), {name: "0.25"}).inner.rate == 0.25


@pytest.mark.parametrize("group", ["inner", "other"])
def test_a_group_stands_for_its_name(group):
    assert full_name(Outer(), group) == f"{group}.name"
    assert change(Outer(), {"other": "x"}).other.name == "x"


def test_what_is_changed_is_a_copy():
    before = Outer()
    change(before, {"count": 9})
    assert before == Outer()


@pytest.mark.parametrize(
    ("name", "given", "stored"),
    [
        ("count", "7", 7),
        ("count", 7, 7),
        ("rate", "1e-3", 1e-3),
        ("rate", 1, 1.0),
        ("limit", "none", None),
        ("limit", "None", None),
        ("limit", None, None),
        ("limit", "2", 2.0),
        ("flag", "true", True),
        ("flag", "False", False),
        ("sizes", "5,6,7", (5, 6, 7)),
        ("sizes", "5", (5,)),
        ("sizes", "(5, 6,)", (5, 6)),
        ("sizes", "[5, 6]", (5, 6)),
        ("sizes", [5, 6], (5, 6)),
        ("sizes", "", ()),
        ("other.name", "anything", "anything"),
        ("way", "none", "none"),
    ],
)
def test_text_and_json_values_become_the_declared_type(name, given, stored):
    value = dict(leaves(change(Outer(), {name: given})))[full_name(Outer(), name)]
    assert value == stored
    assert type(value) is type(stored)


def test_a_name_that_could_mean_two_settings_is_refused():
    with pytest.raises(ConfigError, match=r"need one of inner\.name, other\.name\. Write the whole name\."):
        change(Outer(), {"name": "plain"})


@pytest.mark.parametrize(("given", "near"), [("rat", "rate"), ("inner.rat", "inner.rate"), ("cuont", "count")])
def test_an_unknown_name_is_answered_with_the_nearest(given, near):
    with pytest.raises(ConfigError, match=f"setting: got '{given}', .*Did you mean '{near}'"):
        change(Outer(), {given: 1})


@pytest.mark.parametrize("name", ["inner", "", "__class__", "count.real", "inner.rate.real"])
def test_what_is_no_leaf_is_no_setting(name):
    with pytest.raises(ConfigError, match="setting"):
        change(Outer(), {name: 1})


@pytest.mark.parametrize(
    ("name", "value", "need"),
    [
        ("count", "many", "a whole number"),
        ("count", "1.5", "a whole number"),
        ("count", True, "a whole number"),
        ("count", None, "a whole number"),
        ("rate", "fast", "a number"),
        ("flag", "maybe", "true or false"),
        ("inner.name", "loud", "one of plain, fancy"),
        ("sizes", "1,two", "a list of whole numbers, divided by commas"),
        ("limit", "big", "a number or none"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_the_right_one(name, value, need):
    with pytest.raises(ConfigError) as caught:
        change(Outer(), {name: value})
    assert f"setting {name}: got {value!r}" in str(caught.value)
    assert need in str(caught.value)


@pytest.mark.parametrize("order", [("inner.name", "extra"), ("extra", "inner.name")])
def test_changes_that_only_fit_together_are_made_together(order):
    values = {"inner.name": "fancy", "extra": 1.0}
    assert change(Outer(), {name: values[name] for name in order}).inner.extra == 1.0


def test_the_last_of_two_spellings_of_one_setting_wins():
    assert change(Outer(), {"rate": 1, "inner.rate": 2}).inner.rate == 2


def test_a_part_still_refuses_what_makes_no_sense():
    with pytest.raises(ConfigError, match="need plain where extra is 0"):
        change(Outer(), {"inner.name": "fancy"})


@pytest.mark.parametrize(
    ("former", "now", "value"),
    [
        ("start.head_rate", "finetune.head_lr_scale", 2.0),
        ("head_rate", "finetune.head_lr_scale", 2.0),
        ("optimizer.rest_factor", "optimizer.adamw_lr_scale", 0.5),
        ("start.freeze", "finetune.freeze", "body"),
    ],
)
def test_a_former_name_works_and_says_what_it_is_called_now(former, now, value):
    from d2lab.recipes import find_recipe

    settings = find_recipe("cifar10-fast").settings
    with pytest.warns(FutureWarning, match=f"{former} is called .*{now.rpartition(chr(46))[2]} now"):
        changed = change(settings, {former: str(value)})
    assert dict(leaves(changed))[now] == value
    assert dict(leaves(change(settings, {former: value}, warn=False)))[now] == value


@pytest.mark.parametrize(("short", "whole"), [("lr", "optimizer.learning_rate"), ("batch", "loop.batch_size")])
def test_names_that_users_type_are_good_names(short, whole):
    from d2lab.recipes import find_recipe

    changed = change(find_recipe("lenet").settings, {short: "3"})
    assert dict(leaves(changed))[whole] == 3
