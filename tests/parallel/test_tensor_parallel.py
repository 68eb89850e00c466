"""An MLP split over devices by columns and rows: the whole model's values and gradients. Devices are one CPU."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.parallel import tensor_parallel
from d2lab.parallel.tensor_parallel import DeviceBytes, TensorParallelMLP, device_bytes, tensor_parallel_gradients

CPU = torch.device("cpu")
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def make_layers(hidden=7, bias=True):
    torch.manual_seed(0)
    return nn.Linear(5, hidden, bias=bias).double(), nn.Linear(hidden, 3, bias=bias).double()


def make_batch(rng):
    return torch.randn(6, 5, generator=rng, dtype=torch.float64), torch.randint(3, (6,), generator=rng)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("hidden", "parts"), [(7, 1), (7, 2), (7, 3), (6, 3), (3, 3)])
def test_values_and_gradients_are_those_of_the_whole_model(rng, hidden, parts, bias):
    first, second = make_layers(hidden, bias)
    inputs, targets = make_batch(rng)
    model = TensorParallelMLP(first, second, [CPU] * parts, functional.gelu)
    loss = tensor_parallel_gradients(model, functional.cross_entropy, inputs, targets)
    expected = second(functional.gelu(first(inputs)))
    whole = functional.cross_entropy(expected, targets)
    whole.backward()
    torch.testing.assert_close(loss, whole.detach(), **EXACT)
    for output in model([inputs] * parts):
        torch.testing.assert_close(output, expected, **EXACT)
    torch.testing.assert_close(torch.cat([a.weight.grad for a, _ in model.parts]), first.weight.grad, **EXACT)
    torch.testing.assert_close(torch.cat([b.weight.grad for _, b in model.parts], 1), second.weight.grad, **EXACT)
    if bias:
        torch.testing.assert_close(torch.cat([a.bias.grad for a, _ in model.parts]), first.bias.grad, **EXACT)
        for _, part in model.parts:
            torch.testing.assert_close(part.bias.grad, second.bias.grad, **EXACT)


def test_the_gradient_of_the_input_is_whole_on_every_device(rng):
    """So two blocks after each other learn as one model does."""
    layers = [*make_layers(4), *[layer.double() for layer in (nn.Linear(3, 5), nn.Linear(5, 2))]]
    inputs = make_batch(rng)[0]
    copies = [inputs.clone().requires_grad_() for _ in range(3)]
    blocks = [TensorParallelMLP(*layers[:2], [CPU] * 3), TensorParallelMLP(*layers[2:], [CPU] * 3, torch.tanh)]
    torch.autograd.backward([output.square().sum() for output in blocks[1](blocks[0](copies))])
    whole = nn.Sequential(layers[0], nn.ReLU(), layers[1], layers[2], nn.Tanh(), layers[3])
    inputs.requires_grad_()
    whole(inputs).square().sum().backward()
    for copy in copies:
        torch.testing.assert_close(copy.grad, inputs.grad, **EXACT)
    parts = torch.cat([first.weight.grad for first, _ in blocks[0].parts])
    torch.testing.assert_close(parts, layers[0].weight.grad, **EXACT)


@pytest.mark.parametrize(("has_gradient", "sums"), [(True, 2), (False, 1)])
def test_one_sum_goes_forward_and_one_backward(rng, monkeypatch, has_gradient, sums):
    sizes = []

    def counted(parts):
        sizes.append([tuple(part.shape) for part in parts])
        return original(parts)

    original = tensor_parallel.all_reduce_sum
    monkeypatch.setattr(tensor_parallel, "all_reduce_sum", counted)
    copies = [make_batch(rng)[0].requires_grad_(has_gradient) for _ in range(2)]
    outputs = TensorParallelMLP(*make_layers(), [CPU] * 2)(copies)
    assert sizes == [[(6, 3)] * 2]
    torch.autograd.backward([output.sum() for output in outputs])
    assert sizes == [[(6, 3)] * 2, [(6, 5)] * 2][:sums]


def test_parts_are_copies_and_earlier_gradients_are_not_added(rng):
    first, second = make_layers()
    model, batch = TensorParallelMLP(first, second, [CPU] * 2), make_batch(rng)
    tensor_parallel_gradients(model, functional.cross_entropy, *batch)
    before = [p.grad.clone() for p in model.parameters()]
    with torch.no_grad():
        first.weight.zero_()
        second.bias.zero_()
    tensor_parallel_gradients(model, functional.cross_entropy, *batch)
    assert all(torch.equal(a, p.grad) for a, p in zip(before, model.parameters(), strict=True))


def test_bytes_of_each_device_by_hand(rng):
    """7 hidden units are 4 and 3; a double has 8 bytes; 5 inputs, 3 outputs, 6 examples."""
    model = TensorParallelMLP(*make_layers(), [CPU] * 2)
    assert device_bytes(model, 6) == [
        DeviceBytes(parameters=8 * (5 * 4 + 4 + 4 * 3 + 3), hidden=8 * 6 * 4, forward=8 * 6 * 3, backward=8 * 6 * 5),
        DeviceBytes(parameters=8 * (5 * 3 + 3 + 3 * 3 + 3), hidden=8 * 6 * 3, forward=8 * 6 * 3, backward=8 * 6 * 5),
    ]
    assert device_bytes(model.float(), 6)[1].hidden == 4 * 6 * 3


def test_what_can_not_be_split_is_refused(rng):
    first, second = make_layers()
    model = TensorParallelMLP(first, second, [CPU] * 2)
    inputs = make_batch(rng)[0]
    for action, said in (
        (lambda: TensorParallelMLP(first, second, []), "the number of devices: got 0, need 1 to 7"),
        (lambda: TensorParallelMLP(first, second, [CPU] * 8), "the number of devices: got 8, need 1 to 7"),
        (lambda: TensorParallelMLP(first, first, [CPU]), "inputs of the second layer: got 5, need 7"),
        (lambda: model([inputs]), "copies of the input: got 1, need 2"),
        (lambda: model([inputs[:, :4]] * 2), "need"),
        (lambda: device_bytes(model, 0), "the batch: got 0"),
    ):
        with pytest.raises(ConfigError, match=said) as caught:
            action()
        assert "\n" not in str(caught.value)


@pytest.mark.gpu
def test_cpu_and_gpu_share_a_layer(rng):
    first, second = make_layers()
    inputs, targets = make_batch(rng)
    model = TensorParallelMLP(first, second, [CPU, torch.device("cuda")])
    loss = tensor_parallel_gradients(model, functional.cross_entropy, inputs, targets)
    whole = functional.cross_entropy(second(first(inputs).relu()), targets)
    whole.backward()
    torch.testing.assert_close(loss, whole.detach(), **EXACT)
    parts = torch.cat([a.weight.grad.cpu() for a, _ in model.parts])
    torch.testing.assert_close(parts, first.weight.grad, **EXACT)
