"""Memory of a training step: closed forms on small models, and the memory of models that do not fit here."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from d2lab.core.errors import ConfigError
from d2lab.optimizers import OptimizerConfig
from d2lab.train.memory import training_memory
from d2lab.train.tasks import find_task

CLASSES = find_task("classification")
SGD = OptimizerConfig(learning_rate=0.1)


def classes(count):
    return torch.zeros(count, dtype=torch.int64)


def two_layers(device=None):
    return nn.Sequential(nn.Linear(20, 30, device=device), nn.Sigmoid(), nn.Linear(30, 10, device=device))


def test_a_perceptron_holds_what_its_backward_pass_reads():
    """Closed form: the input, the hidden values after the sigmoid, log-probabilities, targets, and their weight."""
    found = training_memory(two_layers(), CLASSES, SGD, inputs=(64, 20), targets=classes(64))
    numbers = 20 * 30 + 30 + 30 * 10 + 10
    assert found.parameters == found.gradients == 4 * numbers
    assert found.optimizer == found.buffers == 0
    own = 64 * 20 * 4 + 64 * 30 * 4 + 64 * 10 * 4 + 64 * 8
    assert own <= found.activations <= own + 16  # the loss keeps the sum of its weights, one number
    assert found.total == 2 * 4 * numbers + found.activations


@pytest.mark.parametrize(
    ("settings", "copies"),
    [
        ({"name": "sgd"}, 0),
        ({"name": "sgd", "momentum": 0.9}, 1),
        ({"name": "rmsprop"}, 1),
        ({"name": "adadelta"}, 2),
        ({"name": "adam"}, 2),
        ({"name": "adamw"}, 2),
    ],
)
def test_an_optimizer_remembers_so_many_numbers_a_weight(settings, copies):
    optimizer = OptimizerConfig(learning_rate=0.1, **settings)
    found = training_memory(two_layers(), CLASSES, optimizer, inputs=(4, 20), targets=classes(4))
    counters = 4 * 4  # one number for each of four tensors: how many steps were taken
    assert copies * found.parameters <= found.optimizer <= copies * found.parameters + counters


def test_activations_grow_with_the_batch_and_nothing_else_does():
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10))
    small, large = (training_memory(model, CLASSES, SGD, inputs=(n, 1, 8, 8), targets=classes(n)) for n in (8, 16))
    assert large.parameters == small.parameters
    assert large.buffers == small.buffers == 2 * 8 * 4 + 8
    statistics = 2 * 8 * 4  # mean and spread of the batch, one a channel
    assert large.activations - statistics - 4 == pytest.approx(2 * (small.activations - statistics - 4), abs=8)


def test_frozen_layers_need_no_gradient():
    model = two_layers()
    model[0].requires_grad_(False)
    found = training_memory(model, CLASSES, SGD, inputs=(4, 20), targets=classes(4))
    assert found.parameters == 4 * 940
    assert found.gradients == 4 * 310


def test_the_net_is_left_as_it_was():
    model = two_layers().eval()
    before = parameters_to_vector(model.parameters()).clone()
    training_memory(model, CLASSES, SGD, inputs=(4, 20), targets=classes(4))
    assert torch.equal(parameters_to_vector(model.parameters()), before)
    assert not model.training
    assert all(p.grad is None and p.device.type == "cpu" for p in model.parameters())


def test_a_net_larger_than_this_machine_is_told_too():
    model = nn.Sequential(nn.Linear(1_000_000, 1_000_000, device="meta"), nn.Linear(1_000_000, 10, device="meta"))
    found = training_memory(model, CLASSES, SGD, inputs=(2, 1_000_000), targets=classes(2))
    assert found.parameters == 4 * (10**12 + 10**6 + 10**7 + 10)


def test_an_empty_batch_is_refused():
    with pytest.raises(ConfigError, match=r"the shape of the inputs: got \(0, 20\), need at least one example"):
        training_memory(two_layers(), CLASSES, SGD, inputs=(0, 20), targets=classes(0))


@pytest.mark.gpu
def test_a_card_holds_no_less_and_not_many_times_as_much():
    model = nn.Sequential(*[layer for _ in range(8) for layer in (nn.Linear(512, 512), nn.Tanh())]).cuda()
    inputs, targets = torch.randn(4096, 512, device="cuda"), torch.randint(512, (4096,), device="cuda")
    expected = training_memory(model, CLASSES, SGD, inputs=(4096, 512), targets=targets)
    torch.cuda.reset_peak_memory_stats()
    CLASSES.loss(model(inputs), targets).backward()
    peak = torch.cuda.max_memory_allocated()
    assert 0.8 * expected.total < peak < 3 * expected.total
