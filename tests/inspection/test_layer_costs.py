"""What a step costs layer by layer: closed forms, the count of multiply-adds, the memory counted without numbers."""

import pytest
import torch
from torch import nn
from torch.nn.functional import relu

from d2lab.inspection import multiply_adds
from d2lab.inspection.layer_costs import count_layers, total
from d2lab.inspection.owners import CLIPPING, OUTSIDE, Owners
from d2lab.optimizers import OptimizerConfig
from d2lab.train.memory import training_memory
from d2lab.train.tasks import find_task


class Residual(nn.Module):
    """A function between two layers, and a sum of two paths."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x):
        return x + self.second(relu(self.first(x)))


def cnn():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))


def counted(model, inputs):
    return {layer.name: layer for layer in count_layers(model, lambda: model(inputs).square().sum())}


def test_a_linear_layer_has_its_closed_form():
    found = counted(nn.Sequential(nn.Linear(30, 20), nn.Linear(20, 10)), torch.randn(7, 30))
    first, second = found["0"], found["1"]
    assert first.forward.flops == 2 * 7 * 30 * 20
    assert first.forward.bytes == 4 * (7 * 30 + 30 * 20 + 20 + 7 * 20)
    assert second.forward.operations == 1
    products = 2 * 2 * 7 * 20 * 10  # to the input and to the weights
    assert products < second.backward.flops <= products + 7 * 10 + 20 * 10  # and the sum for the bias
    assert 2 * 7 * 30 * 20 <= first.backward.flops < 1.2 * 2 * 7 * 30 * 20  # the input needs no gradient


def test_flops_of_a_forward_pass_are_two_for_each_multiply_add():
    model, image = cnn().eval(), torch.randn(1, 3, 8, 8)
    found = counted(model, image)
    assert found["0"].forward.flops + found["4"].forward.flops == 2 * multiply_adds(model, image)


def test_elementwise_layers_move_what_they_read_and_write():
    found = counted(cnn(), torch.randn(4, 3, 8, 8))
    size = 4 * 4 * 8 * 64
    assert found["2"].forward.bytes == 2 * size
    assert found["2"].backward.bytes == 3 * size  # gradient and output are read, a gradient is written
    assert found["2"].forward.flops == size // 4
    assert "3" not in found  # a view moves nothing


def test_what_is_between_layers_is_the_model_s_own_in_both_passes():
    found = counted(Residual(), torch.randn(5, 6))
    assert found[""].forward.kinds == ["relu", "add"]
    assert "threshold_backward" in found[""].backward.kinds
    assert found["first"].forward.kinds == found["second"].forward.kinds == ["addmm"]
    assert "threshold_backward" not in found["first"].backward.kinds + found["second"].backward.kinds
    assert found[OUTSIDE].forward.kinds == ["pow", "sum"]
    assert list(found)[-1] == OUTSIDE


def test_the_layers_come_in_their_order_and_backward_in_reverse():
    model, told = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)), []
    owners = Owners(lambda name, backward: told.append((name, backward)))
    with owners.watching(model):
        owners.begin()
        loss = model(torch.randn(3, 2)).sum()
        owners.close(loss)
        loss.backward()
    forward = [name for name, backward in told if not backward and name.isdigit()]
    backward = list(dict.fromkeys(name for name, backward in told if backward))
    assert forward == ["0", "1", "2"]
    assert backward == [OUTSIDE, "2", "1", "0", CLIPPING]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_gradients_are_those_without_counting():
    model, inputs = cnn(), torch.randn(4, 3, 8, 8)
    plain = torch.autograd.grad(model(inputs).square().sum(), list(model.parameters()))
    seen = []
    loss = lambda: model(inputs).square().sum()  # noqa: E731 (one line, used twice)
    count_layers(model, lambda: seen.append(loss()) or seen[0])
    again = torch.autograd.grad(loss(), list(model.parameters()))
    for one, two in zip(plain, again, strict=True):
        torch.testing.assert_close(one, two)


@pytest.mark.parametrize(
    "make", [cnn, lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 30), nn.Tanh(), nn.Linear(30, 10))]
)
def test_activations_are_those_counted_without_numbers(make):
    model, task, targets = make(), find_task("classification"), torch.arange(6) % 10
    inputs = torch.randn(6, 3, 8, 8)
    expected = training_memory(model, task, OptimizerConfig(learning_rate=0.1), inputs=(6, 3, 8, 8), targets=targets)
    loss = nn.CrossEntropyLoss()
    found = count_layers(model, lambda: loss(model(inputs), targets))
    assert sum(layer.saved_bytes for layer in found) == pytest.approx(expected.activations, abs=64)


def test_a_number_that_is_read_is_counted():
    model = nn.Linear(3, 1)

    def loss():
        value = model(torch.ones(4, 3)).mean()
        for _ in range(5):
            value.item()
        return value

    assert total(layer.both for layer in count_layers(model, loss)).reads == 5
