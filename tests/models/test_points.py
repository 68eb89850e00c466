"""The detector by points: its size, its outputs for images of any size, and that it starts as it says."""

import re

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.layers import to_scratch
from d2lab.models import PointsConfig, build_model

SMALL = PointsConfig(classes=3, widths=(8, 12, 16), head_width=12)


def build(config=SMALL, seed=0):
    torch.manual_seed(seed)
    return build_model(config)


def loosened(net, rng):
    """Return the model with weights of the heads that differ from point to point."""
    for layer in (net.logits, net.distances):
        nn.init.normal_(layer.weight, std=0.2, generator=rng)
    return net


@pytest.mark.parametrize("stride", [4, 8])
def test_the_number_in_the_docstring_is_the_number_of_the_defaults(stride):
    stated = re.search(r"defaults have ([\d,]+) parameters", PointsConfig.__doc__)
    with torch.device("meta"):
        net = build_model(PointsConfig(stride=stride))
    assert int(stated[1].replace(",", "")) == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("stride", [4, 8])
@pytest.mark.parametrize("size", [(64, 64), (40, 72), (33, 50), (1, 1), (9, 8)])
def test_images_of_any_size_have_a_point_in_the_middle_of_every_cell(stride, size):
    net = build(PointsConfig(classes=3, widths=(8, 12, 16), head_width=12, stride=stride)).eval()
    outputs = net(torch.rand(2, 3, *size))
    rows, columns = (-(-pixels // stride) for pixels in size)
    assert outputs["logits"].shape == (2, rows * columns, 3)
    assert outputs["distances"].shape == (2, rows * columns, 4)
    plain = [[stride * (column + 0.5), stride * (row + 0.5)] for row in range(rows) for column in range(columns)]
    assert outputs["points"].tolist() == plain
    assert (outputs["distances"] > 0).all()


def test_before_training_every_point_says_background_and_four_strides(rng):
    outputs = build()(torch.rand(2, 3, 64, 64, generator=rng))
    torch.testing.assert_close(outputs["logits"].sigmoid().mean(), torch.tensor(0.01), rtol=0.2, atol=0)
    torch.testing.assert_close(outputs["distances"].mean(), torch.tensor(16.0), rtol=0.1, atol=0)


def test_a_point_answers_for_what_is_seen_around_it(rng):
    net = loosened(build(), rng).double().eval()
    images = torch.rand(2, 3, 128, 128, generator=rng, dtype=torch.float64)
    changed = images.clone()
    changed[0, :, 4:8, 100:104] = 0  # near the right end of the upper rows
    before, after = (net(one)["logits"].view(2, 16, 16, 3) for one in (images, changed))
    assert torch.equal(before[1], after[1])
    moved = (before[0] - after[0]).abs().sum(2)
    assert moved[0, 12] > 100 * moved[15, 0]
    assert moved.argmax() // 16 < 4
    assert moved.argmax() % 16 > 9


def test_every_image_gets_an_answer_alone_or_in_a_batch(rng):
    net = loosened(build(), rng).double().eval()
    batch = torch.rand(3, 3, 48, 40, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        together = net(batch)
        for number, image in enumerate(batch):
            alone = net(image.unsqueeze(0))
            for name in ("logits", "distances"):
                torch.testing.assert_close(alone[name][0], together[name][number], rtol=1e-9, atol=1e-11)
        assert net(batch[:0])["logits"].shape == (0, 30, 3)


def test_rebuilt_from_scratch_it_has_the_same_outputs_and_gradients(rng):
    net = loosened(build(), rng).double()
    mine = to_scratch(net)
    images = torch.rand(2, 3, 32, 32, generator=rng, dtype=torch.float64)
    results = []
    for model in (net, mine):
        outputs = model(images)
        (outputs["logits"].square().mean() + outputs["distances"].log().square().mean()).backward()
        results.append([outputs["logits"], outputs["distances"], *(p.grad for p in model.parameters())])
    assert net.upward.weight.grad.count_nonzero()  # the coarsest maps are heard
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


def test_no_distance_is_infinite(rng):
    net = build().eval()
    nn.init.constant_(net.distances.bias, 1e4)
    assert net(torch.rand(1, 3, 16, 16, generator=rng))["distances"].isfinite().all()


def test_bad_sizes_are_refused_with_the_whole_sentence():
    with pytest.raises(ConfigError, match=r"PointsConfig.widths: got \(8, 8\), need 3 numbers\."):
        PointsConfig(widths=(8, 8))
    with pytest.raises(ConfigError, match=r"PointsConfig.head_width: got 0, need a whole number from 1"):
        PointsConfig(head_width=0)
