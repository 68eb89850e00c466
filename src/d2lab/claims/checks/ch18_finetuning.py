"""Chapter 18: fine-tuning: a network that knows some digits learns three others from a few examples."""

import copy
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import repeat
from statistics import fmean
from typing import NamedTuple

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.core.seed import derive, stream
from d2lab.data.catalog import load
from d2lab.metrics.paired import intervals, paired
from d2lab.models.finetune import freeze, head_from_classes, replace_head
from d2lab.plot import dots
from d2lab.vision.color import to_unit

NAMES = tuple(str(digit) for digit in range(10))
TARGETS = (7, 8, 9)  # what is learned from few examples
OTHERS = tuple(range(7))
CHANNELS, BATCH, SOURCE_STEPS, SOURCE_RATE = 8, 32, 150, 0.003
RATES = (0.001, 0.003, 0.01)  # tried for every arm alike
TUNING_SEED = 1_000  # of other networks and other examples
SETTLED, EARLY = 60, 10  # steps on the target

Rows = tuple[Tensor, Tensor]


class Few(NamedTuple):
    """A few examples of three digits, and all their other ones to be asked about."""

    train: Rows
    test: Rows


def digits() -> Rows:
    """Return all digits, train and test."""
    parts = load("digits")
    inputs = torch.cat([parts.train.inputs, parts.test.inputs])
    return to_unit(inputs), torch.cat([parts.train.targets, parts.test.targets]).long()


def few_of(images: Tensor, labels: Tensor, each: int, seed: int) -> Few:
    """Draw `each` examples of each target."""
    chosen = []
    for digit in TARGETS:
        own = (labels == digit).nonzero().flatten()
        chosen.append(own[torch.randperm(len(own), generator=stream(seed, f"few {digit}"))[:each]])
    asked = torch.isin(labels, torch.tensor(TARGETS))
    asked[torch.cat(chosen)] = False
    train, test = torch.cat(chosen), asked.nonzero().flatten()
    return Few((images[train], labels[train] - TARGETS[0]), (images[test], labels[test] - TARGETS[0]))


def network(classes: int, seed: int) -> nn.Sequential:
    """Build two convolutions and a head."""
    torch.manual_seed(derive(seed, "weights"))
    layers: list[tuple[str, nn.Module]] = [("conv1", nn.Conv2d(1, CHANNELS, 3, padding=1)), ("relu1", nn.ReLU())]
    layers += [("pool", nn.MaxPool2d(2)), ("conv2", nn.Conv2d(CHANNELS, 2 * CHANNELS, 3, padding=1))]
    layers += [("relu2", nn.ReLU()), ("flat", nn.Flatten()), ("head", nn.Linear(2 * CHANNELS * 16, classes))]
    return nn.Sequential(OrderedDict(layers))


def source(
    images: Tensor, labels: Tensor, classes: Sequence[int], seed: int, *, shuffled: bool = False
) -> nn.Sequential:
    """Train a network on some digits, or on the same images with their labels shuffled."""
    own = torch.isin(labels, torch.tensor(classes)).nonzero().flatten()
    known = torch.searchsorted(torch.tensor(classes), labels[own])
    order = stream(seed, "source")
    if shuffled:
        known = known[torch.randperm(len(known), generator=order)]

    def batches() -> Iterator[Rows]:
        for _ in range(SOURCE_STEPS):
            places = torch.randint(len(own), (BATCH,), generator=order)
            yield images[own[places]], known[places]

    model = network(len(classes), seed)
    train_steps(model, torch.optim.Adam(model.parameters(), SOURCE_RATE), batches())
    return model


def right(model: nn.Module, rows: Rows) -> float:
    """Return the accuracy."""
    with torch.no_grad():
        return float((model(rows[0]).argmax(1) == rows[1]).float().mean())


def adapted(start: nn.Module, few: Few, rate: float, seed: int, *, frozen: bool = False) -> dict[str, float]:
    """Put a new head on a copy of a network, train it on the few, and return accuracy after 10 and after 60 steps."""
    model = copy.deepcopy(start)
    torch.manual_seed(derive(seed, "head"))
    replace_head(model, len(TARGETS))
    if frozen:
        freeze(model, "body")
    optimizer = torch.optim.Adam([weights for weights in model.parameters() if weights.requires_grad], rate)
    train_steps(model, optimizer, repeat(few.train, EARLY))
    early = right(model, few.test)
    train_steps(model, optimizer, repeat(few.train, SETTLED - EARLY))
    return {"early": early, "late": right(model, few.test)}


