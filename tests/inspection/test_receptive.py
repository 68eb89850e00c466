"""The receptive field of every layer against brute force: which pixels have a gradient, in a model that hides none."""

import numpy as np
import pytest
import torch
from torch import nn

from d2lab.inspection.receptive import NOWHERE, of_image
from d2lab.inspection.summary import summarize
from d2lab.models import build_model
from d2lab.models.variants import variant


def laid_bare(model):
    """Make a model linear with positive weights, so that a pixel that is looked at has a gradient above 0."""
    for name, module in list(model.named_children()):
        if isinstance(module, nn.MaxPool2d):
            size = (module.kernel_size, module.stride, module.padding)
            setattr(model, name, nn.AvgPool2d(*size, ceil_mode=module.ceil_mode))
        elif isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d | nn.ReLU | nn.Sigmoid | nn.Dropout):
            setattr(model, name, nn.Identity())
        else:
            laid_bare(module)
    for parameter in model.parameters(recurse=False):
        fan_in = max(1, parameter[0].numel()) if parameter.ndim > 1 else 1
        nn.init.constant_(parameter, 1 / fan_in)
    return model


def outputs_by_call(model, image):
    """Return the output of every call of every module."""
    kept, hooks = {}, []
    for name, module in model.named_modules():

        def keep(_, __, output, name=name):
            kept[name, sum(key[0] == name for key in kept)] = output

        hooks.append(module.register_forward_hook(keep))
    model(image)
    for hook in hooks:
        hook.remove()
    return kept


def box(gradient):
    """Return the first and last row, and the first and last column, that are not 0."""
    seen = gradient[0].abs().sum(0) > 0
    if not seen.any():
        return ((NOWHERE, -1), (NOWHERE, -1))
    return tuple((int(line.nonzero()[0]), int(line.nonzero()[-1])) for line in (seen.any(1), seen.any(0)))


def check(rows, model, image, thorough=True):
    kept = outputs_by_call(model, image)
    for row in rows:
        output = kept[row.name, row.call]
        assert tuple(output.shape[1:]) == row.shape
        counts = [span.count for span in row.field]
        places = [(counts[0] // 2, counts[1] // 2), (counts[0] - 1, counts[1] - 1)]
        places += [(n, n) for n in range(min(counts))] if thorough else []
        for place in dict.fromkeys(places) if output.ndim == 4 else [(0, 0)]:
            unit = output[0, :, place[0], place[1]] if output.ndim == 4 else output[0, 0]
            (gradient,) = torch.autograd.grad(unit.sum(), image, retain_graph=True)
            expected = tuple((span.first[i], span.last[i]) for span, i in zip(row.field, place, strict=True))
            expected = ((NOWHERE, -1), (NOWHERE, -1)) if (NOWHERE, -1) in expected else expected
            assert box(gradient) == expected, (row.name, row.kind, place)


def test_every_layer_sees_the_pixels_that_have_a_gradient(config, built, example):
    rows = summarize(built, example(config)).rows
    if len(rows) > 60:  # the others see what the layer before sees
        rows = [row for row in rows if row.kind not in ("BatchNorm2d", "ReLU", "AdaptiveAvgPool2d")]
    image = torch.ones(1, config.channels, config.side, config.side, dtype=torch.float64, requires_grad=True)
    check(rows, laid_bare(built).double(), image, thorough=len(rows) < 40)


class Branches(nn.Module):
    """Dilation, groups, a transposed convolution, paddings, slices, a gate, a mean over channels: each on its own."""

    def __init__(self, kind):
        super().__init__()
        self.first = nn.Conv2d(2, 2, 3, stride=2)
        self.layer = {
            "dilated": nn.Conv2d(2, 2, 3, dilation=3, padding=1),
            "oblong": nn.Conv2d(2, 2, (1, 5), stride=(1, 2), padding=(0, 1)),
            "grouped": nn.Conv2d(2, 2, 2, groups=2),
            "same": nn.Conv2d(2, 2, 3, padding="same"),
            "max": nn.MaxPool2d(3, stride=1, padding=1),
            "max, rounded up": nn.MaxPool2d(2, stride=2, ceil_mode=True),
            "average": nn.AvgPool2d(2),
            "adaptive": nn.AdaptiveAvgPool2d(3),
            "adaptive, uneven": nn.AdaptiveAvgPool2d(4),
            "padded": nn.ZeroPad2d((1, 0, 2, 0)),
            "transposed": nn.ConvTranspose2d(2, 2, 4, stride=2, padding=1),
            "transposed, dilated": nn.ConvTranspose2d(2, 2, 3, stride=3, dilation=2, output_padding=1, groups=2),
        }[kind]
        self.last = nn.Conv2d(2, 2, 2)

    def forward(self, x):
        return self.last(self.layer(self.first(x)))


KINDS = ("dilated", "oblong", "grouped", "same", "max", "max, rounded up", "average", "padded")
KINDS += ("adaptive", "adaptive, uneven", "transposed", "transposed, dilated")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_window(kind):
    side = 19 if kind == "adaptive" else 23  # 19 leaves 9 positions, which 3 divides
    model = Branches(kind)
    rows = summarize(model, torch.zeros(1, 2, side, side)).rows
    image = torch.ones(1, 2, side, side, dtype=torch.float64, requires_grad=True)
    check(rows, laid_bare(model).double(), image)


class Around(nn.Module):
    """What happens between layers."""

    def __init__(self, kind):
        super().__init__()
        self.one, self.two = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 1)
        self.kind = kind
        self.end = nn.Conv2d(4 if kind == "cat" else 1 if kind == "channel mean" else 2, 2, 3, padding=1)

    def forward(self, x):
        one, two = self.one(x), self.two(x)
        joined = {
            "add": lambda: one + two,
            "cat": lambda: torch.cat([two, one], 1),
            "slice": lambda: one[:, :, 1::2, :-2],
            "channel mean": lambda: one.mean(1, keepdim=True),
            "gate": lambda: two * one.mean((2, 3), keepdim=True),
            "row mean": lambda: one.mean(3, keepdim=True),
            "view": lambda: one.view(1, 1, *one.shape[1:]).squeeze(0),
        }[self.kind]()
        return self.end(joined)


@pytest.mark.parametrize("kind", ["add", "cat", "slice", "channel mean", "gate", "row mean", "view"])
def test_what_is_between_layers_is_followed(kind):
    model = Around(kind)
    rows = summarize(model, torch.zeros(1, 2, 15, 15)).rows
    image = torch.ones(1, 2, 15, 15, dtype=torch.float64, requires_grad=True)
    check([row for row in rows if row.name], laid_bare(model).double(), image)


def test_what_is_unknown_is_taken_to_see_everything():
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3)

        def forward(self, x):
            return self.conv(x).transpose(2, 3).contiguous()

    rows = summarize(Turned(), torch.zeros(1, 1, 9, 9)).rows
    assert [span.size for span in rows[-1].field] == [9, 9]


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [  # Araujo, Norris, Sim 2019, table 1: AlexNet v2 and VGG-16; ResNet-18 by their formula: 1 + sum of (k - 1) jumps
        ("alexnet", "pool5", 195),
        ("vgg16", "block5", 212),
        (
            "resnet18",
            "stage4",
            1 + 6 + 2 * 2 + 4 * 8 + (2 * 4 + 3 * 2 * 8) + (2 * 8 + 3 * 2 * 16) + (2 * 16 + 3 * 2 * 32),
        ),
    ],
)
def test_the_numbers_that_are_published(name, layer, size):
    with torch.device("meta"):
        mine = summarize(build_model(variant(name)), torch.zeros(1, 3, 224, 224))
    row = [row for row in mine.rows if row.name.startswith(layer)][-1]
    assert mine.sees(row) == (size, size)
    assert mine.sees_all(mine.rows[-1])


