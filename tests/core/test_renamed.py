"""Modules by the names of d2lab 0.1 are those of today, and say so."""

import importlib
import sys

import pytest

from d2lab.core.renamed import MOVED


@pytest.mark.parametrize("former", MOVED)
def test_a_former_module_is_the_one_of_today(former):
    sys.modules.pop(f"d2lab.{former}", None)
    with pytest.warns(FutureWarning, match=f"d2lab.{former} is d2lab.{MOVED[former]} now"):
        found = importlib.import_module(f"d2lab.{former}")
    assert found is importlib.import_module(f"d2lab.{MOVED[former]}")
    assert found.__name__ == found.__spec__.name == f"d2lab.{MOVED[former]}"


def test_what_never_was_is_still_missing():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("d2lab.train.never")


def test_recipes_still_hands_out_what_moved_to_experiments():
    from d2lab import experiments, recipes

    with pytest.warns(FutureWarning, match="d2lab.experiments.train now"):
        assert recipes.train is experiments.train
