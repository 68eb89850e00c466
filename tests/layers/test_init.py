"""Initialized weights have the distribution that the name of the method promises."""

import pytest
import torch
from torch import nn

from d2lab.layers.activation_catalog import ACTIVATIONS, activation
from d2lab.layers.init import initialize


def make_model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(400, 300), nn.ReLU(), nn.Conv2d(30, 40, 5), nn.Linear(200, 100, bias=False))


DEVIATIONS = {  # of the three weights: fans are 400 and 300; 750 and 1000; 200 and 100
    "normal": (0.01, 0.01, 0.01),
    "xavier": ((2 / 700) ** 0.5, (2 / 1750) ** 0.5, (2 / 300) ** 0.5),
    "kaiming": ((2 / 400) ** 0.5, (2 / 750) ** 0.5, (2 / 200) ** 0.5),
    "zeros": (0.0, 0.0, 0.0),
}


@pytest.mark.parametrize("how", DEVIATIONS)
def test_weights_have_the_deviation_of_their_distribution_and_biases_are_zero(how):
    model = initialize(make_model(), how)
    for layer, deviation in zip((model[0], model[2], model[3]), DEVIATIONS[how], strict=True):
        torch.testing.assert_close(layer.weight.std().item(), deviation, rtol=0.03, atol=0)
        if layer.bias is not None:
            assert layer.bias.count_nonzero() == 0


def test_xavier_is_uniform_and_kaiming_is_normal():
    uniform = initialize(make_model(), "xavier")[0].weight
    assert uniform.abs().max() <= (6 / 700) ** 0.5
    normal = initialize(make_model(), "kaiming")[0].weight
    beyond_three = (normal.abs() > 3 * normal.std()).double().mean()
    assert 0.0015 < beyond_three < 0.0045  # 0.0027 of a normal distribution


def test_default_keeps_what_torch_drew():
    before = make_model()
    after = initialize(make_model(), "default")
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True))


def test_the_same_seed_draws_the_same_weights():
    models = [initialize(make_model(), "kaiming") for _ in range(2)]
    assert torch.equal(models[0][2].weight, models[1][2].weight)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_call_builds_a_new_activation(name):
    assert type(activation(name)) is ACTIVATIONS[name]
    assert activation(name) is not activation(name)
