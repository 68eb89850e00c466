"""Small models of every kind, each with an example."""

import pytest
import torch

from d2lab.models import (
    AlexNetConfig,
    DenseNetConfig,
    GoogLeNetConfig,
    LeNetConfig,
    NiNConfig,
    ResNetConfig,
    VGGConfig,
    build_model,
)

SMALL = {
    "LeNet": LeNetConfig(),
    "LeNet, averages, norms": LeNetConfig(side=31, pooling="average", activation="sigmoid", norm=True),
    "AlexNet": AlexNetConfig(side=99, widths=(4, 4, 4, 4, 4), hidden=8),
    "VGG": VGGConfig(side=70, width=1 / 64, hidden=8),
    "VGG, norms": VGGConfig(side=64, depth=13, width=1 / 64, hidden=8, norm=True),
    "NiN": NiNConfig(side=131, widths=(3, 4, 5)),
    "GoogLeNet": GoogLeNetConfig(side=48),
    "ResNet": ResNetConfig(side=64),
    "ResNet, the notes'": ResNetConfig(side=50, bias=True),
    "ResNet, pre": ResNetConfig(side=64, order="pre"),
    "ResNet, bottlenecks": ResNetConfig(side=40, depth=50),
    "ResNet, small, zeros": ResNetConfig(side=32, depth=14, stem="small", shortcut="pad"),
    "ResNet, small, pre": ResNetConfig(side=33, depth=8, stem="small", shortcut="pad", order="pre"),
    "plain": ResNetConfig(side=32, depth=8, stem="small", shortcut="none"),
    "DenseNet": DenseNetConfig(side=64, growth=4, stem=8),
    "DenseNet, bottlenecks": DenseNetConfig(side=70, blocks=(2, 3, 2), growth=4, bottleneck=True, bias=False),
}


@pytest.fixture(params=SMALL.values(), ids=SMALL)
def config(request):
    return request.param


@pytest.fixture
def example():
    """Make a batch of one that a model of these settings reads."""

    def make(config, device="cpu"):
        return torch.zeros(1, config.channels, config.side, config.side, device=device)

    return make


@pytest.fixture
def built(config):
    torch.manual_seed(0)
    return build_model(config)
