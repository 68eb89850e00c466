"""Feature maps of a VGG: those of torchvision with the same weights, no further than asked for, and frozen."""

import re

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError, RunError
from d2lab.models.vgg_features import VGGFeatures, layer_names


def drawn(layers, **how):
    torch.manual_seed(0)
    built = VGGFeatures(layers, **how)
    built.draw()
    return built


def test_layers_are_named_as_in_the_papers():
    names = layer_names(19)
    assert len([name for name in names if name.startswith("conv")]) == 16
    assert [names.index(name) for name in ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_4", "conv5_1")] == [
        0, 5, 10, 19, 25, 28,
    ]  # fmt: skip
    for depth in (11, 13, 16):
        assert layer_names(depth)[0] == "conv1_1"
        assert layer_names(depth)[-1] == "pool5"
        assert len([name for name in layer_names(depth) if name.startswith("conv")]) == depth - 3


def test_it_ends_at_the_last_layer_that_is_asked_for():
    built = VGGFeatures(["relu1_2", "conv2_1"])
    assert list(dict(built.layers.named_children())) == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1"]
    assert sum(p.numel() for p in built.parameters()) == 3 * 64 * 9 + 64 + 64 * 64 * 9 + 64 + 64 * 128 * 9 + 128
    assert built.least_side == 2
    found = built(torch.rand(1, 3, 6, 8))
    assert {name: tuple(x.shape) for name, x in found.items()} == {"relu1_2": (1, 64, 6, 8), "conv2_1": (1, 128, 3, 4)}


@pytest.mark.parametrize("depth", [11, 16])
def test_features_are_torchvisions_with_the_same_weights(depth, rng):
    models = pytest.importorskip("torchvision.models")
    theirs = models.get_model(f"vgg{depth}", weights=None).features
    names = layer_names(depth)
    wanted = ["relu1_1", "conv2_1", "relu2_1", "pool3"]
    ours = VGGFeatures(wanted, depth=depth)
    ours.load_convolutions([(one.weight, one.bias) for one in theirs if isinstance(one, nn.Conv2d)])
    image = torch.rand(1, 3, 24, 40, generator=rng)
    x = ours.normalize(image)
    expected = {}
    for name, layer in zip(names[: names.index(wanted[-1]) + 1], theirs, strict=False):
        x = torch.relu(x) if isinstance(layer, nn.ReLU) else layer(x)  # theirs overwrites
        if name in wanted:
            expected[name] = x
    found = ours(image)
    assert set(found) == set(wanted)
    for name in wanted:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=1e-5)
    assert (found["conv2_1"] < 0).any()  # not overwritten by the activation behind it
    assert torch.equal(found["relu2_1"], found["conv2_1"].relu())


def test_only_the_image_has_a_gradient_and_an_activation_in_place_does_not_change_it(rng):
    built = drawn(["relu1_2", "relu2_2"])
    assert not any(parameter.requires_grad for parameter in built.parameters())
    gradients = []
    for inplace in (True, False):
        for layer in built.modules():
            if isinstance(layer, nn.ReLU):
                layer.inplace = inplace
        image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
        sum(x.square().sum() for x in built(image).values()).backward()
        gradients.append(image.grad)
    assert torch.equal(*gradients)
    assert gradients[0].abs().min() > 0
    assert all(parameter.grad is None for parameter in built.parameters())


def test_weights_that_were_being_trained_are_frozen_here():
    built = drawn(["relu1_2"])
    built.load_convolutions([(nn.Parameter(own.weight + 1), nn.Parameter(own.bias)) for own in built.convolutions])
    assert not any(parameter.requires_grad for parameter in built.parameters())
    assert not built(torch.rand(1, 3, 4, 4))["relu1_2"].requires_grad


def test_random_weights_keep_the_size_of_features(rng):
    built = drawn(["relu1_1", "relu2_2", "relu3_1"])
    found = built(torch.rand(1, 3, 32, 32, generator=rng))
    sizes = [x.square().mean().item() for x in found.values()]
    assert max(sizes) < 20 * min(sizes)
    assert all(not own.bias.any() for own in built.convolutions)


def test_average_pooling_averages(rng):
    most, mean = (drawn(["pool1"], pooling=pooling) for pooling in ("max", "average"))
    image = torch.rand(1, 3, 4, 4, generator=rng)
    before = drawn(["relu1_2"])(image)["relu1_2"]
    blocks = before.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
    torch.testing.assert_close(most(image)["pool1"], blocks.amax(4))
    torch.testing.assert_close(mean(image)["pool1"], blocks.mean(4))


def test_weights_that_do_not_fit_change_nothing():
    built = drawn(["relu2_1"], depth=13)
    before = [own.weight.clone() for own in built.convolutions]
    good = [(torch.zeros_like(own.weight), torch.zeros_like(own.bias)) for own in built.convolutions]
    for bad, words in (
        (good[:2], "got 2, need 3, as in a VGG-13."),
        ([good[1], *good[1:]], "got ((64, 64, 3, 3), (64,)), need ((64, 3, 3, 3), (64,)), as in a VGG-13."),
        ([*good[:2], (good[2][0], good[1][1])], "got ((128, 64, 3, 3), (64,))"),
    ):
        with pytest.raises(RunError, match=re.escape(words)):
            built.load_convolutions(bad)
        assert all(torch.equal(own.weight, old) for own, old in zip(built.convolutions, before, strict=True))
    built.load_convolutions([*good, good[0]])
    assert not any(own.weight.any() for own in built.convolutions)


REFUSED = {
    "depth": (lambda: VGGFeatures(["conv1_1"], depth=12), "the depth of a VGG: got 12, need one of 11, 13, 16, 19."),
    "name": (lambda: VGGFeatures(["relu4_4"]), "the layer of a VGG-16: got 'relu4_4', need one of conv1_1, "),
    "none": (lambda: VGGFeatures([]), "VGGFeatures: got ([], 'max'), need one layer or more"),
    "small": (
        lambda: VGGFeatures(["relu3_1"])(torch.zeros(1, 3, 8, 3)),
        "the image: got '3 x 8 pixels', need 4 or more on each side for these layers.",
    ),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value).startswith(sentence)
