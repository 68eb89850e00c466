"""Chapter 9: gradients through many layers."""

import itertools
from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional
from torch.optim import SGD, Adam

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.data.catalog import load
from d2lab.data.split import Split, limit
from d2lab.layers.activation_catalog import ActivationName
from d2lab.layers.init import InitName, initialize
from d2lab.metrics.paired import paired
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.plot import lines


@claim(
    chapter=9,
    kind="identity",
    en="A product of many factors vanishes or explodes: the logarithm of its size runs straight with their number.",
    zh="许多因子连乘，不是消失就是爆炸：其大小的对数随个数近似线性变化。",
    scope="1.5 and 0.8 a hundred times; a hundred random 4x4 matrices",
)
def a_hundred_factors_explode_or_vanish(factors: int = 100) -> Evidence:
    grown, faded = 1.5**factors, 0.8**factors
    logs = []
    for _ in range(20):
        product, path = torch.eye(4, dtype=torch.float64), []
        for _ in range(factors):
            product = torch.randn(4, 4, dtype=torch.float64) @ product
            path.append(product.norm().log10())
        logs.append(torch.stack(path))
    mean, numbers = torch.stack(logs).mean(0), torch.arange(1.0, factors + 1, dtype=torch.float64)
    straight = float(torch.corrcoef(torch.stack([numbers, mean]))[0, 1])
    right = abs(grown / 4.07e17 - 1) < 0.01 and abs(faded / 2.04e-10 - 1) < 0.01 and float(mean[-1]) > 20
    return Evidence(
        value={"decades": float(mean[-1]), "straight": straight, "grown": grown, "faded": faded},
        bound="1.5^100 = 4.07e17, 0.8^100 = 2.04e-10; beyond 10^20 for matrices, on a line (correlation above 0.999)",
        verdict="holds" if right and straight > 0.999 else "does not hold",
        n=20,
        why_en="Each factor adds about the same to the logarithm: 100 of 1.5 give {grown:.2e}, of 0.8 {faded:.2e}, "
        "and 100 matrices of normal entries 10^{decades:.0f}.",
        why_zh="每乘一个因子，对数就增减差不多的一截：一百个 1.5 得 {grown:.2e}，一百个 0.8 得 {faded:.2e}，"
        "一百个标准正态的 4×4 矩阵约 10 的 {decades:.0f} 次方。",
    )


def first_gradient(digits: Split, depth: int, activation: ActivationName, how: InitName, seed: int) -> float:
    """Return log10 of the norm of the first layer's gradient, in a model of so many layers of 64, on 64 digits."""
    torch.manual_seed(seed)
    model = initialize(MLP(MLPConfig(inputs=64, hidden=(64,) * depth, activation=activation)), how).double()
    some = limit(digits, 64, seed=seed)
    loss = functional.cross_entropy(model(some.inputs.double() / 255), some.targets)
    (gradient,) = torch.autograd.grad(loss, [next(model.parameters())])
    return float(gradient.norm().log10())


