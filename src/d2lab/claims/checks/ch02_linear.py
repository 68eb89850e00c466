"""Chapter 2: linear regression from scratch and in the concise form."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_most, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.core.seed import stream
from d2lab.data.batches import Batches
from d2lab.data.catalog import load
from d2lab.data.synthetic import BIAS, WEIGHTS
from d2lab.metrics.paired import mean_interval
from d2lab.optimizers import SGD
from d2lab.plot import lines

TRUTH = torch.tensor([*WEIGHTS, BIAS], dtype=torch.float64)
Loss = Callable[[Tensor, Tensor], Tensor]


def half_squares(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of the form from scratch: the mean of half the squared errors."""
    return ((outputs - targets) ** 2 / 2).mean()


def trained(loss: Loss, rate: float, *, seed: int = 0, epochs: int = 3) -> Tensor:
    """Descend in batches of 10; return both weights and the bias after every step."""
    points = load("synthetic-linear", seed=seed).train
    batches = Batches(points, batch_size=10, seed=seed, device=torch.device("cpu"))
    weights = 0.01 * torch.randn(2, 1, generator=stream(seed, "weights"), dtype=torch.float64)
    bias = torch.zeros(1, dtype=torch.float64)
    optimizer = SGD([weights.requires_grad_(), bias.requires_grad_()], lr=rate)
    path = []
    for epoch in range(epochs):
        for inputs, targets in batches.epoch(epoch):
            optimizer.zero_grad()
            loss(inputs.double() @ weights + bias, targets.double()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            path.append(torch.cat([weights.detach().flatten(), bias.detach()]))
    return torch.stack(path)


@claim(
    chapter=2,
    kind="experiment",
    en="Linear regression from scratch finds the true weights in three epochs, to a few thousandths.",
    zh="从零实现的线性回归训练三轮，就能把真实参数还原到千分之几以内。",
    scope="1,000 points with noise of deviation 0.01, batches of 10, learning rate 0.03",
    budget_s=10,
    smoke={"seeds": range(2), "epochs": 1},
)
def linear_regression_finds_the_true_weights(
    seeds: Sequence[int] = range(5), epochs: int = 3, smallest_effect: float = 0.005
) -> Evidence:
    ends = [trained(half_squares, 0.03, seed=seed, epochs=epochs)[-1] for seed in seeds]
    error = mean_interval([float((end - TRUTH).abs().max()) for end in ends])
    points = [load("synthetic-linear", seed=seed).train for seed in seeds]
    fits = [
        half_squares(p.inputs.double() @ end[:2] + end[2], p.targets[:, 0]) for p, end in zip(points, ends, strict=True)
    ]
    return Evidence(
        value={"error": error.mean, "loss": float(torch.stack(fits).mean())},
        decision=decide(at_most(error, smallest_effect, "error"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="synthetic-linear",
        why_en="Each of 300 steps leaves about 97 % of the error, and 0.97^300 is 1e-4; what remains of the loss, "
        "{loss:.1e}, is half the variance of the noise, which no weights can explain.",
        why_zh="每一步约剩下 97% 的误差，300 步之后 0.97^300 约为万分之一；剩下的损失 {loss:.1e} 是噪声方差的一半，再"
        "好的参数也解释不了。",
    )


@claim(
    chapter=2,
    kind="identity",
    en="Concise linear regression, with nn.MSELoss and the same learning rate, is the training from scratch.",
    zh="线性回归的简洁实现用 nn.MSELoss 和同样的学习率，与从零实现是同一个训练过程。",
)
def concise_linear_regression_is_the_scratch_one() -> Evidence:
    outputs = torch.randn(10, 1, dtype=torch.float64, requires_grad=True)
    targets = torch.randn(10, 1, dtype=torch.float64)
    ours, theirs = (torch.autograd.grad(loss(outputs, targets), outputs)[0] for loss in (half_squares, nn.MSELoss()))
    ratio = float((theirs / ours).mean())
    paths = {"from scratch": trained(half_squares, 0.03), "nn.MSELoss": trained(nn.MSELoss(), 0.03)}
    apart = float((paths["nn.MSELoss"] - paths["from scratch"]).abs().max())
    left = {name: (path[9::10] - TRUTH).abs().amax(1).tolist() for name, path in paths.items()}
    title = "The same learning rate is not the same step"
    about = "Largest error of a weight; learning rate 0.03, the same initialization and batches"
    return Evidence(
        value={"ratio": ratio, "apart": apart},
        bound="1 to within 1e-12",
        verdict=within(abs(ratio - 1), 1e-12),
        n=len(outputs),
        data="synthetic-linear",
        counterexample="one error of 1: gradient 1 from scratch, 2 from nn.MSELoss" if ratio != 1 else "",
        why_en="nn.MSELoss has no 1/2, so every gradient is {ratio:.0f} times as large, which is {ratio:.0f} times "
        "the learning rate: during training the weights are up to {apart:.1f} apart.",
        why_zh="nn.MSELoss 不带二分之一，梯度处处是 {ratio:.0f} 倍，等于学习率变成 {ratio:.0f} 倍；"
        "训练途中参数最多相差 {apart:.1f}。",
        figure=partial(
            lines, range(10, 301, 10), left, title=title, subtitle=about, horizontal="steps", vertical="error", log="y"
        ),
    )


@claim(
    chapter=2,
    kind="identity",
    en="With half the learning rate, nn.MSELoss trains exactly as half the squared error does.",
    zh="学习率减半之后，用 nn.MSELoss 训练与用带二分之一的平方损失训练完全一致。",
)
def half_the_rate_makes_up_for_mse_loss() -> Evidence:
    apart = float((trained(nn.MSELoss(), 0.015) - trained(half_squares, 0.03)).abs().max())
    return Evidence(
        value={"apart": apart},
        bound="at most 1e-12 after every step",
        verdict=within(apart, 1e-12),
        n=300,
        data="synthetic-linear",
        why_en="Plain gradient descent multiplies gradient by learning rate, so a factor may move from one to the "
        "other; Adam divides by the gradient's size, so the factor would cancel.",
        why_zh="普通的梯度下降只用到梯度与学习率的乘积，系数放在哪一边都一样；而 Adam 会除以梯度的大小，这个系数会被约"
        "掉。",
    )
