"""Chapter 4: why deep, not wide."""

from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide, drops
from d2lab.claims.evidence import Evidence
from d2lab.experiments.quick_run import last
from d2lab.metrics.paired import intervals, paired
from d2lab.models import MLP, MLPConfig
from d2lab.optimizers import SGD
from d2lab.plot import dots


@claim(
    chapter=4,
    kind="experiment",
    en="A very wide shallow model overfits more easily than a narrow one.",
    zh="很宽的浅层网络更容易过拟合。",
    scope="one hidden layer on 200 digits, plain gradient descent",
    budget_s=35,
    smoke={"seeds": range(2), "epochs": 1},
)
def very_wide_shallow_networks_overfit(
    seeds: Sequence[int] = range(5), epochs: int = 60, smallest_effect: float = 0.01
) -> Evidence:
    given: dict[str, object] = {"examples": 200, "epochs": epochs, "learning_rate": 0.05}
    runs = {
        f"{units} units": last("test_accuracy", "mlp", seeds, hidden=str(units), init="xavier", **given)
        for units in (8, 32, 128, 512, 2048)
    }
    wide = paired(runs["2048 units"], runs["32 units"])
    title, about = "Sixty-four times the width does no harm", f"Test accuracy after 200 digits, {len(seeds)} seeds"
    return Evidence(
        value={"gain": wide.mean, "visible": wide.visible},
        decision=decide(drops(wide, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="" if wide.high < 0 else "2,048 units and 200 digits: 700 weights for each example",
        why_en="Counting weights suggests it, but gradient descent from small initial weights prefers smooth "
        "solutions, and more so in wide models: 64 times the width changes accuracy by {gain:+.3f} (these seeds would "
        "show {visible:.3f}).",
        why_zh="单看参数个数似乎如此，但从较小的初始权重出发，梯度下降偏好平滑的解，网络越宽越是这样：宽度增到 64 倍，"
        "准确率变化 {gain:+.3f}（这几个种子能分辨 {visible:.3f}）。",
        figure=partial(dots, runs, intervals(runs), title=title, subtitle=about, horizontal="test accuracy"),
    )


@claim(
    chapter=4,
    kind="experiment",
    en="A deep model is easier to train than a wide shallow one with as many weights.",
    zh="参数量相同时，深层网络比宽而浅的网络更容易训练。",
    scope="plain stacks of layers without normalization or shortcuts, plain gradient descent on the digits",
    budget_s=35,
    smoke={"seeds": range(2), "epochs": 1},
)
def deep_networks_train_more_easily_than_wide_ones(
    seeds: Sequence[int] = range(5), epochs: int = 12, smallest_effect: float = 0.05
) -> Evidence:
    shapes = {"1 x 230": (1, 230), "2 x 99": (2, 99), "4 x 64": (4, 64), "8 x 44": (8, 44)}  # 17,300 weights each
    given = {name: {"hidden": ",".join([str(width)] * depth)} for name, (depth, width) in shapes.items()}
    given["8 x 44, Kaiming"] = {**given["8 x 44"], "init": "kaiming"}
    runs = {
        name: last("train_accuracy", "mlp", seeds, **{"init": "default", "epochs": epochs, **changes})
        for name, changes in given.items()
    }
    gap, mended = paired(runs["8 x 44"], runs["1 x 230"]), paired(runs["8 x 44, Kaiming"], runs["1 x 230"])
    title = "As many weights, ever deeper"
    about = f"Training accuracy after {epochs} epochs, layers x units, torch's default initialization unless stated"
    return Evidence(
        value={"gap": gap.mean, "kaiming": mended.mean},
        decision=decide(at_least(gap, smallest_effect, "gap"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="" if gap.low > 0 else "eight layers of 44 units with torch's default initialization",
        why_en="Each layer multiplies signal and gradient by a factor, and eight factors below 1 leave almost "
        "nothing: {gap:+.2f} of accuracy; an initialization that keeps the factor at 1 leaves {kaiming:+.3f}.",
        why_zh="每一层都给信号和梯度乘上一个因子，八个小于 1 的因子乘起来就所剩无几：准确率相差 {gap:+.2f}；"
        "改用使因子保持为 1 的初始化，差距为 {kaiming:+.3f}。",
        figure=partial(dots, runs, intervals(runs), title=title, subtitle=about, horizontal="training accuracy"),
    )


@claim(
    chapter=4,
    kind="opinion",
    en="Deep models are easier because they learn layer by layer, where a wide one has to learn all at once.",
    zh="深层网络一层一层地学，所以比要一口气学完的宽网络容易。",
)
def deep_networks_learn_layer_by_layer() -> Evidence:
    model, images = MLP(MLPConfig(inputs=64, hidden=(32,) * 4)), torch.rand(32, 64)
    before = [weight.detach().clone() for weight in model.parameters() if weight.ndim == 2]
    functional.cross_entropy(model(images), torch.arange(32) % 10).backward()  # type: ignore[no-untyped-call]
    SGD(model.parameters(), lr=0.1).step()
    after = [weight.detach() for weight in model.parameters() if weight.ndim == 2]
    moved = sum(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
    return Evidence(
        value={"moved": moved, "layers": len(before)},
        bound="no number says which layer learns first; what can be counted is which of them move",
        verdict="not checkable",
        n=len(before),
        why_en="It is a metaphor for what happens inside, not a measure of it, and the first step updates {moved} of "
        "{layers} layers; what can be measured, whether depth trains more easily, is "
        "deep-networks-train-more-easily-than-wide-ones.",
        why_zh="这是对内部过程的比喻，没有可以测量的量；事实上第一步更新就动了 {layers} 层中的 {moved} 层。"
        "能够测量的是深的是否更容易训练，见 deep-networks-train-more-easily-than-wide-ones。",
    )
