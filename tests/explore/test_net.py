"""Nets described for the browser: which can be, which are refused, and that nothing of them is lost."""

import base64
import json

import numpy as np
import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.explore.model import Example, described
from d2lab.explore.run import as_script
from d2lab.models.catalog import build_model
from d2lab.models.lenet import LeNetConfig
from d2lab.models.mlp import MLPConfig
from d2lab.models.resnet import ResNetConfig

CLASSES = [str(i) for i in range(10)]


def numbers(packed):
    return torch.tensor(np.frombuffer(base64.b64decode(packed["data"]), "<f4").copy()).reshape(packed["shape"])


def test_weights_arrive_whole(lenet):
    model = described(lenet, (1, 28, 28), CLASSES, "lenet")
    assert [layer["type"] for layer in model["layers"]] == ["conv", "activation", "pool"] * 2 + ["flatten"] + [
        "linear",
        "activation",
    ] * 2 + ["linear"]
    assert torch.equal(numbers(model["layers"][0]["weight"]), lenet.conv1.weight.float())
    assert torch.equal(numbers(model["layers"][-1]["bias"]), lenet.out.bias.float())
    assert model["layers"][0]["padding"] == 2
    json.dumps(model, allow_nan=False)


@pytest.mark.parametrize(
    "config",
    [
        LeNetConfig(norm=True),
        LeNetConfig(activation="sigmoid", pooling="average"),
        LeNetConfig(channels=3, side=32),
        MLPConfig(),
    ],
)
def test_sequential_nets_of_the_course(config):
    shape = (getattr(config, "channels", 1), getattr(config, "side", 28), getattr(config, "side", 28))
    model = build_model(config).eval()
    made = described(model, shape, CLASSES, "model")
    x = torch.rand(1, *shape)
    wanted = model(x)[0]
    assert torch.allclose(by_hand(made, x), wanted, atol=1e-5)


def by_hand(made, x):
    """Compute a described model by torch's functions: what the browser does in loops."""
    for layer in made["layers"]:
        if layer["type"] == "conv":
            x = nn.functional.conv2d(
                x,
                numbers(layer["weight"]),
                numbers(layer["bias"]),
                layer["stride"],
                layer["padding"],
                layer["dilation"],
            )
        elif layer["type"] == "linear":
            x = nn.functional.linear(x, numbers(layer["weight"]), numbers(layer["bias"]))
        elif layer["type"] == "pool":
            pool = {"max": nn.functional.max_pool2d, "mean": nn.functional.avg_pool2d}[layer["kind"]]
            x = pool(x, layer["window"], layer["stride"], layer["padding"])
        elif layer["type"] == "affine":
            wide = (1, -1, 1, 1) if x.ndim == 4 else (1, -1)
            x = x * numbers(layer["gain"]).view(wide) + numbers(layer["shift"]).view(wide)
        elif layer["type"] == "activation":
            x = {"relu": torch.relu, "sigmoid": torch.sigmoid}[layer["name"]](x)
        else:
            x = x.flatten(1)
    return x[0]


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), nn.Identity()

    def forward(self, x):
        return self.a(x) + self.a(x)


class Odd(nn.Sequential):
    def forward(self, x):
        return super().forward(x) * 2


@pytest.mark.parametrize(
    ("model", "shape", "said"),
    [
        (build_model(ResNetConfig()), (1, 32, 32), "a chain of layers"),
        (nn.Sequential(nn.Sequential(nn.Flatten()), Odd(nn.Linear(4, 2))), (1, 2, 2), "a chain of layers"),
        (nn.Sequential(nn.Flatten(), nn.Softplus()), (1, 2, 2), "Softplus"),
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (4,), "reads images"),
        (nn.Sequential(nn.Flatten(), nn.Linear(3 * 1000 * 1000, 3)), (3, 1000, 1000), "at most"),
        (nn.Sequential(nn.Conv2d(2, 2, 1, groups=2)), (2, 2, 2), "one group"),
        (nn.Sequential(nn.Conv2d(1, 2, (1, 3))), (1, 4, 4), None),
        (nn.Sequential(nn.Conv2d(1, 2, 3, stride=(1, 2))), (1, 4, 4), "same number on both sides"),
        (nn.Sequential(nn.MaxPool2d(3, ceil_mode=True)), (1, 4, 4), "whole windows"),
        (nn.Sequential(nn.AvgPool2d(3, padding=1, count_include_pad=False)), (1, 4, 4), "zeros counted"),
        (nn.Sequential(nn.AdaptiveAvgPool2d(2)), (1, 4, 4), "single pixel"),
        (nn.Sequential(nn.BatchNorm2d(1, track_running_stats=False)), (1, 4, 4), "running statistics"),
    ],
)
def test_what_the_browser_can_not_compute_is_refused(model, shape, said):
    if said is None:
        assert described(model.eval(), shape, ["a"], "n")["layers"]
        return
    with pytest.raises(ConfigError, match=said):
        described(model.eval(), shape, ["a", "b"], "n")


def test_a_net_whose_forward_is_its_own_is_refused():
    with pytest.raises(ConfigError, match="a chain of layers"):
        described(Branches(), (1, 2, 2), ["a", "b"], "n")
    with pytest.raises(ConfigError, match="a chain of layers"):
        described(Odd(nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2), ["a", "b"], "n")


def test_a_hostile_name_can_not_end_the_script(lenet):
    name = "</script><script>alert(1)</script>"
    example = Example(name=name, pixels=torch.zeros(1, 28, 28))
    text = as_script(described(lenet, (1, 28, 28), [name] * 10, name, [example]))
    assert "</script" not in text
    assert "<" not in text
    assert json.loads(text.removeprefix("window.D2_NET=").rstrip(";\n"))["name"] == name
