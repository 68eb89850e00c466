"""Chapter 19: gradients back through time: detached, clipped, truncated."""

import itertools

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers.bptt import backpropagate, unroll_tanh
from d2lab.optimizers import clip_grad_norm_


def gradients_at(radius: float, steps: int = 50) -> Tensor:
    """Return the size of the gradient with respect to the state after each step, of a loss at the last one."""
    weight = radius * torch.linalg.qr(torch.randn(16, 16, dtype=torch.float64)).Q
    given = torch.zeros(steps, 1, 16, dtype=torch.float64)  # tanh is the identity near 0: all is up to the weights
    initial = torch.zeros(1, 16, dtype=torch.float64)
    outer = torch.zeros_like(given)
    outer[-1] = 1 / 4  # norm 1
    return backpropagate(unroll_tanh(given, initial, weight), initial, weight, outer).norms


@claim(
    chapter=19,
    kind="identity",
    en="Gradient clipping prevents exploding gradients but does nothing about vanishing ones.",
    zh="梯度裁剪可以防止梯度爆炸，但不能应对梯度消失。",
    covers=("powers of a matrix make gradients vanish or explode",),
)
def clipping_stops_explosion_but_not_vanishing() -> Evidence:
    exploded, vanished = gradients_at(1.2), gradients_at(0.5)
    powers = max(float((found[0] / radius**49 - 1).abs()) for found, radius in ((exploded, 1.2), (vanished, 0.5)))
    clipped, turned = {}, 0.0
    for name, norms in (("exploded", exploded), ("vanished", vanished), ("tiny", 1e-9 * vanished)):
        weight = norms.clone().requires_grad_()
        weight.grad = norms.clone()
        clip_grad_norm_([weight], 1.0 if name == "exploded" else 10.0)
        turned = max(turned, float((weight.grad / weight.grad.norm() - norms / norms.norm()).abs().max()))
        clipped[name] = weight.grad
    bounded = float(clipped["exploded"].norm())
    left = max(float((clipped[name] - norms).abs().max()) for name, norms in
               (("vanished", vanished), ("tiny", 1e-9 * vanished)))  # fmt: skip
    far = float(clipped["vanished"][0] / clipped["vanished"][-1])
    right = bounded <= 1 and turned <= 1e-9 and left == 0 and far < 1e-12 and powers < 1e-9
    return Evidence(
        value={"bounded": bounded, "before": float(exploded.norm()), "turned": turned, "far": far, "changed": left},
        bound="at radius 1.2 a norm of at most 1 in the same direction to 1e-9; at radius 0.5 no gradient changes, and "
        "the first step keeps below 1e-12 of the last one's",
        bound_zh="谱半径 1.2 时，裁剪后范数不超过 1，方向误差不超过 1e-9；谱半径 0.5 时，梯度都不变，第一步的梯度不到最"
        "后一步的 1e-12",
        verdict="holds" if right else "does not hold",
        n=50,
        why_en="Every step back multiplies by the weights. At radius 1.2 the norm over 50 steps is {before:,.0f}, and "
        "clipped {bounded:.2f}. At radius 0.5 the first step gets {far:.0e} of the last one's gradient: too small, "
        "and clipping only ever makes smaller, all by one factor.",
        why_zh="每往回一步就乘一次权重。谱半径 1.2 时，50 步的范数是 {before:.0f}，裁剪后为 {bounded:.2f}。谱半径 0.5 "
        "时，第一步只得到最后一步的 {far:.0e}：太小了，而裁剪只会按同一倍数缩小，从不放大。",
    )


def linear_gradient(weight: float, kept: tuple[float, ...]) -> float:
    """Return the derivative of h_T with respect to the weight w of h_t = w h_(t-1) + 1, through weighted steps.

    Args:
        weight: w.
        kept: factor of the way back through each step; 1 for all is the full gradient, a 0 cuts it.
    """
    state, gradient = 0.0, 0.0
    for factor in kept:
        gradient = state + factor * weight * gradient
        state = weight * state + 1
    return gradient


