"""Chapter 14: searching architectures, and learning as compression."""

import math
import zlib
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.seed import stream
from d2lab.data.catalog import load
from d2lab.metrics.paired import paired
from d2lab.optimizers.build import build_optimizer
from d2lab.optimizers.config import OptimizerConfig

SIDES = (1, 3, 5, 7)  # of kernels; 3 made the data


def mixed(inputs: Tensor, kernels: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Return the mean of what the kernels answer, weighted by the softmax of the weights."""
    maps = torch.stack([functional.conv2d(inputs, kernel, padding="same") for kernel in kernels])
    return torch.einsum("k,kbchw->bchw", weights.softmax(0), maps)


def searched(seed: int, steps: int) -> dict[str, float]:
    """Choose a kernel's side for data of a noisy 3x3 filter; return the test error of each choice, trained alone.

    Source: Liu, Simonyan, Yang 2019, "DARTS: Differentiable Architecture Search", section 2.3, first order.

    Args:
        seed: of the data.
        steps: of every training.
    """
    draw = stream(seed, "search")
    images, truth = torch.randn(3, 8, 1, 10, 10, generator=draw), torch.randn(1, 1, 3, 3, generator=draw)
    targets = torch.stack([functional.conv2d(part, truth, padding=1) for part in images])
    targets += 2 * torch.randn(targets.shape, generator=draw)
    learned, chosen, judged = ((images[part], targets[part]) for part in range(3))
    learned = learned[0][:1], learned[1][:1]  # one image: too few pixels for a large kernel

    def trained(sides: Sequence[int]) -> tuple[list[Tensor], Tensor]:
        kernels = [torch.zeros(1, 1, k, k, requires_grad=True) for k in sides]
        weights = torch.zeros(len(sides), requires_grad=True)
        optimizer = build_optimizer(OptimizerConfig(learning_rate=0.2), kernels)
        chooser = build_optimizer(OptimizerConfig(name="adam", learning_rate=0.03), [weights])
        turns = [(optimizer, learned), (chooser, chosen)][: len(sides)]  # one alone leaves nothing to choose
        for _ in range(steps):
            for updated, (inputs, wanted) in turns:
                optimizer.zero_grad()
                chooser.zero_grad()
                torch.autograd.backward(functional.mse_loss(mixed(inputs, kernels, weights), wanted))
                updated.step()
        return [kernel.detach() for kernel in kernels], weights.detach()

    alone = {side: trained([side]) for side in SIDES}
    first, last = (
        {side: float(functional.mse_loss(mixed(part[0], *found), part[1])) for side, found in alone.items()}
        for part in (chosen, judged)
    )
    by_gradient, by_trial = SIDES[int(trained(SIDES)[1].argmax())], min(SIDES, key=lambda side: first[side])
    blind = sum(last.values()) / len(SIDES)
    return {"gradient": last[by_gradient], "trial": last[by_trial], "blind": blind, "right": float(by_gradient == 3)}


@claim(
    chapter=14,
    kind="experiment",
    en="A search over architectures can train hyper-parameters, such as the side of a kernel, along with the weights.",
    zh="神经架构搜索（NAS）可以让卷积核大小这样的超参数也跟着一起训练。",
    scope="a mixture of four kernels on data of a 3x3 filter",
    budget_s=10,
    smoke={"seeds": range(2), "steps": 5},
)
def architecture_search_trains_hyperparameters(
    seeds: Sequence[int] = range(6), steps: int = 80, smallest_effect: float = 0.1
) -> Evidence:
    runs = [searched(seed, steps) for seed in seeds]
    gain = paired([run["blind"] for run in runs], [run["gradient"] for run in runs])
    return Evidence(
        value={"gain": gain.mean, "right": sum(run["right"] for run in runs) / len(runs)},
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=len(runs),
        seeds=tuple(seeds),
        data="filtered noise (drawn)",
        why_en="A softmax makes the choice differentiable, and gradient descent on the validation loss makes it: the "
        "right kernel size in {right:.0%} of the runs, {gain:.2f} less squared error than a blind choice.",
        why_zh="softmax 把“选哪个”变成可以求导的权重，再沿验证损失下降：{right:.0%} 的试验选对了大小，"
        "平方误差比盲选低 {gain:.2f}。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="Architecture search by gradient beats training every candidate and keeping the one that validates best.",
    zh="用梯度做架构搜索，胜过把每个候选都训练一遍、取验证集上最好的。",
    scope="the same four kernels, the same work: as many steps for the mixture as for each kernel alone",
    scope_zh="同样四种卷积核，工作量相同：混合网络与每个核单独训练的步数一样多",
    budget_s=30,
    smoke={"seeds": range(2), "steps": 5},
)
def search_by_gradient_beats_plain_trials(
    seeds: Sequence[int] = range(40), steps: int = 80, smallest_effect: float = 0.1
) -> Evidence:
    def measure(part: Sequence[int]) -> dict[str, list[float]]:
        found = [searched(seed, steps) for seed in part]
        return {name: [run[name] for run in found] for name in ("trial", "gradient")}

    runs, decision = by_looks(
        measure, lambda runs: [at_least(paired(runs["trial"], runs["gradient"]), smallest_effect, "gain")], seeds
    )
    gain = paired(runs["trial"], runs["gradient"])
    same = sum(trial == gradient for trial, gradient in zip(*runs.values(), strict=True)) / gain.n
    worse = decision.verdict == "does not hold"
    return Evidence(
        value={"gain": gain.mean, "same": same},
        decision=decision,
        n=gain.n,
        seeds=decision.seeds,
        data="filtered noise (drawn)",
        counterexample="four kernels: the mixture costs as much as all four trained alone" if worse else "",
        counterexample_zh="四种卷积核：混合网络的开销等于四个逐一训练" if worse else "",
        why_en="The mixture trains all four kernels at once, which is the work of four trials, and trials compare "
        "finished kernels: in {same:.0%} of the runs both chose the same size, and the error was {gain:+.2f} less by "
        "gradient.",
        why_zh="混合网络要同时训练四个核，工作量等于逐个训练，而逐个训练比较的是训练完的核：{same:.0%} 的试验两者选得"
        "一样，按梯度搜索的误差低 {gain:+.2f}。",
    )


@claim(
    chapter=14,
    kind="opinion",
    budget_s=1,
    en="Machine learning is compression in essence: an image becomes one number.",
    zh="机器学习本质上是压缩：一张图像最后压成一个数。",
)
def learning_is_compression() -> Evidence:
    card = load("digits").train
    return Evidence(
        value={"ratio": card.inputs[0].numel() * 8 / math.log2(10)},
        bound="none: a way to look at it",
        verdict="not checkable",
        why_en="A digit of 512 bits becomes a class of 3.3, {ratio:.0f} times less, but nothing can be unpacked "
        "again; as a statement on essence it has no test. Its exact core, loss is code length, is checked beside it.",
        why_zh="一张 512 比特的数字图变成 3.3 比特的类别，小了 {ratio:.0f} 倍，却再也解压不回来；至于“本质”，没有办法"
        "检验。其中严格的部分，即损失就是编码长度，由旁边的论断来检验。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=4,
    en="The summed cross-entropy of a model, in bits, is the length of the labels compressed with it, to within two "
    "bits.",
    zh="模型交叉熵的总和（以比特计），就是用它压缩标签所得的长度，误差不超过两比特。",
)
def cross_entropy_is_a_code_length() -> Evidence:
    from sklearn.linear_model import LogisticRegression

    digits = load("digits")
    model = LogisticRegression(max_iter=200).fit(digits.train.inputs.flatten(1) / 255, digits.train.targets)
    labels = digits.test.targets[:100].tolist()
    chances = model.predict_proba(digits.test.inputs[:100].flatten(1) / 255)
    edges = [[Fraction(0), *accumulate(map(Fraction, row[:-1])), Fraction(1)] for row in chances.tolist()]
    low, width = Fraction(0), Fraction(1)
    for label, edge in zip(labels, edges, strict=True):  # arithmetic coding: each label narrows the interval
        low, width = low + width * edge[label], width * (edge[label + 1] - edge[label])
    bits = (math.ceil(2 / width) - 1).bit_length()  # so that a whole cell of 2 ** -bits lies inside
    code = -(-low * 2**bits // 1)  # the packed labels: one whole number
    place, unpacked = code / 2**bits, []
    for edge in edges:
        label = max(k for k in range(10) if edge[k] <= place)
        unpacked.append(label)
        place = (place - edge[label]) / (edge[label + 1] - edge[label])
    loss = sum(-math.log2(row[label]) for row, label in zip(chances, labels, strict=True))
    deflated = 8 * len(zlib.compress(bytes(labels), 9))
    excess = bits - loss
    return Evidence(
        value={"excess": excess, "bits": bits, "loss": loss, "deflated": deflated},
        bound="0 to 2 bits above the loss, and the labels come out again",
        verdict="holds" if 0 <= excess <= 2 and unpacked == labels else "does not hold",
        n=len(labels),
        data="digits",
        why_en="Arithmetic coding gives each label -log2 of its chance and rounds once: {bits} bits for a loss of "
        "{loss:.1f}. Given the images and the model, that is all the information in a hundred labels; compressed "
        "alone with deflate they take {deflated}.",
        why_zh="算术编码给每个标签恰好 -log2(概率) 比特，只在最后取整一次：损失 {loss:.1f}，编码 {bits} 比特。对有图又"
        "有模型的人，一百个标签的信息仅此而已；单独用 deflate 压缩则要 {deflated} 比特。",
    )
