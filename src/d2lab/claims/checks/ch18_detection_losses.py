"""Chapter 18: what an error of a box costs, and what an easy example does."""

from math import log

import torch
from torch import Tensor
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.layers import FocalLoss, L1Loss, MSELoss
from d2lab.layers.loss import smooth_l1_loss

ERRORS = torch.tensor([0.1, 1.0, 10.0, 100.0], dtype=torch.float64)
GAMMAS = (0.0, 1.0, 2.0, 5.0)


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="The L1 loss (L1 norm) is used for offsets in place of the squared loss: its gradient is as large for a large "
    "error as for a small one, so that one outlier does not move the whole fit.",
    zh="偏移量用 L1 范数损失，而不用平方损失：误差再大，梯度也一样大，所以一个离群值不会把整个拟合拉走。",
)
def l1_loss_is_not_moved_by_an_outlier() -> Evidence:
    gradients, places = {}, {}
    offsets = torch.tensor([0.8, 0.9, 1.0, 1.1, 30.0], dtype=torch.float64)  # one label is wrong
    guesses = torch.linspace(0, 30, 3001, dtype=torch.float64)
    for name, loss in {"l1": L1Loss("none"), "squared": MSELoss("none")}.items():
        errors = ERRORS.clone().requires_grad_()
        gradients[name] = torch.autograd.grad(loss(errors, torch.zeros(4, dtype=torch.float64)).sum(), errors)[0]
        losses = loss(guesses[:, None].expand(-1, 5), offsets.expand(len(guesses), -1)).sum(1)
        places[name] = float(guesses[losses.argmin()])
    right = bool((gradients["l1"] == 1).all()) and torch.equal(gradients["squared"], 2 * ERRORS)
    robust = abs(places["l1"] - 1) < 0.1 and abs(places["squared"] - 1) > 1
    return Evidence(
        value={**places, "largest": float(gradients["squared"].max()), "median": float(offsets.median())},
        bound="gradients of 1 at errors from 0.1 to 100 where those of squares grow to 200; the best single guess "
        "within 0.1 of the four right offsets, that of squares more than 1 away",
        bound_zh="误差从 0.1 到 100，梯度都是 1，平方损失的梯度则长到 200；最好的估计与四个正确的偏移量相差不到 0.1，"
        "平方损失的相差 1 以上",
        verdict="holds" if right and robust else "does not hold",
        n=len(ERRORS),
        why_en="Four offsets near 1 and one wrong label of 30: least absolute errors give the median, {l1:.2f}, least "
        "squares the mean, {squared:.2f}. At an error of 100 the gradient is 1, and {largest:.0f} with squares.",
        why_zh="四个偏移量在 1 附近，一个标错成 30：绝对误差之和最小处是中位数 {l1:.2f}，平方和最小处是均值 "
        "{squared:.2f}。误差为 100 时，L1 的梯度是 1，平方损失的是 {largest:.0f}。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="Smooth L1 loss: where sigma is very large it is like the L1 loss, and where sigma is small it is smoother.",
    zh="平滑 L1 范数损失：当 σ 非常大时，这种损失类似于 L1 范数损失。当它的值较小时，损失函数较平滑。",
)
def smooth_l1_is_l1_for_large_sigma() -> Evidence:
    errors = torch.linspace(-5, 5, 10_001, dtype=torch.float64).requires_grad_()
    zero = torch.zeros_like(errors)
    gaps, steps, apart = {}, {}, 0.0
    for sigma in (0.5, 1.0, 10.0, 100.0):
        losses = smooth_l1_loss(errors, zero, sigma=sigma)
        gaps[sigma] = float((errors.abs() - losses).detach().abs().max())
        gradient = torch.autograd.grad(losses.sum(), errors)[0]
        steps[sigma] = float(gradient.diff().abs().max()) / 0.001  # how fast the gradient changes
        theirs = functional.smooth_l1_loss(errors, zero, reduction="none", beta=1 / sigma**2)
        apart = max(apart, float((losses - theirs).detach().abs().max()))
    near = all(abs(gap - 0.5 / sigma**2) <= 1e-6 for sigma, gap in gaps.items())
    smoother = all(abs(steps[sigma] / sigma**2 - 1) < 0.01 for sigma in (0.5, 1.0, 10.0))
    return Evidence(
        value={
            "large": gaps[100.0],
            "ten": gaps[10.0],
            "one": gaps[1.0],
            "half": gaps[0.5],
            "apart": apart,
            "steep": steps[10.0],
            "flat": steps[0.5],
        },
        bound="distance from |x| of 0.5 / sigma^2 for sigma of 0.5, 1, 10 and 100; the gradient changes by at most "
        "sigma^2 for each unit of x; torch's loss with beta = 1 / sigma^2 to 1e-12",
        bound_zh="σ 为 0.5、1、10、100 时与 |x| 最多相差 0.5/σ²；x 每变 1，梯度最多变 σ²；与 torch 的损失（beta = 1/"
        "σ²）相差不超过 1e-12",
        verdict="holds" if near and smoother and apart <= 1e-12 else "does not hold",
        n=4,
        why_en="It differs from |x| by at most 0.5 / sigma^2: {half:.0f} for a sigma of 0.5, {one} for 1, {ten:.3f} "
        "for 10 and {large:.0e} for 100. The gradient turns from -1 to 1 at a rate of sigma^2: {flat:.2f} for 0.5, "
        "{steep:.0f} for 10.",
        why_zh="它与 |x| 最多相差 0.5/σ²：σ 为 0.5 时 {half:.0f}，为 1 时 {one}，为 10 时 {ten:.3f}，为 100 时 "
        "{large:.0e}。梯度从 -1 变到 1 的快慢是 σ²：σ 为 0.5 时 {flat:.2f}，为 10 时 {steep:.0f}。",
    )


