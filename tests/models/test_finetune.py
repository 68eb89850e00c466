"""Fine-tuning: what is frozen does not move by a bit, what is new begins as it should, each group has its rate."""

import copy
import dataclasses

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.models import (
    DenseNetConfig,
    LeNetConfig,
    MLPConfig,
    NiNConfig,
    PretrainedConfig,
    ResNetConfig,
    VGGConfig,
    build_model,
)
from d2lab.models.finetune import (
    class_number,
    find_head,
    freeze,
    freeze_statistics,
    head_from_classes,
    parameter_groups,
    replace_head,
    unfreeze,
)
from d2lab.models.zero_shot import zero_shot
from d2lab.train.finetune import FineTuneConfig, Source, load_pretrained_weights

RESNET = ResNetConfig(depth=8, stem="small", shortcut="pad", side=16)
HEADS = {
    "out": [
        RESNET,
        LeNetConfig(),
        MLPConfig(),
        DenseNetConfig(side=32, growth=8, stem=16),
        PretrainedConfig(classes=10),
    ],
    "head.7": [VGGConfig(side=32, width=1 / 16, hidden=32)],
    "block4.4": [NiNConfig(side=67, widths=(16, 24, 32))],
}
LIBRARY = [  # one of each kind of head
    "torchvision/googlenet", "torchvision/inception_v3", "torchvision/squeezenet1_1", "torchvision/convnext_tiny",
    "torchvision/vit_b_16", "torchvision/swin_t", "torchvision/efficientnet_b0", "torchvision/maxvit_t",
    "timm/vit_tiny_patch16_224", "timm/convnext_atto", "timm/mobilenetv3_small_050", "timm/regnetx_002",
    "timm/mixer_s32_224", "timm/efficientnet_b0",
]  # fmt: skip


def build(config, seed=0):
    torch.manual_seed(seed)
    return build_model(config)


def learn(model, steps=3, *, rate=0.1):
    """Train on noise, as a user's own loop would: train() before every step, and weight decay."""
    learning = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=rate, momentum=0.9, weight_decay=0.1)
    for step in range(steps):
        model.train()
        images = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        functional.cross_entropy(model(images), torch.arange(8)).backward()
        optimizer.step()


@pytest.mark.parametrize(("name", "config"), [(name, c) for name, configs in HEADS.items() for c in configs])
def test_the_head_of_our_nets_is_found(name, config):
    with torch.device("meta"):
        head = find_head(build_model(config))
    assert (head.name, head.classes) == (name, 10)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", LIBRARY)
def test_the_head_of_a_librarys_net_is_found_and_replaced(architecture):
    pytest.importorskip(architecture.partition("/")[0], exc_type=ImportError)
    with torch.device("meta"):
        model = build_model(PretrainedConfig(architecture=architecture, classes=1000))
        assert find_head(model).classes == 1000
        assert replace_head(model, 7).classes == 7
        assert find_head(model).classes == 7
        size = 299 if "inception" in architecture else 224
        assert model.eval()(torch.zeros(2, 3, size, size)).shape == (2, 7)


def test_a_net_without_a_head_is_refused():
    for model in (nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)), nn.Sequential(nn.Conv2d(1, 2, 3)), nn.ReLU()):
        with pytest.raises(ConfigError, match="the head"):
            find_head(model)


@pytest.mark.parametrize("config", [RESNET, NiNConfig(side=67, widths=(16, 24, 32))], ids=["linear", "convolution"])
def test_a_new_head_is_drawn_and_lies_where_the_old_one_lay(config):
    model = build(config).double().eval()
    body = {
        name: value.clone() for name, value in model.state_dict().items() if not name.startswith(find_head(model).name)
    }
    old = find_head(model).layer.weight.clone()
    torch.manual_seed(3)
    head = replace_head(model, 4)
    torch.manual_seed(3)
    like = (nn.Linear(64, 4) if config is RESNET else nn.Conv2d(10, 4, 1)).to(torch.float64)
    spread = like.weight.std()
    assert not torch.equal(head.layer.weight[:4], old[:4])
    torch.testing.assert_close(head.layer.weight.std(), spread, rtol=0.2, atol=0)
    assert head.layer.weight.dtype == torch.float64
    assert not head.layer.training
    assert all(torch.equal(model.state_dict()[name], value) for name, value in body.items())
    assert model(torch.rand(2, 1, config.side, config.side, dtype=torch.float64)).shape == (2, 4)
    with pytest.raises(ConfigError, match="2 or more"):
        replace_head(model, 1)


