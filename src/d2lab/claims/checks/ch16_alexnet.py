"""Chapter 16: AlexNet, how much larger than LeNet it is, and where its parameters are."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.data.catalog import at_hand, load
from d2lab.models.alexnet import AlexNet, AlexNetConfig
from d2lab.models.lenet import LeNetConfig
from d2lab.models.vgg import VGGConfig
from d2lab.plot import dots, lines
from d2lab.reports.summary import summarize_config

LENET = LeNetConfig(activation="sigmoid", pooling="average")
PAPER = AlexNetConfig(channels=3, classes=1000)


@claim(
    chapter=16,
    kind="definition",
    en="AlexNet is LeNet made deeper and wider, with ReLU for the sigmoid, the largest for the mean of a window, "
    "and dropout.",
    zh="AlexNet 是更深更宽的 LeNet：激活用 ReLU 而非 sigmoid，汇聚取最大而非平均，并加入 dropout。",
    covers=("AlexNet brought data augmentation: part of its training, the model is the same without",),
    budget_s=1,
)
def alexnet_is_a_larger_lenet() -> Evidence:
    old, new = summarize_config(LENET), summarize_config(AlexNetConfig())
    kinds_old, kinds_new = ({row.kind for row in costs.rows} for costs in (old, new))
    deep_old, deep_new = (sum(row.kind in ("Conv2d", "Linear") for row in costs.rows) for costs in (old, new))
    widest_old, widest_new = (max(row.shape[0] for row in costs.rows if row.kind == "Linear") for costs in (old, new))
    changed = kinds_new - kinds_old == {"ReLU", "MaxPool2d", "Dropout"} and kinds_old - kinds_new == {
        "Sigmoid",
        "AvgPool2d",
    }
    larger = deep_new > deep_old and widest_new > widest_old
    return Evidence(
        value={"layers": deep_new, "before": deep_old, "widest": widest_new},
        bound="these kinds of layers exchanged and no others; more layers with weights, and wider ones",
        verdict="holds" if changed and larger else "does not hold",
        n=len(new.rows),
        why_en="{layers} layers with weights in place of {before}, up to {widest} wide; what carries numbers between "
        "them is what was exchanged.",
        why_zh="带权重的层由 {before} 个增至 {layers} 个，最宽 {widest}；换掉的是层与层之间的激活与汇聚。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="AlexNet has ten times the parameters of LeNet and 260 times its computation.",
    zh="AlexNet 的参数是 LeNet 的 10 倍，计算量是 260 倍。",
    budget_s=1,
)
def alexnet_has_ten_times_the_parameters_of_lenet() -> Evidence:
    small, large, paper = (summarize_config(config) for config in (LENET, AlexNetConfig(), PAPER))
    times, work = large.parameters / small.parameters, large.multiply_adds / small.multiply_adds
    right = 5 <= times <= 20 and 130 <= work <= 520
    return Evidence(
        value={
            "times": times,
            "work": work,
            "paper": paper.parameters / small.parameters,
            "linear": AlexNetConfig().hidden * 256 * 5 * 5 / small.parameters,
        },
        bound="within a factor of 2 of 10 and of 260",
        verdict="holds" if right else "does not hold",
        n=2,
        counterexample="the two models as the notes build them, one gray channel and ten classes",
        figure=partial(
            dots,
            {
                "parameters, said": [10.0],
                "parameters, counted": [times],
                "multiply-adds, said": [260.0],
                "multiply-adds, counted": [work],
            },
            {},
            title="AlexNet over LeNet",
            subtitle="both as the notes build them: one channel, ten classes, 224 and 28 pixels",
            horizontal="times as many (logarithmic)",
            log=True,
        ),
        why_en="It is {times:.0f} times the parameters and {work:.0f} times the multiply-adds; AlexNet's first linear "
        "layer alone is {linear:.0f} LeNets. For 1,000 classes and in color it would be {paper:.0f} times.",
        why_zh="实际是 {times:.0f} 倍的参数、{work:.0f} 倍的乘加；单是 AlexNet 的第一个全连接层就抵得上 {linear:.0f} "
        "个 LeNet。若按彩色图像、一千类来算，则是 {paper:.0f} 倍。",
    )


@claim(
    chapter=16,
    kind="opinion",
    en="On Fashion-MNIST enlarged to 224 pixels AlexNet reaches an accuracy of about 0.88; it was designed for "
    "ImageNet's 1.4 million images.",
    zh="把 Fashion-MNIST 放大到 224 像素，AlexNet 的精度约为 0.883；它原本是为约 140 万张图像的 ImageNet 设计的。",
    budget_s=3,
)
def alexnet_names_88_of_100_clothes() -> Evidence:
    data = at_hand("fashion-mnist", "digits")
    image = load(data).test.inputs[0, 0].double() / 255
    enlarged = functional.interpolate(image[None, None], size=224, mode="bilinear")[0, 0]
    spread = functional.interpolate(torch.eye(len(image)).double()[None], size=224, mode="linear")[0].T
    back = torch.linalg.pinv(spread)
    lost = float((back @ enlarged @ back.T - image).abs().max())
    return Evidence(
        value={"lost": lost, "times": 224**2 / image.numel()},
        bound="none for the statement; for its neighbor, that enlarging adds nothing: at most 1e-12",
        verdict="not checkable",
        n=image.numel(),
        data=data,
        stand_in=data != "fashion-mnist",
        why_en="ImageNet is not here, and ten epochs at 224 pixels take hours without an accelerator. What can be "
        "checked: the small image can be recovered from the enlarged one to {lost:.0e}, so {times:.0f} times the "
        "pixels carry no more information.",
        why_zh="这里没有 ImageNet，而不用加速器在 224 像素上训练十个周期要数小时。可以验证的是："
        "从放大的图能还原出小图，误差仅 {lost:.0e}，可见像素多到 {times:.0f} 倍，信息并没有增加。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="In LeNet, AlexNet and VGG the first linear layer behind the convolutions has more parameters than all other "
    "layers together.",
    zh="在 LeNet、AlexNet 和 VGG 中，卷积之后的第一个全连接层的参数比其余各层加起来还多。",
    covers=("48 thousand of them in LeNet, 102 million in VGG",),
    budget_s=1,
)
def first_linear_layer_holds_most_parameters() -> Evidence:
    shares, counts = {}, {}
    for name, config in (("lenet", LENET), ("alexnet", AlexNetConfig()), ("vgg", VGGConfig())):
        costs = summarize_config(config)
        counts[name] = next(row.parameters for row in costs.rows if row.kind == "Linear")
        shares[name] = counts[name] / costs.parameters
    return Evidence(
        value={
            "least_share": min(shares.values()),
            **shares,
            "lenet_count": counts["lenet"],
            "vgg_count": counts["vgg"],
        },
        bound="a share above one half in each",
        verdict="holds" if min(shares.values()) > 0.5 else "does not hold",
        n=len(shares),
        why_en="It has a weight for every pixel of every map and every unit: {lenet:.0%} of LeNet, {alexnet:.0%} of "
        "AlexNet and {vgg:.0%} of VGG, where it is {vgg_count:,}.",
        why_zh="每个特征图的每个像素对每个单元都有一个权重：它占 LeNet 的 {lenet:.0%}、AlexNet 的 {alexnet:.0%}、VGG "
        "的 {vgg:.0%}（{vgg_count:,} 个）。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="The first linear layer of AlexNet has 37 million parameters.",
    zh="AlexNet 的第一个全连接层有 3700 万个参数。",
    budget_s=1,
)
def first_linear_layer_of_alexnet_has_37_million() -> Evidence:
    sides, counts = range(196, 261, 4), {}
    for padding in (1, 2):
        with torch.device("meta"):
            models = [AlexNet(AlexNetConfig(side=side, padding=padding)) for side in sides]
        layers = [next(layer for layer in model.children() if isinstance(layer, nn.Linear)) for model in models]
        counts[padding] = [sum(p.numel() for p in layer.parameters()) for layer in layers]
    here = sides.index(224)
    coded, padded = counts[1][here], counts[2][here]
    return Evidence(
        value={"parameters": coded, "padded": padded},
        bound="from 36 to 38 million",
        verdict="holds" if 36e6 <= coded <= 38e6 else "does not hold",
        n=1,
        counterexample="256 maps of 5 x 5 pixels to 4,096 units, as the notes' own code has it",
        figure=partial(
            lines,
            list(sides),
            {f"padding {padding}": [count / 1e6 for count in counts[padding]] for padding in (1, 2)},
            title="One pixel of padding decides 11 million parameters",
            subtitle="AlexNet's first linear layer: 5 x 5 maps at 224 pixels with padding 1, 6 x 6 with padding 2",
            horizontal="side of the image, pixels",
            vertical="parameters, millions",
        ),
        why_en="The notes pad the first convolution by 1: maps of 5 x 5 remain, and {parameters:,} parameters. With "
        "the 2 of other versions 6 x 6 remain, and {padded:,}: the number that the notes give.",
        why_zh="笔记的代码在第一个卷积层填充 1，最后剩 5×5 的特征图，共 {parameters:,} 个参数；别的版本填充 2，剩 "
        "6×6，才是 {padded:,} 个，也就是笔记给出的数字。",
    )
