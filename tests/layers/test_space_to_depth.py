"""Blocks of pixels give the numbers of the plain layers: values and gradients, in float64."""

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.layers.activation_catalog import ACTIVATIONS, activation
from d2lab.layers.space_to_depth import (
    FEW_CHANNELS,
    DepthAvgPool2d,
    DepthMaxPool2d,
    SpaceToDepthConv2d,
    space_to_depth,
    with_space_to_depth,
)
from d2lab.models import LeNet, LeNetConfig
from d2lab.train.memory_format import optimize_layout

POOLS = {"average": nn.AvgPool2d, "max": nn.MaxPool2d}


def triple(convolution, pool="max", between=None):
    row = [("conv", convolution), ("activation", between or nn.Tanh()), ("pool", POOLS[pool](2))]
    model = nn.Sequential()
    for name, layer in row:
        model.add_module(name, layer)
    return model.double()


def blocked(model, example):
    return with_space_to_depth(dict(model.named_children()), example, training=model.training)


def weighted_gradients(model, images, parameters):
    """Outputs, and the gradients of a sum that tells every element apart."""
    leaf = images.clone().requires_grad_()
    out = model(leaf)
    weights = torch.linspace(-1, 2, out.numel(), dtype=out.dtype).view_as(out)
    return [out, *torch.autograd.grad((out * weights).sum(), [leaf, *parameters])]


def assert_twins(model, images):
    fast = blocked(model, images)
    assert fast is not None
    parameters = list(model.parameters())
    for name, mine, theirs in zip(
        ["output", "image", *dict(model.named_parameters())],
        weighted_gradients(fast, images, parameters),
        weighted_gradients(model, images, parameters),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-11, atol=1e-12, msg=lambda m, name=name: f"{name}: {m}")


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("padding", [0, 1, 2, 3])
@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 6])
def test_every_kernel_and_padding_gives_the_plain_numbers(rng, side, padding, pool):
    before = 12 if side % 2 else 13  # even with the padding on both sides gives even outputs only for odd kernels
    torch.manual_seed(side)
    model = triple(nn.Conv2d(2, 3, side, padding=padding), pool)
    images = torch.randn(2, 2, before, before + 2, generator=rng, dtype=torch.float64)
    if side % 2:
        assert_twins(model, images)
    else:  # an even kernel turns an odd side into an even one, which blocks can't hold
        assert blocked(model, images) is None


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("channels", "maps"), [(1, 1), (1, 6), (3, 6), (5, 2), (8, 16)])
def test_every_number_of_channels_gives_the_plain_numbers(rng, channels, maps, bias):
    torch.manual_seed(0)
    model = triple(nn.Conv2d(channels, maps, 3, padding=1, bias=bias))
    assert_twins(model, torch.randn(3, channels, 8, 6, generator=rng, dtype=torch.float64))


@pytest.mark.parametrize("between", sorted(ACTIVATIONS))
def test_every_activation_between_gives_the_plain_numbers(rng, between):
    torch.manual_seed(0)
    model = triple(nn.Conv2d(1, 4, 5, padding=2), "average", activation(between))
    assert_twins(model, torch.randn(2, 1, 10, 10, generator=rng, dtype=torch.float64))


@pytest.mark.parametrize("pooling", POOLS)
@pytest.mark.parametrize(("channels", "side"), [(1, 28), (3, 32), (1, 12)])
def test_lenet_computes_the_same_on_blocks(rng, channels, side, pooling):
    torch.manual_seed(0)
    between = "sigmoid" if pooling == "average" else "relu"
    model = LeNet(LeNetConfig(channels=channels, side=side, pooling=pooling, activation=between)).double()
    assert_twins(model, torch.rand(4, channels, side, side, generator=rng, dtype=torch.float64))


def test_both_convolutions_of_the_default_lenet_work_on_blocks():
    model = LeNet(LeNetConfig())
    kinds = [type(layer) for layer in blocked(model, torch.zeros(1, 1, 28, 28))]
    assert kinds[:6] == [SpaceToDepthConv2d, nn.ReLU, DepthMaxPool2d] * 2


def test_names_shapes_and_memory_of_the_weights_are_those_of_the_plain_model():
    model = LeNet(LeNetConfig())
    fast = blocked(model, torch.zeros(1, 1, 28, 28))
    plain = model.state_dict()
    assert list(fast.state_dict()) == list(plain)
    assert all(value.data_ptr() == plain[name].data_ptr() for name, value in fast.state_dict().items())
    assert [id(p) for p in fast.parameters()] == [id(p) for p in model.parameters()]


def test_training_the_fast_form_trains_the_plain_one(rng):
    model = triple(nn.Conv2d(1, 4, 3, padding=1))
    images = torch.randn(2, 1, 8, 8, generator=rng, dtype=torch.float64)
    fast = blocked(model, images)
    before = model(images)
    fast(images).sum().backward()
    torch.optim.SGD(fast.parameters(), lr=0.1).step()
    assert not torch.equal(model(images), before)
    torch.testing.assert_close(model(images), fast(images), rtol=1e-11, atol=1e-12)