def test_a_table_has_no_receptive_field():
    mine = summarize(nn.Linear(5, 2), torch.zeros(1, 5))
    assert mine.rows[0].field is None
    assert mine.sees(mine.rows[0]) is None
    assert not mine.sees_all(mine.rows[0])


def test_the_size_is_that_of_a_picture_without_end_until_a_unit_has_no_neighbors():
    with torch.device("meta"):
        mine = summarize(build_model(variant("resnet18")), torch.zeros(1, 3, 64, 64))
    rows = {row.name: row for row in mine.rows}
    assert mine.sees(rows["stage3.1.conv2"]) == (211, 211)
    assert mine.sees(rows["mean"]) == (64, 64)
    assert not mine.sees_all(rows["pool1"])
    assert mine.sees_all(rows["mean"])


def test_a_picture_sees_itself():
    (span,) = of_image([5])
    assert (span.size, span.count, span.together().size) == (1, 5, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_window_has_the_same_rows_without_numbers(kind):
    with torch.device("meta"):
        shaped = summarize(Branches(kind), torch.zeros(1, 2, 20, 23))
    assert shaped == summarize(Branches(kind), torch.zeros(1, 2, 20, 23))


def test_sizes_by_hand():
    """1 + the sum of d (k - 1) jumps."""
    model = nn.Sequential(
        nn.Conv2d(1, 1, 3, stride=2), nn.Conv2d(1, 1, 3, dilation=3), nn.AvgPool2d(2, 3), nn.Conv2d(1, 1, 4)
    )
    mine = summarize(model, torch.zeros(1, 1, 99, 99))
    assert [mine.sees(row)[0] for row in mine.rows] == [3, 3 + 3 * 2 * 2, 15 + 2, 17 + 3 * 6]


def test_maps_that_don_t_lie_on_each_other_are_seen_whole():
    (fine,) = of_image([6])
    coarse = fine.through(np.array([[1, 2]]), 1, 2, 1)
    joined = fine.joined(coarse)
    assert (joined.first, joined.last, joined.jump) == ((0,) * 6, (5,) * 6, 0)
    assert coarse.joined(coarse.together()) == coarse.together()
