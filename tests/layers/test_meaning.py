"""Properties of layers: preserved means, broken symmetry, losses by their formulas; and bad input."""

import math

import pytest
import torch
from torch import nn

from d2lab import layers
from d2lab.core.errors import ConfigError
from d2lab.layers import init
from d2lab.layers.init import initialize


def test_dropout_keeps_the_mean_and_drops_its_share():
    torch.manual_seed(0)
    ones = torch.ones(200_000)
    dropped = layers.Dropout(0.3)(ones)
    assert float((dropped == 0).double().mean()) == pytest.approx(0.3, abs=5 * math.sqrt(0.3 * 0.7 / 200_000))
    assert float(dropped.double().mean()) == pytest.approx(1, abs=5 * math.sqrt(0.3 / 0.7 / 200_000))
    assert torch.equal(layers.Dropout(0.3).eval()(ones), ones)


def test_batch_norm_leaves_mean_0_and_variance_1_whatever_comes_in():
    batch = 40 + 9 * torch.randn(64, 3, 5, 5, dtype=torch.float64)
    out = layers.BatchNorm2d(3, eps=0.0).double()(batch)
    torch.testing.assert_close(out.mean((0, 2, 3)), torch.zeros(3).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(out.var((0, 2, 3), correction=0), torch.ones(3).double(), rtol=1e-12, atol=0)


def test_running_statistics_approach_those_of_the_data():
    torch.manual_seed(0)
    layer = layers.BatchNorm1d(2, momentum=None)
    for _ in range(400):
        layer(torch.randn(50, 2) * 3 + 7)
    torch.testing.assert_close(layer.running_mean, torch.full((2,), 7.0), rtol=0, atol=0.1)
    torch.testing.assert_close(layer.running_var, torch.full((2,), 9.0), rtol=0, atol=0.4)


def hidden_units_after_training(how):
    torch.manual_seed(0)
    model = initialize(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), how).double()
    inputs = torch.randn(32, 3, dtype=torch.float64)
    for _ in range(50):
        loss = (model(inputs) - inputs.prod(1, keepdim=True)).square().mean()
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for weight, gradient in zip(model.parameters(), gradients, strict=True):
                weight.sub_(0.1 * gradient)
    return model[0].weight.detach()


def test_units_initialized_alike_stay_equal():
    weights = hidden_units_after_training("symmetric")
    assert float((weights - weights[0]).abs().max()) < 1e-15
    assert float((weights - init.SYMMETRIC).abs().max()) > 1e-4  # though they did learn
    apart = hidden_units_after_training("xavier")
    assert float((apart - apart[0]).abs().max()) > 0.1


def test_the_default_initialization_has_variance_a_third_of_one_over_fan_in():
    torch.manual_seed(0)
    weight = layers.Linear(300, 400).weight.detach()
    assert float(weight.var()) == pytest.approx(1 / (3 * 300), rel=0.02)


def test_smooth_l1_meets_its_formula_on_both_sides_of_the_threshold():
    errors = torch.tensor([0.05, 1 / 9, 0.5, -2.0], dtype=torch.float64)
    mine = layers.smooth_l1_loss(errors, torch.zeros(4).double(), sigma=3.0)
    expected = [4.5 * 0.05**2, 1 / 18, 0.5 - 1 / 18, 2 - 1 / 18]
    torch.testing.assert_close(mine, torch.tensor(expected, dtype=torch.float64), rtol=1e-12, atol=0)


def test_focal_loss_is_torchvisions():
    ops = pytest.importorskip("torchvision.ops", reason="the extra `vision` is not installed", exc_type=ImportError)
    torch.manual_seed(0)
    scores, targets = 3 * torch.randn(50, dtype=torch.float64), (torch.rand(50) > 0.5).double()
    for alpha, gamma in ((0.25, 2.0), (-1.0, 0.5), (0.6, 0.0)):
        mine = layers.FocalLoss(alpha, gamma)(scores, targets)
        torch.testing.assert_close(mine, ops.sigmoid_focal_loss(scores, targets, alpha, gamma), rtol=1e-10, atol=1e-14)


