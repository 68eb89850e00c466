"""Chapter 17: small data types: what training holds beyond inference, gradients that vanish, weights that stay."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide, lost_at_most
from d2lab.claims.evidence import Evidence, power_note
from d2lab.core.device import available_devices
from d2lab.data.catalog import load
from d2lab.data.split import Split, holdout
from d2lab.layers import FLOAT16, fake_quantize, round_to_format
from d2lab.layers.quantize import largest_level
from d2lab.metrics.paired import paired
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.models.vgg import VGG, VGGConfig
from d2lab.optimizers import LossScaler
from d2lab.optimizers.config import OptimizerConfig
from d2lab.train.memory import training_memory
from d2lab.train.tasks import find_task


@claim(
    chapter=17,
    kind="definition",
    budget_s=1,
    en="Accelerators are optimized either for training or for inference.",
    zh="加速卡要么为训练而优化，要么为推断而优化。",
    scope="what can be counted here: the memory of a step; chips themselves are not on this machine",
    scope_zh="这里只数一步所需的内存；芯片本身不在这台机器上",
)
def training_holds_several_times_what_inference_holds() -> Evidence:
    task, targets, found = find_task("classification"), torch.zeros(32, dtype=torch.int64), []
    with torch.device("meta"):
        models = (LeNet(LeNetConfig()), (32, 1, 28, 28)), (VGG(VGGConfig(side=32)), (32, 1, 32, 32))
    for model, inputs in models:
        held = training_memory(model, task, OptimizerConfig(name="adam"), inputs=inputs, targets=targets)
        found += [held.total / held.parameters, (held.total - held.activations) / held.parameters]
    lenet, lenet_state, vgg, vgg_state = found
    return Evidence(
        value={"least": min(lenet, vgg), "lenet": lenet, "vgg": vgg, "state": max(lenet_state, vgg_state)},
        bound="with Adam at least 4 times the bytes of the weights, which are all that inference must keep",
        bound_zh="用 Adam 时至少是权重字节数的 4 倍；推断只须留着权重",
        verdict="holds in scope" if min(lenet_state, vgg_state) >= 4 and min(lenet, vgg) > 4 else "does not hold",
        n=len(found),
        why_en="Weight, gradient and two moments are {state:.2f} numbers a weight; with activations of 32 images it is "
        "{vgg:.1f} times the weights of a VGG and {lenet:.0f} times those of a LeNet. Memory is what chips for "
        "training need more of. Many are sold for both.",
        why_zh="权重、梯度和两个矩，每个权重 {state:.2f} 个数；再加上 32 张图像的激活，VGG 是权重的 {vgg:.1f} 倍，"
        "LeNet 是 {lenet:.0f} 倍。训练用的芯片，多要的就是内存。也有许多卡两者兼顾。",
    )


@claim(
    chapter=17,
    kind="identity",
    en="Numbers can overflow or underflow in training when their type is too small.",
    zh="训练时，数据类型过小，数值会上溢或下溢。",
    scope="gradients in float16; multiplied before and divided afterwards they survive",
    scope_zh="float16 的梯度；先放大、算完再除回去，就保得住",
)
def float16_loses_small_gradients_and_a_loss_scale_keeps_them() -> Evidence:
    weight, seen = torch.zeros(3, dtype=torch.float64, requires_grad=True), {}
    true = torch.tensor([1e-8, 3e-7, 2e-3], dtype=torch.float64)
    for factor in (1.0, 2.0**10, 2.0**26):
        scaler = LossScaler(factor)
        (gradient,) = torch.autograd.grad(scaler.scale((true * weight).sum()), weight)
        weight.grad = round_to_format(gradient, FLOAT16)
        finite = scaler.unscale_([weight])
        seen[factor] = (weight.grad, finite)
    off = {factor: float((gradient / true - 1).abs()[0]) for factor, (gradient, _) in seen.items()}
    same = torch.equal(round_to_format(true.float(), FLOAT16), true.float().half().float())
    told = [finite for _, finite in seen.values()] == [True, True, False]
    return Evidence(
        value={"plain": off[1.0], "scaled": off[2.0**10], "infinite": int(seen[2.0**26][0].isinf().sum())},
        bound="1e-8 becomes 0 as it is, stays to 1 % times 1,024; times 2^26 a gradient is infinite, and it is noticed",
        bound_zh="1e-8 原样变成 0，乘以 1024 后误差不到 1%；乘以 2^26，有梯度变成无穷，并被发现",
        verdict="holds in scope" if off[1.0] == 1 and off[2.0**10] < 0.01 and told and same else "does not hold",
        n=9,
        why_en="The least number of float16 is 6e-8, so a gradient of 1e-8 is lost whole. A loss times 1,024 lifts it "
        "to 1.02e-5, and {scaled:.1%} is lost; times 2^26, {infinite} of 3 gradients is infinite, and the step is left "
        "out.",
        why_zh="float16 最小的数是 6e-8，1e-8 的梯度全丢。损失乘以 1024，它成了 1.02e-5，只差 {scaled:.1%}；乘以 2^26，"
        "3 个梯度里有 {infinite} 个变成无穷，这一步就跳过不走。",
    )


def rounded(weights: Tensor, bits: int | None) -> Tensor:
    """Return weights as integers of so many bits times one scale, at which the largest is 1; None leaves them."""
    return weights if bits is None else fake_quantize(weights, 1 / largest_level(bits), bits)


def trained(split: Split, rates: Sequence[float], seeds: Sequence[int], bits: int | None, epochs: int) -> list[Tensor]:
    """Train a perceptron for each rate and seed, all at once; its weights are rounded after every step."""
    inputs, many = split.inputs.flatten(1) / 255, len(rates)
    draws = [torch.Generator().manual_seed(seed) for seed in seeds]
    first = torch.stack([torch.randn(64, 64, generator=draw) / 32**0.5 for draw in draws])
    second = torch.stack([torch.randn(64, 10, generator=draw) / 8 for draw in draws])
    biases = torch.zeros(len(seeds), 1, 64), torch.zeros(len(seeds), 1, 10)
    weights = [rounded(part.repeat(many, 1, 1), bits) for part in (first, biases[0], second, biases[1])]
    rate = torch.tensor(rates).repeat_interleave(len(seeds))[:, None, None]
    for _ in range(epochs):
        orders = torch.stack([torch.randperm(len(inputs), generator=draw) for draw in draws])
        for some in torch.split(orders[:, : len(inputs) // 32 * 32], 32, 1):
            leaves = [part.requires_grad_() for part in weights]
            found = scores(leaves, inputs[some].repeat(many, 1, 1)).flatten(0, 1)
            loss = nn.functional.cross_entropy(found, split.targets[some].repeat(many, 1).flatten(), reduction="sum")
            pairs = zip(weights, torch.autograd.grad(loss / 32, leaves), strict=True)
            weights = [rounded((part.detach() - rate * gradient).clamp(-1, 1), bits) for part, gradient in pairs]
    return weights


def scores(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """Return the logits of all perceptrons: network, example, class."""
    first, bias, second, last = weights
    hidden: Tensor = torch.baddbmm(bias, inputs, first).relu()
    return torch.baddbmm(last, hidden, second)


def accuracies(weights: Sequence[Tensor], split: Split) -> Tensor:
    """Return the share of right answers of every perceptron."""
    inputs = (split.inputs.flatten(1) / 255).expand(len(weights[0]), -1, -1)
    right: Tensor = scores(weights, inputs).argmax(2) == split.targets
    return right.double().mean(1)


@claim(
    chapter=17,
    kind="experiment",
    budget_s=25,
    en="Too small a data type is a problem in training, and matters little in inference.",
    zh="数据类型过小，训练时是问题，推断时影响不大。",
    scope="weights of 4 bits, rounded after training or after every step, a perceptron on the digits, tuned rates",
    scope_zh="权重 4 位，训练之后舍入或每步之后舍入；手写数字上的感知机，学习率各自调好",
    smoke={"seeds": range(2), "rates": (0.3,), "epochs": 1},
)
def weights_of_few_bits_break_training_more_than_inference(
    seeds: Sequence[int] = range(10),
    bits: int = 4,
    rates: Sequence[float] = (0.1, 0.3, 0.6, 1.0, 1.5),
    epochs: int = 10,
    smallest_effect: float = 0.05,
) -> Evidence:
    digits = load("digits")
    known, valid = holdout(digits.train, 0.2, seed=0)
    found, chosen = {}, {}
    for arm, stored, used in (("float", None, None), ("after", None, bits), ("during", bits, bits)):
        tried = [rounded(part, used) for part in trained(known, rates, range(1000, 1003), stored, epochs)]
        best = int(accuracies(tried, valid).view(len(rates), -1).mean(1).argmax())
        ends = [rounded(part, used) for part in trained(digits.train, rates[best : best + 1], seeds, stored, epochs)]
        found[arm], chosen[arm] = accuracies(ends, digits.test).tolist(), rates[best]
    gap, cost = paired(found["after"], found["during"]), paired(found["after"], found["float"])
    parts = at_least(gap, smallest_effect, "gap"), lost_at_most(cost, smallest_effect, "inference")
    means = {arm: sum(values) / len(values) for arm, values in found.items()}
    return Evidence(
        value={"gap": gap.mean, **means, "rate_after": chosen["after"], "rate_during": chosen["during"]},
        decision=decide(*parts, scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="A perceptron of {float:.3f} keeps {after:.3f} when its weights are rounded to 15 levels, but rounded "
        f"after every step it ends at {{during:.3f}}; {power_note(gap)}. An update below half a level is lost. "
        "Best rates {rate_after:g} and {rate_during:g}; guessing has 0.1.",
        why_zh="准确率 {float:.3f} 的感知机，训练好之后把权重舍入到 15 级，还有 {after:.3f}；每步之后都舍入，就只有 "
        "{during:.3f}：不到半级的更新全丢了。最好的学习率分别是 {rate_after:g} 和 {rate_during:g}，随机水平 0.1。",
    )


@claim(
    chapter=17,
    kind="opinion",
    budget_s=1,
    en="Hardware for training and hardware for inference have different strengths in performance and price.",
    zh="训练硬件和推断硬件在性能和价格方面有不同的优点。",
)
def training_and_inference_hardware_differ_in_price() -> Evidence:
    accelerators = sum(kind != "cpu" for kind in available_devices())
    return Evidence(
        value={"accelerators": accelerators},
        bound="none: prices change by the month and are no property of a program",
        bound_zh="无：价格按月变化，不是程序的性质",
        verdict="not checkable",
        why_en="It is a statement about a market. Accelerators on this machine: {accelerators}, and none has a price "
        "tag. What makes the two kinds of work differ, bytes and types, is checked beside this claim.",
        why_zh="这是关于市场的说法。本机有 {accelerators} 块加速卡，卡上也没有价签。两种工作究竟差在哪里，即字节数和"
        "数据类型，由旁边的论断来检验。",
    )
