"""Chapter 17: batch size and learning rate, and what it takes to get a figure again."""

from collections.abc import Iterator, Sequence
from functools import cache, partial

import torch
from torch import Tensor
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.core.seed import stream
from d2lab.data.catalog import load
from d2lab.metrics.paired import mean_interval, paired
from d2lab.plot import lines

TRAIN, HIDDEN = 1024, 32  # images that are trained on, of 1,437; units of the one hidden layer
RATES = tuple(2.0**power for power in range(-5, 3))  # 1/32 to 4
TUNING_SEEDS = range(1000, 1003)  # none that an experiment uses


@cache
def digits() -> tuple[Tensor, Tensor, Tensor]:
    """Return pixels of all images, (1797, 64), their digits, and how much more ink is on the left than on the right.

    The first 1,024 are for training, the next 413 for validation, the last 360 are the test images.
    """
    found, draw = load("digits"), stream(0, "split")
    order = torch.randperm(len(found.train), generator=draw)
    pixels = torch.cat([found.train.inputs[order], found.test.inputs]).flatten(1) / 255
    halves = pixels.view(-1, 8, 2, 4).sum((1, 3))
    return pixels, torch.cat([found.train.targets[order], found.test.targets]), halves[:, 0] - halves[:, 1]


def labels_of(task: str) -> tuple[int, Tensor]:
    """Return the number of classes and the labels of a task on the digits."""
    _, digit, tilt = digits()
    if task == "which digit":
        return 10, digit
    if task == "even or odd":
        return 2, digit % 2
    if task == "zero or not":
        return 2, (digit == 0).long()
    edges = torch.quantile(tilt[:TRAIN], torch.tensor([0.2, 0.4, 0.6, 0.8]))
    return 10, digit % 2 + 2 * torch.bucketize(tilt, edges)  # even or odd, in each fifth of the tilt


def batches(seeds: Sequence[int], size: int, updates: int) -> Iterator[Tensor]:
    """Yield the numbers of the examples of each update, (seeds, size): each seed shuffles anew for every epoch."""
    draws, done = [stream(seed, "order") for seed in seeds], 0
    while True:
        orders = torch.stack([torch.randperm(TRAIN, generator=draw) for draw in draws])  # of one epoch
        for first in range(0, TRAIN, size):
            if done == updates:
                return
            yield orders[:, first : first + size]
            done += 1


def outputs(weights: Sequence[Tensor], inputs: Tensor) -> Tensor:
    """Return the scores of k models, (k, n, classes), for inputs (k, n, 64)."""
    first, bias, second, last = weights
    return torch.baddbmm(last, torch.baddbmm(bias, inputs, first).relu(), second)


def trained(task: str, size: int, rates: Sequence[float], seeds: Sequence[int], updates: int) -> list[Tensor]:
    """Train a perceptron for each pair of a rate and a seed, side by side, by plain gradient descent.

    Models share nothing: each has its own weights; those of one seed begin alike and see the same batches.
    """
    classes, labels = labels_of(task)
    own = []
    for seed in seeds:
        draw = stream(seed, "weights")
        first, second = torch.randn(64, HIDDEN, generator=draw), torch.randn(HIDDEN, classes, generator=draw)
        own.append((first / 32**0.5, torch.zeros(1, HIDDEN), second / HIDDEN**0.5, torch.zeros(1, classes)))
    weights = [torch.stack(part).repeat(len(rates), 1, 1).requires_grad_() for part in zip(*own, strict=True)]
    rate = torch.tensor(rates).repeat_interleave(len(seeds))[:, None, None]
    for some in batches(seeds, size, updates):
        scores = outputs(weights, digits()[0][some].repeat(len(rates), 1, 1))
        wanted = labels[some].repeat(len(rates), 1).flatten()
        loss = functional.cross_entropy(scores.flatten(0, 1), wanted, reduction="sum") / size
        with torch.no_grad():
            for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                weight.sub_(rate * gradient)
    return [weight.detach() for weight in weights]