def test_focal_loss_without_focus_is_binary_cross_entropy():
    scores, targets = torch.linspace(-3, 3, 8), (torch.arange(8) % 2).float()
    focal = layers.FocalLoss(alpha=-1.0, gamma=0.0, reduction="mean")(scores, targets)
    torch.testing.assert_close(focal, layers.BCEWithLogitsLoss()(scores, targets))


def test_smoothing_raises_the_least_possible_loss_to_the_entropy_of_the_target():
    classes, smoothing = 4, 0.2
    right = 1 - smoothing + smoothing / classes
    wrong = smoothing / classes
    best = torch.tensor([[right, wrong, wrong, wrong]], dtype=torch.float64).log()
    entropy = -(right * math.log(right) + 3 * wrong * math.log(wrong))
    loss = layers.CrossEntropyLoss(label_smoothing=smoothing)(best, torch.tensor([0]))
    assert float(loss) == pytest.approx(entropy, rel=1e-12)


def test_padding_index_gets_no_gradient():
    table = layers.Embedding(4, 3, padding_idx=1)
    assert table.weight[1].count_nonzero() == 0
    table(torch.tensor([0, 1, 1])).sum().backward()
    assert table.weight.grad.tolist() == [[1] * 3, [0] * 3, [0] * 3, [0] * 3]


