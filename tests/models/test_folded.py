"""Models without their normalization compute what they computed; what can't be folded is left, and counted."""

import pytest
import torch
from torch import nn

from d2lab.layers import normalization
from d2lab.layers.normalize import Normalize
from d2lab.models import build_model
from d2lab.models.densenet import DenseNetConfig
from d2lab.models.folded import fold_model, has_normalization
from d2lab.models.lenet import LeNetConfig
from d2lab.models.pretrained import PretrainedConfig
from d2lab.models.resnet import ResNetConfig

SMALL = ResNetConfig(depth=8, stem="small", shortcut="pad", side=16)
MODELS = {
    "resnet": (SMALL, 1, (7, 7)),
    "projections": (ResNetConfig(depth=20, stem="small", side=16, channels=3), 3, None),
    "normalization first": (ResNetConfig(depth=8, stem="small", order="pre", side=16), 1, None),
    "densenet": (DenseNetConfig(side=32, growth=8, stem=16), 1, None),
    "of others": (PretrainedConfig(architecture="torchvision/resnet18", classes=10, side=32), 3, None),
}


def stirred(config):
    """Build a model whose statistics are none of 0 and 1."""
    torch.manual_seed(0)
    model = build_model(config).eval().double()
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(layer.running_mean, -0.5, 0.5)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.5, 0.5)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_outputs_stay_in_float64(name, rng):
    config, channels, counts = MODELS[name]
    model = stirred(config)
    images = torch.rand(3, channels, config.side, config.side, generator=rng, dtype=torch.float64)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    folded = fold_model(model, (images,))
    torch.testing.assert_close(folded.model(images), model(images), rtol=1e-9, atol=1e-9)
    assert folded.folded > 0
    assert counts is None or (folded.folded, folded.folded + folded.kept) == counts
    norms = sum(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in folded.model.modules())
    assert norms == folded.kept
    assert (folded.kept > 0) == (name in ("normalization first", "densenet"))
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_of_others_the_normalization_of_the_input_goes_too_but_not_of_gray(rng):
    config = MODELS["of others"][0]
    model = stirred(config)
    color = fold_model(model, (torch.rand(2, 3, 32, 32).double(),))
    assert not any(isinstance(layer, Normalize) for layer in color.model.modules())
    gray_images = torch.rand(2, 1, 32, 32, generator=rng).double()
    gray = fold_model(model, (gray_images,))
    assert any(isinstance(layer, Normalize) for layer in gray.model.modules())
    torch.testing.assert_close(gray.model(gray_images), model(gray_images), rtol=1e-9, atol=1e-9)


class Odd(nn.Module):
    """A convolution read by two layers, one called twice, a normalization without statistics, and our own."""

    def __init__(self):
        super().__init__()
        self.shared, self.norm1, self.beside = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU()
        self.twice, self.norm2 = nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3)
        self.free, self.norm3 = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3, track_running_stats=False)
        self.last, self.norm4 = nn.Linear(3, 4, bias=False), normalization.BatchNorm1d(4)

    def forward(self, x):
        x = self.shared(x)
        x = self.norm1(x) + self.beside(x)
        x = self.norm2(self.twice(x)) + self.twice(x)
        x = self.norm3(self.free(x))
        return self.norm4(self.last(x.mean((2, 3))))


def test_what_others_read_or_is_called_twice_stays(rng):
    torch.manual_seed(0)
    model = Odd().double()
    images = torch.rand(8, 1, 9, 9, generator=rng, dtype=torch.float64)
    model(images)  # statistics other than 0 and 1
    model.eval()
    folded = fold_model(model, (images,))
    assert (folded.folded, folded.kept) == (1, 3)
    assert isinstance(folded.model.norm4, nn.Identity)
    torch.testing.assert_close(folded.model(images), model(images), rtol=1e-9, atol=1e-9)


def test_a_model_without_normalization_has_none():
    assert not has_normalization(build_model(LeNetConfig()))
    assert has_normalization(build_model(SMALL))
