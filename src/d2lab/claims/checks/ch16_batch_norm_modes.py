"""Chapter 16: batch normalization and the other examples of the batch: batches of one image, prediction, dropout."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, decide, drops
from d2lab.claims.evidence import Evidence, within
from d2lab.core.seed import stream
from d2lab.data.catalog import load
from d2lab.experiments.quick_run import last
from d2lab.layers import BatchNorm1d, BatchNorm2d
from d2lab.layers.normalization import moments, standardize
from d2lab.metrics.paired import mean_interval, paired


@claim(
    chapter=16,
    kind="identity",
    en="Batch normalization cannot learn anything from a batch of one image.",
    zh="批量里只有一张图像时，批量归一化什么也学不到。",
    budget_s=1,
)
def batch_norm_cannot_learn_from_one_image() -> Evidence:
    torch.set_default_dtype(torch.float64)
    image = torch.randn(1, 3, 6, 6, requires_grad=True)
    answer = BatchNorm2d(3)(image)
    difference = float((answer - functional.instance_norm(image)).detach().abs().max())
    (gradient,) = torch.autograd.grad((answer * torch.randn(answer.shape)).sum(), image)
    size = float(gradient.norm())
    learns = difference <= 1e-12 and size > 0.1
    return Evidence(
        value={"gradient": size, "difference": difference},
        bound="a gradient above 0.1, and the output of instance normalization to 1e-12, would refute it",
        verdict="does not hold" if learns else "holds",
        n=image.numel(),
        counterexample="an image of two pixels, 0 and 2: they become -1 and 1",
        why_en="After a convolution the pixels are the samples: one image has height x width of them, its statistics "
        "are those of instance normalization, and gradients pass (norm {gradient:.1f}). Only dense layers, and maps "
        "of a single pixel, can't learn.",
        why_zh="卷积层之后像素就是样本：一张图像有高 x 宽个样本，此时等同于实例归一化，梯度照样传下去（范数 "
        "{gradient:.1f}）。学不到的只有全连接层和只剩一个像素的特征图。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="In prediction batch normalization uses the statistics of the whole training, so an output does not depend on "
    "the other examples of the batch; in training it does.",
    zh="预测时批量归一化使用整个训练过程累积的统计量，一个样本的输出与同批的其他样本无关；训练时则有关。",
    budget_s=1,
)
def prediction_ignores_the_rest_of_the_batch() -> Evidence:
    torch.set_default_dtype(torch.float64)
    layer, example = BatchNorm1d(5), torch.randn(1, 5)
    for batch in torch.randn(20, 16, 5):
        layer(batch)
    batches = [torch.cat([example, others]) for others in torch.randn(50, 7, 5)]
    trained = torch.stack([layer(batch)[0] for batch in batches])
    layer.eval()
    answers = torch.stack([layer(batch)[0] for batch in batches])
    difference = float((answers - layer(example)[0]).detach().abs().max())
    spread = float(trained.detach().std(0).min())
    return Evidence(
        value={"difference": difference, "spread": spread},
        bound="at most 1e-12 in evaluation, a deviation above 0.1 in training",
        verdict=within(difference, 1e-12) if spread > 0.1 else "does not hold",
        n=len(batches),
        why_en="Running statistics are constants of the model. In training the other examples change mean and "
        "variance, and with them the output of one example: standard deviation {spread:.2f} or more over 50 batches "
        "of 8.",
        why_zh="移动平均是网络里的常数。训练时同批样本会改变均值和方差，同一样本的输出随之变化：50 个大小为 8 的批量"
        "中，标准差至少 {spread:.2f}。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="Batch normalization is a source of noise: the other examples are random, and so are the shift and scale of an "
    "example, by an amount that falls with the root of the batch size.",
    zh="批量归一化会引入噪声：同批样本是随机的，一个样本的平移与缩放也就随机，其幅度与批量大小的平方根成反比。",
    budget_s=6,
    smoke={"seeds": range(2), "draws": 20},
    covers=("the guess that this noise controls the complexity of the model: the noise is measured, the guess is not",),
)
def batch_norm_noise_falls_with_the_root_of_the_batch(
    seeds: Sequence[int] = range(5), draws: int = 400, smallest_effect: float = 0.1
) -> Evidence:
    pixels = load("digits").train.inputs[:, 0, 3, 4].double()
    sizes, exponents, noise = (16, 32, 64, 128, 256), [], []
    for seed in seeds:
        rng, spread = stream(seed, "mates"), []
        for size in sizes:
            chosen = torch.randint(len(pixels), (draws, size), generator=rng)
            chosen[:, 0] = 0  # the example that is watched is in every batch
            batches = pixels[chosen]
            answers = standardize(batches, *moments(batches, (1,)), 1e-5)[:, 0]
            spread.append(float(answers.std()))
        exponents.append(float(np.polyfit(np.log(sizes), np.log(spread), 1)[0]))
        noise.append(spread[0])
    power = mean_interval(exponents)
    return Evidence(
        value={"power": power.mean, "of_16": float(np.mean(noise))},
        decision=decide(alike(power, smallest_effect, "power", around=-0.5)),
        n=len(seeds) * len(sizes) * draws,
        seeds=tuple(seeds),
        data="digits",
        why_en="Mean and variance of b examples scatter by 1 / sqrt(b): in batches of 16 one and the same pixel "
        "comes out with a deviation of {of_16:.2f}, and the power of b is {power:.2f}. That this noise regularizes "
        "is a guess.",
        why_zh="b 个样本的均值和方差的波动是 1 / sqrt(b)：批量为 16 时，同一个像素的输出标准差为 {of_16:.2f}，"
        "对 b 的幂次为 {power:.2f}。至于这种噪声起正则化作用，则只是一种猜测。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="Dropout in front of batch normalization leaves it a running variance that is wrong in prediction: 1 / (1 - p) "
    "times too large for centered features.",
    zh="把 dropout 放在批量归一化之前，预测时用的移动方差就是错的：对均值为 0 的特征，大了 1 / (1 - p) 倍。",
    budget_s=1,
)
def dropout_before_batch_norm_inflates_its_variance() -> Evidence:
    torch.set_default_dtype(torch.float64)
    features = torch.randn(64, 5)
    features -= features.mean(0)
    # With p = 1/2 each value is 0 or doubled, equally often: this batch has exactly dropout's distribution.
    layer = BatchNorm1d(5, momentum=1.0)
    layer(torch.cat([2 * features, 0 * features]))
    running = layer.get_buffer("running_var") * 127 / 128  # the unbiased estimate, taken back
    ratio = running / features.var(0, correction=0)
    difference = float((ratio - 2).abs().max())
    after = layer.eval()(features).var(0, correction=0).mean()
    return Evidence(
        value={"difference": difference, "after": float(after.detach())},
        bound="ratio to the true variance within 1e-12 of 1 / (1 - 1/2) = 2",
        verdict=within(difference, 1e-12),
        n=features.numel(),
        why_en="Dropout keeps the mean and adds variance, in training only. In prediction the features come undropped "
        "and are divided by the larger deviation: their variance is {after:.2f} in place of 1.",
        why_zh="dropout 保持均值不变，却增大方差，而且只在训练时如此。预测时特征没有被丢弃，却除以偏大的标准差：方差"
        "成了 {after:.2f}，而不是 1。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="Batch normalization and dropout must not be used together.",
    zh="批量归一化和 dropout 不能一起使用。",
    scope="a LeNet with ReLU and p = 0.5 on the digits",
    budget_s=10,
    smoke={"seeds": range(2), "epochs": 1},
)
def dropout_spoils_batch_norm(
    seeds: Sequence[int] = range(5), epochs: int = 2, smallest_effect: float = 0.05
) -> Evidence:
    def in_front_of_norm(layer: nn.Module, _: object, maps: torch.Tensor) -> torch.Tensor:
        return functional.dropout(maps, 0.5, layer.training and isinstance(layer, nn.Flatten))

    def behind_norms(layer: nn.Module, inputs: tuple[torch.Tensor]) -> torch.Tensor:
        last_layer = isinstance(layer, nn.Linear) and layer.out_features == 10
        return functional.dropout(inputs[0], 0.5, layer.training and last_layer)

    settings = {"norm": True, "epochs": epochs, "layout": "plain", "side": 12}
    alone = last("test_accuracy", "lenet", seeds, **settings)
    with nn.modules.module.register_module_forward_hook(in_front_of_norm):  # type: ignore[arg-type]
        front = paired(last("test_accuracy", "lenet", seeds, **settings), alone)
    with nn.modules.module.register_module_forward_pre_hook(behind_norms):  # type: ignore[arg-type]
        behind = paired(last("test_accuracy", "lenet", seeds, **settings), alone)
    refuted = behind.low > -0.05
    return Evidence(
        value={"behind": behind.mean, "front": front.mean, "alone": float(np.mean(alone))},
        decision=decide(drops(behind, smallest_effect, "behind")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="dropout behind the last normalization, in front of the last layer" if refuted else "",
        why_en="With batch normalization alone the model gets {alone:.3f}; dropout behind the last normalization "
        "changes that by {behind:+.3f}, in front of one by {front:+.3f}. It is the place that spoils, not the pair.",
        why_zh="只用批量归一化时精度为 {alone:.3f}；dropout 放在最后一个归一化之后，变化 {behind:+.3f}，"
        "放在归一化之前，变化 {front:+.3f}。问题出在位置，而不在二者同用。",
    )
