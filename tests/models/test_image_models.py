"""The big image nets: the papers' sizes, torchvision's logits, ours by `to_scratch`, eight images by heart."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.layers import to_scratch
from d2lab.models import (
    AlexNetConfig,
    CifarNetConfig,
    DenseNetConfig,
    EfficientNetLiteConfig,
    GoogLeNetConfig,
    LeNetConfig,
    NiNConfig,
    ResNetConfig,
    VGGConfig,
    build_model,
)
from d2lab.models.image import after
from d2lab.models.variants import VARIANTS, variant

WORLD = {"channels": 3, "classes": 1000}
SIZES = [  # of ImageNet's nets as torchvision states them; of the notes' by their own layers
    (AlexNetConfig(widths=(64, 192, 384, 256, 256), padding=2, **WORLD), 61_100_840),
    (VGGConfig(depth=11, **WORLD), 132_863_336),
    (VGGConfig(depth=13, **WORLD), 133_047_848),
    (VGGConfig(depth=16, **WORLD), 138_357_544),
    (VGGConfig(depth=19, **WORLD), 143_667_240),
    (VGGConfig(depth=16, norm=True, **WORLD), 138_365_992),
    (ResNetConfig(depth=18, **WORLD), 11_689_512),
    (ResNetConfig(depth=34, **WORLD), 21_797_672),
    (ResNetConfig(depth=50, **WORLD), 25_557_032),
    (ResNetConfig(depth=101, **WORLD), 44_549_160),
    (ResNetConfig(depth=152, **WORLD), 60_192_808),
    (ResNetConfig(depth=20, stem="small", shortcut="pad", channels=3, side=32), 269_722),
    (ResNetConfig(depth=110, stem="small", shortcut="pad", channels=3, side=32), 1_727_962),
    (DenseNetConfig(blocks=(6, 12, 24, 16), bottleneck=True, bias=False, side=224, **WORLD), 7_978_856),
    (DenseNetConfig(blocks=(6, 12, 32, 32), bottleneck=True, bias=False, side=224, **WORLD), 14_149_480),
    (DenseNetConfig(blocks=(6, 12, 48, 32), bottleneck=True, bias=False, side=224, **WORLD), 20_013_928),
    (EfficientNetLiteConfig(**WORLD), 4_652_008),
    (EfficientNetLiteConfig(width=1.1, depth=1.2, **WORLD), 6_092_072),
    (EfficientNetLiteConfig(width=1.4, depth=1.8, **WORLD), 13_006_568),
]
SMALL = {  # every kind of block, at the smallest sizes that still hold it
    "AlexNet": AlexNetConfig(side=65, widths=(8, 12, 12, 12, 8), hidden=32, dropout=0.0),
    "VGG": VGGConfig(side=32, width=1 / 16, hidden=32, dropout=0.0),
    "VGG, normalized": VGGConfig(side=32, depth=13, width=1 / 16, hidden=32, dropout=0.0, norm=True),
    "NiN": NiNConfig(side=67, widths=(16, 24, 32), dropout=0.0, relu_scores=False),
    "GoogLeNet": GoogLeNetConfig(side=32),
    "LeNet, normalized": LeNetConfig(side=16, norm=True),
    "ResNet": ResNetConfig(side=32),
    "ResNet, the notes'": ResNetConfig(side=32, bias=True),
    "ResNet, bottlenecks": ResNetConfig(side=32, depth=50),
    "ResNet, pre": ResNetConfig(side=32, order="pre"),
    "ResNet, small, pre": ResNetConfig(side=16, depth=8, stem="small", shortcut="pad", order="pre"),
    "plain": ResNetConfig(side=16, depth=8, stem="small", shortcut="none"),
    "DenseNet": DenseNetConfig(side=32, growth=8, stem=16),
    "CifarNet": CifarNetConfig(side=16, widths=(8, 12)),
    "CifarNet, residual": CifarNetConfig(side=16, widths=(8, 12), convolutions=3),
    "EfficientNet-Lite": EfficientNetLiteConfig(side=33, width=0.25, dropout=0.0),
    "DenseNet, bottlenecks": DenseNetConfig(side=32, blocks=(2, 2), growth=8, bottleneck=True, bias=False),
}
small = pytest.mark.parametrize("config", SMALL.values(), ids=SMALL)


def build(config, seed=0):
    torch.manual_seed(seed)
    return build_model(config)


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(("config", "parameters"), SIZES, ids=lambda value: repr(value)[:60])
def test_a_net_has_the_papers_number_of_parameters(config, parameters):
    with torch.device("meta"):
        assert count(build_model(config)) == parameters


DEFAULTS = (AlexNetConfig, VGGConfig, NiNConfig, GoogLeNetConfig, ResNetConfig, DenseNetConfig, CifarNetConfig)
DEFAULTS += (EfficientNetLiteConfig,)


@pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
def test_the_number_in_the_docstring_is_the_number_of_the_defaults(kind):
    stated = re.search(r"defaults have ([\d,]+) parameters", kind.__doc__)
    with torch.device("meta"):
        assert int(stated[1].replace(",", "")) == count(build_model(kind()))


TORCHVISION = ("alexnet", "vgg11", "vgg16_bn", "resnet18", "resnet50", "densenet121")


def test_a_paper_s_net_has_a_name_and_a_wrong_one_is_answered_with_the_nearest():
    assert variant("resnet50") == SIZES[8][0]
    assert {c for c, _ in SIZES if c.classes == 1000} <= set(VARIANTS.values())
    with pytest.raises(ConfigError, match=r"Did you mean 'resnet50'\?"):
        variant("resnet-50")


@pytest.mark.slow
@pytest.mark.parametrize("name", TORCHVISION)
def test_with_torchvisions_weights_the_logits_are_torchvisions(name):
    models = pytest.importorskip(
        "torchvision.models", reason="the extra `vision` is not installed", exc_type=ImportError
    )
    torch.manual_seed(0)
    theirs = getattr(models, name)(weights=None).eval()
    for buffer in theirs.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    ours = build_model(variant(name)).eval()
    shapes = [[tuple(v.shape) for v in net.state_dict().values()] for net in (ours, theirs)]
    assert shapes[0] == shapes[1]
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    images = torch.rand(2, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


@small
def test_every_image_gets_an_answer_alone_or_in_a_batch(config, rng):
    net = build(config).double().eval()
    batch = torch.rand(3, config.channels, config.side, config.side, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        assert net(batch[:0]).shape == (0, config.classes)
        alone = torch.cat([net(image.unsqueeze(0)) for image in batch])
        torch.testing.assert_close(net(batch), alone, rtol=1e-9, atol=1e-11)


@small
def test_rebuilt_from_scratch_it_has_the_same_logits_and_gradients(config, rng):
    net = build(config).double()
    for weight in net.parameters():
        if not weight.count_nonzero():  # a head or bias that starts at 0 would hide a difference
            nn.init.normal_(weight, std=0.1, generator=rng)
    mine = to_scratch(net)
    images = torch.rand(4, config.channels, config.side, config.side, generator=rng, dtype=torch.float64)
    outputs = [model(images) for model in (mine, net)]
    torch.testing.assert_close(outputs[0], outputs[1], rtol=1e-7, atol=1e-9)
    for output in outputs:
        output.square().sum().backward()
    pairs = [(a, b) for a, b in zip(mine.parameters(), net.parameters(), strict=True) if b.requires_grad]
    scale = max(float(b.grad.abs().max()) for _, b in pairs)  # a bias before a normalization has none of its own
    for ours, theirs in pairs:
        torch.testing.assert_close(ours.grad / scale, theirs.grad / scale, rtol=0, atol=1e-9)


@pytest.mark.slow
@small
def test_it_learns_eight_images_by_heart(config, rng):
    net = build(config)
    for layer in net.modules():  # as the notes start deep nets without normalization
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    images = torch.rand(8, config.channels, config.side, config.side, generator=rng)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(300):
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(images), torch.arange(8))
        loss.backward()
        optimizer.step()
        if loss < 0.05:
            break
    assert loss < 0.05


def test_without_its_branch_a_residual_block_is_the_identity():
    net = build(SMALL["ResNet, small, pre"]).eval()
    block = net.stage1[0]
    nn.init.zeros_(block.conv2.weight)
    maps = torch.randn(2, 16, 8, 8)
    assert torch.equal(block(maps), maps)


def test_bent_scores_are_never_negative_and_a_dead_class_stays_dead():
    net = build(NiNConfig(side=67, widths=(16, 24, 32), dropout=0.0))
    nn.init.constant_(net.block4[-2].bias[3:4].data, -1e3)
    scores = net(torch.rand(4, 1, 67, 67))
    assert (scores >= 0).all()
    functional.cross_entropy(scores, torch.full((4,), 3)).backward()
    assert net.block4[-2].bias.grad[3] == 0
    assert net.block4[-2].bias.grad[[0, 1, 2]].count_nonzero()


def test_a_dense_layer_keeps_what_it_was_given():
    net = build(SMALL["DenseNet"]).eval()
    maps = torch.randn(2, 16, 8, 8)
    out = net.block1(maps)
    assert out.shape[1] == 16 + 4 * 8
    assert torch.equal(out[:, :16], maps)


@pytest.mark.parametrize("side", [5, 6, 7, 11])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 2, 0), (3, 2, 1), (5, 1, 2)])
def test_sides_are_those_of_torch(side, kernel, stride, padding):
    maps = nn.Conv2d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, side, side))
    assert after(side, kernel, stride, padding) == maps.shape[-1]


REFUSED = [
    (
        lambda: AlexNetConfig(side=64),
        "AlexNetConfig.side: got 64, need 65 or more. Enlarge the image with --set side=65.",
    ),
    (
        lambda: AlexNetConfig(widths=(1, 2)),
        "AlexNetConfig.widths: got (1, 2), need 5 numbers.",
    ),
    (
        lambda: AlexNetConfig(dropout=1.0),
        "AlexNetConfig.dropout: got 1.0, need a number from 0 up to, not with, 1 (share).",
    ),
    (lambda: VGGConfig(depth=12), "VGGConfig.depth: got 12, need one of 11, 13, 16, 19."),
    (lambda: VGGConfig(width=0.0), "VGGConfig.width: got 0.0, need a number from 0.015625 to 64."),
    (lambda: VGGConfig(side=31), "VGGConfig.side: got 31, need 32 or more. Enlarge the image with --set side=32."),
    (lambda: VGGConfig(dropout=-1.0), "VGGConfig.dropout: got -1.0, need a number from 0 up to, not with, 1 (share)."),
    (lambda: NiNConfig(widths=(1,)), "NiNConfig.widths: got (1,), need 3 numbers."),
    (lambda: NiNConfig(side=66), "NiNConfig.side: got 66, need 67 or more. Enlarge the image with --set side=67."),
    (lambda: NiNConfig(dropout=2.0), "NiNConfig.dropout: got 2.0, need a number from 0 up to, not with, 1 (share)."),
    (lambda: CifarNetConfig(widths=()), "CifarNetConfig.widths: got (), need 1 to 10 numbers."),
    (lambda: CifarNetConfig(convolutions=4), "CifarNetConfig.convolutions: got 4, need a whole number from 2 to 3."),
    (
        lambda: CifarNetConfig(side=8),
        "CifarNetConfig.side: got 8, need 9 or more. Enlarge the image with --set side=9.",
    ),
    (
        lambda: GoogLeNetConfig(channels=0),
        "GoogLeNetConfig.channels: got 0, need a whole number from 1 to 4,096 (channels).",
    ),
    (
        lambda: GoogLeNetConfig(classes=1),
        "GoogLeNetConfig.classes: got 1, need a whole number from 2 to 1,000,000 (classes).",
    ),
    (lambda: ResNetConfig(depth=20), "ResNetConfig.depth: got 20, need one of 18, 34, 50, 101, 152."),
    (
        lambda: ResNetConfig(depth=18, stem="small"),
        "ResNetConfig.depth: got 18, need 6n + 2, from 8, with stem=small.",
    ),
    (
        lambda: DenseNetConfig(growth=0),
        "DenseNetConfig.growth: got 0, need a whole number from 1 to 4,096 (channels).",
    ),
    (
        lambda: DenseNetConfig(side=31),
        "DenseNetConfig.side: got 31, need 32 or more. Enlarge the image with --set side=32.",
    ),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=[sentence.split(",")[0] for _, sentence in REFUSED])
def test_bad_sizes_are_refused_with_the_whole_sentence(make, sentence):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == sentence


def test_whitened_patches_are_uncorrelated_of_mean_0_and_variance_1(rng):
    smooth = functional.avg_pool2d(torch.rand(50, 3, 18, 18, generator=rng, dtype=torch.float64), 3, 1)
    images = smooth * torch.tensor([1.0, 0.5, 0.2]).double().view(3, 1, 1) + 0.3
    net = build(CifarNetConfig(side=16, widths=(4, 4))).double()
    net.prepare_from(images)
    outputs = net.whitening(images).permute(1, 0, 2, 3).flatten(1)
    half = len(outputs) // 2
    assert outputs.mean(1).abs().max() < 1e-12
    torch.testing.assert_close(outputs[half:], -outputs[:half], rtol=0, atol=1e-10)
    variances = torch.cov(outputs[:half], correction=0)
    assert (variances - torch.diag(variances.diagonal())).abs().max() < 1e-10
    unpushed = variances.diagonal()[:3]  # the strongest directions, to which FLAT adds next to nothing
    assert ((unpushed > 0.95) & (unpushed <= 1)).all()


def test_a_fresh_cifarnet_hands_its_input_on_and_says_nothing_yet(rng):
    net = build(CifarNetConfig(side=16, widths=(30, 40))).eval()
    maps = torch.rand(2, 24, 8, 8, generator=rng)
    torch.testing.assert_close(net.group1.start[0](maps)[:, :24], maps)
    assert torch.equal(net(torch.rand(2, 3, 16, 16, generator=rng)), torch.zeros(2, 10))
    frozen = {name for name, weight in net.named_parameters() if not weight.requires_grad}
    assert frozen == {"whitening.weight"} | {
        n for n in dict(net.named_parameters()) if n.endswith(("start.2.weight", "rest.1.weight"))
    }


def test_three_convolutions_a_group_have_a_sum_around_the_last_two(rng):
    group = build(CifarNetConfig(side=16, widths=(4, 4), convolutions=3)).group2.eval()
    nn.init.zeros_(group.rest[3].weight)
    maps = torch.rand(2, 4, 8, 8, generator=rng)
    torch.testing.assert_close(group(maps), group.start(maps))
