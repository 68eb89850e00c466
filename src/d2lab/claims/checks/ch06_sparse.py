"""Chapter 6: what the L1 penalty does that the L2 penalty does not."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.metrics.paired import intervals, mean_interval, paired
from d2lab.optimizers.proximal import ProximalSGD, soft_threshold
from d2lab.optimizers.sgd import SGD
from d2lab.plot import dots
from d2lab.tables.fit import least_squares, ridge
from d2lab.tables.lasso import lasso, penalty_max


@claim(
    chapter=6,
    kind="identity",
    en="Of uncorrelated features the L1 penalty takes the same amount from every weight, the L2 penalty the same "
    "share.",
    zh="特征互不相关时，L1 惩罚从每个权重减去同样的量，L2 惩罚则让每个权重缩小同样的比例。",
)
def l1_subtracts_and_l2_scales(penalty: float = 0.2) -> Evidence:
    inputs = torch.randn(50, 8, dtype=torch.float64)
    inputs = torch.linalg.qr(inputs - inputs.mean(0)).Q * 50**0.5  # columns of mean 0 and variance 1, uncorrelated
    targets = inputs @ torch.linspace(-1, 1, 8, dtype=torch.float64) + 0.1 * torch.randn(50, dtype=torch.float64)
    free = least_squares(inputs, targets).weights
    cut, scaled = lasso(inputs, targets, penalty).weights, ridge(inputs, targets, penalty * len(inputs)).weights
    apart = (cut - soft_threshold(free, penalty), scaled - free / (1 + penalty))
    difference = max(float(rest.abs().max()) for rest in apart)
    return Evidence(
        value={"difference": difference, "zeros": int((cut == 0).sum())},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=8,
        why_en="The derivative of |w| is 1 however small w is, that of w^2 shrinks with w: {zeros} of 8 weights are "
        "set to exactly 0 by L1, none by L2.",
        why_zh="|w| 的导数恒为 1，w 再小也不减弱；w² 的导数则随 w 一同变小。于是 L1 把 8 个权重中的 {zeros} 个削到恰好"
        "为零，L2 一个也没有。",
    )


@claim(
    chapter=6,
    kind="experiment",
    en="The L1 penalty makes weights sparse and so selects features; the L2 penalty only makes all of them smaller.",
    zh="L1 惩罚使权重稀疏，起到特征选择的作用；L2 惩罚只是让所有权重都变小。",
    budget_s=15,
    smoke={"seeds": range(2)},
)
def l1_selects_features_l2_does_not(seeds: Sequence[int] = range(10), smallest_effect: float = 0.3) -> Evidence:
    small: dict[str, list[float]] = {"L1": [], "L2": []}
    missed = 0
    for seed in seeds:
        draw = torch.Generator().manual_seed(seed)
        inputs = torch.randn(100, 50, generator=draw, dtype=torch.float64)
        truth = torch.tensor([2.0, -2.0, 1.5, -1.5, 1.0] + [0.0] * 45, dtype=torch.float64)
        targets = inputs @ truth + torch.randn(100, generator=draw, dtype=torch.float64)
        sparse = lasso(inputs, targets, 0.2)
        error = (sparse.predict(inputs) - targets).square().mean()
        low, high = 1e-3, 1e5
        for _ in range(60):  # the L2 penalty that leaves as much training error
            middle = (low * high) ** 0.5
            over = (ridge(inputs, targets, middle).predict(inputs) - targets).square().mean() > error
            low, high = (low, middle) if over else (middle, high)
        for name, fit in (("L1", sparse), ("L2", ridge(inputs, targets, low))):
            small[name].append(float((fit.weights.abs() < 1e-2).double().mean()))
        missed += int((sparse.weights[:5] == 0).sum())
    gap = paired(small["L1"], small["L2"])
    return Evidence(
        value={
            "gap": gap.mean,
            "l1": sum(small["L1"]) / len(seeds),
            "l2": sum(small["L2"]) / len(seeds),
            "missed": missed,
        },
        decision=decide(at_least(gap, smallest_effect, "gap"), refuted=missed > 0),
        n=len(seeds),
        seeds=tuple(seeds),
        why_en="At equal training error L1 sets {l1:.2f} of the weights to zero, and none of the five that matter; L2 "
        "has only {l2:.2f} that small, by chance.",
        why_zh="训练误差相同的情况下，L1 使 {l1:.2f} 的权重归零，五个真正有用的特征一个没丢；L2 只有 {l2:.2f} 的权重碰"
        "巧这么小。",
    )


@claim(
    chapter=6,
    kind="experiment",
    en="Adding an L1 penalty to the loss and descending its gradient makes weights zero.",
    zh="在损失中加上 L1 惩罚再做梯度下降，权重就会变成零。",
    budget_s=10,
    smoke={"seeds": range(2), "steps": 20},
)
def gradient_descent_on_an_l1_loss_gives_zeros(
    seeds: Sequence[int] = range(5), steps: int = 1000, smallest_effect: float = 0.1
) -> Evidence:
    zeros: dict[str, list[float]] = {"in the loss": [], "proximal steps": []}
    for seed in seeds:
        draw = torch.Generator().manual_seed(seed)
        inputs = torch.randn(100, 50, generator=draw)
        targets = inputs[:, :5].sum(1) + torch.randn(100, generator=draw)
        start = 0.1 * torch.randn(50, generator=draw)
        for name, found in zeros.items():
            weights = nn.Parameter(start.clone())
            proximal = name == "proximal steps"
            optimizer = ProximalSGD([weights], lr=0.02, l1=0.2) if proximal else SGD([weights], lr=0.02)
            for _ in range(steps):
                optimizer.zero_grad()
                loss = (inputs @ weights - targets).square().mean() / 2
                (loss if proximal else loss + 0.2 * weights.abs().sum()).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            found.append(float((weights == 0).double().mean()))
    gap = paired(zeros["proximal steps"], zeros["in the loss"])
    reached = sum(zeros["in the loss"]) / len(seeds)
    return Evidence(
        value={"gap": gap.mean, "reached": reached, "proximal": sum(zeros["proximal steps"]) / len(seeds)},
        decision=decide(at_most(gap, smallest_effect, "gap"), refuted=reached == 0),
        n=len(seeds),
        seeds=tuple(seeds),
        counterexample="" if reached > 0 else f"{steps} steps of plain gradient descent: no weight of 50 is 0",
        why_en="The derivative of |w| jumps from -1 to 1 at 0, so a step of fixed length crosses 0 and comes back "
        "({reached:.2f} are 0); a soft threshold after each step stops there ({proximal:.2f}).",
        why_zh="|w| 的导数在零点从 -1 跳到 1，固定长度的一步总会越过零点再跳回来（为零者占 {reached:.2f}）；每步之后再"
        "做软阈值，权重才会停在零（占 {proximal:.2f}）。",
        figure=partial(
            dots,
            zeros,
            intervals(zeros),
            title="A gradient of |w| never arrives at 0",
            subtitle=f"50 weights, 5 of them needed, L1 penalty 0.2, {steps} steps",
            horizontal="share of weights that are exactly 0",
        ),
    )


@claim(
    chapter=6,
    kind="experiment",
    en="On the notes' toy data of 200 equal small weights the L1 penalty works very well.",
    zh="在笔记那个两百个权重都很小且相等的例子上，L1 惩罚的效果很好。",
    scope="20 examples; the best of four penalties, chosen by the test error itself",
    budget_s=15,
    smoke={"seeds": range(2)},
)
def l1_works_well_on_the_toy_of_equal_weights(
    seeds: Sequence[int] = range(10), smallest_effect: float = 0.2
) -> Evidence:
    error: dict[str, list[float]] = {"no weights at all": [], "best L1": [], "best L2": []}
    for seed in seeds:
        draw = torch.Generator().manual_seed(seed)
        inputs = torch.randn(20, 200, generator=draw, dtype=torch.float64)
        targets = 0.05 + 0.01 * inputs.sum(1) + 0.01 * torch.randn(20, generator=draw, dtype=torch.float64)
        silent = penalty_max(inputs, targets)
        shares = (0.3, 0.5, 0.7, 0.9)
        fits = {
            "no weights at all": [lasso(inputs, targets, silent * 1.001)],
            "best L1": [lasso(inputs, targets, silent * share, 1e-3) for share in shares],
            "best L2": [ridge(inputs, targets, 200.0 * share) for share in shares],
        }
        for name, tried in fits.items():  # on endless fresh data, noise aside
            error[name].append(
                min(float((fit.weights - 0.01).square().sum() + (fit.bias - 0.05).square()) for fit in tried)
            )
    gain = paired(error["no weights at all"], error["best L1"])
    share = gain.mean * len(seeds) / sum(error["no weights at all"])
    off = mean_interval([1 - best / none for none, best in zip(*list(error.values())[:2], strict=True)])
    return Evidence(
        value={"gain": gain.mean, "share": share, "l2": 1 - sum(error["best L2"]) / sum(error["no weights at all"])},
        decision=decide(at_least(off, smallest_effect, "share of the error taken off")),
        interval=(gain.low, gain.high),
        n=len(seeds),
        seeds=tuple(seeds),
        counterexample="the notes' demonstration: with all weights cut to 0 it looks as good",
        why_en="The true weights are all 0.01, so weights of 0 are nearly right: the best L1 takes off {share:.2f} of "
        "what no weights at all err, L2, which suits many small weights, {l2:.2f}.",
        why_zh="真实权重全是 0.01，全取零已经差不多：与全零模型相比，最好的 L1 只把误差降低 {share:.2f}，"
        "更适合大量小权重的 L2 降低 {l2:.2f}。",
        figure=partial(
            dots,
            error,
            intervals(error),
            title="On 200 equal small weights L1 is little better than nothing",
            subtitle=f"20 examples, the best of four penalties in hindsight, {len(seeds)} draws",
            horizontal="mean squared error on fresh examples, noise aside",
        ),
    )
