"""Chapter 14: several channels in, several channels out."""

from collections.abc import Sequence
from itertools import pairwise, repeat

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.claims.training import train_steps
from d2lab.core.seed import derive, stream
from d2lab.inspection.summary import multiply_adds
from d2lab.layers.convolution import convolve_columns, convolve_loop
from d2lab.metrics.paired import paired
from d2lab.models.resnet import ResNetConfig
from d2lab.optimizers.build import build_optimizer
from d2lab.optimizers.config import OptimizerConfig
from d2lab.reports.summary import summarize_config

ONE = (1, 1)


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="Converting an image to gray loses information that its color channels had: classes that differ in color alone "
    "become the same.",
    zh="彩色图变成灰度图会丢失信息：只有颜色不同的两类，变灰之后完全一样。",
)
def gray_images_lose_information() -> Evidence:
    luma = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)[:, None, None]  # ITU-R BT.601
    gray = 0.1 + 0.08 * torch.rand(200, 1, 8, 8, dtype=torch.float64)
    shift = torch.tensor([0.587, -0.299, 0.0], dtype=torch.float64)[:, None, None] / 10  # no change in luma
    colors = torch.cat([gray + shift, gray - shift])  # reddish, greenish; equally bright, pixel by pixel
    targets = torch.arange(400) // 200
    seen = (colors * luma).sum(1)
    difference = float((seen[:200] - seen[200:]).abs().max())
    redder = (colors[:, 0] > colors[:, 1]).double().mean((1, 2)) > 0.5
    accuracy = float((redder == (targets == 0)).double().mean())
    return Evidence(
        value={"difference": difference, "color": accuracy},
        bound="gray copies equal to 1e-12, and every color image classified correctly",
        verdict=within(difference, 1e-12) if accuracy == 1 else "does not hold",
        n=len(targets),
        why_en="Three numbers a pixel become one; images that differ only along the lost directions become equal, and "
        "no model can separate them again. By color {color:.0%} are classified correctly.",
        why_zh="每个像素的三个数变成一个，沿丢失方向不同的图像就此重合，再好的网络也分不开；看颜色则有 {color:.0%} "
        "判断正确。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="Several output channels are needed because each can find one pattern: two patterns want two channels.",
    zh="需要多个输出通道，因为每个通道可以识别一种模式：两种模式就要两个通道。",
    budget_s=25,
    smoke={"seeds": range(2), "steps": 5},
)
def two_patterns_need_two_channels(
    seeds: Sequence[int] = range(8), steps: int = 300, smallest_effect: float = 0.05
) -> Evidence:
    accuracy: dict[int, list[float]] = {1: [], 2: [], 4: []}
    for seed in seeds:
        draw = stream(seed, "pictures")
        images, targets = torch.zeros(2, 256, 1, 8, 8), torch.randint(4, (2, 256), generator=draw)
        for part in range(2):
            for image, target in zip(images[part, :, 0], targets[part].tolist(), strict=True):
                row, column, left, top = torch.randint(6, (4,), generator=draw).tolist()
                if target in (1, 3):
                    image[row, left : left + 3] += 1  # a lying bar
                if target in (2, 3):
                    image[top : top + 3, column] += 1  # a standing bar
        for channels, found in accuracy.items():
            torch.manual_seed(derive(seed, "weights"))
            layers = nn.Conv2d(1, channels, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten()
            model = nn.Sequential(*layers, nn.Linear(channels, 4))
            optimizer = build_optimizer(OptimizerConfig(name="adam", learning_rate=0.03), model.parameters())
            train_steps(model, optimizer, repeat((images[0], targets[0]), steps))
            found.append(float((model(images[1]).argmax(1) == targets[1]).float().mean()))
    gain = paired(accuracy[2], accuracy[1])
    means = {name: sum(accuracy[k]) / len(accuracy[k]) for name, k in (("one", 1), ("two", 2), ("four", 4))}
    return Evidence(
        value={"gain": gain.mean, **means},
        decision=decide(at_least(gain, smallest_effect, "gain")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="bars (drawn)",
        why_en="None, lying, standing or both bars: one channel gives one number, its best match anywhere, and both "
        "look like the stronger alone. One gets {one:.0%}, two {two:.0%}, four {four:.0%}: spare ones help the search.",
        why_zh="图中无条、有横条、有竖条或两者都有：一个通道只给出一个数，即最强的匹配，两者都有时看上去就像只有较强的"
        "那种。一个通道 {one:.0%}，两个 {two:.0%}，四个 {four:.0%}：多几个更容易学成。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="A 1x1 convolution mixes channels and looks at no neighbor: it is a linear layer applied to every pixel.",
    zh="1×1 卷积只混合通道，不看相邻像素，等于对每个像素用同一个全连接层。",
)
def one_by_one_convolution_is_linear_per_pixel() -> Evidence:
    images = torch.randn(2, 3, 6, 5, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    convolved = functional.conv2d(images, weight[:, :, None, None])
    linear = functional.linear(images.movedim(1, -1), weight).movedim(-1, 1)
    product = (weight @ images.flatten(2)).view(2, 4, 6, 5)
    gradients = [torch.autograd.grad(output.square().sum(), (images, weight)) for output in (convolved, linear)]
    pairs = [(convolved, linear), (convolved, product), *zip(*gradients, strict=True)]
    difference = max(float((one - two).detach().abs().max()) for one, two in pairs)
    moved = images.detach().clone()
    moved[:, :, 2, 2] += 100
    changed = (functional.conv2d(moved, weight[:, :, None, None]) != convolved).any(1).sum()
    return Evidence(
        value={"difference": difference, "changed": int(changed)},
        bound="at most 1e-12, outputs and gradients; one pixel changed in each of two images changes 2 outputs",
        verdict=within(difference, 1e-12) if changed == 2 else "does not hold",
        n=convolved.numel(),
        why_en="A window of one pixel contains the channels of that pixel and nothing else; {changed} pixels changed, "
        "and {changed} outputs.",
        why_zh="一个像素的窗口里只有该像素的各个通道；改动 {changed} 个像素，变的也只有 {changed} 处输出。",
    )


@claim(
    chapter=14,
    kind="definition",
    budget_s=1,
    en="The number of output channels is free to choose: weights are c_o x c_i x k x k, biases c_o, and the work is "
    "c_i c_o k k for each pixel of the output.",
    zh="输出通道数是超参数：权重形状为 c_o×c_i×k×k，偏置为 c_o，每个输出像素的计算量是 c_i c_o k k。",
)
def output_channels_are_free_to_choose() -> Evidence:
    wrong, work = 0, 0
    for channels in (1, 7, 100):
        layer = nn.Conv2d(100, channels, 5, padding=2, device="meta")
        work = multiply_adds(layer, torch.empty(1, 100, 64, 64, device="meta"))
        wrong += layer.weight.shape != (channels, 100, 5, 5) or layer.bias is None or layer.bias.shape != (channels,)
        wrong += work != 100 * channels * 5 * 5 * 64 * 64
    hours, minutes = 10 * 1e6 * work / 0.15e12 / 3600, 10 * 1e6 * work / 12e12 / 60
    return Evidence(
        value={"wrong": wrong, "billions": work / 1e9, "hours": hours, "minutes": minutes},
        bound="0 shapes or counts wrong, and 1.0 billion multiply-adds for 100 to 100 channels, 5x5, 64 pixels",
        verdict="holds" if wrong == 0 and round(work / 1e9, 1) == 1.0 else "does not hold",
        n=3,
        why_en="Every output channel is one more kernel over all inputs: {billions:.2f} billion multiply-adds at 100. "
        "Ten such layers on a million images: {hours:.0f} hours at 0.15 tera-operations a second, {minutes:.0f} "
        "minutes at 12, a multiply-add taken for one operation.",
        why_zh="每多一个输出通道，就多一个覆盖全部输入通道的核：100 个通道时是 {billions:.2f} G 次乘加。十层这样的网"
        "络、一百万张图，若一次乘加算一次运算：每秒 0.15 T 次要 {hours:.0f} 小时，每秒 12 T 次要 {minutes:.0f} 分钟。",
    )


@claim(
    chapter=14,
    kind="definition",
    budget_s=1,
    en="A multiply-add counts as one floating-point operation.",
    zh="一次乘加算作一次浮点运算（FLOP）。",
)
def a_multiply_add_is_one_operation() -> Evidence:
    layer, image = nn.Conv2d(10, 10, 5, bias=False), torch.zeros(1, 10, 12, 12)
    with FlopCounterMode(display=False) as counter:
        layer(image)
    ratio = counter.get_total_flops() / multiply_adds(layer, image)
    return Evidence(
        value={"ratio": ratio},
        bound="torch's own counter gives 1 a multiply-add",
        verdict="holds" if ratio == 1 else "does not hold",
        counterexample="" if ratio == 1 else "a times b plus c",
        why_en="A product and a sum are {ratio:.0f}, and makers of chips count them so: times from their figures are "
        "twice as long as those from multiply-adds.",
        why_zh="一乘一加是 {ratio:.0f} 次运算，芯片厂商也这么算：拿厂商的数字去除乘加次数，估出的时间会少一半。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="Each input channel has a flat kernel of its own, and the sum of all gives one output channel.",
    zh="每个输入通道有自己的二维核，各通道的结果相加，得到一个输出通道。",
)
def input_channels_are_summed() -> Evidence:
    image, kernels = torch.randn(1, 3, 8, 7, dtype=torch.float64), torch.randn(1, 3, 3, 2, dtype=torch.float64)
    apart = [convolve_loop(image[:, i : i + 1], kernels[:, i : i + 1], ONE, ONE, 1) for i in range(3)]
    difference = float((functional.conv2d(image, kernels) - sum(apart)).abs().max())
    numbers = torch.arange(9.0, dtype=torch.float64).view(3, 3)
    small = torch.stack([numbers, numbers + 1])[None], torch.arange(4.0, dtype=torch.float64).view(2, 2)
    answer = functional.conv2d(small[0], torch.stack([small[1], small[1] + 1])[None]).flatten().tolist()
    return Evidence(
        value={"difference": difference, "first": answer[0], "last": answer[-1]},
        bound="at most 1e-12, and 56, 72, 104, 120 in the notes' example",
        verdict=within(difference, 1e-12) if answer == [56, 72, 104, 120] else "does not hold",
        n=3,
        why_en="The inner sum of the equation runs over channels too; by hand the example begins at {first:.0f} and "
        "ends at {last:.0f}. (With groups a channel would see only its own.)",
        why_zh="公式里的求和也跨通道；例子第一个数是 {first:.0f}，最后一个是 {last:.0f}。（分组卷积则只在组内相加。）",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="Each output channel has a kernel over all input channels of its own.",
    zh="每个输出通道都有自己的三维卷积核。",
    covers=("within a channel the kernel is the same at every place, but channels do not share it",),
)
def each_output_channel_has_its_own_kernel() -> Evidence:
    image, kernels = torch.randn(2, 3, 8, 7, dtype=torch.float64), torch.randn(4, 3, 3, 2, dtype=torch.float64)
    stacked = torch.cat([convolve_columns(image, kernels[o : o + 1], ONE, ONE, 1) for o in range(4)], 1)
    whole = functional.conv2d(image, kernels)
    difference = float((whole - stacked).abs().max())
    other = kernels.clone()
    other[2] += 1
    changed = [o for o in range(4) if not torch.equal(functional.conv2d(image, other)[:, o], whole[:, o])]
    return Evidence(
        value={"difference": difference, "changed": len(changed)},
        bound="at most 1e-12, and another kernel 2 changes output channel 2 alone",
        verdict=within(difference, 1e-12) if changed == [2] else "does not hold",
        n=whole.numel(),
        why_en="The outputs are single convolutions of the same image, side by side; {changed} of 4 changed with its "
        "kernel.",
        why_zh="各输出通道就是对同一图像分别作卷积再并排放好；改动一个核，4 个通道中变了 {changed} 个。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="To double the channels where height and width halve keeps the work of a layer the same.",
    zh="高宽减半时通道数翻倍，每层的计算量保持不变。",
    scope="3x3 layers within the stages of a ResNet-34",
)
def doubled_channels_keep_the_work() -> Evidence:
    inner = [
        row
        for row in summarize_config(ResNetConfig(depth=34, side=224, channels=3)).rows
        if row.kind == "Conv2d" and row.parameters == 9 * row.shape[0] ** 2
    ]
    work = {row.multiply_adds for row in inner}
    sizes = sorted({row.activation_bytes for row in inner})
    halves = {large / small for small, large in pairwise(sizes)}
    return Evidence(
        value={"ratio": max(work) / min(work), "layers": len(inner), "stages": len(sizes)},
        bound="ratio of most to least work exactly 1, and maps that halve from stage to stage",
        verdict="holds in scope" if len(work) == 1 and halves == {2.0} else "does not hold",
        n=len(inner),
        why_en="A quarter of the pixels, twice the inputs and twice the outputs: {layers} layers in {stages} stages "
        "cost alike, while each stage keeps half of the numbers. That it is best is a convention, not shown here.",
        why_zh="像素减为四分之一，输入输出通道各翻一倍，正好抵消：{stages} 个阶段的 {layers} 层计算量相同，特征图的大"
        "小则逐级减半。至于这样是否最好，只是惯例，这里没有证明。",
    )
