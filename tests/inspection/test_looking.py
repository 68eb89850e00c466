"""Features, class activation maps, likeness and times against closed forms, brute force and each other."""

import itertools
import time

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.inspection import (
    class_activation_maps,
    ends_in_a_mean,
    grad_cam,
    main_layers,
    outputs_of,
    similarities,
    tables_of,
    time_layers,
)
from d2lab.inspection.similarity import alike
from d2lab.inspection.summary import summarize
from d2lab.models import MLP, LeNet, LeNetConfig, MLPConfig, NiNConfig, ResNetConfig, build_model

RESNET = ResNetConfig(side=32, depth=8, stem="small")


def net_and_image(config=RESNET, seed=0):
    torch.manual_seed(seed)
    model = build_model(config).double().eval()
    return model, torch.rand(1, config.channels, config.side, config.side, dtype=torch.float64)


def part(model, begin, end=None):
    return nn.Sequential(*list(model.children())[begin:end])


def test_outputs_are_those_of_the_layers_themselves():
    model, image = net_and_image()
    outputs = outputs_of(model, image, ["stage2", "conv1", "stage1.0", ""])
    assert list(outputs) == ["stage2", "conv1", "stage1.0", ""]
    assert torch.equal(outputs["conv1"], model.conv1(image))
    assert torch.equal(outputs["stage2"], part(model, 0, 5)(image))
    assert torch.equal(outputs[""], model(image))
    assert not any(module._forward_hooks for module in model.modules())


def test_a_layer_that_does_not_exist_is_answered_with_the_nearest():
    model, image = net_and_image()
    with pytest.raises(ConfigError, match="Did you mean 'stage2'"):
        outputs_of(model, image, ["stage22"])


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (LeNetConfig(), ["activation1", "pool1", "activation2", "pool2"]),
        (RESNET, ["stage1", "stage2", "stage3"]),
    ],
)
def test_the_main_layers_are_the_last_at_each_size(config, names):
    assert main_layers(*net_and_image(config)) == names


def test_a_net_of_linear_layers_has_no_maps():
    with pytest.raises(ConfigError, match="MLP"):
        main_layers(MLP(MLPConfig(inputs=4)), torch.zeros(1, 1, 2, 2))