def accuracy(task: str, weights: Sequence[Tensor], part: slice, rates: int = 1) -> Tensor:
    """Return the accuracy of each model, (rates, seeds), on a part of the images."""
    labels = labels_of(task)[1][part]
    found = outputs(weights, digits()[0][part].expand(len(weights[0]), -1, -1)).argmax(2)
    return (found == labels).double().mean(1).view(rates, -1)


VALIDATION, TEST = slice(TRAIN, 1437), slice(1437, None)


def best_rate(task: str, size: int, updates: int) -> float:
    """Return the rate with the best mean accuracy on the validation images."""
    models = trained(task, size, RATES, TUNING_SEEDS, updates)
    return RATES[int(accuracy(task, models, VALIDATION, len(RATES)).mean(1).argmax())]


def at_best(task: str, size: int, updates: int, seeds: Sequence[int]) -> tuple[list[float], float]:
    """Return test accuracies at the best rate, one for each seed, and that rate."""
    rate = best_rate(task, size, updates)
    found: list[float] = accuracy(task, trained(task, size, [rate], seeds, updates), TEST)[0].tolist()
    return found, rate


@claim(
    chapter=17,
    kind="opinion",
    budget_s=10,
    en="80% of papers cannot be reproduced.",
    zh="80% 的论文无法复现。",
)
def eighty_percent_of_papers_cannot_be_reproduced(seeds: Sequence[int] = range(10), updates: int = 320) -> Evidence:
    first, again = (trained("which digit", 32, [0.5], seeds, updates) for _ in range(2))
    apart = max(float((one - other).abs().max()) for one, other in zip(first, again, strict=True))
    scores = accuracy("which digit", first, TEST)
    return Evidence(
        value={"apart": apart, "low": float(scores.min()), "high": float(scores.max())},
        bound="none: no source is given for the share, nor what counts as reproduced",
        bound_zh="无：这个比例没有出处，也没说怎样才算复现",
        verdict="not checkable",
        n=len(seeds),
        seeds=seeds,
        data="digits",
        why_en="Which papers, and how near is near enough? Our own figures can be tried. Ten models, trained twice "
        "from the same seeds on one thread, differ by {apart:g}. Ten seeds of the same recipe score {low:.3f} to "
        "{high:.3f}: without the seed nobody gets the same number.",
        why_zh="哪些论文？差多少还算复现？能检验的是我们自己的数：同样的种子、单线程，十个模型各训练两遍，权重相差 "
        "{apart:g}。同一个配方换十个种子，准确率从 {low:.3f} 到 {high:.3f}：不说种子，谁也得不到同一个数。",
    )


