"""Chapter 3: softmax regression."""

import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers.naive import naive_softmax


@claim(
    chapter=3,
    kind="identity",
    en="The slope of cross-entropy with respect to the logits is softmax(logits) minus the one-hot target.",
    zh="交叉熵对 logits 的梯度等于 softmax(logits) 减去独热标签。",
)
def slope_of_cross_entropy_is_softmax_minus_target() -> Evidence:
    logits = torch.randn(100, 10, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(10, (100,))
    (slope,) = torch.autograd.grad(functional.cross_entropy(logits, targets, reduction="sum"), logits)
    expected = logits.detach().softmax(1) - functional.one_hot(targets, 10)
    difference = float((slope - expected).abs().max())
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=logits.numel(),
        why_en="Autograd and the formula agree to rounding on 1,000 random logits.",
        why_zh="对一千个随机 logits，自动求导与公式的结果只差舍入误差。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="Softmax overflows on large logits; subtracting the largest first gives the same probabilities and never does.",
    zh="logits 很大时，按定义计算的 softmax 会溢出；先减去最大值，概率不变，也不再溢出。",
)
def subtracting_the_maximum_keeps_softmax_finite() -> Evidence:
    large = torch.tensor([1000.0, 1001.0, 1002.0])
    small = large - large.max()
    naive = int(naive_softmax(large, 0).isnan().sum())
    difference = float((functional.softmax(large, 0) - naive_softmax(small, 0)).abs().max())
    return Evidence(
        value={"difference": difference, "nans": naive},
        bound="at most 1e-7, and NaN from the formula as it stands",
        verdict=within(difference, 1e-7) if naive == 3 else "does not hold",
        n=3,
        why_en="exp(1000) is infinite in float32, infinity over infinity is NaN ({nans} of 3); shifted, all is finite.",
        why_zh="float32 中 exp(1000) 为无穷，无穷除以无穷得 NaN（3 个中有 {nans} 个）；平移之后全部有限。",
    )
