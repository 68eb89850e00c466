"""Any model rebuilt on our layers: the same function, gradients, names, ties and mode."""

import copy

import pytest
import torch
from torch import nn

from d2lab import data, layers
from d2lab.core.errors import ConfigError
from d2lab.layers import to_scratch
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.vision.color import to_unit
from d2lab.vision.resample import resize

CONFIGS = {"modern": LeNetConfig(), "notes": LeNetConfig(activation="sigmoid", pooling="average")}


def torchs(model):
    return [
        type(m).__name__
        for m in model.modules()
        if type(m).__module__.startswith("torch.nn.modules") and not list(m.children())
    ]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_lenet_has_the_same_logits_and_gradients(config):
    torch.manual_seed(0)
    model = LeNet(config).double()
    mine = to_scratch(model)
    assert not torchs(mine)
    images = torch.rand(8, 1, 28, 28, dtype=torch.float64)
    targets = torch.arange(8)
    for one, loss in ((model, nn.CrossEntropyLoss()), (mine, layers.CrossEntropyLoss())):
        loss(one(images), targets).backward()
    torch.testing.assert_close(mine(images), model(images), rtol=1e-12, atol=1e-13)
    for (name, weight), (other, reference) in zip(mine.named_parameters(), model.named_parameters(), strict=True):
        assert name == other
        torch.testing.assert_close(weight.grad, reference.grad, rtol=1e-10, atol=1e-14)


@torch.no_grad()
def largest_difference(one, other):
    return max(float((a - b).abs().max()) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_an_epoch_on_digits_leads_to_the_same_weights():
    train = data.load("digits").train
    images, targets = to_unit(resize(train.inputs, 28)), train.targets
    torch.manual_seed(0)
    model = LeNet(LeNetConfig())
    before, mine = copy.deepcopy(model), to_scratch(model)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(1)).split(64)
    for one, loss in ((model, nn.CrossEntropyLoss()), (mine, layers.CrossEntropyLoss())):
        optimizer = torch.optim.SGD(one.parameters(), lr=0.1)
        for batch in order:
            optimizer.zero_grad()
            loss(one(images[batch]), targets[batch]).backward()
            optimizer.step()
    assert largest_difference(model, before) > 0.01
    assert largest_difference(model, mine) < 1e-5


def test_the_model_is_not_changed_and_shares_nothing():
    model = MLP(MLPConfig())
    mine = to_scratch(model)
    assert torchs(model)
    with torch.no_grad():
        for weight in mine.parameters():
            weight.add_(1)
    assert not any(torch.equal(a, b) for a, b in zip(mine.parameters(), model.parameters(), strict=True))


def test_a_rebuilt_model_needs_no_rebuilding():
    once = to_scratch(LeNet(LeNetConfig()))
    twice = to_scratch(once)
    assert [type(m) for m in twice.modules()] == [type(m) for m in once.modules()]


def test_no_random_numbers_are_used():
    model = LeNet(LeNetConfig())
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    to_scratch(model)
    assert torch.equal(torch.rand(3), expected)


class Tied(nn.Module):
    """One layer used twice under two names, and one weight used by two layers."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.again = self.first
        self.look_up = nn.Embedding(4, 4)
        self.out = nn.Linear(4, 4, bias=False)
        self.out.weight = self.look_up.weight

    def forward(self, words):
        return self.out(self.again(self.first(self.look_up(words))))


def test_ties_stay_tied():
    mine = to_scratch(Tied())
    assert mine.first is mine.again
    assert mine.out.weight is mine.look_up.weight
    assert len(list(mine.parameters())) == 3


def test_mode_buffers_and_frozen_weights_stay():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2, momentum=None), nn.Dropout(0.3))
    model(torch.randn(4, 1, 5, 5))
    model[0].weight.requires_grad_(False)
    mine = to_scratch(model.eval())
    assert not any(module.training for module in mine.modules())
    assert not mine[0].weight.requires_grad
    assert mine.state_dict().keys() == model.state_dict().keys()
    assert mine[1].momentum is None
    assert torch.equal(mine[1].running_mean, model[1].running_mean)
    assert int(mine[1].num_batches_tracked) == 1


def hooked():
    layer = nn.Linear(2, 2)
    layer.register_forward_hook(lambda *_: None)
    return layer


class Subclass(nn.Linear):
    """A subclass may compute anything."""


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lambda: nn.Bilinear(2, 2, 2), "0: got 'Bilinear', need a layer that has a twin from scratch"),
        (lambda: Subclass(2, 2), "0: got 'Subclass', need a layer that has a twin from scratch"),
        (lambda: nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), "padding_mode: got 'reflect', need 'zeros'"),
        (lambda: nn.MaxPool2d(2, return_indices=True), "return_indices: got True, need False"),
        (lambda: nn.Embedding(3, 2, max_norm=1.0), "max_norm: got 1.0, need None"),
        (
            lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True),
            "(MultiheadAttention): got 'the weight bias_k', need a layer without it: the twin has none",
        ),
        (nn.Softmax, "Softmax.dim: got None, need a stated one. Name the axis."),
        (lambda: torch.nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "got 'ParametrizedLinear'"),
        (hooked, "0 (Linear): got 'hooks', need a layer without them. Remove them before to_scratch."),
    ],
    ids=[
        "unknown",
        "subclass",
        "padding mode",
        "indices",
        "max norm",
        "bias of keys",
        "no axis",
        "parametrized",
        "hooks",
    ],
)
def test_what_has_no_twin_is_refused_by_name(layer, words):
    with pytest.raises(ConfigError) as caught:
        to_scratch(nn.Sequential(layer()))
    assert words in str(caught.value)


def test_a_single_layer_is_rebuilt_too():
    assert type(to_scratch(nn.Linear(2, 3))) is layers.Linear


class Reader(nn.Module):
    """Recurrent layers and attention, without the biases that are on by default."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 6, 2, bias=False, batch_first=True, bidirectional=True, proj_size=3)
        self.attend = nn.MultiheadAttention(6, 2, bias=False, batch_first=True)
        self.norm = nn.RMSNorm(6)

    def forward(self, series):
        hidden, _ = self.lstm(series)
        return self.norm(self.attend(hidden, hidden, hidden)[0])


def test_a_model_of_sequences_has_the_same_outputs_and_tied_children():
    model = Reader().double()
    mine = to_scratch(model)
    assert [type(one) for one in mine.children()] == [layers.LSTM, layers.MultiheadAttention, layers.RMSNorm]
    assert mine.state_dict().keys() == model.state_dict().keys()
    series = torch.randn(3, 5, 4, dtype=torch.float64)
    torch.testing.assert_close(mine(series), model(series), rtol=1e-12, atol=1e-14)
