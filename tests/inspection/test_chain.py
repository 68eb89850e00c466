"""A chain of layers is known by running it, whatever the model's class is; anything between layers is noticed."""

import pytest
import torch
from torch import nn

from d2lab.inspection import chain_of
from d2lab.models import LeNetConfig, MLPConfig, NiNConfig, ResNetConfig, build_model


class Model(nn.Module):
    """Layers `a` and `b`, and a forward of the test's choice."""

    def __init__(self, forward):
        super().__init__()
        self.a, self.b, self.idle = nn.Linear(4, 4), nn.ReLU(), nn.Linear(1, 1)
        self.way = forward

    def forward(self, x):
        return self.way(self, x)


def names(model, *shape, **options):
    chain = chain_of(model, torch.ones(2, *shape), **options)
    return None if chain is None else list(chain)


def test_models_of_the_course_are_chains_of_their_leaves_or_of_their_parts():
    lenet = build_model(LeNetConfig(norm=True))
    assert names(lenet, 1, 28, 28) == [name for name, _ in lenet.named_children()]
    assert names(build_model(MLPConfig(hidden=(8, 8), dropout=0.5)), 1, 28, 28, training=True)[-2:] == [
        "dropout2",
        "out",
    ]
    assert names(build_model(NiNConfig(side=67)), 1, 67, 67)[:6] == [*(f"block1.{i}" for i in range(6))]
    resnet = build_model(ResNetConfig(side=32, depth=8, stem="small"))
    assert names(resnet, 1, 32, 32) is None
    assert names(resnet, 1, 32, 32, parts=dict(resnet.named_children())) == [n for n, _ in resnet.named_children()]


def test_the_order_is_that_of_the_calls_and_what_is_never_called_is_left_out():
    assert names(Model(lambda m, x: m.a(m.b(x))), 4) == ["b", "a"]


@pytest.mark.parametrize(
    "forward",
    [
        lambda m, x: m.b(m.a(x)) * 2,
        lambda m, x: m.b(m.a(x)).clone(),
        lambda m, x: m.b(m.a(x) + 0),
        lambda m, x: m.b(m.a(x + 0)),
        lambda m, x: m.a(x) + m.b(x),
        lambda m, x: m.b(m.a(x)) + x,
        lambda m, x: m.b(m.a(m.b(x))),
        lambda m, x: (m.a(x), m.b(x))[1],
        lambda m, x: (m.b(m.a(x)),),
        lambda m, x: m.b(m.a(input=x)),
        lambda m, x: x,
    ],
    ids=[
        "behind",
        "copied",
        "between",
        "before",
        "side by side",
        "shortcut",
        "twice",
        "dropped",
        "tuple",
        "keyword",
        "none",
    ],
)
def test_any_other_flow_is_no_chain(forward):
    assert names(Model(forward), 4) is None


def test_what_happens_in_training_alone_is_seen_in_training():
    noisy = Model(lambda m, x: m.b(m.a(x) + torch.randn(4)) if m.training else m.b(m.a(x)))
    assert names(noisy, 4) == ["a", "b"]
    assert names(noisy, 4, training=True) is None


@pytest.mark.parametrize("training", [True, False])
def test_modes_statistics_generator_and_hooks_are_as_before(training):
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())
    model[1].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    assert names(model, 4, training=training) == ["0", "1", "2"]
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(module._forward_hooks for module in model.modules())
