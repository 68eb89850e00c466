"""Chapter 16: ResNet, residuals, and a thousand layers."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import cast

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_most, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.data.catalog import load
from d2lab.experiments.quick_run import last
from d2lab.inspection import outputs_of
from d2lab.layers import initialize
from d2lab.metrics.paired import intervals, mean_interval, paired
from d2lab.models.resnet import PreBasicBlock, ResNet, ResNetConfig, block_class
from d2lab.plot import dots, lines
from d2lab.vision.preparation import Prepare

POST, PRE = (ResNetConfig(stem="small", depth=8, side=8, order=order) for order in ("post", "pre"))


@claim(
    chapter=16,
    kind="identity",
    en="A residual block whose convolutions are all zero returns its input.",
    zh="卷积权重全为 0 的残差块原样输出它的输入。",
    budget_s=1,
)
def a_residual_block_of_zeros_is_the_identity() -> Evidence:
    inputs = torch.linspace(-2, 2, 21)
    maps = inputs.expand(1, 4, 1, 21)
    outputs = {}
    for name, config in (("ReLU at the end (ResNet)", POST), ("ReLU before each convolution", PRE)):
        block = initialize(block_class(config)(4, 4, 1, config), "zeros").eval()
        outputs[name] = block(maps)[0, 0, 0].detach()
    post, pre = (float((answers - inputs).abs().max()) for answers in outputs.values())
    return Evidence(
        value={"post": post, "pre": pre},
        bound="at most 1e-12 for the block of the notes",
        verdict=within(post, 1e-12),
        n=len(inputs),
        counterexample="-1 goes in, ReLU(-1 + 0) = 0 comes out",
        why_en="The notes' block ends with a ReLU after the sum, which sets negative values to 0: off by up to "
        "{post:.0f}. A pre-activation block, with the ReLU before its convolutions (2016), returns everything, off by "
        "{pre:.0f}.",
        why_zh="笔记中的残差块在相加之后还有一个 ReLU，会截掉负数，最多相差 {post:.0f}；"
        "而 2016 年的预激活残差块先激活再卷积，原样返回一切输入，相差 {pre:.0f}。",
        figure=partial(
            lines,
            inputs.tolist(),
            {name: answers.tolist() for name, answers in outputs.items()},
            title="A residual block of zeros",
            horizontal="what comes in",
            vertical="what comes out",
        ),
    )


@claim(
    chapter=16,
    kind="identity",
    en="The functions of a deeper ResNet contain those of a shallower one: a block of zeros added to a stage changes "
    "nothing.",
    zh="较深的 ResNet 所能表示的函数包含较浅的：在某一级末尾加一个全零的残差块，网络的输出不变。",
    budget_s=1,
    scope="blocks that keep the size, added behind others",
)
def deeper_resnets_contain_shallower_ones() -> Evidence:
    torch.set_default_dtype(torch.float64)
    images, difference, least = torch.rand(8, 1, 8, 8), 0.0, float("inf")
    for config in (POST, PRE):
        model = ResNet(config)
        for stage, channels in (("stage1", 16), ("stage2", 32), ("stage3", 64)):
            before = outputs_of(model.eval(), images, [stage, ""])
            cast(nn.Sequential, model.get_submodule(stage)).append(
                initialize(block_class(config)(channels, channels, 1, config), "zeros")
            )
            difference = max(difference, float((model.eval()(images) - before[""]).detach().abs().max()))
            least = min(least, float(before[stage].detach().min())) if config is POST else least
    return Evidence(
        value={"difference": difference, "least": least},
        bound="at most 1e-12, for both orders of ReLU and sum, in all three stages",
        verdict="holds in scope" if difference <= 1e-12 else "does not hold",
        n=6,
        why_en="Behind another block's ReLU nothing is below {least:.0f}, so the new block's last ReLU cuts nothing. "
        "A block that changes size multiplies its input by weights and can't be the identity.",
        why_zh="前一个残差块以 ReLU 结尾，输入最小是 {least:.0f}，新块末尾的 ReLU 什么也截不掉。"
        "而改变尺寸的块要把输入乘以权重，不可能是恒等映射。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="A ResNet does better because its larger class of functions lowers the bias of the model.",
    zh="ResNet 更好，是因为它扩大了函数类，从而降低了模型的偏差。",
    scope="20 layers with and without shortcuts, 2 epochs on 1,024 digits",
    budget_s=14,
    smoke={"seeds": range(2), "epochs": 1, "depth": 14},
)
def resnet_lowers_the_bias(
    seeds: Sequence[int] = range(5), epochs: int = 2, depth: int = 20, smallest_effect: float = 0.1
) -> Evidence:
    common = {"epochs": epochs, "side": 8, "batch_size": 128, "examples": 1024}
    models = {"plain, 8": ("none", 8), f"plain, {depth}": ("none", depth), f"with shortcuts, {depth}": ("pad", depth)}
    losses = {
        f"{name} layers": last("train_loss", "resnet20", seeds, shortcut=shortcut, depth=layers, **common)
        for name, (shortcut, layers) in models.items()
    }
    shallow, plain, residual = losses.values()
    deeper, shortcuts = paired(plain, shallow), paired(plain, residual)
    steps_fail = deeper.low > 0.1 and shortcuts.low > 0.1
    return Evidence(
        value={"shortcuts": shortcuts.mean, "deeper": deeper.mean},
        decision=decide(at_most(shortcuts, smallest_effect, "shortcuts"), at_most(deeper, smallest_effect, "deeper")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="the same 20 layers without their shortcuts" if steps_fail else "",
        why_en="Without shortcuts the deep model has the same weights and can copy the shallow one, yet its training "
        "loss stays {deeper:.2f} above that one's, and {shortcuts:.2f} above the ResNet's. The functions are there "
        "and are not found: it is the optimization that shortcuts mend.",
        why_zh="去掉捷径的深网络参数一样多，也能照搬浅网络，训练损失却比浅网络高 {deeper:.2f}，比 ResNet 高 "
        "{shortcuts:.2f}。函数类里有好的函数，只是找不到：捷径解决的是优化问题，而不是偏差。",
        figure=partial(
            dots,
            losses,
            intervals(losses),
            title="Deeper fits worse, unless there are shortcuts",
            subtitle=f"1,024 digits, {epochs} epochs",
            horizontal="training loss",
        ),
    )


@claim(
    chapter=16,
    kind="definition",
    en="A residual is what a block adds: its output minus its input.",
    zh="残差就是残差块的输出减去输入，也就是块要学的那一部分。",
    budget_s=1,
    covers=("that residuals have mean 0: they need not",),
)
def residual_is_output_minus_input() -> Evidence:
    torch.set_default_dtype(torch.float64)
    block, maps = PreBasicBlock(4, 4, 1, PRE), torch.randn(8, 4, 5, 5)
    whole = block(maps)
    block.residual = False  # the same convolutions without the shortcut
    added = block(maps)
    difference = float((whole - maps - added).detach().abs().max())
    mean = float((added.mean((0, 2, 3)) / added.std((0, 2, 3))).detach().abs().max())
    return Evidence(
        value={"difference": difference, "mean": mean},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=maps.numel(),
        why_en="The block computes F and answers x + F(x), so its convolutions learn only the difference. Nothing "
        "makes that 0 on average: in one channel the mean of F is {mean:.2f} of its deviation.",
        why_zh="残差块算出 F，输出 x + F(x)，卷积层只需学习差值。残差的均值不必为 0：这里有一个通道，F 的均值是标准差"
        "的 {mean:.2f} 倍。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="A ResNet fits the small model first and the residual after it: at initialization its blocks add next to "
    "nothing.",
    zh="ResNet 先拟合小模型，再拟合残差：训练开始时，残差块几乎不增加任何东西。",
    scope="20 layers with Kaiming initialization",
    budget_s=1,
    smoke={"seeds": range(2)},
)
def residuals_begin_small(seeds: Sequence[int] = range(5), smallest_effect: float = 0.1) -> Evidence:
    images = Prepare()(load("digits").train.inputs[:64])
    names = [f"stage{stage}.{block}" for stage in (1, 2, 3) for block in (0, 1, 2)]

    def share(model: nn.Module) -> float:
        """The length of what a block adds over that of its input; mean over the blocks that keep the size."""
        with torch.no_grad():
            maps = outputs_of(model, images, names)
        pairs = [(maps[before], maps[after]) for before, after in pairwise(names) if not after.endswith("0")]
        return sum(float((after - before).norm() / before.norm()) for before, after in pairs) / len(pairs)

    found, zero = [], []
    for seed in seeds:
        torch.manual_seed(seed)
        model = initialize(ResNet(ResNetConfig(depth=20, stem="small", side=8, order="pre")), "kaiming")
        found.append(share(model))
        for name in names:
            initialize(model.get_submodule(f"{name}.conv2"), "zeros")
        zero.append(share(model))
    start = mean_interval(found)
    return Evidence(
        value={"share": start.mean, "zero": max(zero)},
        decision=decide(at_most(start, smallest_effect, "share")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="the usual initialization: nothing in the loss or in the order of steps puts the input first",
        why_en="With the usual initialization a block adds {share:.2f} of the norm of its input at once, and all "
        "blocks learn together. It is true if each block's last layer is initialized to zero: {zero:.0f}.",
        why_zh="按通常的初始化，残差块一开始就加上输入长度的 {share:.2f} 倍，所有的块同时学习。"
        "只有把每个块的最后一层初始化为 0（此时为 {zero:.0f}），这句话才成立。",
    )
