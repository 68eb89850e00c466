"""Every model: its stated size, its shapes, eight examples memorized, bad settings refused with the whole sentence."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.bounds import ObjectClasses, declared
from d2lab.core.errors import ConfigError
from d2lab.models import (
    AutoregressionConfig,
    LeNetConfig,
    LinearConfig,
    MLPConfig,
    ModelConfig,
    PerceptronConfig,
    SoftmaxConfig,
    build_model,
    catalog,
)
from d2lab.models.backbone_fcn import BackboneFCNConfig
from d2lab.models.catalog import all_models, default_settings, register_model
from d2lab.models.fcn import FCNConfig
from d2lab.models.image import ImageConfig
from d2lab.models.language import LanguageConfig
from d2lab.models.names import model_files
from d2lab.models.table_ensemble import TableEnsembleConfig
from d2lab.models.unet import UNetConfig
from d2lab.train.tasks import perceptron_loss
from d2lab.train.threads import using_threads

SIZES = [
    (AutoregressionConfig(), 61),
    (AutoregressionConfig(tau=3, hidden=()), 4),
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
INPUTS |= {SoftmaxConfig: (1, 28, 28), AutoregressionConfig: (4,)}
OWN_MODEL = """
from dataclasses import dataclass

from torch import nn

from d2lab.models import ModelConfig, register_model


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyConfig(ModelConfig):
    classes: int = 10


@register_model(TinyConfig)
class Tiny(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.out = nn.Linear(4, config.classes)

    def forward(self, features):
        return self.out(features)
"""


# with tests of their own
OTHERS = ImageConfig | LanguageConfig | FCNConfig | UNetConfig | BackboneFCNConfig | TableEnsembleConfig


def detects(kind):
    """Return whether a model has an answer for each place of an image, not one for the image."""
    return declared(kind).get("classes") == ObjectClasses


each = pytest.mark.parametrize(
    "config",
    [kind() for kind in all_models() if not issubclass(kind, OTHERS) and not detects(kind)],
    ids=lambda config: type(config).__name__,
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
def test_a_classifier_memorizes_eight_examples(config, rng):
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
    assert not [layer for layer in build_model(MLPConfig()).children() if isinstance(layer, nn.Dropout)]


REFUSED = [
    (
        lambda: LeNetConfig(side=11),
        "LeNetConfig.side: got 11, need at least 12. Enlarge the image with --set side=28.",
    ),
    (lambda: LeNetConfig(channels=0), "LeNetConfig.channels: got 0, need a whole number from 1 to 4,096 (channels)."),
    (lambda: LeNetConfig(classes=1), "LeNetConfig.classes: got 1, need a whole number from 2 to 1,000,000 (classes)."),
    (
        lambda: LinearConfig(inputs=0),
        "LinearConfig.inputs: got 0, need a whole number from 1 to 100,000,000 (features).",
    ),
    (
        lambda: LinearConfig(outputs=-1),
        "LinearConfig.outputs: got -1, need a whole number from 1 to 1,000,000 (numbers).",
    ),
    (lambda: MLPConfig(inputs=0), "MLPConfig.inputs: got 0, need a whole number from 1 to 100,000,000 (features)."),
    (lambda: MLPConfig(classes=1), "MLPConfig.classes: got 1, need a whole number from 2 to 1,000,000 (classes)."),
    (
        lambda: MLPConfig(hidden=()),
        "MLPConfig.hidden: got (), need one or more layers of 1 or more units. "
        "For no hidden layer use softmax regression.",
    ),
    (
        lambda: MLPConfig(hidden=(8, 0)),
        "MLPConfig.hidden: got (8, 0), need each a whole number from 1 to 65,536 (units).",
    ),
    (lambda: MLPConfig(dropout=1.0), "MLPConfig.dropout: got 1.0, need a number from 0 up to, not with, 1 (share)."),
    (lambda: MLPConfig(dropout=-0.1), "MLPConfig.dropout: got -0.1, need a number from 0 up to, not with, 1 (share)."),
    (
        lambda: MLPConfig(dropout=float("nan")),
        "MLPConfig.dropout: got nan, need a number from 0 up to, not with, 1 (share).",
    ),
    (
        lambda: PerceptronConfig(inputs=0),
        "PerceptronConfig.inputs: got 0, need a whole number from 1 to 100,000,000 (features).",
    ),
    (
        lambda: SoftmaxConfig(inputs=0),
        "SoftmaxConfig.inputs: got 0, need a whole number from 1 to 100,000,000 (features).",
    ),
    (
        lambda: SoftmaxConfig(classes=1),
        "SoftmaxConfig.classes: got 1, need a whole number from 2 to 1,000,000 (classes).",
    ),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=[sentence.split(",")[0] for _, sentence in REFUSED])
def test_bad_sizes_are_refused_with_the_whole_sentence(make, sentence):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == sentence


def test_the_smallest_side_that_is_allowed_works():
    assert build_model(LeNetConfig(side=12))(torch.zeros(1, 1, 12, 12)).shape == (1, 10)


def test_the_folder_is_the_list_of_the_models():
    import d2lab.models

    shared = {
        "__init__",
        "catalog",
        "config",
        "features",
        "finetune",
        "folded",
        "image",
        "language",
        "library",
        "mask_head",
        "names",
        "perceptron_rule",
        "proposal_network",
        "pyramid",
        "table_members",
        "variants",
        "vgg_features",
        "zero_shot",
    }
    files = {path.stem for path in Path(d2lab.models.__file__).parent.glob("*.py")} - {*shared, "xor"}
    assert {file.module.rpartition(".")[2] for file in model_files().values()} == files
    ours = {kind: model for kind, model in all_models().items() if model.__module__.startswith("d2lab.")}
    assert {(model.__module__, model.__name__, kind.__name__) for kind, model in ours.items()} == set(
        model_files().values()
    )
    for name in d2lab.models.__all__:
        assert getattr(d2lab.models, name).__name__ == name


def test_the_names_of_the_models_are_listed_without_torch():
    code = "import sys, d2lab.models; print('LeNet' in dir(d2lab.models), 'torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["True", "False"]


def test_only_the_model_that_is_asked_for_is_imported():
    code = (
        "import sys; from d2lab.models import LeNet; print([m for m in sys.modules if m.endswith(('vgg', 'resnet'))])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_a_model_of_ones_own_registers_in_its_own_file(tmp_path, monkeypatch):
    (tmp_path / "tiny_model.py").write_text(OWN_MODEL)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(catalog, "_MODELS", dict(catalog._MODELS))
    with pytest.raises(ConfigError, match="model settings: got 'TinyConfig', need one of"):
        default_settings("TinyConfig")
    tiny = importlib.import_module("tiny_model")
    assert default_settings("TinyConfig") == tiny.TinyConfig()
    assert build_model(tiny.TinyConfig(classes=3))(torch.zeros(2, 4)).shape == (2, 3)
    with pytest.raises(ConfigError, match="need other settings: these belong to Tiny"):
        register_model(tiny.TinyConfig)(nn.Linear)


def test_settings_without_a_model_are_refused():
    with pytest.raises(
        ConfigError, match=r"model settings: got 'ModelConfig', need one of AlexNetConfig, .*@register_model"
    ):
        build_model(ModelConfig())


def test_an_image_of_another_size_never_passes_unnoticed():
    with pytest.raises(Exception, match=r"mat1|shape|size"):
        build_model(LeNetConfig())(torch.zeros(1, 1, 40, 40))
