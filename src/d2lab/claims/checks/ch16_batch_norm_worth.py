"""Chapter 16: the effect of batch normalization on convergence and accuracy, and its need of large batches."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.experiments.quick_run import last
from d2lab.metrics.paired import intervals, mean_interval, paired
from d2lab.plot import dots


@claim(
    chapter=16,
    kind="experiment",
    en="Batch normalization speeds up convergence.",
    zh="批量归一化能加快收敛。",
    scope="LeNet with ReLU and momentum, both at one constant rate, after one epoch on the digits",
    budget_s=4,
    smoke={"seeds": range(2)},
)
def batch_norm_speeds_up_convergence(
    seeds: Sequence[int] = range(5), epochs: int = 1, smallest_effect: float = 0.05
) -> Evidence:
    settings = {"epochs": epochs, "schedule.name": "constant", "warmup_steps": 0, "side": 16}
    norm, without = (last("test_accuracy", "lenet", seeds, norm=how, **settings) for how in (True, False))
    gain = paired(norm, without)
    return Evidence(
        value={"gain": gain.mean, "norm": float(np.mean(norm)), "without": float(np.mean(without))},
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="Every layer is given numbers of the right size from the first step on, so none are lost on finding "
        "it: after 45 steps the accuracy is {norm:.2f} in place of {without:.2f}.",
        why_zh="从第一步起，各层得到的数值尺度就是合适的，不必再花步数去调整：45 步之后精度为 {norm:.2f}，而不是 "
        "{without:.2f}。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="Batch normalization leaves the accuracy as it is.",
    zh="批量归一化一般不改变模型的精度。",
    scope="LeNet on the digits, at the same budget with and without",
    budget_s=16,
    smoke={"seeds": range(2), "epochs": 1},
)
def batch_norm_leaves_accuracy_alone(
    seeds: Sequence[int] = range(5), epochs: int = 4, smallest_effect: float = 0.05
) -> Evidence:
    recipes = {
        "sigmoid, Xavier, plain descent": "lenet-norm",
        "ReLU, Kaiming, momentum": "lenet",
    }
    gains = {}
    for name, recipe in recipes.items():
        settings = {"epochs": epochs, "side": 12}
        norm, without = (last("test_accuracy", recipe, seeds, norm=how, **settings) for how in (True, False))
        gains[name] = [ours - theirs for ours, theirs in zip(norm, without, strict=True)]
    descent, relu = (mean_interval(values) for values in gains.values())
    return Evidence(
        value={"gain": descent.mean, "relu": relu.mean},
        decision=decide(at_most(descent, smallest_effect, "gain"), at_most(relu, smallest_effect, "relu")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="LeNet with sigmoids and plain gradient descent: without normalization it still guesses",
        why_en="At the same budget it gains {gain:.2f} where plain gradient descent does not leave the sigmoids' "
        "plateau, and {relu:.3f} with ReLU, a suitable initialization and momentum. It leaves accuracy alone only "
        "where both models are trained to convergence.",
        why_zh="训练轮数相同时，若梯度下降走不出 sigmoid 的平台区，它能提高 {gain:.2f}；用 ReLU、合适的初始化和动量"
        "时，只提高 {relu:.3f}。只有两个网络都训练到收敛，这句话才成立。",
        figure=partial(
            dots,
            gains,
            intervals(gains),
            title="What batch normalization adds depends on the rest",
            subtitle=f"LeNet on the digits, {epochs} epochs",
            horizontal="accuracy with it less accuracy without",
            mark=0.0,
        ),
    )


@claim(
    chapter=16,
    kind="experiment",
    en="Batch normalization is sensitive to the batch size: tiny batches spoil it.",
    zh="批量归一化对批量大小敏感：批量太小会使它失效。",
    scope="LeNet with ReLU on the digits, the rate in proportion to the batch",
    budget_s=12,
    smoke={"seeds": range(2), "epochs": 1, "examples": 128},
)
def batch_norm_is_sensitive_to_batch_size(
    seeds: Sequence[int] = range(5),
    epochs: int = 2,
    examples: int = 224,
    smallest_effect: float = 0.05,
) -> Evidence:
    sizes, found = (2, 16), {}
    for norm in (False, True):
        for size in sizes:
            settings = {"norm": norm, "batch_size": size, "learning_rate": 0.02 * size / 16, "drop_last": True}
            settings |= {"epochs": epochs, "examples": examples, "warmup_steps": 0, "side": 12}
            found[norm, size] = np.nan_to_num(last("test_accuracy", "lenet", seeds, **settings), nan=0.1)
    ways = {True: "batch normalization", False: "without"}
    runs = {f"{ways[norm]}, {size} a batch": values.tolist() for (norm, size), values in found.items()}
    lost = {norm: found[norm, sizes[-1]] - found[norm, sizes[0]] for norm in (False, True)}
    more, cost = paired(lost[True], lost[False]), mean_interval(lost[True])
    return Evidence(
        value={"more": more.mean, "lost": cost.mean, "control": -float(lost[False].mean())},
        decision=decide(at_least(more, smallest_effect, "more"), at_least(cost, smallest_effect, "lost"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="In the dense layers two examples always become -1 and 1, whatever they were: {lost:.2f} of accuracy "
        "is lost from 16 to 2 examples a batch. The same model without normalization changes by {control:+.2f}: it is "
        "not the number of steps.",
        why_zh="在全连接层里，两个样本归一化之后总是 -1 和 1，原来是什么都无所谓：批量从 16 减到 2，精度下降 "
        "{lost:.2f}；同一网络不用归一化时变化 {control:+.2f}，可见不是步数的问题。",
        figure=partial(
            dots,
            runs,
            intervals(runs),
            title="Batch normalization needs a batch",
            subtitle=f"LeNet on {examples} digits, {epochs} epochs",
            horizontal="test accuracy",
        ),
    )
