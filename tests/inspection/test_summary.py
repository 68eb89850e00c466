"""The account of a model: torch's own counter, the papers' numbers, and the same rows with numbers and without."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from d2lab.inspection import fold, fold_to, multiply_adds, summarize
from d2lab.inspection.multiply_adds import count_multiply_adds
from d2lab.inspection.timing import Times
from d2lab.layers import to_scratch
from d2lab.models import LeNet, LeNetConfig, MLPConfig, ResNetConfig, build_model
from d2lab.models.variants import variant


def counted_by_torch(model, example):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(example)
    return counter.get_total_flops() // 2


def paper(name, side=224):
    with torch.device("meta"):
        return summarize(build_model(variant(name)), torch.zeros(1, 3, side, side))


def test_counts_what_torch_counts(config, built, example):
    mine = summarize(built, example(config))
    assert mine.multiply_adds == counted_by_torch(built, example(config)) > 0
    assert mine.parameters == sum(p.numel() for p in built.parameters())


def test_counts_the_multiply_adds_of_lenet_by_hand():
    model = LeNet(LeNetConfig())
    conv1, conv2 = 28 * 28 * 6 * 25, 10 * 10 * 16 * 6 * 25
    linear = 400 * 120 + 120 * 84 + 84 * 10
    assert multiply_adds(model, torch.zeros(1, 1, 28, 28)) == conv1 + conv2 + linear == 416_520
    assert model.training


@pytest.mark.parametrize(
    ("layer", "shape", "by_hand"),
    [
        (nn.Conv2d(6, 4, (3, 5), stride=2, groups=2), (6, 9, 11), 4 * 4 * 4 * 3 * 15),
        (nn.Conv2d(6, 6, 3, groups=6, dilation=2, padding=2), (6, 7, 7), 6 * 49 * 9),
        (nn.ConvTranspose2d(6, 4, 3, stride=2, groups=2), (6, 5, 5), 6 * 25 * 2 * 9),
        (nn.Conv1d(3, 4, 5), (3, 9), 5 * 4 * 15),
        (nn.Conv3d(2, 3, 2), (2, 3, 3, 3), 8 * 3 * 16),
        (nn.Linear(7, 5), (7,), 35),
        (nn.Linear(7, 5, bias=False), (4, 7), 140),
    ],
    ids=lambda value: str(value)[:40],
)
def test_counts_every_kind_of_layer(layer, shape, by_hand):
    example = torch.zeros(1, *shape)
    assert multiply_adds(layer, example) == counted_by_torch(layer, example) == by_hand


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(8, 24)

    def forward(self, tokens):
        query, key, value = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in self.project(tokens).chunk(3, -1))
        return nn.functional.scaled_dot_product_attention(query, key, value)


def test_counts_attention():
    model, tokens = Attention(), torch.zeros(1, 10, 8)
    assert multiply_adds(model, tokens) == 10 * 8 * 24 + 2 * 10 * 10 * 8
    with torch.device("meta"):
        assert multiply_adds(Attention(), torch.zeros(1, 10, 8)) == 10 * 8 * 24 + 2 * 10 * 10 * 8


def test_a_net_rebuilt_from_scratch_costs_the_same():
    model, image = LeNet(LeNetConfig()), torch.zeros(1, 1, 28, 28)
    assert summarize(to_scratch(model), image).parameters == summarize(model, image).parameters


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("vgg16", 15.5),  # He et al. 2016, table 1, says 15.3 for VGG-16 and 19.6 for VGG-19, linear layers apart
        ("vgg19", 19.6),
        ("resnet18", 1.8),  # ibid.
        ("resnet34", 3.6),
        ("resnet50", 4.1),  # ibid. 3.8, with the stride in the first 1x1; ours and torchvision's is in the 3x3
        ("resnet101", 7.8),  # ibid. 7.6
        ("resnet152", 11.5),  # ibid. 11.3
        ("alexnet", 0.71),
        ("densenet121", 2.83),
    ],
)
def test_the_papers_state_these_numbers(name, billions):
    assert paper(name).multiply_adds / 1e9 == pytest.approx(billions, abs=0.07 if billions > 1 else 0.01)


def test_the_stride_in_the_first_convolution_gives_the_papers_number_of_resnet50():
    """He et al. 2016, table 1: 3.8 billion; three 1x1 and 3x3 convolutions would then work on a quarter."""
    mine = paper("resnet50")
    rows = {row.name: row for row in mine.rows if row.kind == "Conv2d"}
    saved = sum(rows[f"stage{stage}.0.conv1"].multiply_adds * 3 // 4 for stage in (2, 3, 4))
    assert (mine.multiply_adds - saved) / 1e9 == pytest.approx(3.86, abs=0.01)


def test_without_numbers_the_rows_are_the_same(config, built, example):
    with torch.device("meta"):
        shaped = summarize(build_model(config), example(config, "meta"))
    assert shaped == summarize(built, example(config))


ANSWERS_AT_ONCE = """
import sys, torch
from d2lab.inspection import summarize
from d2lab.models import build_model
from d2lab.models.variants import variant
for name in ("resnet152", "densenet121", "googlenet", "alexnet", "nin", "vgg16_bn"):
    with torch.device("meta"):
        summarize(build_model(variant(name)), torch.zeros(1, 3, 224, 224))
