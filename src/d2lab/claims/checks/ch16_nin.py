"""Chapter 16: network in network, a small model at every pixel and no linear layer at the end."""

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.reference import relative_difference
from d2lab.inspection import fold
from d2lab.models.alexnet import AlexNet, AlexNetConfig
from d2lab.models.nin import NiN, NiNConfig, nin_block
from d2lab.reports.summary import summarize_config


@claim(
    chapter=16,
    kind="identity",
    en="NiN is blocks of one convolution and two of 1x1, with pools that leave 54, 26, 12 and 5 pixels, and the mean "
    "of each last map as a score: 1.99 million parameters.",
    zh="NiN 由若干块组成，每块是一个卷积层加两个 1×1 卷积层，块间用最大汇聚，边长依次为 54、26、12、5，"
    "最后取每张图的平均作为得分，共 199 万个参数。",
    budget_s=1,
)
def nin_is_blocks_of_pixelwise_convolutions() -> Evidence:
    costs = summarize_config(NiNConfig())
    sides = [part.last.shape[-1] for part in fold(costs, 1) if part.name in ("block1", "pool1", "pool2", "pool3")]
    with torch.device("meta"):
        blocks = [block for block in NiN(NiNConfig()).children() if isinstance(block, nn.Sequential)]
    kernels = [[layer.kernel_size[0] for layer in block if isinstance(layer, nn.Conv2d)] for block in blocks]
    fits = sides == [54, 26, 12, 5] and kernels == [[11, 1, 1], [5, 1, 1], [3, 1, 1], [3, 1, 1]]
    return Evidence(
        value={"parameters": costs.parameters, "blocks": len(blocks)},
        bound="1,992,166 parameters, these sides, and kernels of 11, 5, 3 and 3 before two of 1",
        verdict="holds" if fits and costs.parameters == 1_992_166 else "does not hold",
        n=len(costs.rows),
        why_en="The {blocks} first kernels are AlexNet's; what AlexNet spends on linear layers is replaced by 1x1 "
        "convolutions, whose weights all pixels share.",
        why_zh="{blocks} 个块的首个卷积核沿用 AlexNet；AlexNet 花在全连接层上的参数，换成了所有像素共享权重的 1×1 "
        "卷积。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="NiN has no linear layer.",
    zh="NiN 没有全连接层。",
    covers=("a model without linear layers takes images of any size: AlexNet with the same weights can't",),
    budget_s=1,
)
def nin_has_no_linear_layer() -> Evidence:
    model = NiN(NiNConfig(side=67, widths=(8, 8, 8))).eval()
    linear = sum(isinstance(layer, nn.Linear) for layer in model.modules())
    sides = (67, 96, 131, 224)
    alexnet = AlexNet(AlexNetConfig(side=67, widths=(8, 8, 8, 8, 8), hidden=8))
    with torch.no_grad():
        shapes = {tuple(model(torch.rand(1, 1, side, side)).shape) for side in sides}
        try:
            alexnet(torch.rand(1, 1, 224, 224))
            refused = 0
        except RuntimeError:
            refused = 1
    return Evidence(
        value={"linear": linear, "sizes": len(sides), "refused": refused},
        bound="none, and ten scores for every size of image",
        verdict="holds" if not linear and shapes == {(1, 10)} and refused else "does not hold",
        n=len(list(model.modules())),
        why_en="A mean over a map takes a map of any size: one model reads {sizes} sizes of image. Still a 1x1 "
        "convolution is a linear layer that every pixel shares.",
        why_zh="对一张图取平均不限边长：同一个网络能读 {sizes} 种大小的图像。不过 1×1 卷积就是各像素共享的全连接层。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="A global mean of as many maps as there are classes in place of linear layers saves parameters.",
    zh="用通道数等于类别数的全局平均汇聚代替全连接层，参数更少。",
    covers=("the maps of the last block are as many as the classes",),
    budget_s=1,
)
def global_mean_saves_parameters() -> Evidence:
    alexnet, nin = summarize_config(AlexNetConfig()), summarize_config(NiNConfig())
    rows = {row.name: row for row in nin.rows}
    maps = rows["block4.5"].shape[0]
    times, work = alexnet.parameters / nin.parameters, nin.multiply_adds / alexnet.multiply_adds
    linear = sum(row.parameters for row in alexnet.rows if row.kind == "Linear") / alexnet.parameters
    return Evidence(
        value={"times": times, "work": work, "linear": linear, "mean": rows["mean"].parameters},
        bound="AlexNet has more than 10 times NiN's parameters, and the mean has none",
        verdict="holds" if times > 10 and maps == 10 and not rows["mean"].parameters else "does not hold",
        n=2,
        why_en="{linear:.0%} of AlexNet's parameters are in linear layers, so NiN has {times:.0f} times fewer. The "
        "work is in the convolutions, though, and stays at {work:.0%}.",
        why_zh="AlexNet 的参数有 {linear:.0%} 在全连接层，去掉后 NiN 的参数少到约 {times:.0f} 分之一；"
        "但计算量主要在卷积层，仍是 AlexNet 的 {work:.0%}。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="A NiN block applies one multilayer perceptron to the channels of every pixel separately.",
    zh="NiN 块在每个像素的通道上分别使用同一个多层感知机。",
    budget_s=1,
)
def nin_is_a_perceptron_at_every_pixel() -> Evidence:
    tail = nn.Sequential(*nin_block(3, 12, 3, 1, 1)[2:]).double()  # two 1x1 convolutions with a ReLU behind each
    maps = torch.randn(2, 12, 7, 7, dtype=torch.float64)
    perceptron = nn.Sequential(nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU()).double()
    perceptron.load_state_dict({name: w.flatten(1) if w.ndim == 4 else w for name, w in tail.state_dict().items()})
    expected = perceptron(maps.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).detach()
    order = torch.randperm(49)
    with torch.no_grad():
        plain, moved = tail(maps), tail(maps.flatten(2)[..., order].view_as(maps)).flatten(2)
    difference = relative_difference(plain, expected)
    strayed = relative_difference(moved, expected.flatten(2)[..., order])
    return Evidence(
        value={"difference": difference, "strayed": strayed},
        bound="at most 1e-12, also with the pixels shuffled",
        verdict=within(max(difference, strayed), 1e-12),
        n=maps.numel(),
        why_en="A 1x1 window holds one pixel, so a sum over it is a sum over channels; shuffled pixels give the same "
        "answers in shuffled order.",
        why_zh="1×1 的窗口里只有一个像素，求和只在通道间进行；把像素打乱，输出也只是同样地打乱。",
    )