@pytest.mark.parametrize("config", [RESNET, NiNConfig(side=99, widths=(4, 5, 6))], ids=["linear", "none"])
def test_the_mean_of_a_class_activation_map_and_the_bias_is_the_score(config):
    model, image = net_and_image(config)
    maps = class_activation_maps(model, image, range(10))
    bias = model.out.bias.detach() if hasattr(model, "out") else 0
    torch.testing.assert_close(maps.mean((1, 2)) + bias, model(image)[0].detach(), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(class_activation_maps(model, image, [7, 2]), maps[[7, 2]])
    assert ends_in_a_mean(model, image)


def test_grad_cam_behind_a_mean_is_the_class_activation_map_bent():
    model, image = net_and_image()
    expected = class_activation_maps(model, image, [3, 8]).relu() / 64  # of 8 x 8 positions
    torch.testing.assert_close(grad_cam(model, image, [3, 8]), expected, rtol=1e-9, atol=1e-12)


def test_grad_cam_by_finite_differences():
    model, image = net_and_image(LeNetConfig())
    maps = part(model, 0, 6)(image)
    weights = torch.empty(16, dtype=torch.float64)
    for channel in range(16):
        moved = maps.expand(2, -1, -1, -1).clone()
        moved[0, channel] += 1e-6
        moved[1, channel] -= 1e-6
        scores = part(model, 6)(moved)[:, 4]
        weights[channel] = (scores[0] - scores[1]) / 2e-6 / 25
    expected = torch.einsum("k,kyx->yx", weights, maps[0]).relu()
    torch.testing.assert_close(grad_cam(model, image, [4], "pool2")[0], expected, rtol=1e-6, atol=1e-9)


def test_grad_cam_leaves_no_gradient_behind():
    model, image = net_and_image()
    with torch.no_grad():
        assert not grad_cam(model, image, [0]).requires_grad
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(ConfigError, match="maps"):
        grad_cam(model, image, [0], "out")


def test_a_net_that_ends_otherwise_has_no_class_activation_map():
    for config in (LeNetConfig(), ResNetConfig(side=32)):  # no mean; a map of one pixel
        assert not ends_in_a_mean(*net_and_image(config))
    with pytest.raises(ConfigError, match="global mean"):
        class_activation_maps(*net_and_image(LeNetConfig()), [0])

    class Squared(nn.Sequential):
        def forward(self, x):
            return super().forward(x).square()

    model = Squared(nn.Conv2d(1, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 10))
    with pytest.raises(ConfigError, match="global mean"):
        class_activation_maps(model, torch.rand(1, 1, 8, 8), [0])


def brute_force(one, two):
    """Mean over all quadruples of different examples of the terms of the unbiased HSIC (Song et al. 2012)."""
    k, m = ((f @ f.T).tolist() for f in (one, two))
    terms = [
        k[i][j] * m[i][j] + k[i][j] * m[q][r] - 2 * k[i][j] * m[i][q]
        for i, j, q, r in itertools.permutations(range(len(one)), 4)
    ]
    return sum(terms) / len(terms)


def test_the_likeness_is_made_of_unbiased_products(rng):
    one, two = (torch.randn(7, size, generator=rng, dtype=torch.float64) for size in (3, 5))
    products = [(alike(a) * alike(b)).sum() / (7 * 4) for a, b in ((one, two), (one, one), (two, two))]
    expected = [brute_force(a, b) for a, b in ((one, two), (one, one), (two, two))]
    assert [float(product) for product in products] == pytest.approx(expected, rel=1e-9)
    ((likeness,),) = similarities([alike(one)], [alike(two)]).tolist()
    assert likeness == pytest.approx(expected[0] / (expected[1] * expected[2]) ** 0.5)


def test_a_rotation_a_scale_and_a_shift_change_nothing(rng):
    one = torch.randn(20, 6, generator=rng, dtype=torch.float64)
    turned = 3 * one @ torch.linalg.qr(torch.randn(6, 6, generator=rng, dtype=torch.float64)).Q + 5
    other = torch.randn(20, 4, generator=rng, dtype=torch.float64)
    table = similarities([alike(one), alike(other)], [alike(turned), alike(other)])
    assert float(table[0, 0]) == pytest.approx(1)
    assert float(table[1, 0]) == pytest.approx(float(table[0, 1]))


def test_independent_features_are_not_alike_however_many(rng):
    """The biased estimate would say 0.99 here."""
    one, two = (torch.randn(40, 10_000, generator=rng, dtype=torch.float64) for _ in range(2))
    assert abs(float(similarities([alike(one)], [alike(two)]))) < 0.1


def test_refuses_features_of_other_or_too_few_examples():
    with pytest.raises(ConfigError, match="4 or more"):
        alike(torch.rand(3, 5))
    with pytest.raises(ConfigError, match="the same"):
        similarities([alike(torch.rand(5, 2))], [alike(torch.rand(6, 2))])
    with pytest.raises(ConfigError, match="the same"):
        similarities([], [])


def test_features_that_never_change_are_like_none():
    assert similarities([alike(torch.ones(6, 3))], [alike(torch.eye(6))]).tolist() == [[0.0]]


def test_tables_are_taken_layer_by_layer():
    model, _ = net_and_image()
    images = torch.rand(6, 1, 32, 32, dtype=torch.float64)
    tables = tables_of(model, images, ["stage1", "out"])
    torch.testing.assert_close(tables["out"], alike(model(images).detach()))
    assert not tables["stage1"].requires_grad


class Waiting(nn.Module):
    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds

    def forward(self, x):
        time.sleep(self.seconds)
        return x * 2


def test_time_lands_on_the_layer_that_took_it():
    model = nn.Sequential(Waiting(0.02), nn.Linear(4, 4), Waiting(0.01))
    times = time_layers(model, torch.rand(1, 4), rounds=3, warm_up=1)
    assert times.forward_s["0", 0] >= 0.02
    assert times.forward_s["2", 0] >= 0.01
    assert times.total_s >= 0.03
    assert times.share("0") > times.share("2") > times.share("1") > 0
    assert times.share("nothing") == 0
    assert sum(times.share(name) for name in "012") + times.rest == pytest.approx(1)


def test_every_call_of_every_layer_is_timed_both_ways():
    model = build_model(RESNET)
    example = torch.rand(2, 1, 32, 32)
    times = time_layers(model, example, rounds=1, warm_up=0)
    rows = {(row.name, row.call) for row in summarize(model, example[:1]).rows if row.kind != "add"}
    assert set(times.forward_s) == set(times.backward_s) == rows
    assert ("stage1.0.relu", 1) in rows
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._backward_hooks or module._forward_hooks for module in model.modules())
    assert model.norm1.num_batches_tracked == 0


def test_what_has_no_gradient_is_timed_one_way():
    times = time_layers(nn.Sequential(nn.Embedding(5, 3).requires_grad_(False)), torch.tensor([[1, 2]]), rounds=1)
    assert set(times.forward_s) == {("0", 0)}
    assert times.backward_s == {}


def test_a_lenet_is_timed_as_it_is_used():
    times = time_layers(LeNet(LeNetConfig()), torch.rand(1, 1, 28, 28), rounds=1)
    assert times.layers_s > 0
    assert times.total_s > 0
