"""FCN and U-Net: their sizes, an answer for each pixel of images of any size, and that they begin as they say."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.layers import to_scratch
from d2lab.models import FCNConfig, UNetConfig, build_model
from d2lab.models.fcn import PRIOR

SMALL = {
    "fcn": FCNConfig(classes=4, widths=(6, 8), blocks=1),
    "fcn, stride 8": FCNConfig(classes=4, widths=(6, 6, 8), blocks=1),
    "fcn, stride 1": FCNConfig(classes=4, stem=1, widths=(6,), blocks=1),
    "unet": UNetConfig(classes=4, widths=(6, 8, 10)),
    "unet, whole": UNetConfig(classes=4, stem=1, widths=(6, 8)),
}
each = pytest.mark.parametrize("config", SMALL.values(), ids=SMALL)


def build(config, seed=0):
    torch.manual_seed(seed)
    return build_model(config)


def loosened(net, rng):
    """Return the model with scores that differ from class to class and from place to place."""
    nn.init.normal_(net.score.weight, std=0.5, generator=rng)
    return net


@pytest.mark.parametrize("config", [FCNConfig(), UNetConfig()])
def test_the_number_in_the_docstring_is_the_number_of_the_defaults(config):
    stated = re.search(r"defaults have ([\d,]+) parameters", type(config).__doc__)
    with torch.device("meta"):
        net = build_model(config)
    assert int(stated[1].replace(",", "")) == sum(p.numel() for p in net.parameters())


@each
@pytest.mark.parametrize("size", [(16, 16), (24, 40), (17, 30), (1, 1), (9, 8)])
def test_every_pixel_of_images_of_any_size_is_answered(config, size):
    net = build(config).eval()
    assert net(torch.rand(2, 3, *size)).shape == (2, 4, *size)


@each
def test_before_training_every_pixel_is_background_with_the_stated_probability(config, rng):
    net = build(config).eval()
    chances = net(torch.rand(2, 3, 48, 48, generator=rng)).softmax(1)[:, :, 16:32, 16:32]
    torch.testing.assert_close(chances[:, 0], torch.full_like(chances[:, 0], PRIOR), rtol=0, atol=0.03)


@each
def test_a_pixel_answers_for_what_is_seen_around_it(config, rng):
    """A change in the upper right corner moves the answers there, and none of another image."""
    net = loosened(build(config), rng).double().eval()
    images = torch.rand(2, 3, 96, 96, generator=rng, dtype=torch.float64)
    changed = images.clone()
    changed[0, :, 4:8, 84:88] = 0
    before, after = net(images), net(changed)
    assert torch.equal(before[1], after[1])
    moved = (before[0] - after[0]).abs().sum(0)
    assert moved[64:, :32].max() < 0.01 * moved.max()
    row, column = divmod(int(moved.argmax()), 96)
    assert row < 24
    assert column > 70


@each
def test_an_image_of_odd_size_is_padded_below_and_at_the_right(config, rng):
    """Its answers are those of the image with zeros around it, cut off there."""
    net = loosened(build(config), rng).double().eval()
    image = torch.rand(1, 3, 21, 27, generator=rng, dtype=torch.float64)
    multiple = getattr(net, "multiple", None) or net.stride
    whole = functional.pad(image, (0, -27 % multiple, 0, -21 % multiple))
    torch.testing.assert_close(net(image), net(whole)[..., :21, :27], rtol=1e-9, atol=1e-11)


@each
def test_every_image_gets_an_answer_alone_or_in_a_batch(config, rng):
    net = loosened(build(config), rng).double().eval()
    batch = torch.rand(3, 3, 20, 28, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        together = net(batch)
        for number, image in enumerate(batch):
            torch.testing.assert_close(net(image[None])[0], together[number], rtol=1e-9, atol=1e-11)


@each
def test_rebuilt_from_scratch_it_has_the_same_outputs_and_gradients(config, rng):
    net = loosened(build(config), rng).double()
    mine = to_scratch(net)
    images = torch.rand(2, 3, 16, 16, generator=rng, dtype=torch.float64)
    results = []
    for model in (net, mine):
        outputs = model(images)
        outputs.square().mean().backward()
        results.append([outputs, *(p.grad for p in model.parameters())])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-10)


def test_an_fcn_enlarges_by_bilinear_interpolation_and_learns_it_where_it_may(rng):
    net = loosened(build(SMALL["fcn, stride 8"]), rng).double().eval()
    image = torch.rand(1, 3, 64, 64, generator=rng, dtype=torch.float64)
    scores = net.score(net.body(image))
    assert scores.shape[-2:] == (8, 8)
    theirs = functional.interpolate(scores, scale_factor=8, mode="bilinear", align_corners=False)
    torch.testing.assert_close(net(image)[..., 4:-4, 4:-4], theirs[..., 4:-4, 4:-4], rtol=1e-10, atol=1e-10)
    assert net.enlarge.weight.requires_grad
    fixed = build(FCNConfig(classes=4, widths=(6,), learned=False))
    assert not fixed.enlarge.weight.requires_grad


def test_the_finest_map_and_the_coarsest_one_are_heard(rng):
    net = loosened(build(SMALL["unet"]), rng).double()
    net(torch.rand(2, 3, 16, 16, generator=rng, dtype=torch.float64)).square().mean().backward()
    for level in net.down:
        assert level.conv2.weight.grad.count_nonzero()
    joined = net.up[-1].join.conv1[0].weight.grad.abs().sum((0, 2, 3))  # of the finer map, then of the enlarged one
    assert (joined > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fcn", "unet"])
def test_eight_scenes_are_memorized(kind):
    from d2lab import data

    split = data.load("scenes-pixels").train.subset(torch.arange(8))
    config = FCNConfig(widths=(16, 32)) if kind == "fcn" else UNetConfig(widths=(16, 24, 32))
    net, images = build(config), split.inputs.float() / 255
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        functional.cross_entropy(net(images), split.targets.long()).backward()
        optimizer.step()
    found = net(images).argmax(1)
    ink = split.targets > 0
    assert (found == split.targets).float().mean() > 0.98
    assert (found == split.targets)[ink].float().mean() > 0.85


def test_bad_sizes_are_refused_with_the_whole_sentence():
    with pytest.raises(ConfigError, match=r"FCNConfig.widths: got \(\), need 1 to 5 numbers\."):
        FCNConfig(widths=())
    with pytest.raises(ConfigError, match=r"FCNConfig.blocks: got 0, need a whole number from 1"):
        FCNConfig(blocks=0)
    with pytest.raises(ConfigError, match=r"UNetConfig.widths: got \(8,\), need 2 to 8 numbers\."):
        UNetConfig(widths=(8,))