def focal(p: Tensor, gamma: float) -> Tensor:
    """Return the focal losses of predicted probabilities of the true class, not weighted by class."""
    found: Tensor = FocalLoss(alpha=-1.0, gamma=gamma)(p.logit(), torch.ones_like(p))
    return found


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="Focal loss: a larger gamma effectively reduces the relative loss where the true class has a large predicted "
    "probability (p > 0.5), so that training can concentrate on hard examples that are misclassified.",
    zh="焦点损失：增大 γ 可以有效地减少正类预测概率较大时（例如 p > 0.5）的相对损失，因此训练可以更集中在那些错误分类的"
    "困难示例上。",
)
def larger_gamma_discounts_well_classified_examples() -> Evidence:
    easy, hard = torch.linspace(0.51, 0.99, 49).double(), torch.linspace(0.01, 0.5, 50).double()
    ratios = torch.stack([focal(easy, g)[:, None] / focal(hard, g) for g in GAMMAS])  # gamma easy hard
    rising = int((ratios.diff(dim=0) >= 0).sum())
    two = torch.tensor([0.9, 0.1], dtype=torch.float64)
    relative = [float(losses[0] / losses[1]) for losses in (focal(two, g) for g in GAMMAS)]
    ten_thousand = [10_000 * float(focal(two.new_tensor([0.99]), g)) for g in (0.0, 2.0)]  # easy background
    ten = [10 * float(focal(two.new_tensor([0.1]), g)) for g in (0.0, 2.0)]  # missed objects
    plain, focused = (few / (few + many) for few, many in zip(ten, ten_thousand, strict=True))
    exact = max(abs(float(focal(two, g)[0]) + 0.1**g * log(0.9)) for g in GAMMAS)
    return Evidence(
        value={
            "two": relative[2],
            "none": relative[0],
            "one": relative[1],
            "five": relative[3],
            "plain": plain,
            "focused": focused,
            "rising": rising,
            "exact": exact,
        },
        bound="of all pairs p > 0.5 >= q, none whose ratio of losses does not fall from gamma 0 to 1, 2 and 5; "
        "equal to -(1 - p)^gamma log p to 1e-12",
        bound_zh="一切 p > 0.5 ≥ q，两者损失之比都随 γ 取 0、1、2、5 而下降；与 -(1-p)^γ log p 相差不超过 1e-12",
        verdict="holds" if rising == 0 and exact <= 1e-12 else "does not hold",
        n=ratios[0].numel(),
        why_en="The loss at p = 0.9 over that at 0.1 is {none:.1e}, {one:.1e}, {two:.1e} and {five:.1e} for gamma "
        "0, 1, 2 and 5. Of 10,000 anchors of background at 0.99 and 10 missed objects at 0.1, the objects have "
        "{plain:.0%} of the loss without focus and {focused:.1%} with gamma 2.",
        why_zh="p = 0.9 与 0.1 的损失之比，γ 为 0、1、2、5 时依次是 {none:.1e}、{one:.1e}、{two:.1e}、{five:.1e}。一"
        "万个概率 0.99 的背景锚框和 10 个概率 0.1 的漏检物体：不用焦点损失时，后者只占总损失的 {plain:.0%}；γ 为 2 "
        "时占 {focused:.1%}。",
    )