image = torch.zeros(2, 3, 8, 8)
REFUSED = {
    "Linear size": (lambda: layers.Linear(0, 3), "Linear.in_features: got 0, need 1 or more."),
    "Linear input": (
        lambda: layers.Linear(4, 3)(image),
        "the input of Linear: got (2, 3, 8, 8), need 4 along axis -1.",
    ),
    "Embedding row": (lambda: layers.Embedding(4, 3, 4), "Embedding.padding_idx: got 4, need a row of 4."),
    "Embedding word": (
        lambda: layers.Embedding(4, 3)(torch.tensor([0, 4])),
        "the input of Embedding: got '0 to 4', need numbers 0 to 3.",
    ),
    "Flatten": (lambda: layers.Flatten(2, 1)(image), "Flatten: got (2, 1), need start_dim at or before end_dim."),
    "Conv2d channels": (
        lambda: layers.Conv2d(4, 3, 3)(image),
        "the input of Conv2d: got (2, 3, 8, 8), need 4 along axis -3.",
    ),
    "Conv2d groups": (
        lambda: layers.Conv2d(3, 4, 3, groups=2),
        "Conv2d.groups: got '2 for 3 -> 4 channels', need a divisor of both.",
    ),
    "Conv2d same": (
        lambda: layers.Conv2d(3, 4, 3, stride=2, padding="same"),
        "Conv2d.padding: got 'same', need a stride of 1 for it.",
    ),
    "Conv2d word": (
        lambda: layers.Conv2d(3, 4, 3, padding="sane"),
        "Conv2d.padding: got 'sane', need one of valid, same.",
    ),
    "Conv2d form": (
        lambda: layers.Conv2d(3, 4, 3, form="fast"),
        "Conv2d.form: got 'fast', need one of loop, shifts, columns.",
    ),
    "Conv2d reach": (
        lambda: layers.Conv2d(3, 4, 5, dilation=2)(image),
        "the image: got '8 pixels', need at least 9 for the kernel. "
        "Enlarge the image or its padding, or take a smaller kernel.",
    ),
    "Conv2d padding": (
        lambda: layers.Conv2d(3, 4, 3, padding=-1)(image),
        "padding: got ((-1, -1), (-1, -1)), need 0 pixels or more on each side.",
    ),
    "transposed stride": (
        lambda: layers.ConvTranspose2d(3, 4, 3, output_padding=1),
        "ConvTranspose2d.output_padding: got 1, need 0 or more, below stride or dilation.",
    ),
    "transposed padding": (
        lambda: layers.ConvTranspose2d(3, 4, 3, padding=-1),
        "ConvTranspose2d.padding: got (-1, -1), need 0 pixels or more.",
    ),
    "transposed groups": (
        lambda: layers.ConvTranspose2d(3, 4, 3, groups=2),
        "ConvTranspose2d.groups: got '2 for 3 -> 4 channels', need a divisor of both.",
    ),
    "transposed nothing": (
        lambda: layers.ConvTranspose2d(3, 4, 3, padding=9)(image),
        "ConvTranspose2d's output: got (-8, -8), need at least one pixel.",
    ),
    "pool padding": (
        lambda: layers.MaxPool2d(2, padding=2),
        "MaxPool2d.padding: got (2, 2), need 0 to half of the kernel.",
    ),
    "pool size": (lambda: layers.AvgPool2d(0), "AvgPool2d.kernel_size: got (0, 0), need 1 or more."),
    "pool divisor": (
        lambda: layers.AvgPool2d(2, divisor_override=0),
        "AvgPool2d.divisor_override: got 0, need 1 or more.",
    ),
    "adaptive": (
        lambda: layers.AdaptiveAvgPool2d((0, 2)),
        "AdaptiveAvgPool2d.output_size: got (0, 2), need 1 or more.",
    ),
    "norm axes": (
        lambda: layers.BatchNorm2d(3)(image[0]),
        "the input of BatchNorm2d: got (3, 8, 8), need (4,) axes.",
    ),
    "norm channels": (
        lambda: layers.BatchNorm2d(4)(image),
        "the input of BatchNorm2d: got (2, 3, 8, 8), need 4 along axis 1.",
    ),
    "norm of one": (
        lambda: layers.BatchNorm1d(3)(torch.zeros(1, 3)),
        "the batch: got '1 value in each channel', need 2 or more to train. Use a larger batch, or call eval().",
    ),
    "layer norm": (
        lambda: layers.LayerNorm(9)(image),
        "the input of LayerNorm: got (2, 3, 8, 8), need 9 along axis -1.",
    ),
    "groups": (lambda: layers.GroupNorm(2, 3), "GroupNorm.num_groups: got 2, need a divisor of 3 channels."),
    "PReLU": (lambda: layers.PReLU(2)(image), "PReLU.num_parameters: got 2, need 1 or 3."),
    "GELU": (lambda: layers.GELU("tan"), "GELU.approximate: got 'tan', need one of none, tanh."),
    "Dropout": (lambda: layers.Dropout(1.5), "Dropout.p: got 1.5, need a probability from 0 to 1."),
    "loss shapes": (
        lambda: layers.MSELoss()(torch.zeros(4, 1), torch.zeros(4)),
        "the target of MSELoss: got (4,), need the input's shape (4, 1).",
    ),
    "reduction": (lambda: layers.L1Loss("avg"), "L1Loss.reduction: got 'avg', need one of mean, sum, none."),
    "delta": (lambda: layers.HuberLoss(delta=0.0), "HuberLoss.delta: got 0.0, need a number above 0."),
    "beta": (lambda: layers.SmoothL1Loss(beta=-1.0), "SmoothL1Loss.beta: got -1.0, need 0 or more."),
    "sigma": (
        lambda: layers.smooth_l1_loss(torch.zeros(2), torch.zeros(2), sigma=0.0),
        "sigma: got 0.0, need a number above 0.",
    ),
    "smoothing": (
        lambda: layers.CrossEntropyLoss(label_smoothing=2.0),
        "CrossEntropyLoss.label_smoothing: got 2.0, need a share from 0 to 1.",
    ),
    "class index": (
        lambda: layers.CrossEntropyLoss()(torch.zeros(2, 3), torch.tensor([0, 3])),
        "the target of CrossEntropyLoss: got (2,), need class indices 0 to 2 of shape (2,).",
    ),
    "focal": (
        lambda: layers.FocalLoss(alpha=2.0),
        "FocalLoss: got (2.0, 2.0), need alpha up to 1 and gamma of 0 or more.",
    ),
    "fans": (
        lambda: init.xavier_uniform_(torch.zeros(3)),
        "the weight to initialize: got (3,), need axes for outputs and inputs.",
    ),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence
