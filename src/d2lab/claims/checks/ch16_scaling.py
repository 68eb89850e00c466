"""Chapter 16: standardizing, scaling and batch normalization, and what gain and shift are for."""

from functools import partial

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers import BatchNorm1d
from d2lab.layers.normalization import moments
from d2lab.plot import lines


@claim(
    chapter=16,
    kind="definition",
    en="Standardizing (mean 0, deviation 1), scaling (into 0 to 1) and batch normalization (by the batch, then a "
    "learned gain and shift) are three different things.",
    zh="标准化（均值 0、标准差 1）、缩放（映射到 0 到 1 之间）和批量归一化（按批量统计，再学习拉伸和偏移）是三件不同"
    "的事。",
    budget_s=4,
)
def standardizing_scaling_and_batch_norm_differ() -> Evidence:
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    column = torch.randn(16, 1, dtype=torch.float64).exp()
    mean, variance = moments(column, (0,))
    standard = torch.from_numpy(StandardScaler().fit_transform(column.numpy()))
    scaled = torch.from_numpy(MinMaxScaler().fit_transform(column.numpy()))
    formulas = ((column - mean) / variance.sqrt(), (column - column.min()) / (column.max() - column.min()))
    difference = max(float((a - b).abs().max()) for a, b in zip((standard, scaled), formulas, strict=True))
    layer = BatchNorm1d(1, eps=0.0).double()
    of_all, of_halves = layer(column), torch.cat([layer(column[:8]), layer(column[8:])])
    same = float((of_all - standard).detach().abs().max())
    ways = (standard, scaled, of_halves.detach())
    apart = min(float((a - b).abs().max()) for a, b in ((ways[0], ways[1]), (ways[1], ways[2]), (ways[2], ways[0])))
    return Evidence(
        value={"difference": max(difference, same), "apart": apart},
        bound="libraries and formulas within 1e-12; any two of the three more than 0.1 apart",
        verdict=within(max(difference, same), 1e-12) if apart > 0.1 else "does not hold",
        n=len(column),
        why_en="On one and the same column any two differ by {apart:.2f} or more. Batch normalization equals "
        "standardizing only if the batch is all of the data and gain and shift are still 1 and 0.",
        why_zh="对同一列数据，任意两种结果至少相差 {apart:.2f}。只有批量就是全部数据、拉伸和偏移仍为 1 和 0 时，批量"
        "归一化才等于标准化。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="Standardizing brings data closer to a normal distribution.",
    zh="标准化使数据更接近正态分布。",
    budget_s=1,
)
def standardizing_makes_data_normal() -> Evidence:
    from scipy.stats import kurtosis, norm, skew
    from sklearn.preprocessing import StandardScaler

    data = np.random.default_rng(0).exponential(3.0, (4000, 1))
    standard = StandardScaler().fit_transform(data)
    measures = (skew, partial(kurtosis, fisher=True))  # both 0 for a normal distribution
    change = max(abs(float(measure(standard)[0] - measure(data)[0])) for measure in measures)
    skewness = float(skew(standard)[0])
    shares = np.linspace(0.01, 0.99, 25)
    expected = norm.ppf(shares)
    found = np.quantile(standard, shares)
    return Evidence(
        value={"change": change, "skewness": skewness},
        bound="skewness and kurtosis unchanged to 1e-9, far from 0, would refute it",
        verdict="does not hold" if change <= 1e-9 and skewness > 1 else "holds",
        n=len(data),
        counterexample="0, 0, 3 becomes -0.71, -0.71, 1.41: still two at one place and one far to the right",
        why_en="It moves and stretches, and that is all: the skewness is {skewness:.2f} before and after, a normal "
        "distribution has 0. Only a curved map, such as the logarithm, changes the shape.",
        why_zh="它只做平移和拉伸：偏度前后都是 {skewness:.2f}，而正态分布为 0。要改变形状，得用取对数之类的非线性变"
        "换。",
        figure=partial(
            lines,
            expected.tolist(),
            {"standardized waiting times": found.tolist(), "normal": expected.tolist()},
            title="Standardizing keeps the shape",
            horizontal="quantile of the normal distribution",
            vertical="quantile of the data",
        ),
    )


@claim(
    chapter=16,
    kind="identity",
    en="Gain and shift of batch normalization are learned and can undo it: with the batch's standard deviation and "
    "mean for them, the layer is the identity.",
    zh="批量归一化的拉伸参数和偏移参数由学习得到，能恢复归一化所丢掉的东西：取批量的标准差和均值时，整层就是恒等映射。",
    budget_s=1,
    covers=("they are initialized to 1 and 0 and have gradients, so they are trained",),
)
def gain_and_shift_can_undo_batch_norm() -> Evidence:
    torch.set_default_dtype(torch.float64)
    layer, batch = BatchNorm1d(5), 3 + 2 * torch.randn(64, 5)
    gain, shift = layer.parameters()
    began = float(((gain - 1).abs().max() + shift.abs().max()).detach())
    gradients = torch.autograd.grad((layer(batch) * torch.randn(64, 5)).sum(), [gain, shift])
    least = min(float(gradient.abs().min()) for gradient in gradients)
    mean, variance = moments(batch, (0,))
    with torch.no_grad():
        gain.copy_((variance[0] + layer.eps).sqrt())
        shift.copy_(mean[0])
    difference = float((layer(batch) - batch).detach().abs().max())
    return Evidence(
        value={"difference": difference, "gradient": least},
        bound="at most 1e-12; both are initialized to 1 and 0, and no gradient is 0",
        verdict=within(difference, 1e-12) if began == 0 and least > 0 else "does not hold",
        n=batch.numel(),
        why_en="x = deviation (x - mean) / deviation + mean. So no function is lost; but the amount that was implied "
        "by all layers below is now two parameters of its own.",
        why_zh="x = 标准差 (x - 均值) / 标准差 + 均值，所以没有失去任何函数；只是原来由下面所有层共同决定的量，现在成"
        "了两个独立的参数。",
    )