heavy = {"sympy", "torch._dynamo"} & set(sys.modules)
sys.exit(str(heavy) if heavy else 0)
"""


@pytest.mark.slow
def test_the_largest_net_answers_without_torchs_compiler():
    done = subprocess.run([sys.executable, "-c", ANSWERS_AT_ONCE], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_what_is_between_layers_has_a_row():
    model = build_model(ResNetConfig(side=32, depth=8, stem="small", shortcut="pad"))
    rows = summarize(model, torch.zeros(1, 1, 32, 32)).rows
    assert [(row.name, row.shape) for row in rows if row.kind == "add"] == [
        ("stage1.0", (16, 32, 32)),
        ("stage2.0", (32, 16, 16)),
        ("stage3.0", (64, 8, 8)),
    ]
    names = [row.name for row in rows]
    assert (
        names.index("stage2.0.shortcut") < names.index("stage2.0") < len(names) - 1 - names[::-1].index("stage2.0.relu")
    )
    assert [row.call for row in rows if row.name == "stage1.0.relu"] == [0, 1]


class Odd(nn.Module):
    """One weight used twice, a parameter of the model's own, a view, and work outside of layers."""

    def __init__(self):
        super().__init__()
        self.shared = nn.Linear(6, 6)
        self.own = nn.Parameter(torch.ones(6, 2))
        self.idle = nn.Linear(100, 100)

    def forward(self, x):
        return self.shared(self.shared(x).relu()).view(-1, 6) @ self.own


def test_counts_a_shared_weight_once_and_what_has_no_layer():
    rows = summarize(Odd(), torch.zeros(1, 6)).rows
    assert [(row.name, row.kind, row.parameters, row.multiply_adds, row.activation_bytes) for row in rows] == [
        ("shared", "Linear", 42, 36, 24),
        ("", "relu mm", 12, 12, 24 + 8),
        ("shared", "Linear", 0, 36, 24),
    ]


def test_memory_is_that_of_outputs_and_none_of_a_view():
    rows = {row.name: row for row in summarize(LeNet(LeNetConfig()), torch.zeros(1, 1, 28, 28)).rows}
    assert rows["conv1"].activation_bytes == 4 * 6 * 28 * 28
    assert rows["flatten"].activation_bytes == 0
    assert rows["out"].activation_bytes == 40


def test_the_net_is_left_as_it_was(built, config, example):
    built.train()
    first = next(iter(built.children()))
    first.eval()
    before = {name: value.clone() for name, value in built.state_dict().items()}
    summarize(built, example(config))
    assert built.training
    assert not first.training
    assert all(torch.equal(before[name], value) for name, value in built.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in built.modules())


def test_the_net_is_left_as_it_was_when_it_fails():
    model = LeNet(LeNetConfig())
    with pytest.raises(RuntimeError):
        summarize(model, torch.zeros(1, 3, 28, 28))
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())


def test_folding_loses_nothing():
    mine = paper("densenet121")
    times = Times(forward_s={(row.name, row.call): 1.0 for row in mine.rows}, backward_s={}, total_s=9.0, rest=0.5)
    for depth in (None, 1, 2, 3):
        parts = fold(mine, depth, times)
        for what in ("parameters", "multiply_adds", "activation_bytes"):
            assert sum(getattr(part, what) for part in parts) == getattr(mine, what)
        assert sum(part.layers for part in parts) == len(mine.rows)
        assert sum(part.time_share for part in parts) == pytest.approx(0.5)
    assert [part.name for part in fold(mine, 1)][-5:] == ["norm2", "relu2", "mean", "flatten", "out"]
    assert len(fold_to(mine, 10_000)) == len(mine.rows)
    assert 30 < len(fold_to(mine, 100)) <= 100
    assert fold_to(mine, 3) == fold(mine, 1)


@pytest.mark.parametrize("config", [LeNetConfig(), ResNetConfig(depth=8, stem="small", side=32), MLPConfig(inputs=64)])
def test_counting_alone_gives_what_the_summary_gives(config):
    model = build_model(config)
    example = torch.zeros(1, *((config.channels, config.side, config.side) if hasattr(config, "side") else (64,)))
    model.train()
    assert count_multiply_adds(model, example) == summarize(model, example).multiply_adds > 0
    assert all(module.training for module in model.modules())
