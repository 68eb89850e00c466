"""Every model: its stated size, its shapes, eight examples by heart, bad settings refused with the whole sentence."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.models import (
    LeNetConfig,
    LinearConfig,
    MLPConfig,
    PerceptronConfig,
    SoftmaxConfig,
    build_model,
)
from d2lab.models.catalog import MODELS
from d2lab.models.image import ImageConfig
from d2lab.train.task import perceptron_loss
from d2lab.train.threads import using_threads

SIZES = [
    (LeNetConfig(), 61_706),
    (LeNetConfig(activation="sigmoid", pooling="average"), 61_706),
    (LeNetConfig(channels=3, side=32), 83_126),
    (LeNetConfig(norm=True), 61_706 + 2 * (6 + 16 + 120 + 84)),
    (LinearConfig(), 3),
    (LinearConfig(inputs=20, outputs=2), 42),
    (MLPConfig(), 203_530),
    (MLPConfig(hidden=(64, 32), dropout=0.5), 784 * 64 + 64 + 64 * 32 + 32 + 32 * 10 + 10),
    (PerceptronConfig(), 3),
    (PerceptronConfig(inputs=784), 785),
    (SoftmaxConfig(), 7_850),
]
INPUTS = {LeNetConfig: (1, 28, 28), LinearConfig: (2,), MLPConfig: (1, 28, 28), PerceptronConfig: (2,)}
INPUTS[SoftmaxConfig] = (1, 28, 28)
each = pytest.mark.parametrize(
    "config", [kind() for kind in MODELS if not issubclass(kind, ImageConfig)], ids=lambda config: type(config).__name__
)


@pytest.mark.parametrize(("config", "parameters"), SIZES, ids=repr)
def test_a_model_has_the_number_of_parameters_it_states(config, parameters):
    assert sum(p.numel() for p in build_model(config).parameters()) == parameters


@each
def test_the_number_in_the_docstring_is_the_number_of_the_defaults(config):
    stated = re.search(r"defaults have ([\d,]+) parameters", type(config).__doc__)
    if stated is None:
        pytest.skip("states a formula, no number")
    assert int(stated[1].replace(",", "")) == sum(p.numel() for p in build_model(config).parameters())


@each
def test_every_example_gets_one_answer(config):
    net = build_model(config)
    outputs = getattr(config, "classes", 1)
    for count in (0, 1, 5):
        assert net(torch.zeros(count, *INPUTS[type(config)])).shape == (count, outputs)


@each
def test_examples_do_not_see_each_other(config, rng):
    net = build_model(config).eval().double()
    batch = torch.rand(4, *INPUTS[type(config)], generator=rng, dtype=torch.float64)
    alone = torch.cat([net(example.unsqueeze(0)) for example in batch])
    torch.testing.assert_close(net(batch), alone, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("config", [LeNetConfig(), MLPConfig(), SoftmaxConfig()], ids=lambda c: type(c).__name__)
def test_a_classifier_learns_eight_examples_by_heart(config, rng):
    torch.manual_seed(0)
    net = build_model(config)
    images = torch.rand(8, *INPUTS[type(config)], generator=rng)
    targets = torch.arange(8)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    with using_threads(1):  # eight images are no work for two
        for _ in range(200):
            optimizer.zero_grad()
            loss = functional.cross_entropy(net(images), targets)
            loss.backward()
            optimizer.step()
            if loss < 0.05:
                break
    assert loss < 0.05
    assert torch.equal(net(images).argmax(1), targets)


def test_linear_regression_finds_the_weights_that_made_the_points(rng):
    torch.manual_seed(0)
    net = build_model(LinearConfig(inputs=3))
    points = torch.randn(8, 3, generator=rng)
    values = points @ torch.tensor([[1.0], [-2.0], [0.5]]) + 4
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    for _ in range(400):
        optimizer.zero_grad()
        functional.mse_loss(net(points), values).backward()
        optimizer.step()
    torch.testing.assert_close(net.out.weight, torch.tensor([[1.0, -2.0, 0.5]]), rtol=0, atol=1e-3)
    torch.testing.assert_close(net.out.bias, torch.tensor([4.0]), rtol=0, atol=1e-3)


def test_a_perceptron_divides_what_a_line_can_divide():
    net = build_model(PerceptronConfig())
    nn.init.zeros_(net.out.weight)
    points = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    targets = torch.tensor([0, 0, 0, 1])  # and
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    for _ in range(50):
        optimizer.zero_grad()
        perceptron_loss(net(points), targets).backward()
        optimizer.step()
    assert ((net(points).squeeze(1) > 0) == (targets == 1)).all()


def test_dropout_silences_in_training_only():
    torch.manual_seed(0)
    net = build_model(MLPConfig(dropout=0.5))
    images = torch.rand(2, 1, 28, 28)
    assert not torch.equal(net(images), net(images))
    net.eval()
    assert torch.equal(net(images), net(images))


def test_an_mlp_without_dropout_has_no_dropout_layer():
    assert not [layer for layer in build_model(MLPConfig()) if isinstance(layer, nn.Dropout)]


REFUSED = [
    (
        lambda: LeNetConfig(side=11),
        "LeNetConfig.side: got 11, need at least 12. Enlarge the image with --set side=28.",
    ),
    (lambda: LeNetConfig(channels=0), "LeNetConfig.channels: got 0, need 1 or more."),
    (lambda: LeNetConfig(classes=1), "LeNetConfig.classes: got 1, need 2 or more."),
    (lambda: LinearConfig(inputs=0), "LinearConfig.inputs: got 0, need 1 or more."),
    (lambda: LinearConfig(outputs=-1), "LinearConfig.outputs: got -1, need 1 or more."),
    (lambda: MLPConfig(inputs=0), "MLPConfig.inputs: got 0, need 1 or more."),
    (lambda: MLPConfig(classes=1), "MLPConfig.classes: got 1, need 2 or more."),
    (
        lambda: MLPConfig(hidden=()),
        "MLPConfig.hidden: got (), need one or more layers of 1 or more units. "
        "For no hidden layer use softmax regression.",
    ),
    (
        lambda: MLPConfig(hidden=(8, 0)),
        "MLPConfig.hidden: got (8, 0), need one or more layers of 1 or more units. "
        "For no hidden layer use softmax regression.",
    ),
    (lambda: MLPConfig(dropout=1.0), "MLPConfig.dropout: got 1.0, need a share from 0 up to, not with, 1."),
    (lambda: MLPConfig(dropout=-0.1), "MLPConfig.dropout: got -0.1, need a share from 0 up to, not with, 1."),
    (
        lambda: MLPConfig(dropout=float("nan")),
        "MLPConfig.dropout: got nan, need a share from 0 up to, not with, 1.",
    ),
    (lambda: PerceptronConfig(inputs=0), "PerceptronConfig.inputs: got 0, need 1 or more."),
    (lambda: SoftmaxConfig(inputs=0), "SoftmaxConfig.inputs: got 0, need 1 or more."),
    (lambda: SoftmaxConfig(classes=1), "SoftmaxConfig.classes: got 1, need 2 or more."),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=[sentence.split(",")[0] for _, sentence in REFUSED])
def test_bad_sizes_are_refused_with_the_whole_sentence(make, sentence):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == sentence


def test_the_smallest_side_that_is_allowed_works():
    assert build_model(LeNetConfig(side=12))(torch.zeros(1, 1, 12, 12)).shape == (1, 10)


def test_every_model_file_is_in_the_catalog():
    import d2lab.models

    nets_of_others = {"finetune", "library"}
    others = {"__init__", "catalog", "image", "perceptron_rule", "variants", "xor", *nets_of_others}
    files = {path.stem for path in Path(d2lab.models.__file__).parent.glob("*.py")} - others
    assert {model.__module__.rpartition(".")[2] for model in MODELS.values()} == files


def test_an_image_of_another_size_never_passes_unnoticed():
    with pytest.raises(Exception, match=r"mat1|shape|size"):
        build_model(LeNetConfig())(torch.zeros(1, 1, 40, 40))
