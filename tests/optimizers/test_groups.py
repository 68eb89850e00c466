"""Embeddings apart from Muon's matrices."""

import torch
from torch import nn

from d2lab.models import GPT, GPTConfig
from d2lab.optimizers import OptimizerConfig, build_optimizer, set_lr
from d2lab.optimizers.groups import EMBEDDING_LR_SCALE, embeddings_apart

CONFIG = OptimizerConfig(name="muon", learning_rate=0.02, momentum=0.95, adamw_lr_scale=0.2)


def kinds(optimizer):
    return {id(p): (group["lr"], "ns_steps" in group) for group in optimizer.param_groups for p in group["params"]}


def test_adamw_takes_embedding_and_head_and_muon_the_matrices():
    model = GPT(GPTConfig(vocabulary=7, width=8, heads=2, layers=1, context=4))
    optimizer = build_optimizer(CONFIG, embeddings_apart(model))
    set_lr(optimizer, 0.01)
    found = kinds(optimizer)
    assert set(found) == {id(p) for p in model.parameters()}
    assert found[id(model.embedding.weight)] == (0.01 * 0.2 * EMBEDDING_LR_SCALE, False)
    assert found[id(model.head.weight)] == (0.01 * 0.2, False)
    rest = [p for name, p in model.named_parameters() if not name.startswith(("embedding", "head"))]
    assert {found[id(p)] for p in rest} == {(0.01, True)}


def test_a_model_without_an_embedding_has_no_groups_of_its_own():
    assert embeddings_apart(nn.Linear(2, 2)) is None
    frozen = nn.Sequential(nn.Embedding(3, 2).requires_grad_(False), nn.Linear(2, 2))
    assert embeddings_apart(frozen) is None


def test_a_step_moves_every_weight():
    model = GPT(GPTConfig(vocabulary=7, width=8, heads=2, layers=1, context=4))
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(std=0.5)
    before = [p.clone() for p in model.parameters()]
    optimizer = build_optimizer(CONFIG, embeddings_apart(model))
    model(torch.arange(7)[None, :4])[0].square().sum().backward()
    optimizer.step()
    assert all(not torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True))
