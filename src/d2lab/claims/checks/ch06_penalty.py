"""Chapter 6: weight decay, the L2 penalty and the limit on the norm, and where they are the same."""

from functools import partial

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.optimizers.adam import Adam, AdamW
from d2lab.optimizers.sgd import SGD
from d2lab.plot import lines
from d2lab.tables.fit import ridge, ridge_path


@claim(
    chapter=6,
    kind="identity",
    en="Under plain gradient descent an L2 penalty is the same as shrinking the weights before every step.",
    zh="对普通的梯度下降，L2 惩罚等同于每一步先把权重缩小一点。",
)
def weight_decay_is_the_l2_penalty_under_sgd(rate: float = 0.05, penalty: float = 0.3) -> Evidence:
    inputs, targets = torch.randn(30, 8, dtype=torch.float64), torch.randn(30, dtype=torch.float64)
    penalized = nn.Parameter(torch.randn(8, dtype=torch.float64))
    decayed, by_hand = nn.Parameter(penalized.detach().clone()), penalized.detach().clone()
    plain, decaying = SGD([penalized], lr=rate), torch.optim.SGD([decayed], lr=rate, weight_decay=penalty)
    for _ in range(100):
        plain.zero_grad()
        ((inputs @ penalized - targets).square().mean() + penalty / 2 * penalized.square().sum()).backward()  # type: ignore[no-untyped-call]
        plain.step()
        decaying.zero_grad()
        (inputs @ decayed - targets).square().mean().backward()  # type: ignore[no-untyped-call]
        decaying.step()
        gradient = 2 * inputs.T @ (inputs @ by_hand - targets) / len(inputs)
        by_hand = (1 - rate * penalty) * by_hand - rate * gradient
    difference = max(float((other - penalized).detach().abs().max()) for other in (decayed, by_hand))
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12 after 100 steps",
        verdict=within(difference, 1e-12),
        n=8,
        why_en="The gradient of penalty/2 |w|^2 is penalty w; a step along it removes the share learning rate times "
        "penalty of the weights.",
        why_zh="惩罚项 λ|w|²/2 的梯度是 λw，沿它走一步，正好减去权重的 ηλ 倍。",
    )


@claim(
    chapter=6,
    kind="identity",
    en="Under Adam, too, an L2 penalty in the loss is the same as weight decay.",
    zh="换成 Adam，损失里的 L2 惩罚同样等于权重衰减。",
)
def weight_decay_is_the_l2_penalty_under_adam_too(steps: int = 1000, penalty: float = 1.0) -> Evidence:
    scales = torch.logspace(-2, 2, 9, dtype=torch.float64)
    noise = scales * torch.randn(steps, 50, 9, dtype=torch.float64)  # a loss that pulls nowhere on average
    kept = {}
    for name, kind, decay in (("in the loss", Adam, 0.0), ("Adam's own", Adam, penalty), ("AdamW", AdamW, penalty)):
        weights = nn.Parameter(torch.ones(50, 9, dtype=torch.float64))
        optimizer = kind([weights], lr=1e-3, weight_decay=decay)
        for gradient in noise:
            weights.grad = gradient + (penalty * weights.detach() if name == "in the loss" else 0.0)
            optimizer.step()
        kept[name] = weights.detach().mean(0)
    difference = float((kept["in the loss"] - kept["AdamW"]).abs().max())
    same = float((kept["in the loss"] - kept["Adam's own"]).abs().max())
    return Evidence(
        value={
            "difference": difference,
            "same": same,
            "small": float(kept["in the loss"][0]),
            "large": float(kept["in the loss"][-1]),
            "decayed": float(kept["AdamW"][-1]),
        },
        bound="at most 1e-12 between the penalty in the loss and AdamW's decay",
        verdict=within(difference, 1e-12),
        n=noise[0].numel(),
        counterexample="a weight of 1 whose gradient has size 100",
        why_en="Adam divides the gradient of the penalty by the size of all gradients: where they are large "
        "{large:.2f} of the weight is left, where small {small:.2f}; AdamW leaves {decayed:.2f} everywhere.",
        why_zh="Adam 会把惩罚项的梯度也除以梯度的大小：梯度大的权重还剩 {large:.2f}，梯度小的只剩 {small:.2f}；AdamW "
        "则一律剩 {decayed:.2f}。",
        figure=partial(
            lines,
            scales.tolist(),
            {"L2 in the loss, Adam": kept["in the loss"].tolist(), "weight decay, AdamW": kept["AdamW"].tolist()},
            title="Under Adam an L2 penalty spares weights with large gradients",
            subtitle=f"{steps} steps from 1, penalty {penalty:g}, gradients of mean 0",
            horizontal="size of the gradients",
            vertical="what is left of the weight",
            log="x",
        ),
    )


