"""Chapter 16: GoogLeNet, blocks of parallel paths, and what they cost."""

from functools import partial

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.inspection import ModelSummary, summarize
from d2lab.models.alexnet import AlexNetConfig
from d2lab.models.catalog import ModelConfig
from d2lab.models.googlenet import INCEPTIONS, GoogLeNet, GoogLeNetConfig, Inception
from d2lab.models.nin import NiNConfig
from d2lab.models.resnet import ResNetConfig
from d2lab.models.vgg import VGGConfig
from d2lab.plot import dots
from d2lab.reports.summary import summarize_config

PATHS = ("path1", "path2", "path3", "path4")


def rivals() -> dict[str, ModelSummary]:
    """Return the summaries of the models that are compared, for one gray image of 224 pixels."""
    configs: dict[str, ModelConfig] = {
        "NiN": NiNConfig(),
        "AlexNet": AlexNetConfig(),
        "GoogLeNet": GoogLeNetConfig(side=224),
        "ResNet-18": ResNetConfig(side=224),
        "VGG-11": VGGConfig(),
    }
    return {name: summarize_config(config, (1, 224, 224)) for name, config in configs.items()}


@claim(
    chapter=16,
    kind="identity",
    en="GoogLeNet need not choose a window: its blocks look through windows of 1, 3 and 5 pixels and a pool at once "
    "and join the maps along the channel axis.",
    zh="GoogLeNet 不必选定卷积核大小：每个块并行使用 1×1、3×3、5×5 卷积和汇聚，再在通道维上连结。",
    budget_s=1,
)
def inception_uses_all_windows_at_once() -> Evidence:
    with torch.device("meta"):
        costs = summarize(Inception(192, INCEPTIONS["3a"]), torch.zeros(1, 192, 28, 28))
    ends = {row.name.split(".")[0]: row for row in costs.rows}  # the last row of each path
    windows = [costs.sees(ends[path]) for path in PATHS]
    sides = {ends[path].shape[1:] for path in PATHS}
    joined, alone = ends[""].shape[0], [ends[path].shape[0] for path in PATHS]
    fits = windows == [(1, 1), (3, 3), (5, 5), (3, 3)] and sides == {(28, 28)} and alone == [64, 128, 32, 32]
    return Evidence(
        value={"channels": joined, "paths": len(PATHS), "sizes": len(sides)},
        bound="1, 3, 5 and 3 pixels seen, maps of one size, 64 + 128 + 32 + 32 = 256 channels",
        verdict="holds" if fits and joined == sum(alone) == 256 else "does not hold",
        n=len(costs.rows),
        why_en="The {paths} maps can be joined because each path pads its window and steps by one pixel: not every "
        "setting of a convolution is tried, a stride above 1 would not fit.",
        why_zh="{paths} 条路径的输出能够连结，是因为各自补足了填充、步幅都为 1；所以并非所有卷积超参数都用上了："
        "步幅大于 1 就对不齐。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="An Inception block is four models side by side that keep height and width, each with channels of its own.",
    zh="Inception 块相当于有四条并行路径的子网络，高和宽不变，各路径的输出各占一段通道。",
    budget_s=1,
)
def inception_is_four_paths() -> Evidence:
    block = Inception(192, INCEPTIONS["3a"]).double()
    maps = torch.rand(2, 192, 9, 7, dtype=torch.float64)
    borders = [0, 64, 192, 224, 256]
    wrong, kept = 0, 0
    with torch.no_grad():
        whole = block(maps)
        for number, path in enumerate(PATHS):
            silent = Inception(192, INCEPTIONS["3a"]).double()
            silent.load_state_dict(block.state_dict())
            for parameter in silent.get_submodule(path).parameters():
                parameter.zero_()
            own = torch.zeros(256, dtype=torch.bool)
            own[borders[number] : borders[number + 1]] = True
            answer = silent(maps)
            wrong += int(answer[:, own].count_nonzero()) + int((answer[:, ~own] != whole[:, ~own]).sum())
            kept += answer.shape[2:] == maps.shape[2:]
    return Evidence(
        value={"wrong": wrong, "kept": kept},
        bound="0 numbers wrong, and the size of the map kept",
        verdict="holds" if not wrong and kept == len(PATHS) else "does not hold",
        n=whole.numel(),
        why_en="Without its weights a path gives 0 in its own channels and changes no other: the paths share the "
        "input and nothing else.",
        why_zh="把一条路径的权重清零，只有它自己的通道变成 0，其余分毫不变：各路径除了输入之外互不相干。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="An Inception block has fewer parameters and computes less than one convolution of 3x3 or 5x5 of the same "
    "channels.",
    zh="输入输出通道数相同时，Inception 块的参数和计算量都少于单个 3×3 或 5×5 卷积层。",
    budget_s=1,
)
def inception_is_cheaper_than_one_convolution() -> Evidence:
    with torch.device("meta"):
        layers = [Inception(192, INCEPTIONS["3a"]), *(nn.Conv2d(192, 256, k, padding=k // 2) for k in (3, 5))]
        weights = [sum(p.numel() for p in layer.parameters() if p.ndim == 4) for layer in layers]
        work = [summarize(layer, torch.zeros(1, 192, 28, 28)).multiply_adds for layer in layers]
    by_hand = [192 * 64 + 192 * 96 + 96 * 128 * 9 + 192 * 16 + 16 * 32 * 25 + 192 * 32, 442_368, 1_228_800]
    right = weights == by_hand and work == [count * 28 * 28 for count in by_hand]
    return Evidence(
        value={"of_three": weights[0] / weights[1], "of_five": weights[0] / weights[2], "million": work[0] / 1e6},
        bound="below 1; weights as by hand, multiply-adds 784 times as many",
        verdict="holds" if right and weights[0] < min(weights[1:]) else "does not hold",
        n=len(layers),
        why_en="1x1 convolutions narrow 192 channels to 96 and 16 before the large windows: {of_three:.0%} of the "
        "weights of 3x3 and {of_five:.0%} of those of 5x5, in {million:.0f} million multiply-adds at 28 pixels.",
        why_zh="大窗口之前先用 1×1 卷积把 192 个通道压到 96 和 16 个：权重只有 3×3 卷积的 {of_three:.0%}、5×5 卷积的 "
        "{of_five:.0%}，在 28×28 上约 {million:.0f} 百万次乘加。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="GoogLeNet has few parameters.",
    zh="GoogLeNet 的参数很少。",
    scope="beside AlexNet, VGG-11 and ResNet-18; NiN has a third of them",
    budget_s=1,
)
def googlenet_has_few_parameters() -> Evidence:
    counts = {name: costs.parameters for name, costs in rivals().items()}
    ours = counts.pop("GoogLeNet")
    fewer = [name for name, count in counts.items() if count < ours]
    return Evidence(
        value={"million": ours / 1e6, "of_alexnet": ours / counts["AlexNet"], "of_vgg": ours / counts["VGG-11"]},
        bound="below AlexNet, VGG-11 and ResNet-18",
        verdict="holds in scope" if fewer == ["NiN"] else "holds" if not fewer else "does not hold",
        n=len(counts),
        counterexample=", ".join(fewer),
        why_en="{million:.1f} million: {of_alexnet:.0%} of AlexNet's and {of_vgg:.0%} of VGG-11's. 1x1 convolutions "
        "keep the large windows thin, and a global mean stands for the large linear layers, which NiN had done before.",
        why_zh="共 {million:.1f} 百万个：是 AlexNet 的 {of_alexnet:.0%}、VGG-11 的 {of_vgg:.0%}。1×1 "
        "卷积压低了大窗口的通道数，全局平均汇聚取代了庞大的全连接层，后一招 NiN 已经用过。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="GoogLeNet as a whole computes less than the models before it.",
    zh="GoogLeNet 整个网络的计算量低于之前的网络。",
    budget_s=1,
)
def googlenet_computes_little() -> Evidence:
    work = {name: costs.multiply_adds for name, costs in rivals().items()}
    lighter = [name for name in ("NiN", "AlexNet", "VGG-11") if work[name] < work["GoogLeNet"]]
    return Evidence(
        value={"of_alexnet": work["GoogLeNet"] / work["AlexNet"], "of_vgg": work["GoogLeNet"] / work["VGG-11"]},
        bound="below 1 for NiN, AlexNet and VGG-11 at 224 pixels",
        verdict="does not hold" if lighter else "holds",
        n=len(work),
        counterexample=", ".join(lighter),
        figure=partial(
            dots,
            {name: [count / 1e6] for name, count in work.items()},
            {},
            title="GoogLeNet saves parameters, not work",
            subtitle="one gray image of 224 pixels; the line is GoogLeNet",
            horizontal="multiply-adds, millions (logarithmic)",
            mark=work["GoogLeNet"] / 1e6,
            log=True,
        ),
        why_en="It is {of_vgg:.0%} of VGG-11's work but {of_alexnet:.0%} of AlexNet's: parameters sit in linear "
        "layers, which it lacks, and work in convolutions of large maps, of which it has more.",
        why_zh="计算量是 VGG-11 的 {of_vgg:.0%}，却是 AlexNet 的 {of_alexnet:.0%}：参数集中在它没有的大全连接层里，"
        "计算集中在大特征图的卷积里，而这种卷积它更多。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="GoogLeNet was the first model with more than a hundred layers.",
    zh="GoogLeNet 是第一个超过一百层的网络。",
    budget_s=1,
)
def googlenet_has_a_hundred_layers() -> Evidence:
    with torch.device("meta"):
        model = GoogLeNet(GoogLeNetConfig())
        kinds = [row.kind for row in summarize(model, torch.zeros(1, 1, 96, 96)).rows]

    def deep(part: nn.Module) -> int:
        if isinstance(part, Inception):
            return max(deep(path) for path in part.children())
        return isinstance(part, nn.Conv2d | nn.Linear) + sum(deep(child) for child in part.children())

    counts = {"one after another": deep(model), "with weights": kinds.count("Conv2d") + kinds.count("Linear")}
    counts["and pools"] = counts["with weights"] + kinds.count("MaxPool2d") + kinds.count("AdaptiveAvgPool2d")
    counts["and joins"] = counts["and pools"] + kinds.count("cat")
    counts["and ReLUs"] = counts["and joins"] + kinds.count("ReLU")
    return Evidence(
        value={"depth": counts["one after another"], "weighted": counts["with weights"], "all": counts["and ReLUs"]},
        bound="a path of more than 100 layers with weights",
        verdict="holds" if counts["one after another"] > 100 else "does not hold",
        n=len(kinds),
        counterexample="ways of counting: one path, all layers with weights, with pools, with joins, with ReLUs",
        figure=partial(
            dots,
            {name: [float(count)] for name, count in counts.items()},
            {},
            title="How many layers has GoogLeNet?",
            subtitle="the line is the hundred that was said; each row adds to the one above",
            horizontal="layers",
            mark=100,
        ),
        why_en="Depth is what lies on a path: {depth} layers with weights. There are {weighted} in all, and only with "
        "pools, joins and ReLUs counted, {all}; a hundred is the number of building blocks, most of them side by side.",
        why_zh="深度要看一条路径：带权重的层只有 {depth} 层。全部带权重的层是 {weighted} 个，把汇聚、连结和 ReLU "
        "都算上才有 {all} 个；“一百层”数的是构件，而它们多数是并排的。",
    )


@claim(
    chapter=16,
    kind="opinion",
    en="The shares of channels of Inception's paths were found by many experiments on ImageNet.",
    zh="Inception 块中各路径的通道数之比是在 ImageNet 上通过大量实验得到的。",
    budget_s=1,
)
def inception_widths_come_from_experiments() -> Evidence:
    shares = {name: (sizes[0], sizes[2], sizes[4], sizes[5]) for name, sizes in INCEPTIONS.items()}
    exact = sum(one == 2 * pool and three == 4 * pool and five == pool for one, three, five, pool in shares.values())
    ratios = len({tuple(n / sum(share) for n in share) for share in shares.values()})
    widest = sum(share[1] == max(share) for share in shares.values())
    return Evidence(
        value={"ratios": ratios, "exact": exact, "widest": widest},
        bound="none for the statement; for its neighbor, the widths as listed",
        verdict="not checkable",
        n=len(INCEPTIONS),
        why_en="How the widths were found is history, and the search would need ImageNet. The list itself shows no "
        "single rule: 2:4:1:1 holds in {exact} of nine blocks, there are {ratios} ratios, and 3x3 is widest in "
        "{widest}.",
        why_zh="这些宽度如何得来属于历史，要重做搜索也离不开 ImageNet。表中看不出统一的规则：九个块有 {ratios} "
        "种比例，2:4:1:1 只在 {exact} 个块中成立；以 3×3 路径最宽的有 {widest} 个。",
    )
