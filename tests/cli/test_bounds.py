"""Absurd values for every numeric setting of every recipe and every option of every verb: one line, no folder."""

import sys
import typing

import pytest
import typer

from d2lab.cli.main import app
from d2lab.core.bounds import declared
from d2lab.core.errors import D2labError
from d2lab.core.settings import leaves
from d2lab.experiments.plan import plan
from d2lab.recipes import RECIPES

ABSURD = ["-1", "0", "1e-30", "1e30", str(10**20), "nan", "inf", "", "x" * 100_000, "9" * 100_000, "\udcff", "\ud800"]


def numeric(settings, prefix=""):
    """List the dotted names of all settings that are numbers, or may be."""
    for name, hint in declared(type(settings)).items():
        inner = getattr(settings, name)
        if hasattr(inner, "__dataclass_fields__"):
            yield from numeric(inner, f"{prefix}{name}.")
        elif "int" in str(hint) or "float" in str(hint):
            yield f"{prefix}{name}"


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_absurd_settings_are_planned_or_refused_in_a_line(recipe):
    names = list(numeric(RECIPES[recipe].settings))
    assert len(names) > 30
    assert set(names) <= {name for name, _ in leaves(RECIPES[recipe].settings)}
    shared = recipe != "lenet"  # groups that all recipes share are tried on one
    for name in names:
        if shared and name.startswith(("loop.", "optimizer.", "schedule.", "augment.")):
            continue
        for value in ABSURD:
            try:
                plan(recipe, changes={name: value}, device="cpu")
            except D2labError as error:
                line = str(error)
                assert "\n" not in line
                assert len(line) < 1000, name


def numbers():
    """List (verb, option, count of its arguments) for every option of the command line that is a number."""

    def walk(command, path):
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from walk(inner, (*path, name))
            return
        hints = typing.get_type_hints(command.callback)
        arguments = sum(p.param_type_name == "argument" for p in command.params)
        for option in command.params:
            hint = hints.get(option.name)
            if option.param_type_name == "option" and {int, float} & {hint, *typing.get_args(hint)}:
                yield path, option.opts[0], arguments

    return list(walk(typer.main.get_command(app), ()))


NUMBERS = numbers()
NAMES = [f"{' '.join(path)} {option}" for path, option, _ in NUMBERS]


def test_there_are_options_to_try():
    assert {option for _, option, _ in NUMBERS} >= {"--seed", "--top", "--port", "--depth", "--batch", "--epochs"}


@pytest.mark.parametrize(("path", "option", "arguments"), NUMBERS, ids=NAMES)
def test_absurd_options_are_one_line(d2lab, here, path, option, arguments):
    for value in ABSURD:
        if value in ("0", "1e-30") and not arguments:  # may be meant
            continue
        code, out, err = d2lab(*path, *["nothing"] * arguments, option, value)
        assert code == 2, (value, out, err)
        assert err.startswith("d2lab: "), value
        assert err.count("\n") == 1
        assert len(err) < 1000
        assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("threads=100000", "need a whole number from 1 to 1,024 (threads)"),
        (f"batch_size={10**20}", "need a whole number from 1 to 1,000,000,000 (examples)"),
        ("side=4097", "need a whole number from 1 to 4,096 (pixels)"),
        ("decay=0", "need rmsprop or adadelta for decay"),
        ("beta1=0", "need adam or adamw or muon for beta1"),
    ],
)
def test_the_line_names_value_range_and_unit(d2lab, here, setting, words):
    code, out, err = d2lab("train", "lenet", "--set", setting)
    assert (code, out) == (2, "")
    assert words in err
    assert not list(here.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")
def test_a_name_that_the_system_cannot_write_is_one_line(d2lab, here):
    code, _, err = d2lab("predict", "nothing\ud800", "x.png")
    assert code == 2
    assert err.count("\n") == 1