@claim(
    chapter=19,
    kind="identity",
    en="Truncated backpropagation through time gives an approximation: the shorter it is cut, the more of the gradient "
    "is missing.",
    zh="截断的沿时间反向传播只是近似：截得越短，丢掉的梯度越多。",
    scope="h_t = 0.9 h_(t-1) + 1 over 50 steps, where all parts have one sign; how much is missing depends on the "
    "weight",
    scope_zh="h_t = 0.9 h_(t-1) + 1，共 50 步，各部分同号；丢多少取决于权重",
    covers=("regular truncation is for cost and stability",),
)
def truncation_loses_a_part_of_the_gradient() -> Evidence:
    weight, steps = torch.tensor(0.9, dtype=torch.float64, requires_grad=True), 50
    state = torch.zeros((), dtype=torch.float64)
    for _ in range(steps):
        state = weight * state + 1
    (expected,) = torch.autograd.grad(state, weight)
    full = linear_gradient(0.9, (1.0,) * steps)
    missing = [1 - linear_gradient(0.9, (0.0,) * (steps - kept) + (1.0,) * kept) / full for kept in (1, 5, 10, 20, 50)]
    difference = abs(full / float(expected) - 1)
    falls = all(longer < shorter for shorter, longer in itertools.pairwise(missing))
    right = difference <= 1e-12 and falls and missing[-1] == 0 and missing[-2] > 1e-6
    return Evidence(
        value=dict(zip(("one", "five", "ten", "twenty"), missing, strict=False)) | {"difference": difference},
        bound="the missing share falls with every longer cut, from 1, 5, 10 and 20 steps to none at all 50; the full "
        "gradient is autograd's to 1e-12",
        bound_zh="保留 1、5、10、20 步，丢失的比例逐次减小，保留全部 50 步时为 0；完整梯度与自动微分相差不超过 1e-12",
        verdict="holds in scope" if right else "does not hold",
        n=steps,
        why_en="Each step back adds a term, and each is smaller by the weight. Of the gradient {one:.0%} is missing "
        "when one step is kept, {ten:.0%} at ten, {twenty:.0%} at twenty: a model so trained looks at what is near.",
        why_zh="每往回一步就多一项，每一项又小一个权重的倍数。只保留一步，梯度丢了 {one:.0%}；十步丢 {ten:.0%}，二十步"
        "丢 {twenty:.0%}：这样训练的模型偏重眼前。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="Truncation at random, with the parts that are kept weighted accordingly, is right on average.",
    zh="随机截断，并给保留下来的部分相应加权，得到的梯度平均起来是准确的。",
    covers=("it varies more, so that regular truncation is what is used",),
)
def random_truncation_is_unbiased() -> Evidence:
    weight, chance, steps = 0.9, 0.8, 12
    full = linear_gradient(weight, (1.0,) * steps)
    mean = square = 0.0
    for goes_on in itertools.product((True, False), repeat=steps):  # every way in which the cuts can fall
        probability = chance ** sum(goes_on) * (1 - chance) ** (steps - sum(goes_on))
        found = linear_gradient(weight, tuple(1 / chance if one else 0.0 for one in goes_on))
        mean, square = mean + probability * found, square + probability * found**2
    bias, spread = abs(mean / full - 1), (square - mean**2) ** 0.5 / full
    unweighted = linear_gradient(weight, (1.0,) * steps) - linear_gradient(weight, (chance,) * steps)
    return Evidence(
        value={"bias": bias, "spread": spread, "unweighted": unweighted / full},
        bound=f"over all {2**steps:,} ways to cut {steps} steps, at most 1e-12 from the full gradient",
        bound_zh=f"对 {steps} 步的全部 {2**steps} 种截断方式取平均，与完整梯度相差不超过 1e-12",
        verdict=within(bias, 1e-12),
        n=2**steps,
        why_en="A way back that is taken with probability 0.8 counts 1 / 0.8, which evens out to {bias:.0e}; without "
        "the weight {unweighted:.0%} would be missing. The price is noise: a standard deviation of {spread:.0%} of the "
        "gradient, which a cut after so many steps doesn't have.",
        why_zh="以 0.8 的概率继续往回走，走通的就按 1/0.8 加权，平均起来误差只有 {bias:.0e}；不加权会少 "
        "{unweighted:.0%}。代价是噪声：标准差达梯度的 {spread:.0%}，固定步数的截断则没有。",
    )
