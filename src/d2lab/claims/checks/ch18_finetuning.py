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
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.core.seed import derive, stream
from d2lab.data.catalog import load
from d2lab.metrics.paired import intervals, paired
from d2lab.models.finetune import find_head, freeze, head_from_classes, parameter_groups, replace_head
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
    draw = partial(dots, named, intervals(named), title="Sooner there", horizontal="test accuracy", mark=1 / 3)
    return Evidence(
        value={"late": late.mean, "early": early.mean, "scratch": fmean(column(runs["scratch"], "late"))},
        decision=decide(
            at_least(early, smallest_effect, "early"), at_least(late, smallest_effect, "late"), scoped=True
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        figure=partial(draw, subtitle=f"best rates: {', '.join(f'{kind} {rate:g}' for kind, rate in best.items())}"),
        why_en="After ten steps the network that knows seven digits is ahead by {early:+.3f}; after sixty by "
        "{late:+.3f} of the {scratch:.3f} from scratch. Sooner there, yes; how much further depends on what the "
        "source knows.",
        why_zh="十步之后，学过七个数字的网络领先 {early:+.3f}；六十步之后是 {late:+.3f}（从头训练为 {scratch:.3f}）。"
        "到得早是真的，能不能走得更远，要看源任务学到了什么。",
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
    budget_s=14,
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
    kind="identity",
    en="Lower layers can be frozen: they take no part in the updates.",
    zh="可以固定底部一些层的参数，不参与更新。",
    budget_s=3,
    covers=("low layers generic",),
)
def frozen_layers_take_no_part_in_updates() -> Evidence:
    torch.manual_seed(0)
    named: list[tuple[str, nn.Module]] = [
        ("conv", nn.Conv2d(1, 4, 3)),
        ("norm", nn.BatchNorm2d(4)),
        ("relu", nn.ReLU()),
    ]
    named += [("drop", nn.Dropout(0.5)), ("flat", nn.Flatten()), ("head", nn.Linear(4 * 36, 3))]
    model = nn.Sequential(OrderedDict(named))
    freeze(model, "drop").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    inputs = torch.rand(8, 1, 8, 8)
    first = model[:4](inputs)
    weights = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.SGD(weights, 0.1, weight_decay=0.1, momentum=0.9)
    train_steps(model, optimizer, repeat((inputs, torch.arange(8) % 3), 5))
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
    moved = len([name for name in changed if not name.startswith("head")]) + (not torch.equal(first, model[:4](inputs)))
    share = sum(value.numel() for value in weights) / sum(value.numel() for value in model.parameters())
    return Evidence(
        value={"moved": moved, "share": share, "entries": len(before)},
        bound="0 entries of frozen layers moved, running statistics among them, in five steps of training mode",
        bound_zh="训练模式下走五步，固定层（包括批量统计量）改变 0 项",
        verdict="holds" if moved == 0 and len(changed) == 2 else "does not hold",
        n=len(before),
        why_en="Of {entries} entries of the state, {moved} of the frozen layers moved: no gradient, no weight decay, "
        "and batch normalization and dropout stay in evaluation although the model trains. {share:.0%} of the weights "
        "learn: fewer free numbers is what makes it a stronger regularizer.",
        why_zh="{entries} 项状态中，固定层有 {moved} 项改变：没有梯度，也没有权重衰减；模型虽在训练模式，固定层里的批"
        "量归一化和暂退仍按测试方式工作。能学的权重只剩 {share:.0%}，自由度少了，所以说它是更强的正则。",
    )


@claim(
    chapter=18,
    kind="experiment",
    en="Where the source knows some of the target's classes, the head can start from their vectors in its classifier.",
    zh="源数据集若含有目标数据的部分标号，可用预训练分类器中对应标号的向量来初始化。",
    scope="all ten digits known, three of them asked for",
    scope_zh="源任务学过全部十个数字，目标是其中三个",
    budget_s=6,
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


@claim(
    chapter=18,
    kind="definition",
    en="Layers can have learning rates of their own, ten times as high for the new head.",
    zh="对于不同的层可以使用不同的学习率，新的输出层为其余各层的十倍。",
    budget_s=1,
)
def layers_take_rates_of_their_own() -> Evidence:
    model = network(3, 0)
    groups = parameter_groups(model, 10.0)
    counted = [id(weights) for group in groups for weights in group["params"]]
    twice = len(counted) - len(set(counted)) + len(set(counted) ^ {id(weights) for weights in model.parameters()})
    rate = 0.01
    optimizer = torch.optim.SGD([{"params": group["params"], "lr": rate * group["lr_scale"]} for group in groups])
    before = {name: value.clone() for name, value in model.named_parameters()}
    train_steps(model, optimizer, [(torch.rand(6, 1, 8, 8), torch.arange(6) % 3)])
    steps = {
        name: float((value - before[name]).norm() / value.grad.norm())
        for name, value in model.named_parameters()
        if value.grad is not None
    }
    ratio = steps["head.weight"] / steps["conv1.weight"]
    return Evidence(
        value={"ratio": ratio, "twice": twice, "head": sum(w.numel() for w in find_head(model).layer.parameters())},
        bound="ratio of step to gradient 10 to 1 within 0.1 %, each parameter in one group",
        bound_zh="步长与梯度之比为 10 比 1（误差 0.1 % 以内），每个参数恰在一组",
        verdict="holds" if abs(ratio / 10 - 1) < 1e-3 and twice == 0 else "does not hold",
        n=len(before),
        why_en="Per unit of gradient the head moves {ratio:.2f} times as far as the first layer; {twice} parameters "
        "are in two groups or in none. Whether that helps is a question to the data, not to the optimizer.",
        why_zh="同样的梯度，输出层走的距离是第一层的 {ratio:.2f} 倍；{twice} 个参数重复或遗漏。这样做有没有好处，要由"
        "数据来回答。",
    )


@claim(
    chapter=18,
    kind="identity",
    en="Normalization of the inputs can be seen as part of the network.",
    zh="可以将输入的归一化看作模型架构的一部分。",
    scope="a first layer without padding, or padded with the mean",
    scope_zh="第一层没有填充，或用均值填充",
    budget_s=1,
    covers=("it does the same as batch normalization",),
)
def normalization_is_part_of_the_network() -> Evidence:
    rng = stream(0, "fold")
    mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).view(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(3, 1, 1)
    images = torch.rand(4, 3, 16, 16, generator=rng, dtype=torch.float64)
    kernel, bias = torch.randn(8, 3, 3, 3, generator=rng).double(), torch.randn(8, generator=rng).double()
    folded = kernel / deviation
    shifted = bias - (folded * mean).sum((1, 2, 3))
    scaled = (images - mean) / deviation
    off = {}
    for name, padding in (("inside", 0), ("padded", 1)):
        theirs = functional.conv2d(scaled, kernel, bias, padding=padding)
        off[name] = float((functional.conv2d(images, folded, shifted, padding=padding) - theirs).abs().max())
    framed = functional.pad(images - mean, [1] * 4) + mean  # a border of the mean, which is what 0 means after scaling
    theirs = functional.conv2d(scaled, kernel, bias, padding=1)
    off["framed"] = float((functional.conv2d(framed, folded, shifted) - theirs).abs().max())
    return Evidence(
        value=off,
        bound="at most 1e-12 without padding and with a border of the mean",
        bound_zh="无填充、或以均值为边时，至多 1e-12",
        verdict="holds in scope" if max(off["inside"], off["framed"]) <= 1e-12 else "does not hold",
        n=images.numel(),
        why_en="(x - mean) / deviation folded into the first kernel gives the same answers ({inside:.0e} apart). With "
        "zero padding the border is off by {padded:.2f}, for there 0 is no longer the mean; a border of the mean mends "
        "it ({framed:.0e}). So it matters that prediction scales as training did.",
        why_zh="把 (x − 均值) / 标准差并进第一层卷积核，结果不变（差 {inside:.0e}）。若用 0 填充，边界处会差 "
        "{padded:.2f}，因为那里的 0 不再是均值；改用均值作边就好了（{framed:.0e}）。所以预测时的缩放必须与训练时一致。",
    )
