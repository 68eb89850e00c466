"""Chapter 15: LeNet, and looking into its convolutions."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.reference import relative_difference
from d2lab.data.catalog import at_hand, card
from d2lab.experiments.quick_run import last
from d2lab.inspection import outputs_of
from d2lab.metrics.paired import intervals, paired
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.plot import dots
from d2lab.reports.summary import summarize_config


@claim(
    chapter=15,
    kind="identity",
    en="LeNet-5 shrinks a 28-pixel image to 14, 10 and 5 by two convolutions and two average pools, and ends in three "
    "linear layers: 61,706 parameters in all.",
    zh="LeNet-5 用两个卷积层和两个平均汇聚层把边长 28 的图像依次变为 14、10、5，再接三个全连接层，共 61706 个参数。",
    covers=("the widths behind the maps are 400, 120, 84 and 10", "one image costs 0.417 million multiply-adds"),
    budget_s=1,
)
def lenet_has_61706_parameters() -> Evidence:
    costs = summarize_config(LeNetConfig(activation="sigmoid", pooling="average"))
    last_size = {row.name: row.shape[-1] for row in costs.rows}
    names = ("conv1", "pool1", "conv2", "pool2", "flatten", "hidden1", "hidden2", "out")
    fits = [last_size[name] for name in names] == [28, 14, 10, 5, 400, 120, 84, 10]
    by_hand = 6 * (25 + 1) + 16 * (6 * 25 + 1) + 120 * (400 + 1) + 84 * (120 + 1) + 10 * (84 + 1)
    off = abs(costs.parameters - by_hand) + abs(costs.parameters - 61_706)
    return Evidence(
        value={"parameters": costs.parameters, "multiply_adds": costs.multiply_adds, "off": off},
        bound="61,706, by hand too, and the sides and widths as stated",
        verdict="holds" if fits and not off else "does not hold",
        n=len(costs.rows),
        why_en="A kernel's weights are paid for once and used at every pixel: the two convolutions have few "
        "parameters and do most of the {multiply_adds:,} multiply-adds.",
        why_zh="卷积核的权重只存一份、每个像素都用：两个卷积层参数很少，却承担了 {multiply_adds:,} 次乘加中的大部分。",
    )


@claim(
    chapter=15,
    kind="experiment",
    en="LeNet with sigmoids, trained by plain gradient descent at rate 0.9, names about 79 of 100 clothes after ten "
    "epochs.",
    zh="sigmoid 版 LeNet 以学习率 0.9 做普通梯度下降，训练十个周期后，一百件服装约能认对 79 件。",
    budget_s=55,
    smoke={"seeds": range(2), "examples": 256},
)
def lenet_names_79_of_100_clothes(seeds: Sequence[int] = range(5), examples: int = 6400) -> Evidence:
    data = at_hand("fashion-mnist", "digits")
    few = {"data": data, "examples": examples, "epochs": 1, "batch_size": 128, "optimizer.name": "sgd"}
    sigmoid = last("test_accuracy", "lenet-sigmoid", seeds, learning_rate=0.9, **few)
    relu = last("test_accuracy", "lenet-sigmoid", seeds, learning_rate=0.1, activation="relu", **few)
    ahead = paired(relu, sigmoid)
    return Evidence(
        value={"ahead": ahead.mean, "sigmoid": sum(sigmoid) / len(seeds), "relu": sum(relu) / len(seeds)},
        bound="none for ten epochs; for their beginning, that 50 steps leave the sigmoid at chance, 0.1",
        verdict="not checkable",
        interval=(ahead.low, ahead.high),
        n=len(seeds),
        seeds=tuple(seeds),
        data=data,
        stand_in=data != "fashion-mnist",
        figure=partial(
            dots,
            {"sigmoid, rate 0.9": sigmoid, "ReLU, rate 0.1": relu},
            intervals({"sigmoid, rate 0.9": sigmoid, "ReLU, rate 0.1": relu}),
            title="LeNet after 50 steps",
            subtitle=f"{examples:,} images once, in batches of 128; a dot per seed",
            horizontal="test accuracy",
            mark=0.1,
        ),
        why_en="Ten epochs of 60,000 images take minutes a seed, more than a check may. Their beginning can be "
        "measured: after 50 steps the accuracy with sigmoids is {sigmoid:.2f}, which is chance, and with ReLU in "
        "their place {relu:.2f}.",
        why_zh="在六万张图上训练十个周期，每个种子要几分钟，超出一次检验的时限。能看到的是开头：50 步之后 sigmoid 网络"
        "的精度是 {sigmoid:.2f}，等于随机猜测；换成 ReLU 已有 {relu:.2f}。",
    )


@claim(
    chapter=15,
    kind="definition",
    en="MNIST has 50,000 images to train on.",
    zh="MNIST 有五万张训练图像。",
    budget_s=1,
)
def mnist_has_50000_training_images() -> Evidence:
    (images,) = (file for file in card("mnist").files if "train-images" in file.path)
    count, rest = divmod(images.plain_bytes - 16, 28 * 28)  # behind a head of 16 bytes, a byte a pixel
    return Evidence(
        value={"images": count, "rest": rest},
        bound="50,000, and no byte left over",
        verdict="holds" if (count, rest) == (50_000, 0) else "does not hold",
        n=count,
        data="mnist",
        counterexample="train-images-idx3-ubyte as published: 16 bytes and 60,000 images of 784",
        why_en="The published file contains {images:,} images; 50,000 are left when 10,000 are held out as a "
        "validation set.",
        why_zh="公布的文件里有 {images:,} 张图像；从中留出一万张作验证集来选超参数，剩下的才是五万张。",
    )


@claim(
    chapter=15,
    kind="definition",
    en="The name of a layer's class says what kind of layer it is, which serves for a table of shapes.",
    zh="通过 layer.__class__.__name__ 可以得到层的类型名，便于逐层打印形状。",
    scope="layers that no wrapper contains",
    scope_zh="没有被其他模块包起来的层",
    budget_s=2,
)
def class_name_tells_the_kind_of_layer() -> Evidence:
    model, x = LeNet(LeNetConfig()), torch.rand(1, 1, 28, 28)
    wrong, count = 0, 0
    for layer in model.children():
        wrong += _kind(layer, x) not in layer.__class__.__name__
        count, x = count + 1, layer(x)
    wrappers = (nn.Sequential(nn.Linear(4, 2)), nn.DataParallel(nn.Linear(4, 2)), weight_norm(nn.Linear(4, 2)))
    hidden = sum("Linear" not in wrapper.__class__.__name__ for wrapper in wrappers)
    return Evidence(
        value={"wrong": wrong, "layers": count, "wrappers": len(wrappers), "hidden": hidden},
        bound="each name says what the layer is seen to do",
        verdict="does not hold" if wrong else "holds in scope",
        n=count,
        why_en="The kind is found without the name, by what a layer does to its input; {wrong} of {layers} names "
        "disagree. A wrapper has a name of its own: of {wrappers} around a linear layer (a sequence, parallel "
        "copies, weight normalization) {hidden} don't say that a linear layer is inside.",
        why_zh="不看名字，只看一层对输入做了什么，由此判断它的类型：{layers} 个名字中有 {wrong} 个对不上。"
        "但包装模块另有名字：把全连接层包进 {wrappers} 种模块（顺序容器、数据并行、权重归一化），有 {hidden} 种的"
        "名字里看不出里面是全连接层。",
    )


def _kind(layer: nn.Module, x: Tensor) -> str:
    """Find out what a layer does to its input: linear in it or not, everywhere or around each pixel, in which shape."""
    y, flat = layer(x), x.ndim == 2
    if y.numel() == x.numel() and torch.equal(y.flatten(), x.flatten()):
        return "Flatten"
    if not list(layer.parameters()):
        return "ReLU" if torch.equal(y, x.clamp(min=0)) else "Pool"
    zero = layer(torch.zeros_like(x))
    linear = torch.allclose(layer(2 * x) - zero, 2 * (y - zero), atol=1e-5)
    return ("Linear" if flat else "Conv") if linear else "unknown"


@claim(
    chapter=15,
    kind="identity",
    en="A convolution can be visualized step by step: each input channel with its own kernel gives an intermediate "
    "map, and their sum plus the bias is the output of the layer.",
    zh="卷积可以逐步可视化：每张输入特征图与各自的卷积核得到一张中间图，它们相加再加偏置，就是这一层的输出。",
    covers=(
        "convolutions can be explored with CNN Explainer: a link to a page that shows these intermediate maps for one "
        "fixed model; whether the page helps is for its readers to say",
    ),
    budget_s=1,
)
def convolution_is_a_sum_over_input_channels() -> Evidence:
    image = torch.rand(1, 1, 28, 28, dtype=torch.float64)
    model = LeNet(LeNetConfig()).double()
    with torch.no_grad():
        seen = outputs_of(model, image, ["pool1", "conv2"])
    kernels, bias = (model.get_submodule("conv2").get_parameter(name) for name in ("weight", "bias"))
    maps = [functional.conv2d(seen["pool1"][:, [k]], kernels[:, [k]]) for k in range(6)]
    whole = torch.stack(maps).sum(0) + bias.view(1, -1, 1, 1)
    difference = relative_difference(whole.detach(), seen["conv2"])
    return Evidence(
        value={"difference": difference, "maps": 6 * 16},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=seen["conv2"].numel(),
        why_en="A sum over windows and channels may be taken channel by channel, so the {maps} intermediate maps "
        "behind the 16 outputs of conv2 can be drawn one by one.",
        why_zh="对窗口与通道的求和可以逐通道进行，因此 conv2 的 16 张特征图背后的 {maps} 张中间图可以一张张画出来。",
    )
