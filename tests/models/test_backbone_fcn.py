"""A fully convolutional network on a classifier: its maps are the classifier's, every pixel gets an answer."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.models import build_model
from d2lab.models.backbone_fcn import BackboneFCNConfig, on_backbone
from d2lab.models.features import features_of_parts
from d2lab.models.finetune import find_top, freeze, parameter_groups
from d2lab.models.lenet import LeNetConfig
from d2lab.models.pretrained import PretrainedConfig

ARCHITECTURES = ("wheel/efficientnet-lite0", "torchvision/resnet18")
each = pytest.mark.parametrize("architecture", ARCHITECTURES)


def build(architecture, seed=0, **changes):
    torch.manual_seed(seed)
    return build_model(BackboneFCNConfig(architecture=architecture, classes=4, width=8, **changes))


def loosened(net, rng):
    """Return the model with scores that differ from place to place; statistics of its own for the normalizations."""
    nn.init.normal_(net.decoder.score.weight, std=0.5, generator=rng)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = 1.0
        net.train()(torch.rand(4, 3, 64, 64, generator=rng))
    return net.double().eval()


def test_the_number_in_the_docstring_is_the_number_of_the_defaults():
    stated = re.search(r"defaults have ([\d,]+) parameters", BackboneFCNConfig.__doc__)
    with torch.device("meta"):
        net = build_model(BackboneFCNConfig())
    assert int(stated[1].replace(",", "")) == sum(p.numel() for p in net.parameters())


@each
@pytest.mark.parametrize("size", [(32, 64), (17, 70), (1, 1)])
def test_every_pixel_of_images_of_any_size_is_answered(architecture, size):
    assert build(architecture).eval()(torch.rand(2, 3, *size)).shape == (2, 4, *size)


@each
def test_the_maps_are_those_that_the_classifier_computes_on_its_way(architecture, rng):
    """Weights of the classifier under the same names; the maps at strides 8, 16 and 32 by hooks on its layers."""
    net = loosened(build(architecture), rng)
    classifier = build_model(PretrainedConfig(architecture=architecture, classes=5)).double().eval()
    own = {key: value for key, value in net.state_dict().items() if not key.startswith("decoder.")}
    missing, strange = classifier.load_state_dict(own, strict=False)
    assert not strange
    assert {key.split(".")[0] for key in missing} <= {"top", "out"}
    seen = {}
    for name in net.taken:
        classifier.get_submodule(name).register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    images = torch.rand(2, 3, 96, 96, generator=rng, dtype=torch.float64)
    classifier(images)
    maps = net.maps(images)
    assert [tuple(part.shape[2:]) for part in maps] == [(12, 12), (6, 6), (3, 3)]
    for name, part in zip(net.taken, maps, strict=True):
        torch.testing.assert_close(part, seen[name], rtol=1e-10, atol=1e-12)


@each
def test_an_image_of_odd_size_is_padded_below_and_at_the_right(architecture, rng):
    net = loosened(build(architecture), rng)
    image = torch.rand(1, 3, 21, 70, generator=rng, dtype=torch.float64)
    whole = functional.pad(image, (0, 26, 0, 11))
    torch.testing.assert_close(net(image), net(whole)[..., :21, :70], rtol=1e-9, atol=1e-11)


def test_each_map_is_heard_and_each_image_answers_for_itself(rng):
    net = loosened(build(ARCHITECTURES[0]), rng)
    images = torch.rand(2, 3, 64, 64, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        maps, together = net.maps(images), net(images)
        torch.testing.assert_close(net(images[1:]), together[1:], rtol=1e-9, atol=1e-11)
        for at in range(3):
            fewer = [torch.zeros_like(part) if number == at else part for number, part in enumerate(maps)]
            assert (net.decoder(tuple(fewer)) - together).abs().max() > 1e-3
    assert torch.equal(net.decoder(maps), together)
    assert [torch.equal(a, b) for a, b in zip(features_of_parts(net, images), maps, strict=True)] == [True] * 3


def test_the_decoder_learns_alone_on_a_frozen_body():
    net = freeze(build(ARCHITECTURES[0]), "body")
    assert find_top(net).module is net.decoder
    learning = {name.split(".")[0] for name, p in net.named_parameters() if p.requires_grad}
    assert learning == {"decoder"}
    assert not net.train().stage7.training
    assert net.decoder.training
    (group,) = parameter_groups(net, 3.0)
    assert (len(group["params"]), group["lr_scale"]) == (len(list(net.decoder.parameters())), 3.0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: BackboneFCNConfig(architecture="torchvision/vgg16"), "the backbone: got torchvision/vgg16, need a"),
        (lambda: BackboneFCNConfig(architecture="torchvision/no_such"), "the backbone: got torchvision/no_such"),
        (lambda: BackboneFCNConfig(width=0), "BackboneFCNConfig.width: got 0"),
        (lambda: on_backbone(LeNetConfig()), "the backbone: got a model of LeNetConfig, need weights of a classifier"),
        (lambda: on_backbone(PretrainedConfig(architecture="torchvision/googlenet")), "the backbone: got torchvision"),
    ],
)
def test_what_can_be_no_backbone_is_refused(make, words):
    with pytest.raises(ConfigError) as caught:
        make()
    assert words in str(caught.value).replace("'", "")


def test_the_settings_of_a_classifier_become_those_of_its_network():
    config = on_backbone(PretrainedConfig(mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2), classes=7))
    assert (config.architecture, config.mean, config.std) == (
        "torchvision/resnet18", (0.5, 0.5, 0.5), (0.2, 0.2, 0.2)
    )  # fmt: skip
    assert config.multiple == 32
