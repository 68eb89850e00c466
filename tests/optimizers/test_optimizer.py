"""Settings build torch's optimizers with the right arguments, and clip gradients as torch does."""

import dataclasses
import math

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.optimizers import OptimizerConfig, ProximalSGD, build_optimizer, clip, set_lr

TWINS = {
    "sgd": (OptimizerConfig(), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (
        OptimizerConfig(momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "adam": (
        OptimizerConfig(name="adam", learning_rate=0.01, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1),
    ),
    "adamw": (
        OptimizerConfig(name="adamw", learning_rate=0.01, weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    ),
    "betas": (
        OptimizerConfig(name="adam", learning_rate=0.01, beta1=0.5, eps=1e-3),
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.999), eps=1e-3),
    ),
    "adagrad": (OptimizerConfig(name="adagrad"), lambda p: torch.optim.Adagrad(p, lr=0.1)),
    "rmsprop": (
        OptimizerConfig(name="rmsprop", momentum=0.5, decay=0.9),
        lambda p: torch.optim.RMSprop(p, lr=0.1, alpha=0.9, momentum=0.5),
    ),
    "adadelta": (OptimizerConfig(name="adadelta", decay=0.8), lambda p: torch.optim.Adadelta(p, lr=0.1, rho=0.8)),
    "l1": (OptimizerConfig(l1=0.1, momentum=0.5), lambda p: ProximalSGD(p, 0.1, 0.1, 0.5)),
}


def make_weights():
    torch.manual_seed(0)
    return [nn.Parameter(torch.randn(4, 3, dtype=torch.float64)), nn.Parameter(torch.randn(5, dtype=torch.float64))]


@pytest.mark.parametrize(("config", "theirs"), TWINS.values(), ids=TWINS)
def test_twenty_steps_equal_torchs(config, theirs):
    results = []
    for make in (lambda p: build_optimizer(config, p), theirs):
        weights = make_weights()
        optimizer = make(weights)
        for _ in range(20):
            optimizer.zero_grad()
            sum((w.sin() * w).sum() for w in weights).backward()
            optimizer.step()
        results.append(weights)
    for mine, reference in zip(*results, strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-12, atol=1e-13)


def test_the_learning_rate_of_every_group_is_set():
    first, second = make_weights()
    optimizer = build_optimizer(OptimizerConfig(), [first])
    optimizer.add_param_group({"params": [second]})
    set_lr(optimizer, 0.025)
    assert [group["lr"] for group in optimizer.param_groups] == [0.025, 0.025]


@pytest.mark.parametrize(
    ("config", "theirs"),
    [
        (OptimizerConfig(clip_norm=0.5), lambda p: nn.utils.clip_grad_norm_(p, 0.5)),
        (OptimizerConfig(clip_value=0.1), lambda p: nn.utils.clip_grad_value_(p, 0.1)),
        (OptimizerConfig(clip_norm=1e6), lambda p: None),
        (OptimizerConfig(), lambda p: None),
        (
            OptimizerConfig(clip_value=0.1, clip_norm=0.2),
            lambda p: (nn.utils.clip_grad_value_(p, 0.1), nn.utils.clip_grad_norm_(p, 0.2)),
        ),
    ],
    ids=["norm", "value", "norm beyond reach", "none", "value then norm"],
)
def test_clipping_equals_torchs(config, theirs):
    gradients = []
    for clip_all in (lambda p: clip(config, p), theirs):
        weights = make_weights()
        sum(w.square().sum() for w in weights).backward()
        clip_all(weights)
        gradients.append([w.grad for w in weights])
    for mine, reference in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-12, atol=0)


def test_a_clipped_gradient_keeps_its_direction_and_has_the_norm_asked_for():
    weights = make_weights()
    sum(w.square().sum() for w in weights).backward()
    before = torch.cat([w.grad.flatten() for w in weights])
    clip(OptimizerConfig(clip_norm=0.5), weights)
    after = torch.cat([w.grad.flatten() for w in weights])
    assert after.norm() == pytest.approx(0.5, rel=1e-5)
    assert torch.nn.functional.cosine_similarity(before, after, dim=0) == pytest.approx(1)


REFUSED = [
    ({"learning_rate": 0.0}, "learning_rate: got 0.0, need a number above 0, up to 1,000,000."),
    ({"learning_rate": math.nan}, "learning_rate: got nan, need a number above 0, up to 1,000,000."),
    ({"learning_rate": math.inf}, "learning_rate: got inf, need a number above 0, up to 1,000,000."),
    ({"momentum": 1.0}, "momentum: got 1.0, need a number from 0 up to, not with, 1 (share)."),
    ({"momentum": -0.1}, "momentum: got -0.1, need a number from 0 up to, not with, 1 (share)."),
    ({"weight_decay": -1.0}, "weight_decay: got -1.0, need a number from 0 to 1,000,000."),
    ({"weight_decay": math.nan}, "weight_decay: got nan, need a number from 0 to 1,000,000."),
    ({"clip_norm": 0.0}, "clip_norm: got 0.0, need a number above 0, up to 1,000,000."),
    ({"clip_value": math.nan}, "clip_value: got nan, need a number above 0, up to 1,000,000."),
    (
        {"name": "adam", "momentum": 0.9},
        "optimizer.name: got 'adam', need sgd or rmsprop or muon for momentum. Set name=sgd, or leave momentum out.",
    ),
    (
        {"name": "adagrad", "beta2": 0.9},
        "optimizer.name: got 'adagrad', need adam or adamw or muon for beta2. Set name=adam, or leave beta2 out.",
    ),
    (
        {"decay": 0.0},
        "optimizer.name: got 'sgd', need rmsprop or adadelta for decay. Set name=rmsprop, or leave decay out.",
    ),
    (
        {"name": "rmsprop", "beta1": 0.0},
        "optimizer.name: got 'rmsprop', need adam or adamw or muon for beta1. Set name=adam, or leave beta1 out.",
    ),
    ({"decay": 1.0}, "decay: got 1.0, need a number from 0 up to, not with, 1 (share)."),
    ({"eps": 0.0}, "eps: got 0.0, need a number above 0, up to 1,000,000."),
    ({"l1": -0.1}, "l1: got -0.1, need a number from 0 to 1,000,000."),
    ({"l1": 0.1, "weight_decay": 0.1}, "l1: got 0.1, need weight_decay=0 and nesterov=false beside it."),
    ({"nesterov": True}, "nesterov: got True, need a momentum above 0. Set momentum=0.9."),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED, ids=[str(settings) for settings, _ in REFUSED])
def test_bad_settings_are_refused_with_the_whole_sentence(settings, sentence):
    with pytest.raises(ConfigError) as caught:
        OptimizerConfig(**settings)
    assert str(caught.value) == sentence


def test_a_renamed_setting_leads_to_one_that_exists():
    names = {field.name for field in dataclasses.fields(OptimizerConfig)}
    assert OptimizerConfig.RENAMED["rest_factor"] == "adamw_lr_scale"
    assert set(OptimizerConfig.RENAMED.values()) <= names
    assert not set(OptimizerConfig.RENAMED) & names