def start_of(kind: str, images: Tensor, labels: Tensor, seed: int) -> nn.Sequential:
    """Return a network to start from: "scratch", "seven" digits, "two" digits, or "shuffled" labels of seven."""
    if kind == "scratch":
        return network(len(OTHERS), seed + 1)
    classes = OTHERS[:2] if kind == "two" else OTHERS
    return source(images, labels, classes, seed, shuffled=kind == "shuffled")


def compared(
    kinds: Sequence[str], seeds: Sequence[int], each: int, rates: Sequence[float]
) -> tuple[dict[str, list[dict[str, float]]], dict[str, float]]:
    """Return what each start gives seed by seed, at the rate that is best for it on other networks and examples."""
    images, labels = digits()

    def run(kind: str, rate: float, seed: int) -> dict[str, float]:
        return adapted(start_of(kind, images, labels, seed), few_of(images, labels, each, seed), rate, seed)

    best = {kind: max(rates, key=lambda rate: run(kind, rate, TUNING_SEED)["late"]) for kind in kinds}
    return {kind: [run(kind, best[kind], seed) for seed in seeds] for kind in kinds}, best


def column(runs: list[dict[str, float]], name: str) -> list[float]:
    """Return one number of each run."""
    return [run[name] for run in runs]


@claim(
    chapter=18,
    kind="experiment",
    en="Fine-tuning is usually faster than training from scratch, and more accurate.",
    zh="微调通常速度更快，精度也更高。",
    scope="seven digits known, three others learned from ten examples each",
    scope_zh="已学会七个数字，另外三个各给十个样本",
    budget_s=10,
    covers=("fewer epochs", "an ordinary training on the target set"),
    smoke={"seeds": range(2), "rates": (0.003,)},
)
def fine_tuning_is_faster_and_more_accurate(
    seeds: Sequence[int] = range(5), each: int = 10, rates: Sequence[float] = RATES, smallest_effect: float = 0.03
) -> Evidence:
    runs, best = compared(("scratch", "seven"), seeds, each, rates)
    early, late = (paired(column(runs["seven"], name), column(runs["scratch"], name)) for name in ("early", "late"))
    named = {
        f"{kind}, {name} steps": column(found, key)
        for kind, found in runs.items()
        for key, name in (("early", EARLY), ("late", SETTLED))
    }
    draw = partial(
        dots,
        named,
        intervals(named),
        title="From seven digits, or from scratch",
        horizontal="test accuracy",
        mark=1 / 3,
    )
    return Evidence(
        value={"late": late.mean, "early": early.mean, "scratch": fmean(column(runs["scratch"], "late"))},
        decision=decide(
            at_least(early, smallest_effect, "early"), at_least(late, smallest_effect, "late"), scoped=True
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        figure=partial(draw, subtitle=f"best rates: {', '.join(f'{kind} {rate:g}' for kind, rate in best.items())}"),
        why_en="The network that knows seven digits is {early:+.3f} ahead after ten steps and {late:+.3f} after sixty, "
        "of {scratch:.3f} from scratch, each at its best rate. Seven digits are a small source and three an easy "
        "target: features that are random at first learn as much from thirty images. It takes a richer source.",
        why_zh="两边各用最好的学习率，学过七个数字的网络十步之后领先 {early:+.3f}，六十步之后 {late:+.3f}（从头训练为 "
        "{scratch:.3f}）。七个数字作源太小，三个数字作目标又太容易：随机初始化的特征从三十张图里也能学到这么多。微调要"
        "有丰富得多的源数据才有用。",
    )


@claim(
    chapter=18,
    kind="experiment",
    en="Fine-tuning usually does not make the model worse.",
    zh="微调通常不会让模型变差。",
    scope="two digits known, three others learned from three examples each",
    scope_zh="只学过两个数字，另外三个各给三个样本",
    budget_s=9,
    smoke={"seeds": range(2), "rates": (0.003,)},
)
def fine_tuning_does_not_make_it_worse(
    seeds: Sequence[int] = range(5), each: int = 3, rates: Sequence[float] = RATES, smallest_effect: float = 0.02
) -> Evidence:
    runs, _ = compared(("scratch", "two"), seeds, each, rates)
    loss = paired(column(runs["scratch"], "late"), column(runs["two"], "late"))
    return Evidence(
        value={"loss": loss.mean, **{kind: fmean(column(found, "late")) for kind, found in runs.items()}},
        decision=decide(at_most(loss, smallest_effect, "loss")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="a network that told 0 from 1 and now tells 7, 8 and 9" if loss.low > smallest_effect else "",
        counterexample_zh="先学分辨 0 与 1，再学分辨 7、8、9" if loss.low > smallest_effect else "",
        why_en="To tell 0 from 1 a few features are enough, and they are the wrong ones for 7, 8 and 9: {two:.3f}, "
        "where random weights reach {scratch:.3f} ({loss:+.3f}). This is negative transfer.",
        why_zh="分辨 0 和 1，几个特征就够了，用来分辨 7、8、9 却不合适：准确率 {two:.3f}，随机初始化反而有 "
        "{scratch:.3f}（差 {loss:+.3f}）。这叫负迁移。",
    )


@claim(
    chapter=18,
    kind="experiment",
    en="The better the source task, the better the fine-tuned model: its data should be richer, and alike.",
    zh="预训练模型的质量很重要：源数据集越丰富、越相近，微调的效果越好。",
    scope="seven digits against two, true labels against shuffled ones; three examples a class",
    scope_zh="七个数字对两个数字，真实标签对打乱的标签；每类三个样本",
    budget_s=12,
    covers=("a source far richer than the target", "a suitable pretrained model"),
    smoke={"seeds": range(2), "rates": (0.003,)},
)
def a_better_source_gives_a_better_model(
    seeds: Sequence[int] = range(5), each: int = 3, rates: Sequence[float] = RATES, smallest_effect: float = 0.02
) -> Evidence:
    runs, _ = compared(("seven", "two", "shuffled"), seeds, each, rates)
    late = {kind: column(found, "late") for kind, found in runs.items()}
    richer, truer = paired(late["seven"], late["two"]), paired(late["seven"], late["shuffled"])
    draw = partial(dots, late, intervals(late), title="What the source knew", mark=1 / 3)
    return Evidence(
        value={"richer": richer.mean, "truer": truer.mean, **{kind: fmean(values) for kind, values in late.items()}},
        decision=decide(
            at_least(richer, smallest_effect, "richer"), at_least(truer, smallest_effect, "truer"), scoped=True
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        figure=partial(draw, subtitle="accuracy on three new digits"),
        why_en="Same network, steps and images of the target: {seven:.3f} from seven digits, {two:.3f} from two "
        "({richer:+.3f}), {shuffled:.3f} from seven with shuffled labels ({truer:+.3f}).",
        why_zh="网络、步数和目标图片都相同：源任务是七个数字时为 {seven:.3f}，两个数字时为 {two:.3f}（差 {richer:+.3f"
        "}），七个数字但标签打乱时为 {shuffled:.3f}（差 {truer:+.3f}）。",
    )


@claim(
    chapter=18,
    kind="experiment",
    en="Where the source knows some of the target's classes, the head can start from their vectors in its classifier.",
    zh="源数据集若含有目标数据的部分标号，可用预训练分类器中对应标号的向量来初始化。",
    scope="all ten digits known, three of them asked for",
    scope_zh="源任务学过全部十个数字，目标是其中三个",
    budget_s=10,
    smoke={"seeds": range(2)},
)
def rows_of_known_classes_start_the_head(seeds: Sequence[int] = range(5), smallest_effect: float = 0.3) -> Evidence:
    images, labels = digits()
    half = len(images) // 2  # the source learns from one half, the other is asked about
    asked = torch.isin(labels, torch.tensor(TARGETS)) & (torch.arange(len(labels)) >= half)
    rows = images[asked], labels[asked] - TARGETS[0]
    found: dict[str, list[float]] = {"copied": [], "random": []}
    for seed in seeds:
        known = source(images[:half], labels[:half], range(10), seed)
        for name, accuracies in found.items():
            model = copy.deepcopy(known)
            torch.manual_seed(derive(seed, "head"))
            replace_head(model, len(TARGETS))
            if name == "copied":
                names = [NAMES[digit] for digit in TARGETS]
                head_from_classes(
                    model, {digit: digit for digit in names}, classes=names, source=known, source_classes=NAMES
                )
            accuracies.append(right(model, rows))
    gain = paired(found["copied"], found["random"])
    return Evidence(
        value={"gain": gain.mean, **{name: fmean(values) for name, values in found.items()}},
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="Before the first step the copied rows answer {copied:.1%} of the three digits rightly, random rows "
        "{random:.1%}; chance is a third.",
        why_zh="一步都没训练时，复制的行向量就答对了 {copied:.1%}，随机的行只有 {random:.1%}；瞎猜是三分之一。",
    )