@pytest.mark.parametrize("up_to", ["conv1", "stage2", "stage2.0.conv1", "body"])
def test_what_is_frozen_does_not_move_by_a_bit(up_to):
    model = build(RESNET)
    freeze(model, up_to)
    before = copy.deepcopy(model.state_dict())
    learn(model)
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    order = list(before)
    last = {"conv1": "conv1.weight", "stage2": "stage2.0.norm2.num_batches_tracked"}
    last |= {"stage2.0.conv1": "stage2.0.conv1.weight", "body": "stage3.0.norm2.num_batches_tracked"}
    frozen = set(order[: order.index(last[up_to]) + 1])
    assert moved == set(order) - frozen


def test_without_freezing_statistics_move_though_weights_are_held():
    """The trap itself: requires_grad=False alone leaves batch normalization measuring."""
    model = build(RESNET)
    for parameter in model.stage1.parameters():
        parameter.requires_grad_(False)
    before = model.stage1[0].norm1.running_mean.clone()
    learn(model)
    assert not torch.equal(model.stage1[0].norm1.running_mean, before)


def test_frozen_layers_answer_in_training_as_in_evaluation(rng):
    model = freeze(build(RESNET), "stage2").train()
    images = torch.rand(4, 1, 16, 16, generator=rng)
    low = nn.Sequential(*list(model.children())[:5])
    answers = []
    for mode in (True, False):
        model.train(mode)
        answers.append(low(images))
    assert torch.equal(*answers)
    assert model.train().stage3[0].norm1.training
    assert not model.stage2[0].norm1.training


def test_unfreezing_lets_everything_learn_again():
    model = unfreeze(freeze(build(RESNET).train(), "body"))
    assert all(p.requires_grad for p in model.parameters())
    assert all(module.training for module in model.modules())
    model.eval()
    assert not any(module.training for module in model.modules())
    before = copy.deepcopy(model.state_dict())
    learn(model)
    assert all(
        not torch.equal(v, before[k]) for k, v in model.state_dict().items() if "norm" in k and v.is_floating_point()
    )


def test_a_copy_of_a_frozen_net_is_frozen_itself_and_on_its_own():
    model = freeze(build(RESNET), "stage1")
    twin = copy.deepcopy(model)
    unfreeze(model).train()
    twin.train()
    assert model.stage1[0].norm1.training
    assert not twin.stage1[0].norm1.training


def test_a_layer_that_is_not_there_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match=r"Did you mean 'stage3'\?"):
        freeze(build(RESNET), "stage4")
    model = build(RESNET)
    with pytest.raises(ConfigError):
        freeze(model, "")
    assert all(p.requires_grad for p in model.parameters())


def test_rows_of_the_head_are_those_of_the_source():
    source, model = build(RESNET, 1), build(ResNetConfig(depth=8, stem="small", shortcut="pad", side=16, classes=3), 2)
    names = [f"class {number}" for number in range(10)]
    before = model.out.weight.clone()
    rows = {"hot dog": 7, "bun": "class 2"}
    head_from_classes(model, rows, classes=("hot dog", "plate", "bun"), source=source, source_classes=names)
    assert torch.equal(model.out.weight[[0, 2]], source.out.weight[[7, 2]])
    assert torch.equal(model.out.bias[[0, 2]], source.out.bias[[7, 2]])
    assert torch.equal(model.out.weight[1], before[1])
    model.load_state_dict({k: v for k, v in source.state_dict().items() if not k.startswith("out")}, strict=False)
    images = torch.rand(2, 1, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(images)[:, [0, 2]], source.eval()(images)[:, [7, 2]])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"hotdgo": 3}, "Did you mean 'hotdog'"),
        ({"hotdog": 10}, "0 to 9"),
        ({"hotdog": -1}, "0 to 9"),
        ({"hotdog": "clas 4"}, "Did you mean 'class 4'"),
    ],
)
def test_a_class_that_is_not_there_is_answered_with_the_nearest(rows, words):
    model = build(ResNetConfig(depth=8, stem="small", shortcut="pad", side=16, classes=2))
    before = model.out.weight.clone()
    known = {"source": build(RESNET), "source_classes": [f"class {number}" for number in range(10)]}
    with pytest.raises(ConfigError) as caught:
        head_from_classes(model, rows, classes=("hotdog", "not hotdog"), **known)
    assert words in str(caught.value)
    assert torch.equal(model.out.weight, before)


def test_heads_that_do_not_fit_each_other_are_refused():
    model, other = build(RESNET), build(LeNetConfig())
    names = [str(number) for number in range(10)]
    with pytest.raises(ConfigError, match="64 features"):
        head_from_classes(model, {"1": "1"}, classes=names, source=other, source_classes=names)
    with pytest.raises(ConfigError, match="10, one for each row of out"):
        head_from_classes(model, {"1": "1"}, classes=names[:9], source=model, source_classes=names)
    assert class_number("3", names) == class_number(3, names) == 3


