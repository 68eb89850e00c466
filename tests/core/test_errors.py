"""Errors a reader can act on."""

import copy
import pickle

import pytest

from d2lab.core.errors import ConfigError, D2labError, DataError, MissingExtraError, NonFiniteError, RunError
from d2lab.core.names import unknown_name

CLASSES = (ConfigError, DataError, MissingExtraError, NonFiniteError, RunError)


@pytest.mark.parametrize("value", ["two\nlines", "carriage\r\nreturn", ["a\n", "b\u2028c"], "tab\tand  gaps", None])
def test_an_error_is_one_line_whatever_the_value_holds(value):
    error = ConfigError("size\nof it", got=value, need="a\nnumber", fix="Do\nthis.")
    assert len(str(error).splitlines()) == 1


def test_an_error_says_what_was_given_what_is_needed_and_what_to_do():
    error = ConfigError("learning_rate", got=-1, need="a number above 0", fix="Take 0.1.")
    assert str(error) == "learning_rate: got -1, need a number above 0. Take 0.1."


def test_an_error_without_a_fix_ends_with_the_need():
    assert str(DataError("file", got="x", need="a file")) == "file: got 'x', need a file."


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_ours_and_also_one_of_python(kind):
    python = (ValueError, ArithmeticError, ImportError)
    assert issubclass(kind, D2labError)
    assert issubclass(kind, python)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_keeps_its_words_on_the_way_between_processes(kind):
    error = kind("thing", got=3, need="4", fix="Add one.")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301
        assert type(twin) is kind
        assert str(twin) == str(error)


def test_an_unknown_name_is_answered_with_the_nearest():
    error = unknown_name("recipe", "lennet", ["mlp", "lenet"])
    assert str(error) == "recipe: got 'lennet', need one of lenet, mlp. Did you mean 'lenet'?"


def test_a_name_unlike_any_other_gets_the_list_alone():
    assert str(unknown_name("recipe", "zzzz", ["mlp", "lenet"])) == "recipe: got 'zzzz', need one of lenet, mlp."
