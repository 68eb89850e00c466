"""What the grader says of code that no exercise foresaw."""

import pytest
import torch
from torch import Tensor, nn

from d2lab.exercises import RandomInputs, exercise
from d2lab.exercises.grader import grade
from d2lab.exercises.outcome import same


@exercise("mlp", order=1, zh="两倍", en="Twice", arguments=lambda draw: (draw.normal(draw.size(1, 5)), draw.number()))
def twice(x: Tensor, y: float) -> Tensor:
    """Twice x plus y.

    >>> twice(torch.tensor([1.0]), 1.0)
    tensor([3.])
    """
    raise NotImplementedError


@twice.mistake(en="y is missing", zh="漏了 y")
def without_y(x, y):
    return 2 * x


def solution(x, y):
    return 2 * x + y


def found(candidate, seed=0):
    return grade(twice, solution, candidate, seed=seed, file=__file__)


def by_columns(x, y):
    return torch.stack([2 * one for one in x])


def in_place(x, y):
    x *= 2
    return x + y


def only_the_example(x, y):
    return torch.tensor([3.0]) if y == 1 else x


CASES = {
    "another way to the same": (lambda x, y: x + x + y, "right"),
    "another way to a known mistake": (by_columns, "without_y"),
    "None": (lambda x, y: None, "returns nothing"),
    "a constant": (lambda x, y: torch.ones(1), "constant"),
    "a list": (lambda x, y: {"value": 2 * x + y}, "kind"),
    "a shape": (lambda x, y: (2 * x + y)[:, None], "shape"),
    "not finite": (lambda x, y: (2 * x + y) / 0, "not finite"),
    "in place": (in_place, "changes its input"),
    "an error": (lambda x, y: x.no_such_method(), "error"),
    "exit": (lambda x, y: exit(3), "error"),
    "wrong": (lambda x, y: 2 * x + y**2, "wrong"),
    "the example only": (only_the_example, "wrong"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(3))
def test_kinds(name, seed):
    candidate, kind = CASES[name]
    verdict = found(candidate, seed)
    assert (verdict.kind, verdict.passed) == (kind, kind == "right")
    assert bool(verdict.hint["en"]) == bool(verdict.hint["zh"]) == (not verdict.passed)


def test_an_error_names_its_line_and_the_input():
    hint = found(by_nothing)
    assert "NameError" in hint.hint["en"]
    assert "nothing_of_that_name" in hint.hint["en"]
    assert f"line {by_nothing.__code__.co_firstlineno + 1}" in hint.hint["en"]
    assert "x = [" in hint.hint["en"]
    assert "Traceback" not in hint.hint["en"] + hint.hint["zh"]


def by_nothing(x, y):
    return nothing_of_that_name(x)  # noqa: F821


def test_a_hint_says_that_the_examples_come_out_right():
    assert "examples of the task come out right" in found(only_the_example).hint["en"]
    assert "examples of the task" not in found(lambda x, y: 2 * x + y**2 + 1).hint["en"]


def test_only_the_first_trial_prints(capsys):
    def talkative(x, y):
        print("here")  # noqa: T201
        return 2 * x + y

    assert found(talkative).passed
    assert capsys.readouterr().out.count("here") == 1


def test_another_seed_draws_other_inputs():
    assert not torch.equal(RandomInputs(1).normal(4), RandomInputs(2).normal(4))
    assert torch.equal(RandomInputs(1).normal(4), RandomInputs(1).normal(4))
    draw = RandomInputs(0)
    drawn = [draw.size(2, 4) for _ in range(200)]
    assert set(drawn) == {2, 3, 4}
    assert {draw.choice("ab") for _ in range(50)} == {"a", "b"}
    assert {draw.boolean() for _ in range(50)} == {True, False}
    uniform = draw.uniform(500, low=-2, high=3)
    assert -2 <= uniform.min() < -1.8
    assert 2.8 < uniform.max() <= 3


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (torch.tensor(1.0), 1.0, True),
        (1, 1.0, True),
        (1.0, 1.00001, True),
        (1.0, 1.01, False),
        (torch.ones(2), torch.ones(2, dtype=torch.int64), True),
        (torch.ones(2), torch.ones(2, 1), False),
        (torch.ones(1), 1.0, False),
        ([1, 2], (1, 2), True),
        ([1, 2], (1, 2, 3), False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        (float("nan"), float("nan"), True),
        ("a", "a", True),
        ("a", "b", False),
        (None, None, True),
        (None, 0, False),
        (torch.tensor(1j), torch.tensor(2j), False),
        (nn.Identity(), nn.Linear(1, 1), False),
    ],
)
def test_what_counts_as_equal(one, other, equal):
    assert same(one, other, 1e-4) == same(other, one, 1e-4) == equal