@claim(
    chapter=6,
    kind="identity",
    en="A limit on the squared norm of the weights gives what some strength of L2 penalty gives; tighter limit, larger "
    "penalty.",
    zh="限制权重的平方范数，等价于取某个强度的 L2 惩罚；限制越紧，惩罚越大。",
    scope="linear regression, where the limit binds",
)
def a_limit_on_the_norm_is_some_penalty(penalty: float = 5.0) -> Evidence:
    inputs, targets = torch.randn(40, 8, dtype=torch.float64), torch.randn(40, dtype=torch.float64)
    inputs, targets = inputs - inputs.mean(0), targets - targets.mean()
    wanted = ridge(inputs, targets, penalty).weights
    weights, step = torch.zeros_like(wanted), 1 / torch.linalg.matrix_norm(inputs, 2).square()
    for _ in range(2000):  # down the squared error, then back into the ball
        weights = weights - step * inputs.T @ (inputs @ weights - targets)
        weights = weights * (wanted.norm() / weights.norm()).clamp(max=1.0)
    difference = float((weights - wanted).abs().max())
    norms = ridge_path(inputs, targets, [0.1, 1.0, 10.0, 100.0]).norm(dim=1)
    falling = bool((norms.diff() < 0).all())
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12, and a norm that falls as the penalty grows",
        verdict=within(difference, 1e-12) if falling else "does not hold",
        n=8,
        why_en="On the surface of the ball the gradient of the error is parallel to w, and the Lagrange multiplier is "
        "the penalty.",
        why_zh="在球面上，误差的梯度恰好与 w 共线，比例系数就是拉格朗日乘子，也就是惩罚强度。",
    )


@claim(
    chapter=6,
    kind="identity",
    en="The notes' weight decay from scratch and their concise version solve the same problem.",
    zh="笔记中从零实现与简洁实现的权重衰减，解的是同一个问题。",
)
def scratch_and_concise_weight_decay_agree(penalty: float = 3.0) -> Evidence:
    inputs, targets = torch.randn(20, 200, dtype=torch.float64), torch.randn(20, dtype=torch.float64)
    inputs, targets = inputs - inputs.mean(0), targets - targets.mean()
    found, gradients = {}, []
    for name, half in (("scratch", 0.5), ("concise", 1.0)):  # half the squared error, and MSELoss
        fit = ridge(inputs, targets, len(inputs) * penalty / (2 * half))
        weights = fit.weights.clone().requires_grad_()
        loss = half * (inputs @ weights - targets).square().mean() + penalty / 2 * weights.square().sum()
        gradients.append(float(torch.autograd.grad(loss, weights)[0].abs().max()))
        found[name] = float(fit.weights.norm())
    ratio = found["concise"] / found["scratch"]
    minima = max(gradients) <= 1e-12
    return Evidence(
        value={"ratio": ratio, "gradient": max(gradients)},
        bound="norms of both minima equal to 1e-12; gradients at both at most 1e-12",
        verdict="holds" if minima and abs(ratio - 1) <= 1e-12 else "does not hold",
        n=200,
        counterexample="the notes' 20 examples and 200 weights",
        why_en="One halves the squared error and the other does not, while both halve the penalty: the same number 3 "
        "is half as strong in the second, whose weights are {ratio:.2f} times as long.",
        why_zh="前者的平方误差带二分之一，后者（MSELoss）不带，惩罚项却都带：同样取 3，后者的惩罚相对只有一半，"
        "权重长度是前者的 {ratio:.2f} 倍。",
    )
