"""Chapter 16: VGG, blocks of small kernels."""

from functools import partial
from statistics import median

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.core.timing import time_interleaved
from d2lab.inspection.summary import summarize
from d2lab.models.alexnet import AlexNetConfig
from d2lab.models.catalog import build_model
from d2lab.models.vgg import VGG, VGGConfig
from d2lab.reports.summary import summarize_config


@claim(
    chapter=16,
    kind="identity",
    en="VGG-11 repeats one block, 3x3 convolutions and a pool that halves the side, and has eight convolutions and "
    "three linear layers: 11 layers with weights and 128.8 million parameters.",
    zh="VGG-11 重复同一种块（若干 3×3 卷积加一个使边长减半的汇聚层），有 8 个卷积层和 3 个全连接层，"
    "共 11 个带权重的层、1.288 亿个参数。",
    budget_s=1,
)
def vgg_is_a_repeated_block() -> Evidence:
    with torch.device("meta"):
        model = VGG(VGGConfig())
        costs = summarize(model, torch.zeros(1, 1, 224, 224))
    kernels = {layer.kernel_size for layer in model.modules() if isinstance(layer, nn.Conv2d)}
    kinds = [row.kind for row in costs.rows]
    sides = [row.shape[-1] for row in costs.rows if row.kind == "MaxPool2d"]
    fits = kernels == {(3, 3)} and sides == [112, 56, 28, 14, 7] and costs.parameters == 128_806_154
    layers = kinds.count("Conv2d") + kinds.count("Linear")
    return Evidence(
        value={"parameters": costs.parameters, "layers": layers, "convolutions": kinds.count("Conv2d")},
        bound="11 layers, 8 of them convolutions of 3 x 3; sides 112, 56, 28, 14, 7; 128,806,154 parameters",
        verdict="holds" if fits and (kinds.count("Conv2d"), kinds.count("Linear")) == (8, 3) else "does not hold",
        n=len(kinds),
        why_en="The name counts layers with weights. Five blocks halve 224 to 7, which no side below 32 would survive.",
        why_zh="名字里的 11 数的是带权重的层。五个块把 224 折半到 7；边长小于 32 的图像经不起五次减半。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="Two 3x3 convolutions see as much as one of 5x5, with 18 in place of 25 weights for each pair of channels.",
    zh="两层 3×3 卷积与一层 5×5 卷积的感受野相同，而每对通道的权重是 18 个而不是 25 个。",
    budget_s=1,
)
def two_small_kernels_see_what_a_large_one_sees() -> Evidence:
    with torch.device("meta"):
        narrow = nn.Sequential(*(nn.Conv2d(64, 64, 3, padding=1, bias=False) for _ in range(2)))
        wide = nn.Sequential(nn.Conv2d(64, 64, 5, padding=2, bias=False))
        costs = [summarize(model, torch.zeros(1, 64, 28, 28)) for model in (narrow, wide)]
    fields = [one.sees(one.rows[-1]) for one in costs]
    ratio = costs[0].parameters / costs[1].parameters
    right = fields == [(5, 5), (5, 5)] and [one.parameters for one in costs] == [18 * 64**2, 25 * 64**2]
    return Evidence(
        value={"ratio": ratio, "narrow": costs[0].parameters, "wide": costs[1].parameters},
        bound="18/25, and 5 x 5 pixels seen by both",
        verdict="holds" if right and abs(ratio - 18 / 25) < 1e-12 else "does not hold",
        n=64**2,
        why_en="Each 3x3 layer adds a border of one pixel to what is seen. At 64 channels {narrow:,} weights do for "
        "{wide:,}, as long as the width between the two layers is no larger.",
        why_zh="每加一层 3×3，感受野向外扩一个像素。64 个通道时用 {narrow:,} 个权重顶 {wide:,} 个，"
        "前提是两层之间的通道数不增加。",
    )


@claim(
    chapter=16,
    kind="measurement",
    en="VGG computes much more slowly than AlexNet and needs more memory.",
    zh="VGG 的计算比 AlexNet 慢得多，占用的内存也更多。",
    budget_s=8,
)
def vgg_is_slower_than_alexnet_and_needs_more_memory() -> Evidence:
    image = torch.rand(1, 1, 224, 224)
    models, costs = {}, []
    for name, whole, bare in (
        ("alexnet", AlexNetConfig(), AlexNetConfig(hidden=1)),
        ("vgg", VGGConfig(), VGGConfig(hidden=1)),
    ):
        models[name] = build_model(bare).eval()  # the convolutions do the work; the linear layers would take 600 MB
        costs.append(summarize_config(whole, (1, 224, 224)))
    with torch.inference_mode():
        laps = time_interleaved({name: partial(model, image) for name, model in models.items()}, rounds=5)
    small, large = costs
    value = {
        "time": median(laps["vgg"]) / median(laps["alexnet"]),
        "work": large.multiply_adds / small.multiply_adds,
        "parameters": large.parameters / small.parameters,
        "activations": large.activation_bytes / small.activation_bytes,
    }
    slower, larger = value["time"] > 2 and value["work"] > 2, value["parameters"] > 1 and value["activations"] > 1
    return Evidence(
        value=value,
        bound="time and multiply-adds above 2, parameters and activations above 1, VGG-11 over AlexNet at 224 pixels",
        verdict="holds" if slower and larger else "does not hold",
        n=5,
        why_en="{work:.1f} times the multiply-adds take {time:.0f} times as long here (convolutions, one image). "
        "AlexNet's first stride of 4 leaves small maps at once; VGG keeps large ones: {activations:.0f} times the "
        "activations and {parameters:.2f} times the parameters.",
        why_zh="乘加是 {work:.1f} 倍，这里测得卷积部分单张图像的用时是 {time:.0f} 倍。AlexNet 第一层步幅为 4，"
        "特征图一下就变小；VGG 一直保留大图：激活值是 {activations:.0f} 倍，参数是 {parameters:.2f} 倍。",
    )