def test_groups_hold_every_learning_weight_once_and_no_frozen_one():
    model = freeze(build(RESNET), "stage1")
    body, head = parameter_groups(model, 10.0)
    assert [body["lr_scale"], head["lr_scale"]] == [1.0, 10.0]
    assert {id(p) for p in head["params"]} == {id(p) for p in model.out.parameters()}
    both = [id(p) for p in body["params"] + head["params"]]
    assert sorted(both) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    assert len(parameter_groups(freeze(model, "body"))) == 1
    for factor in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ConfigError, match="head_lr_scale"):
            parameter_groups(model, factor)


def test_frozen_statistics_pass_train_by_while_everything_learns():
    """The trap: `model.train()` before each epoch wakes batch normalization that was only put into evaluation."""
    model, woken = freeze_statistics(build(RESNET)), build(RESNET).eval()
    before = [copy.deepcopy(one.state_dict()) for one in (model, woken)]
    for one in (model, woken):
        learn(one)
    running = [name for name in before[0] if "running" in name or "tracked" in name]
    assert all(torch.equal(model.state_dict()[name], before[0][name]) for name in running)
    assert not any(torch.equal(woken.state_dict()[name], before[1][name]) for name in running)
    assert not any(torch.equal(value, before[0][name]) for name, value in model.named_parameters())
    assert not model.train().stage1[0].norm1.training
    assert unfreeze(model).stage1[0].norm1.training


def test_each_layer_below_has_a_share_of_the_rate_above():
    model = build(RESNET)
    groups = parameter_groups(model, 10.0, 0.5)
    names = {id(p): name.partition(".")[0] for name, p in model.named_parameters()}
    held = [({names[id(p)] for p in group["params"]}, group["lr_scale"]) for group in groups]
    assert held[-1] == ({"out"}, 10.0)
    assert held[-4:-1] == [({"stage1"}, 0.25), ({"stage2"}, 0.5), ({"stage3"}, 1.0)]
    assert held[0] == ({"conv1"}, 0.5 ** (len(held) - 2))
    every = [id(p) for group in groups for p in group["params"]]
    assert sorted(every) == sorted(map(id, model.parameters()))
    some = parameter_groups(freeze(model, "stage2"), 2.0, 0.5)
    assert [group["lr_scale"] for group in some] == [1.0, 2.0]
    for decay in (0.0, 1.1, float("nan")):
        with pytest.raises(ConfigError, match="layer_decay"):
            parameter_groups(model, 2.0, decay)


def test_rows_may_be_stated_where_names_differ(rng):
    source = Source("x", RESNET, tuple(f"class {number}" for number in range(10)), dict)
    known = build(RESNET, 1).state_dict()
    for rows, pairs in ((("bun:class 2", "a:b:7"), {1: 2, 0: 7}), (("bun:3",), {1: 3})):
        model = build(dataclasses.replace(RESNET, classes=2), 2)
        drawn = model.out.weight.clone()
        tuning = FineTuneConfig(head="classes", rows=rows)
        load_pretrained_weights(model, source, known, tuning, ("a:b", "bun"))
        for here in (0, 1):
            expected = known["out.weight"][pairs[here]] if here in pairs else drawn[here]
            assert torch.equal(model.out.weight[here], expected)
    for rows, words in ((("bun",), "CLASS:SOURCE_CLASS"), (("bunn:3",), "Did you mean 'bun'"), (("bun:10",), "0 to 9")):
        with pytest.raises(ConfigError, match=words):
            load_pretrained_weights(model, source, known, FineTuneConfig(head="classes", rows=rows), ("a:b", "bun"))
    with pytest.raises(ConfigError, match="head=classes"):
        FineTuneConfig(rows=("bun:3",))


def test_zero_shot_scores_are_the_sources_under_new_names(rng):
    logits = torch.randn(50, 6, generator=rng)
    scores = zero_shot(logits, [[4, 1], [0], []])
    answer = torch.tensor([1, 0, 2, 2, 0, 2])[logits.argmax(1)]  # known class -> group
    assert torch.equal(scores.argmax(1), answer)
    assert torch.equal(scores[:, 1], logits[:, 0])
    left_out = zero_shot(logits, [[4], [0, 1]])  # the other classes are not asked about
    assert torch.equal(left_out.argmax(1) == 0, logits[:, 4] > logits[:, :2].amax(1))
    for groups in ([[1]], [[1], [1]], [[1], [6]], [[], []], [[0, 1, 2], [3, 4, 5], []]):
        with pytest.raises(ConfigError, match="groups"):
            zero_shot(logits, groups)
