"""Chapter 14: pooling, and what it does to shifts."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.checks.ch14_padding import learned, share_right
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.core.seed import derive, stream
from d2lab.data.catalog import at_hand, load
from d2lab.inspection.activation_map import ends_in_a_mean
from d2lab.layers.pooling import AvgPool2d, MaxPool2d
from d2lab.metrics.paired import paired
from d2lab.models.catalog import build_model
from d2lab.models.densenet import DenseNetConfig
from d2lab.models.googlenet import GoogLeNetConfig
from d2lab.models.nin import NiNConfig
from d2lab.models.resnet import ResNetConfig
from d2lab.plot.measured import lines
from d2lab.vision.color import to_unit
from d2lab.vision.geometry import gather_pixels, line_index, translate_index


@claim(
    chapter=14,
    kind="experiment",
    en="A pool behind a convolution makes the answer less sensitive to a shift of one pixel.",
    zh="卷积之后接一个汇聚层，输出对一个像素的平移就不那么敏感了。",
    budget_s=6,
    smoke={"seeds": range(2), "count": 20},
)
def pooling_forgives_small_shifts(
    seeds: Sequence[int] = range(8), count: int = 200, smallest_effect: float = 0.02
) -> Evidence:
    name = at_hand("fashion-mnist", "digits")
    images, pool, before, behind = to_unit(load(name).test.inputs[:count]), MaxPool2d(2), [], []
    for seed in seeds:
        kernels = torch.randn(8, 1, 3, 3, generator=stream(seed, "kernels"))
        maps = functional.relu(functional.conv2d(images, kernels))
        shifted = functional.relu(functional.conv2d(images.roll(1, 3), kernels))
        before.append(float((maps - shifted).norm() / maps.norm()))
        behind.append(float((pool(maps) - pool(shifted)).norm() / pool(maps).norm()))
    gain = paired(before, behind)
    return Evidence(
        value={"gain": gain.mean, "before": sum(before) / len(before), "behind": sum(behind) / len(behind)},
        decision=decide(at_least(gain, smallest_effect, "gain")),
        n=len(seeds),
        seeds=tuple(seeds),
        data=name,
        stand_in=name != "fashion-mnist",
        why_en="The largest of four stays where it is when it moves within its window: a shift changes maps by "
        "{before:.0%} of their length, pooled maps by {behind:.0%}. It forgives, it does not forget.",
        why_zh="最大值只要还在窗口之内，移动了也不影响输出：平移一个像素，特征图变化 {before:.0%}，汇聚之后变化 "
        "{behind:.0%}。只是减轻，并非消除。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=4,
    en="A pool with a stride is indifferent to shifts: the pooled map of a shifted image is the old one, shifted or "
    "not.",
    zh="带步幅的汇聚具有平移不变性：图像平移之后，汇聚的结果不变，或只是跟着平移。",
)
def strided_pooling_ignores_shifts() -> Evidence:
    name = at_hand("fashion-mnist", "digits")
    images, shifts = to_unit(load(name).test.inputs[:100]).double(), range(7)
    off: dict[str, list[float]] = {}
    for label, pool in {"2x2, stride 2": MaxPool2d(2), "2x2, stride 1": MaxPool2d(2, 1)}.items():
        off[label] = []
        for shift in shifts:  # around the edge, so that borders play no part
            ring = functional.pad(images, (0, 2, 0, 2), mode="circular")
            turned = functional.pad(images.roll(shift, 3), (0, 2, 0, 2), mode="circular")
            side = images.shape[-1] // pool.stride[0]
            maps, found = (pool(each)[..., :side, :side] for each in (ring, turned))
            errors = [float((found - maps.roll(place, 3)).norm() / maps.norm()) for place in range(side)]
            off[label].append(min(errors))
    dot = torch.zeros(1, 1, 1, 9)
    answers = [MaxPool2d((1, 2))(dot.index_fill(3, torch.tensor([place]), 1.0)) for place in range(8)]
    flips = sum(not torch.equal(one, two) for one, two in pairwise(answers))
    error = max(off["2x2, stride 2"])
    axes: dict[str, Any] = {
        "horizontal": "pixels that the image is shifted",
        "vertical": "error of the best shift of the pooled map",
    }
    return Evidence(
        value={"error": error, "slow": max(off["2x2, stride 1"]), "flips": flips / 7},
        bound="at most 0.01 of the map's length for every shift",
        verdict="holds" if error <= 0.01 else "does not hold",
        n=len(images),
        data=name,
        stand_in=name != "fashion-mnist",
        counterexample="" if error <= 0.01 else "a dot on pixel 1 or 2 of a row: another window, another answer",
        figure=partial(lines, shifts, off, title="A stride of 2 keeps even shifts and breaks odd ones", **axes),
        why_en="A stride looks at every second place only: after an odd shift windows hold other pairs, and no shift "
        "of the old map fits ({error:.0%} off); with a stride of 1 one fits to {slow:.0%}. Of a dot's steps "
        "{flips:.0%} show.",
        why_zh="步幅为 2 只看隔一个的位置：平移奇数个像素，窗口里换成了另外的像素对，旧图怎么平移都对不上（差 "
        "{error:.0%}）；步幅为 1 则差 {slow:.0%}。一个亮点每走一步，有 {flips:.0%} 的机会改变输出。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="Pools can be left out: strides in the convolutions shrink the maps, and moved training images teach what a "
    "pool forgives.",
    zh="汇聚层可以不用：让卷积带上步幅来缩小特征图，再用平移增强让网络学会容忍移动。",
    scope="two layers on the digits, test images moved by up to one pixel",
    budget_s=34,
    smoke={"seeds": range(2), "epochs": 1},
)
def strides_and_moved_images_replace_pooling(
    seeds: Sequence[int] = range(5), epochs: int = 6, smallest_effect: float = 0.03
) -> Evidence:
    digits, images = load("digits"), {}
    count, draw = len(digits.test), stream(0, "moves")
    down, right = (torch.randint(-1, 2, (count,), generator=draw) for _ in range(2))
    rows, columns = (translate_index(line_index(count, 8, draw.device), by, "zeros") for by in (down, right))
    images = {"still": digits.test.inputs, "moved": gather_pixels(digits.test.inputs, rows, columns, "zeros")}
    accuracy: dict[str, list[float]] = {}
    for seed in seeds:
        for name, (stride, translate) in {"pool": (1, 0), "stride": (2, 0), "both": (1, 1), "taught": (2, 1)}.items():
            torch.manual_seed(derive(seed, "weights"))
            shrink = [nn.MaxPool2d(2)] * (stride == 1)
            first = nn.Conv2d(1, 16, 3, stride, 1), nn.ReLU(), *shrink
            second = nn.Conv2d(16, 32, 3, stride, 1), nn.ReLU(), *shrink
            model = nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(128, 10))
            learned(model, digits.train, epochs, seed, translate)
            for place, tested in images.items():
                right_share = share_right(model, tested, digits.test.targets)
                accuracy.setdefault(f"{name}_{place}", []).append(right_share)
    gain = paired(accuracy["taught_moved"], accuracy["pool_moved"])
    lost = paired(accuracy["both_moved"], accuracy["taught_moved"])
    return Evidence(
        value={"gain": gain.mean, "lost": lost.mean, **{k: sum(found) / len(found) for k, found in accuracy.items()}},
        decision=decide(at_least(gain, smallest_effect, "gain"), at_most(lost, smallest_effect, "lost"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample=""
        if lost.high < 0.03
        else "taught alike, the model with pools still has the lead on moved digits",
        why_en="On moved images: {pool_moved:.3f} with pools, {stride_moved:.3f} with strides, {taught_moved:.3f} "
        "with strides where moves were taught: examples do more than pools. But {both_moved:.3f} with both, and on "
        "images left in place {pool_still:.3f} with pools, {stride_still:.3f} with strides: they are not the same.",
        why_zh="在移动过的图像上：汇聚 {pool_moved:.3f}，步幅 {stride_moved:.3f}，步幅再加平移增强 "
        "{taught_moved:.3f}，可见增强的作用大于汇聚。但两者兼用为 {both_moved:.3f}；在未移动的图像上，汇聚 "
        "{pool_still:.3f}，步幅 {stride_still:.3f}，并不等价。",
    )


@claim(
    chapter=14,
    kind="definition",
    budget_s=4,
    en="Pooling has gone out of use.",
    zh="汇聚层如今已经不用了。",
)
def pooling_has_gone_out_of_use() -> Evidence:
    configs = (NiNConfig(), GoogLeNetConfig(side=96), ResNetConfig(side=96), DenseNetConfig(side=96))
    small = ResNetConfig(depth=20, stem="small", shortcut="pad", side=32)
    ends = inner = 0
    for config in (*configs, small):
        model = build_model(config)
        ends += ends_in_a_mean(model, torch.rand(1, 1, config.side, config.side))
        inner += any(isinstance(module, nn.MaxPool2d | nn.AvgPool2d) for module in model.modules())
    return Evidence(
        value={"ends": ends, "inner": inner, "models": len(configs) + 1},
        bound="none of the models since 2014 in this library pools",
        verdict="holds" if ends == inner == 0 else "does not hold",
        n=len(configs) + 1,
        counterexample="ResNet ends in a mean over all places" if ends else "",
        why_en="Max pools between layers gave way to strides, but {ends} of {models} models end in a global mean, "
        "which pools all places at once and makes any size of image fit; {inner} have smaller pools too.",
        why_zh="层间的最大汇聚的确让位于步幅，但 {models} 个网络中有 {ends} 个以全局平均汇聚收尾，它一次汇总所有位置，"
        "任意大小的图像都能用；另有 {inner} 个中间也有汇聚层。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="Pooling has nothing to learn, keeps the number of channels, and steps by its own window unless told otherwise.",
    zh="汇聚层没有可学习的参数，输出通道数等于输入通道数，步幅默认等于窗口大小。",
)
def pooling_learns_nothing_and_keeps_channels() -> Evidence:
    image = torch.arange(16.0).view(1, 1, 4, 4)
    listed = {  # the notes' examples
        (3, None, 0): [[10.0]],
        (3, 2, 1): [[5.0, 7.0], [13.0, 15.0]],
        ((2, 3), (2, 3), (0, 1)): [[5.0, 7.0], [13.0, 15.0]],
    }
    wrong = 0
    for (window, stride, padding), expected in listed.items():
        for kind in (nn.MaxPool2d, MaxPool2d):
            wrong += kind(window, stride, padding)(image)[0, 0].tolist() != expected  # type: ignore[arg-type]
    pools = (nn.MaxPool2d(3), nn.AvgPool2d(3), MaxPool2d(3), AvgPool2d(3))
    parameters = sum(parameter.numel() for pool in pools for parameter in pool.parameters())
    shapes = {tuple(pool(torch.rand(2, 5, 12, 9)).shape) for pool in pools}
    return Evidence(
        value={"wrong": wrong, "parameters": parameters, "channels": min(shape[1] for shape in shapes)},
        bound="0 examples wrong, 0 parameters, 5 channels in and out, 12 x 9 pixels to 4 x 3",
        verdict="holds" if wrong == parameters == 0 and shapes == {(2, 5, 4, 3)} else "does not hold",
        n=len(listed),
        why_en="A maximum or a mean has no weights, and each of the {channels} channels is pooled by itself: no sum "
        "over channels, unlike convolution.",
        why_zh="取最大或取平均用不着权重，而且 {channels} 个通道各自汇聚，不像卷积那样跨通道求和。",
    )