def test_both_forms_take_any_batch_size_and_an_empty_one():
    model = triple(nn.Conv2d(1, 4, 3, padding=1))
    fast = blocked(model, torch.zeros(1, 1, 8, 8, dtype=torch.float64))
    for count in (0, 1, 7):
        assert fast(torch.zeros(count, 1, 8, 8, dtype=torch.float64)).shape == (count, 4, 4, 4)


UNFIT = {
    "stride": nn.Conv2d(1, 4, 3, stride=2, padding=1),
    "dilation": nn.Conv2d(1, 4, 3, dilation=2, padding=2),
    "groups": nn.Conv2d(2, 4, 3, groups=2, padding=1),
    "oblong kernel": nn.Conv2d(1, 4, (3, 5), padding=(1, 2)),
    "oblong padding": nn.Conv2d(1, 4, 3, padding=(1, 3)),
    "padding by name": nn.Conv2d(1, 4, 3, padding="same"),
    "mirrored border": nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect"),
}


@pytest.mark.parametrize("layer", UNFIT.values(), ids=UNFIT)
def test_a_convolution_that_blocks_cannot_express_is_left_alone_and_refused(layer):
    model = nn.Sequential(layer, nn.ReLU(), nn.MaxPool2d(2))
    assert blocked(model, torch.zeros(1, layer.in_channels, 16, 16)) is None
    with pytest.raises(ConfigError, match=r"SpaceToDepthConv2d: got 'Conv2d.*need a square stride-1 convolution"):
        SpaceToDepthConv2d(layer)


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool2d(3),
        nn.MaxPool2d(2, stride=1),
        nn.MaxPool2d(2, padding=1),
        nn.MaxPool2d(2, dilation=2),
        nn.AvgPool2d(2, divisor_override=3),
        nn.AvgPool2d(3, 2, padding=1),
        nn.AdaptiveAvgPool2d(4),
        nn.Identity(),
    ],
    ids=str,
)
def test_another_pool_leaves_the_model_as_it_is(pool):
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), pool)
    assert blocked(model, torch.zeros(1, 1, 8, 8)) is None


def test_a_layer_that_mixes_channels_between_leaves_the_model_as_it_is():
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.MaxPool2d(2))
    assert blocked(model, torch.zeros(1, 1, 8, 8)) is None


def test_odd_sides_and_wide_layers_are_left_alone():
    odd = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    assert blocked(odd, torch.zeros(1, 1, 9, 8)) is None
    assert blocked(odd, torch.zeros(1, 1, 8, 9)) is None
    wide = nn.Sequential(nn.Conv2d(FEW_CHANNELS, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    assert blocked(wide, torch.zeros(1, FEW_CHANNELS, 8, 8)) is None


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_and_running_statistics_survive_the_look_at_shapes(training):
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(4), nn.Dropout())
    model.train(training)
    fast = blocked(model, torch.randn(5, 1, 8, 8))
    assert model.training == fast.training == model[4].training == training
    assert model[3].num_batches_tracked == 0


def test_the_rows_of_phases_are_the_pixels_of_each_block():
    pixels = torch.arange(16.0).view(1, 1, 4, 4)
    assert space_to_depth(pixels)[0, :, 0, 1].tolist() == [2, 3, 6, 7]  # left to right, then down


def test_phase_pools_equal_torchs_pools(rng):
    pixels = torch.randn(2, 3, 8, 6, generator=rng, dtype=torch.float64)
    for phase, plain in ((DepthAvgPool2d(), nn.AvgPool2d(2)), (DepthMaxPool2d(), nn.MaxPool2d(2))):
        torch.testing.assert_close(phase(space_to_depth(pixels)), plain(pixels), rtol=1e-14, atol=0)


def test_of_equal_pixels_the_first_takes_the_gradient_as_in_torch():
    for values in ([1.0, 1, 1, 1], [0, 2, 2, 1], [0, 1, 3, 3], [0, -0.0, 0, 0]):
        gradients = []
        for pool in (lambda x: DepthMaxPool2d()(space_to_depth(x)), nn.MaxPool2d(2)):
            pixels = torch.tensor(values, dtype=torch.float64).view(1, 1, 2, 2).requires_grad_()
            gradients.append(torch.autograd.grad(pool(pixels).sum(), pixels)[0].flatten().tolist())
        assert gradients[0] == gradients[1]
        assert sorted(gradients[0]) == [0, 0, 0, 1]


class Narrow(nn.Module):
    """A chain that space-to-depth could rebuild, were it not for what its forward does in training."""

    def __init__(self, noise):
        super().__init__()
        self.conv, self.relu, self.pool, self.noise = nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), noise

    def forward(self, x):
        x = self.conv(x)
        return self.pool(self.relu(x + self.noise if self.noise and self.training else x))


@pytest.mark.parametrize("training", [True, False])
def test_any_chain_of_layers_is_rebuilt_on_a_processor_and_no_other_model(training):
    images = torch.rand(1, 1, 8, 8)
    chain, noisy = Narrow(0.0).train(training), Narrow(0.1).train(training)
    fast = optimize_layout(chain, images, layout="auto")
    assert [type(layer) for layer in fast.children()] == [SpaceToDepthConv2d, nn.ReLU, DepthMaxPool2d]
    assert fast.training == chain.training == training
    torch.testing.assert_close(fast(images), chain(images))
    assert optimize_layout(chain, images, layout="plain") is chain
    assert optimize_layout(noisy, images, layout="auto") is noisy
