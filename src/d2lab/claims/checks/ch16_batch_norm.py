"""Chapter 16: batch normalization, what it computes in training and in prediction."""

from functools import partial

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers import BatchNorm1d, BatchNorm2d
from d2lab.layers.normalization import moments, standardize
from d2lab.optimizers import ema
from d2lab.plot import lines


@claim(
    chapter=16,
    kind="identity",
    en="Batch normalization acts on each feature of a dense layer and on each channel of a convolution: before gain "
    "and shift both have mean 0 and variance 1 over the batch.",
    zh="批量归一化在全连接层上逐特征、在卷积层上逐通道地进行：在拉伸和偏移之前，它们在一个批量上的均值为 0、方差为 1。",
    budget_s=1,
)
def batch_norm_standardizes_each_channel() -> Evidence:
    torch.set_default_dtype(torch.float64)
    dense = BatchNorm1d(5, eps=0.0)(3 + 2 * torch.randn(64, 5))
    maps = BatchNorm2d(5, eps=0.0)(3 + 2 * torch.randn(8, 5, 6, 6))
    off = [answers.mean(axes) for answers, axes in ((dense, (0,)), (maps, (0, 2, 3)))]
    off += [answers.var(axes, correction=0) - 1 for answers, axes in ((dense, (0,)), (maps, (0, 2, 3)))]
    difference = float(torch.cat(off).detach().abs().max())
    weak = BatchNorm1d(1)(0.001 * torch.tensor([[-1.0], [1.0]]))  # its variance, 1e-6, is a tenth of eps
    return Evidence(
        value={"difference": difference, "weak": float(weak.detach().var(correction=0))},
        bound="at most 1e-12 from 0 and 1, with eps = 0",
        verdict=within(difference, 1e-12),
        n=dense.numel() + maps.numel(),
        why_en="Mean and variance are taken over all but the channel axis and divided out. With eps the variance is "
        "v / (v + eps): a feature that hardly varies (v = 1e-6) is left with {weak:.2f}.",
        why_zh="均值和方差沿通道之外的所有轴计算，再被消去。加上 eps 后方差为 v / (v + eps)："
        "几乎不变的特征（v = 1e-6）只剩 {weak:.2f}。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="Right before batch normalization, the bias of a layer and the scale of its weights change nothing.",
    zh="紧挨在批量归一化之前的层，偏置和权重的整体缩放都不起作用。",
    scope="in training, with eps = 0 for the scale",
    budget_s=1,
)
def bias_before_batch_norm_is_idle() -> Evidence:
    torch.set_default_dtype(torch.float64)
    images, norm = torch.rand(16, 3, 8, 8), BatchNorm2d(4, eps=0.0).requires_grad_(False)
    layer = nn.Conv2d(3, 4, 3).requires_grad_(False)
    before, predicted = norm(layer(images)), norm.eval()(layer(images))
    layer.get_parameter("weight").mul_(3)
    layer.get_parameter("bias").add_(7)
    stale = float((norm(layer(images)) - predicted).abs().max())  # the running mean knows nothing of the new bias
    difference = float((norm.train()(layer(images)) - before).abs().max())
    return Evidence(
        value={"difference": difference, "stale": stale},
        bound="at most 1e-12",
        verdict="holds in scope" if within(difference, 1e-12) == "holds" else "does not hold",
        n=before.numel(),
        why_en="The batch's mean takes the bias away, its deviation the scale, so convolutions in front of it need no "
        "bias. In evaluation the running statistics are those of the old weights: the same change moves outputs by up "
        "to {stale:.1f}.",
        why_zh="批量均值抵消偏置，批量标准差抵消缩放，所以其前的卷积层不需要偏置。预测时用的是旧权重的移动平均，同样的"
        "改动会使输出最多偏移 {stale:.1f}。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="For a convolution, batch normalization takes every pixel as a sample and its channels as the features.",
    zh="对卷积层来说，批量归一化把每个像素当作一个样本，把它的各个通道当作特征。",
    budget_s=1,
)
def pixels_are_the_samples_of_batch_norm() -> Evidence:
    torch.set_default_dtype(torch.float64)
    maps = torch.randn(4, 3, 5, 7)
    pixels = maps.permute(0, 2, 3, 1).reshape(-1, 3)  # sample feature
    dense = BatchNorm1d(3)(pixels).reshape(4, 5, 7, 3).permute(0, 3, 1, 2)
    difference = float((nn.BatchNorm2d(3)(maps) - dense).detach().abs().max())
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=maps.numel(),
        why_en="One kernel computes all pixels of a map, so they follow one distribution and are averaged together.",
        why_zh="同一张特征图的像素由同一个卷积核算出，服从同一分布，因此一起求平均。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="Batch normalization written from scratch, its running variance fed with the batch's own, predicts as torch's.",
    zh="从零实现的批量归一化（移动方差直接累积批量方差）与 torch 的预测结果相同。",
    budget_s=1,
    covers=("the variance of a batch is the mean squared deviation, not the unbiased estimate: so it is in training",),
)
def scratch_batch_norm_predicts_as_torch_does() -> Evidence:
    torch.set_default_dtype(torch.float64)
    sizes, ratios, difference = (2, 4, 8, 16, 32, 64, 128, 256), [], 0.0
    for size in sizes:
        layer, running = nn.BatchNorm1d(3), torch.ones(3)
        for batch in torch.randn(150, size, 3):
            mean, variance = moments(batch, (0,))
            scratch = standardize(batch, mean, variance, layer.eps)
            difference = max(difference, float((layer(batch) - scratch).detach().abs().max()))
            running = ema(0.9)(running, variance[0], 0)
        ratios.append(float((layer.get_buffer("running_var") / running).mean()))
    same = difference <= 1e-12
    return Evidence(
        value={"ratio": ratios[0], "of_64": ratios[5], "training": difference},
        bound="ratio of the running variances within 1 % at every batch size, training outputs within 1e-12",
        verdict="holds" if same and max(ratios) < 1.01 else "does not hold",
        n=len(sizes),
        counterexample="a batch of 0 and 2: its variance is 1, and torch keeps 2",
        why_en="In training both divide by the biased variance and agree. For prediction torch keeps the unbiased one, "
        "n / (n - 1) times as large: {ratio:.2f} times at two examples, {of_64:.3f} times at 64.",
        why_zh="训练时二者都除以有偏方差，结果一致；预测时 torch 保存的是无偏估计，大 n / (n - 1) 倍："
        "批量为 2 时是 {ratio:.2f} 倍，批量为 64 时是 {of_64:.3f} 倍。",
        figure=partial(
            lines,
            sizes,
            {"torch": ratios, "scratch": [1.0] * len(sizes)},
            title="torch keeps the unbiased variance",
            horizontal="examples in a batch",
            vertical="running variance, as a multiple of the batch's",
            log="x",
        ),
    )