@claim(
    chapter=9,
    kind="experiment",
    en="Through layers of sigmoids gradients vanish.",
    zh="经过多层 sigmoid，梯度会消失。",
    scope="64 units a layer, 5 to 50 layers; Xavier initialization for the sigmoid, Kaiming for the ReLU beside it",
    budget_s=20,
    smoke={"seeds": range(2)},
)
def sigmoid_gradients_vanish_with_depth(seeds: Sequence[int] = range(5), smallest_effect: float = 10.0) -> Evidence:
    digits, depths = load("digits").train, (5, 10, 20, 30, 50)
    found: dict[str, list[list[float]]] = {"sigmoid": [], "ReLU": []}
    for depth in depths:
        found["sigmoid"].append([first_gradient(digits, depth, "sigmoid", "xavier", seed) for seed in seeds])
        found["ReLU"].append([first_gradient(digits, depth, "relu", "kaiming", seed) for seed in seeds])
    layers = depths[-1] - depths[0]
    loss, relu = (paired(rows[0], rows[-1]) for rows in found.values())
    each = loss.mean / layers
    return Evidence(
        value={"loss": loss.mean, "relu": relu.mean, "factor": 10**-each, "each": each},
        decision=decide(at_least(loss, smallest_effect, "loss")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="The derivative of a sigmoid is at most 1/4, and weights that keep variances do not compensate: every "
        "layer leaves {factor:.2f} of the gradient, 45 layers cost {loss:.0f} powers of ten; with ReLU they cost "
        "{relu:.1f}.",
        why_zh="sigmoid 的导数最多四分之一，保持方差的权重补不回来：每过一层，梯度只剩 {factor:.2f}，多 45 层便小了 "
        "{loss:.0f} 个数量级；ReLU 只差 {relu:.1f} 个。",
        figure=partial(
            lines,
            [float(depth) for depth in depths],
            {name: [10 ** (sum(logs) / len(logs)) for logs in rows] for name, rows in found.items()},
            title="Gradients through sigmoids vanish",
            subtitle=f"64 units a layer, digits, geometric mean of {len(seeds)} seeds",
            horizontal="layers",
            vertical="gradient of the first layer, norm",
            log="y",
        ),
    )


def training_accuracy(examples: Split, kind: type[SGD] | type[Adam], rate: float, seed: int, steps: int) -> float:
    """Train five layers of sigmoids on all examples at once; return the share of them that it then gets right."""
    torch.manual_seed(seed)
    model = initialize(MLP(MLPConfig(inputs=64, hidden=(32,) * 5, activation="sigmoid")), "xavier")
    optimizer = kind(model.parameters(), lr=rate)
    images = examples.inputs / 255
    train_steps(model, optimizer, itertools.repeat((images, examples.targets), steps))
    return float((model(images).argmax(1) == examples.targets).float().mean())


@claim(
    chapter=9,
    kind="experiment",
    en="Once gradients vanish, no learning rate helps.",
    zh="梯度一旦消失，学习率怎么调都没有用。",
    scope="five layers of 32 sigmoids, 200 steps; one rate does fail for plain SGD",
    budget_s=60,
    smoke={"seeds": range(2), "steps": 3},
)
def no_learning_rate_helps_vanishing_gradients(
    seeds: Sequence[int] = range(5), steps: int = 200, smallest_effect: float = 0.3
) -> Evidence:
    rates, digits = (1e-2, 3e-2, 1e-1, 1.0, 10.0), load("digits").train
    right: dict[str, list[list[float]]] = {name: [[] for _ in rates] for name in ("SGD", "Adam")}
    deep, shallow = ([first_gradient(digits, n, "sigmoid", "xavier", seed) for seed in seeds] for n in (5, 1))
    for seed in seeds:
        some = limit(digits, 200, seed=seed)
        for (name, kind), number in itertools.product((("SGD", SGD), ("Adam", Adam)), range(len(rates))):
            right[name][number].append(training_accuracy(some, kind, rates[number], seed, steps))
    means = {name: [sum(found) / len(found) for found in results] for name, results in right.items()}
    sgd, adam = (right[name][means[name].index(max(means[name]))] for name in ("SGD", "Adam"))
    gain = paired(adam, sgd)
    return Evidence(
        value={
            "gain": gain.mean,
            "sgd": max(means["SGD"]),
            "adam": max(means["Adam"]),
            "faded": -paired(deep, shallow).mean,
        },
        decision=decide(at_most(gain, smallest_effect, "gain")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="five layers of 32 sigmoids under Adam" if gain.low > 0.3 else "",
        why_en="Gradients fade by {faded:.1f} powers of ten: a rate that moves the first layer throws the last one "
        "off, so SGD learns {sgd:.2f} at best. Adam divides by each gradient's size, and learns {adam:.2f}.",
        why_zh="梯度小了 {faded:.1f} 个数量级：能推动第一层的学习率会让最后一层失控，SGD 最好也只学会 {sgd:.2f}；"
        "Adam 逐个权重除以梯度的大小，学会 {adam:.2f}。",
        figure=partial(
            lines,
            list(rates),
            means,
            title="With vanishing gradients one rate for all fails, Adam does not",
            subtitle=f"five layers of 32 sigmoids, 200 digits, {steps} steps, mean of {len(seeds)} seeds",
            horizontal="learning rate",
            vertical="training accuracy",
            log="x",
        ),
    )
