"""Chapter 16: how a model learns with batch normalization: layers, rates, depth, and why."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import epochs_of, train_steps
from d2lab.data.batches import Batches
from d2lab.data.catalog import load
from d2lab.experiments.quick_run import last
from d2lab.layers import initialize
from d2lab.metrics.paired import intervals, mean_interval, paired
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.plot import dots, lines
from d2lab.vision.preparation import Prepare

PLAIN = {"momentum": 0.0, "schedule.name": "constant", "warmup_steps": 0, "layout": "plain", "side": 12}


@claim(
    chapter=16,
    kind="experiment",
    en="Upper layers learn fast and lower ones slowly, because the gradient shrinks on its way down; batch "
    "normalization reduces the difference.",
    zh="靠近输出的层学得快，靠近输入的层学得慢，因为梯度在向下传的途中越来越小；批量归一化能缩小这种差距。",
    scope="LeNet with sigmoids, at initialization; with ReLU the gap is small without normalization",
    budget_s=3,
    smoke={"seeds": range(2)},
    covers=("with batch normalization one rate serves all layers",),
)
def lower_layers_learn_more_slowly(seeds: Sequence[int] = range(5), smallest_effect: float = 1.0) -> Evidence:
    digits = load("digits").train
    images, targets = Prepare(28)(digits.inputs[:256]), digits.targets[:256]

    def gap(seed: int, config: LeNetConfig) -> float:
        """Return log10 of the last layer's gradient, relative to its weights, over the first one's."""
        torch.manual_seed(seed)
        model = initialize(LeNet(config), "kaiming" if config.activation == "relu" else "xavier")
        weights = [model.get_parameter(f"{name}.weight") for name in ("out", "conv1")]
        gradients = torch.autograd.grad(functional.cross_entropy(model(images), targets), weights)
        upper, lower = (
            float(gradient.norm() / weight.detach().norm()) for gradient, weight in zip(gradients, weights, strict=True)
        )
        return float(np.log10(upper / lower))

    sigmoid, normalized = LeNetConfig(activation="sigmoid"), LeNetConfig(activation="sigmoid", norm=True)
    plain, norm, relu = ([gap(seed, config) for seed in seeds] for config in (sigmoid, normalized, LeNetConfig()))
    alone, evened = mean_interval(plain), paired(plain, norm)
    return Evidence(
        value={"gap": 10**alone.mean, "norm": 10 ** float(np.mean(norm)), "relu": 10 ** float(np.mean(relu))},
        decision=decide(
            at_least(alone, smallest_effect, "powers of ten"),
            at_least(evened, smallest_effect, "powers of ten more"),
            scoped=True,
        ),
        interval=(10**alone.low, 10**alone.high),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="The derivative of a sigmoid is at most 1/4, and every layer multiplies by it once more: relative to "
        "its weights the last layer's gradient is {gap:,.0f} times the first's, with normalization {norm:.1f} times. "
        "ReLU has derivative 1: {relu:.1f} times, without any normalization.",
        why_zh="sigmoid 的导数最多四分之一，每过一层就再乘一次：末层的相对梯度（梯度与权重之比）是首层的 {gap:,.0f} "
        "倍，归一化之后是 {norm:.1f} 倍。ReLU 的导数为 1，不做归一化也只有 {relu:.1f} 倍。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="With batch normalization a model learns at learning rates at which it would not without.",
    zh="有了批量归一化，网络可以使用原本无法训练的学习率。",
    scope="LeNet with ReLU, 2 epochs of plain gradient descent on the digits",
    budget_s=10,
    smoke={"seeds": range(2), "epochs": 1, "powers": (-1.0, 0.0)},
)
def batch_norm_allows_larger_rates(
    seeds: Sequence[int] = range(5),
    epochs: int = 2,
    powers: Sequence[float] = (-1.0, -0.5, 0.0),
    smallest_effect: float = 1.0,
) -> Evidence:
    accuracy = {}
    for norm in (False, True):
        settings = {"norm": norm, "epochs": epochs, **PLAIN}
        runs = [last("test_accuracy", "lenet", seeds, learning_rate=10**power, **settings) for power in powers]
        accuracy[norm] = np.nan_to_num(np.array(runs), nan=0.1)  # [rate, seed]; a run that diverged can only guess
    usable = {norm: (found > 0.8).sum(0).astype(float).tolist() for norm, found in accuracy.items()}
    more = paired(usable[True], usable[False])
    return Evidence(
        value={"more": more.mean, "without": float(np.mean(usable[False])), "norm": float(np.mean(usable[True]))},
        decision=decide(at_least(more, smallest_effect, "more"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="Of three rates, 0.1, 0.3 and 1, on average {without:.1f} lead to an accuracy of 0.8 without "
        "normalization and {norm:.1f} with it: before a normalization larger weights give the same outputs and "
        "smaller gradients, so a step that is too long shortens those after it.",
        why_zh="0.1、0.3 和 1 这三个学习率中，不归一化时平均有 {without:.1f} 个能达到 0.8，归一化时有 {norm:.1f} 个："
        "权重变大时，归一化之后的输出不变、梯度反而变小，步子过大时会自行减速。",
        figure=partial(
            lines,
            [10**power for power in powers],
            {"batch normalization": accuracy[True].mean(1).tolist(), "without": accuracy[False].mean(1).tolist()},
            title="Batch normalization widens the range of rates",
            subtitle=f"LeNet on the digits, {epochs} epochs, mean of {len(seeds)} seeds",
            horizontal="learning rate",
            vertical="test accuracy",
            log="x",
        ),
    )


@claim(
    chapter=16,
    kind="experiment",
    en="Batch normalization helps because it keeps mean and variance of the inputs of each layer from changing.",
    zh="批量归一化之所以有效，是因为它使每一层输入的均值和方差不再变动。",
    scope="LeNet with ReLU at a rate of 1, digits",
    budget_s=7,
    smoke={"seeds": range(2), "epochs": 1},
)
def batch_norm_helps_by_holding_distributions_still(
    seeds: Sequence[int] = range(5), epochs: int = 2, smallest_effect: float = 0.05
) -> Evidence:
    def jolt(layer: nn.Module, _: object, maps: torch.Tensor) -> torch.Tensor:
        """Change mean and deviation of each channel at every step, right after they were set to 0 and 1."""
        if not layer.training or not isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            return maps
        shape = (1, maps.shape[1], *[1] * (maps.ndim - 2))
        return maps * (0.5 + torch.rand(shape)) + 0.5 * torch.randn(shape)

    def accuracy(norm: bool) -> list[float]:
        found = last("test_accuracy", "lenet", seeds, norm=norm, epochs=epochs, learning_rate=1.0, **PLAIN)
        return [0.1 if np.isnan(value) else value for value in found]  # a run that diverged can only guess

    runs = {"without": accuracy(False), "normalized": accuracy(True)}
    with nn.modules.module.register_module_forward_hook(jolt):  # type: ignore[arg-type]
        runs["normalized, then moved"] = accuracy(True)
    gain = paired(runs["normalized, then moved"], runs["without"])
    return Evidence(
        value={"gain": gain.mean, **{name.split(", then ")[-1]: float(np.mean(found)) for name, found in runs.items()}},
        decision=decide(at_most(gain, smallest_effect, "gain")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="every channel scaled and shifted at random after its normalization, differently at each step",
        why_en="Shifted and scaled at random at each step, normalized channels still give an accuracy of {moved:.2f} "
        "({normalized:.2f} if left alone, {without:.2f} without normalization). What helps is what survives: the "
        "scale of the weights no longer matters, and gradients stay in range.",
        why_zh="归一化之后每一步再随机平移和拉伸各通道，精度仍达 {moved:.2f}（不加扰动为 {normalized:.2f}，不用归一化"
        "为 {without:.2f}）。起作用的是保留下来的东西：权重的尺度不再重要，梯度保持平稳。",
        figure=partial(
            dots,
            runs,
            intervals(runs),
            title="Distributions that move hardly hurt",
            subtitle=f"LeNet on the digits at a rate of 1, {epochs} epochs",
            horizontal="test accuracy",
        ),
    )


@claim(
    chapter=16,
    kind="experiment",
    en="The deeper the model, the more batch normalization helps.",
    zh="网络越深，批量归一化的作用越大。",
    scope="2 and 12 dense ReLU layers of 64 units with Kaiming initialization, 2 epochs on the digits",
    budget_s=5,
    smoke={"seeds": range(2), "epochs": 1},
)
def batch_norm_helps_more_in_deeper_networks(
    seeds: Sequence[int] = range(5), epochs: int = 2, smallest_effect: float = 0.05
) -> Evidence:
    digits, prepare = load("digits"), Prepare()

    def accuracy(depth: int, norm: bool, seed: int) -> float:
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Flatten())
        for _ in range(depth):
            model.extend([nn.Linear(64, 64), *([nn.BatchNorm1d(64)] if norm else []), nn.ReLU()])
        model.append(nn.Linear(64, 10))
        optimizer = torch.optim.SGD(initialize(model, "kaiming").parameters(), lr=0.1)
        batches = Batches(digits.train, batch_size=32, seed=seed, device=torch.device("cpu"), prepare=prepare)
        train_steps(model, optimizer, epochs_of(batches, epochs))
        answers = model.eval()(prepare(digits.test.inputs)).argmax(1)
        return float((answers == digits.test.targets).double().mean())

    gain = {depth: [accuracy(depth, True, seed) - accuracy(depth, False, seed) for seed in seeds] for depth in (2, 12)}
    more = paired(gain[12], gain[2])
    return Evidence(
        value={"more": more.mean, "shallow": float(np.mean(gain[2])), "deep": float(np.mean(gain[12]))},
        decision=decide(at_least(more, smallest_effect, "more"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="An error of scale is multiplied from layer to layer, and a normalization stops it at each: it is "
        "worth {shallow:.2f} of accuracy with 2 hidden layers and {deep:.2f} with 12.",
        why_zh="尺度上的偏差会逐层相乘，归一化则在每一层把它截住：2 个隐藏层时精度提高 {shallow:.2f}，12 个隐藏层时提"
        "高 {deep:.2f}。",
    )