@claim(
    chapter=16,
    kind="identity",
    en="The running mean of batch normalization is an average of all batches with weights that fade exponentially.",
    zh="批量归一化的移动均值是所有批量均值的加权平均，权重随时间指数衰减。",
    budget_s=1,
    covers=(
        "torch's momentum is the share of the new batch, 1 minus the momentum of the scratch code",
        "the average begins at 0 and 1 and, unlike Adam's, is not corrected for that",
    ),
)
def running_mean_forgets_exponentially() -> Evidence:
    torch.set_default_dtype(torch.float64)
    layer, young, average = BatchNorm1d(1, momentum=0.1), BatchNorm1d(1, momentum=0.1), torch.zeros(1)
    batches = 5 + torch.randn(30, 8, 1)
    for batch in batches:
        layer(batch)
        young(torch.ones(8, 1))
        average = ema(0.9)(average, batch.mean(0), 0)
    ages = torch.arange(29, -1, -1)
    closed = (0.1 * 0.9**ages * batches.mean((1, 2))).sum()
    running = (layer.get_buffer("running_mean"), average)
    difference = max(float((mean - closed).abs().max()) for mean in running)
    missing = 1 - float(young.get_buffer("running_mean"))
    return Evidence(
        value={"difference": difference, "missing": missing},
        bound="at most 1e-12, for the layer and for an exponential average of the batches' means",
        verdict=within(difference, 1e-12),
        n=len(batches),
        why_en="A batch k steps ago counts 0.1 x 0.9^k. These weights sum to 1 - 0.9^t: after 30 batches the initial "
        "0 still has a weight of {missing:.1%}, and there is no bias correction as in Adam.",
        why_zh="k 步之前的批量权重为 0.1 x 0.9^k，总和是 1 - 0.9^t：30 个批量之后，初值 0 还占 {missing:.1%}，"
        "这里没有 Adam 那样的偏差修正。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="With one example in a batch, batch normalization after a dense layer outputs its shift whatever the input, "
    "and the layers below learn nothing.",
    zh="批量大小为 1 时，全连接层上的批量归一化不论输入什么都只输出偏移参数，它下面的层学不到任何东西。",
    budget_s=1,
)
def batch_norm_of_one_example_gives_its_shift() -> Evidence:
    torch.set_default_dtype(torch.float64)
    example = torch.randn(1, 5, requires_grad=True)
    gain, shift = torch.randn(5), torch.randn(5)
    answer = gain * standardize(example, *moments(example, (0,)), 1e-5) + shift
    (gradient,) = torch.autograd.grad((answer * torch.randn(5)).sum(), example)
    difference = max(float((answer - shift).detach().abs().max()), float(gradient.abs().max()))
    try:
        nn.BatchNorm1d(5)(example)
    except ValueError:
        refused = 1
    else:
        refused = 0
    return Evidence(
        value={"difference": difference, "refused": refused},
        bound="at most 1e-12 from the shift and for the gradient; torch refuses such a batch",
        verdict=within(difference, 1e-12) if refused else "does not hold",
        n=5,
        why_en="The mean of one number is the number itself: the difference is 0, and so is its gradient. Libraries "
        "refuse to train on such a batch, also where it is the last, ragged one of an epoch.",
        why_zh="一个数的均值就是它自己，差恒为 0，梯度也恒为 0。因此各个库都拒绝用这样的批量训练，哪怕它只是一轮里最后"
        "剩下的小批量。",
    )
