"""Every layer of ours is its torch twin: same arguments, initialization, values and gradients."""

import dataclasses
import inspect
import math
import typing

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from d2lab.core.reference import CLOSE, Twin, alike, passed, relative_difference, slowdown
from d2lab.layers.scratch import SCRATCH
from d2lab.layers.twins import TWINS

LAYERS = [row for row in TWINS if isinstance(row, Twin)]
EVEN_SAME = "ignore:Using padding='same' with even kernel lengths"  # torch's, about its own copy
each_row = pytest.mark.parametrize("row", TWINS, ids=lambda row: row.name)
each_layer = pytest.mark.parametrize("row", LAYERS, ids=lambda row: row.name)
pytestmark = pytest.mark.filterwarnings(EVEN_SAME)


@each_row
def test_values_gradients_and_buffers_are_torchs(row):
    assert row.difference() <= row.rtol


@each_row
def test_a_wide_tolerance_is_explained_and_every_row_has_a_source(row):
    assert row.source
    assert row.rtol <= CLOSE or row.why


@each_layer
def test_the_same_seed_gives_the_same_initialization(row):
    states = []
    for make in (row.ours, row.theirs):
        torch.manual_seed(5)
        states.append(make().state_dict())
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[1])


@pytest.mark.parametrize(
    ("theirs", "ours"), SCRATCH.items(), ids=lambda made: made.__module__.split(".")[0] + made.__name__
)
def test_arguments_have_torchs_names_order_and_defaults(theirs, ours):
    mine = dict(inspect.signature(ours.__init__).parameters)
    stated = typing.get_overloads(theirs.__init__)  # of torch's recurrent layers
    reference = inspect.signature(stated[0] if stated else theirs.__init__).parameters
    positional = [p.name for p in mine.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    expected = [name for name in reference if name in positional]
    assert positional == expected
    for name, parameter in mine.items():
        if name in ("form", "reset") or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if name == "bias" and name not in reference:  # an argument of the newest torch
            continue
        if name == "dim":  # torch guesses an axis that is not stated, and warns; ours asks
            continue
        assert parameter.default == reference[name].default, name


@pytest.mark.parametrize("made", SCRATCH.values(), ids=lambda made: made.__name__)
def test_every_layer_has_a_row(made):
    assert any(type(row.ours()) is made for row in LAYERS)


def test_names_are_unique():
    assert len({row.name for row in TWINS}) == len(TWINS)


FORBIDDEN = (
    "conv", "pool", "norm", "softmax", "nll", "mse", "l1_loss", "huber", "binary_cross_entropy", "threshold", "relu",
    "elu", "gelu", "silu", "sigmoid", "tanh", "softplus", "embedding", "native_dropout", "linear",
)  # fmt: skip


class Spy(TorchDispatchMode):
    """Remember the kernels that run."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.seen.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def finished_kernels(layer, row):
    given = row.inputs(torch.Generator().manual_seed(1), 2)
    with Spy() as spy:
        passed(layer, given)
    return {kernel for kernel in spy.seen if any(word in kernel for word in FORBIDDEN)}


@each_layer
def test_scratch_is_built_of_elementary_operations(row):
    assert not finished_kernels(alike(row)[0], row)


def test_the_spy_sees_torchs_own_kernels():
    names = ("Conv2d: LeNet's second, as columns", "MaxPool2d", "BatchNorm2d", "CrossEntropyLoss", "GELU", "Embedding")
    for name in names:
        row = next(row for row in LAYERS if row.name == name)
        assert finished_kernels(alike(row)[1], row), name


class Forgetful(nn.Linear):
    """A linear map whose bias gets no gradient."""

    def forward(self, input):
        return input @ self.weight.T + self.bias.detach()


def test_a_forgotten_gradient_is_a_difference():
    row = next(row for row in LAYERS if row.name == "Linear")
    assert dataclasses.replace(row, ours=lambda: Forgetful(400, 120)).difference() == math.inf


@pytest.mark.parametrize(
    ("mine", "reference", "difference"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.5], [1.0, 2.0], 0.25),
        ([math.nan, 2.0], [math.nan, 2.0], 0.0),
        ([math.nan, 2.0], [1.0, 2.0], math.inf),
        ([math.inf, 2.0], [math.nan, 2.0], math.inf),
        ([math.inf, 2.0], [-math.inf, 2.0], math.inf),
        ([math.inf, 2.0], [math.inf, 2.0], 0.0),
        ([0.5, 0.0], [0.0, 0.0], 0.5),
        ([1.0], [1.0, 1.0], math.inf),
        ([], [], 0.0),
    ],
)
def test_the_difference_is_relative_to_the_largest_and_strict_about_nan(mine, reference, difference):
    assert relative_difference(torch.tensor(mine), torch.tensor(reference)) == difference


def test_another_type_is_a_difference():
    assert relative_difference(torch.ones(2), torch.ones(2).double()) == math.inf


def test_the_slowdown_is_a_ratio_of_medians():
    times = iter([0, 9, 10, 13, 13, 14, 14, 18, 18, 20])  # two warm-ups, then 3 : 1 and 4 : 2
    found = slowdown(lambda: None, lambda: None, rounds=2, clock=lambda: float(next(times)))
    assert found == pytest.approx(3.5 / 1.5)