@claim(
    chapter=17,
    kind="experiment",
    budget_s=30,
    en="With a larger minibatch the learning rate should be raised a little.",
    zh="小批量数据量更大时，学习率也需要稍微提高一些。",
    scope="as many epochs, and a rate well below the one at which training diverges: that limit does not rise with the "
    "batch",
    scope_zh="轮数相同，且学习率远低于使训练发散的值：这个上限不随批量升高",
    smoke={"seeds": range(2), "epochs": 1},
)
def a_larger_batch_wants_a_higher_rate(
    seeds: Sequence[int] = range(20), epochs: int = 10, smallest_effect: float = 0.01
) -> Evidence:
    task, low = "which digit", 0.125
    tuned = best_rate(task, 32, epochs * TRAIN // 32)
    rates, found = [low, 2 * low, tuned, 2 * tuned], {}
    for size in (32, 128):
        models = trained(task, size, rates, seeds, epochs * TRAIN // size)
        found[size] = accuracy(task, models, TEST, len(rates))
    gains = {size: (rows[1] - rows[0]).tolist() for size, rows in found.items()}
    gain, more = mean_interval(gains[128]), paired(gains[128], gains[32])
    kept, raised, best, too_high = found[128].mean(1).tolist()
    parts = [at_least(gain, smallest_effect, "gain"), at_least(more, smallest_effect, "more than at 32")]
    means = {size: rows.mean(1).tolist() for size, rows in found.items()}
    return Evidence(
        value={"gain": gain.mean, "more": more.mean, "kept": kept, "raised": raised}
        | {"small": mean_interval(gains[32]).mean, "tuned": tuned, "best": best, "too_high": too_high},
        decision=decide(*parts, scoped=True),
        seeds=seeds,
        n=len(seeds),
        data="digits",
        why_en="Four times the batch takes a quarter of the steps: at a rate of 1/8 batches of 128 reach {kept:.3f}, "
        "at 1/4 {raised:.3f}, a gain of {gain:+.3f} where batches of 32 gain {small:+.3f}. The best rate for 32, "
        "{tuned:g}, is as high as it goes and leaves no room: {best:.3f} with it at 128, {too_high:.3f} with twice of "
        "it.",
        why_zh="批量为四倍，步数就只有四分之一：批量 128 用学习率 1/8 得 {kept:.3f}，用 1/4 得 {raised:.3f}，相差 "
        "{gain:+.3f}，而批量 32 只相差 {small:+.3f}。批量 32 最好的学习率 {tuned:g} 已经到顶，没有余地了：批量 128 "
        "用它得 {best:.3f}，再翻倍只有 {too_high:.3f}。",
        figure=partial(
            lines,
            rates[:2],
            {f"batch {size}": rows[:2] for size, rows in means.items()},
            title="The larger batch gains more from a higher rate",
            subtitle=f"Test accuracy on the digits, {len(seeds)} seeds, {epochs} epochs each",
            horizontal="learning rate",
            vertical="test accuracy",
            log="x",
        ),
    )


@claim(
    chapter=17,
    kind="experiment",
    budget_s=60,
    en="The batch size should usually not exceed 10 times the number of classes.",
    zh="batch_size 通常不要大于 10 x class_num。",
    scope="four labelings of the same digits, a perceptron, plain gradient descent; the rate of each arm tuned on "
    "validation images over 1/32 to 4",
    scope_zh="同一批手写数字的四种标签，多层感知机，普通梯度下降；各组的学习率都用验证图像在 1/32 到 4 中选",
    smoke={"seeds": range(2), "epochs": 1, "updates": 8},
)
def batch_size_is_at_most_ten_times_the_classes(
    seeds: Sequence[int] = range(20), epochs: int = 10, updates: int = 640, smallest_effect: float = 0.01
) -> Evidence:
    def lost(task: str, small: int, large: int, *, same_updates: bool) -> list[list[float]]:
        counts = [updates if same_updates else epochs * TRAIN // size for size in (small, large)]
        return [at_best(task, size, count, seeds)[0] for size, count in zip((small, large), counts, strict=True)]

    two = paired(*lost("even or odd", 16, 128, same_updates=True))  # the rule allows 20
    ten = paired(*lost("which digit", 64, 512, same_updates=True))  # 100
    easy = paired(*lost("zero or not", 16, 128, same_updates=False))
    hard = paired(*lost("even or odd in a fifth", 16, 64, same_updates=False))
    parts = [at_least(two, smallest_effect, "two classes"), at_least(ten, smallest_effect, "ten classes")]
    return Evidence(
        value={"two": two.mean, "ten": ten.mean, "easy": easy.mean, "hard": hard.mean},
        decision=decide(*parts),
        seeds=seeds,
        n=len(seeds),
        data="digits",
        counterexample="two classes, batches of 128",
        counterexample_zh="两类，批量 128",
        why_en="At as many updates, what lies beyond the rule costs {two:+.4f} with two classes (128 against 16), and "
        "{ten:+.4f} with ten (512 against 64). In as many epochs large batches do lose, for they take fewer steps; "
        "where that begins depends on the task. Zero or not, two classes, 128 against 16: {easy:+.4f}. Ten harder "
        "classes, 64 against 16, all within the rule: {hard:+.4f}.",
        why_zh="更新次数相同，越过这条规则的代价：两类（128 对 16）是 {two:+.4f}，十类（512 对 64）是 {ten:+.4f}。轮数"
        "相同时大批量确实吃亏，因为步数少；从哪里开始吃亏，看任务而不看类别数。是不是零，两类，128 对 16：{easy:+.4f}。"
        "较难的十类，64 对 16，都在规则之内：{hard:+.4f}。",
    )
