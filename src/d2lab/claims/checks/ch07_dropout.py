"""Chapter 7: dropout in training."""

from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide, lost_at_most
from d2lab.claims.evidence import Evidence
from d2lab.data.catalog import load
from d2lab.data.split import limit
from d2lab.experiments.quick_run import last, quick_run
from d2lab.metrics.paired import intervals, mean_interval, paired
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.plot import dots


@claim(
    chapter=7,
    kind="experiment",
    en="Dropout rates from 0.1 to 0.5 are usual for hidden layers.",
    zh="隐藏层的暂退概率通常取 0.1 到 0.5。",
    scope="150 digits, two hidden layers of 256, 60 epochs",
    budget_s=32,
    smoke={"seeds": range(2), "epochs": 1},
)
def dropout_rates_up_to_a_half_serve(
    seeds: Sequence[int] = range(5), epochs: int = 60, smallest_effect: float = 0.05
) -> Evidence:
    settings = {"examples": 150, "epochs": epochs, "init": "default", "hidden": "256,256"}
    accuracy = {p: last("test_accuracy", "mlp", seeds, dropout=p, **settings) for p in (0.0, 0.1, 0.5)}
    light, half = paired(accuracy[0.1], accuracy[0.0]), paired(accuracy[0.5], accuracy[0.0])
    return Evidence(
        value={"half": half.mean, "light": light.mean},
        decision=decide(
            lost_at_most(half, smallest_effect, "half"), lost_at_most(light, smallest_effect, "light"), scoped=True
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="With half of 256 units left there is enough of the model to learn: accuracy changes by {light:+.3f} at "
        "0.1 and by {half:+.3f} at 0.5, so no harm is seen, and no gain either.",
        why_zh="256 个单元留下一半，网络仍足够大：暂退概率 0.1 时精度变化 {light:+.3f}，0.5 时 {half:+.3f}，看不出坏"
        "处，也看不出好处。",
    )


@claim(
    chapter=7,
    kind="experiment",
    en="A dropout rate of 0.9 is a usual one, too.",
    zh="0.9 也是常用的暂退概率。",
    scope="150 digits, two hidden layers of 256, 60 epochs",
    budget_s=60,
    smoke={"seeds": range(2), "epochs": 1, "patient": 2},
)
def nine_tenths_is_a_usual_dropout_rate(
    seeds: Sequence[int] = range(5),
    epochs: int = 60,
    patient: int = 120,
    smallest_effect: float = 0.05,
) -> Evidence:
    short: dict[str, list[float]] = {}
    long: dict[str, list[float]] = {}
    for p in (0.0, 0.5, 0.9):
        settings = {"examples": 150, "epochs": patient, "init": "default", "hidden": "256,256", "dropout": p}
        runs = [quick_run("mlp", changes=settings, seed=seed) for seed in seeds]
        short[f"p = {p:g}"] = [float(rows[epochs - 1]["test_accuracy"]) for rows in runs]
        long[f"p = {p:g}"] = [float(rows[-1]["test_accuracy"]) for rows in runs]
    cost, later = paired(short["p = 0"], short["p = 0.9"]), paired(long["p = 0"], long["p = 0.9"])
    shown = short | {f"p = 0.9, {patient} epochs": long["p = 0.9"]}
    return Evidence(
        value={"cost": cost.mean, "later": later.mean},
        decision=decide(at_most(cost, smallest_effect, "cost")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="p = 0.9 on both layers of 256 units, 60 epochs" if cost.low > 0.05 else "",
        why_en="A tenth of the units of either layer is left, another tenth at each step, so a step teaches little: "
        "{cost:.2f} of accuracy are missing, and {later:.3f} still after 120 epochs. It is mostly slow.",
        why_zh="每层只剩十分之一的单元，而且步步不同，一步学不到多少：精度低了 {cost:.2f}，训练到 120 轮仍低 "
        "{later:.3f}。害处主要是慢。",
        figure=partial(
            dots,
            shown,
            intervals(shown),
            title="Nine tenths dropped: slow, and still behind later",
            subtitle=f"150 digits, two hidden layers of 256, {epochs} epochs unless named",
            horizontal="test accuracy",
        ),
    )


@claim(
    chapter=7,
    kind="experiment",
    en="A larger model with dropout beats a smaller one without.",
    zh="把模型设得大一些再用暂退法，胜过不用暂退法的小模型。",
    scope="150 digits, 1,024 hidden units with p = 0.5 against 32, 60 epochs",
    budget_s=20,
    smoke={"seeds": range(2), "epochs": 1},
)
def a_big_network_with_dropout_beats_a_small_one(
    seeds: Sequence[int] = range(8), epochs: int = 60, smallest_effect: float = 0.01
) -> Evidence:
    settings = {"examples": 150, "epochs": epochs, "init": "default"}
    small = last("test_accuracy", "mlp", seeds, hidden="32", **settings)
    gain = paired(last("test_accuracy", "mlp", seeds, hidden="1024", dropout=0.5, **settings), small)
    return Evidence(
        value={"gain": gain.mean},
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="The larger model ends {gain:+.3f} of accuracy ahead at the same number of epochs; whether dropout did "
        "that, only a run without it can tell, which is the next claim.",
        why_zh="轮数相同，大模型的精度相差 {gain:+.3f}；但这是不是暂退法的功劳，要看不用暂退法的大模型，见下一条。",
    )


@claim(
    chapter=7,
    kind="experiment",
    en="It is the dropout that makes the larger model better.",
    zh="大模型更好，功劳在暂退法。",
    scope="150 digits, 1,024 hidden units with and without p = 0.5, 32 without, 60 epochs",
    budget_s=36,
    smoke={"seeds": range(2), "epochs": 1},
)
def the_dropout_makes_the_big_network_better(
    seeds: Sequence[int] = range(8), epochs: int = 60, smallest_effect: float = 0.01
) -> Evidence:
    settings = {"examples": 150, "epochs": epochs, "init": "default"}
    accuracy = {
        "32 units": last("test_accuracy", "mlp", seeds, hidden="32", **settings),
        "1024 units": last("test_accuracy", "mlp", seeds, hidden="1024", **settings),
        "1024 units, p = 0.5": last("test_accuracy", "mlp", seeds, hidden="1024", dropout=0.5, **settings),
    }
    width = paired(accuracy["1024 units"], accuracy["32 units"])
    dropout = paired(accuracy["1024 units, p = 0.5"], accuracy["1024 units"])
    small, large, dropped = accuracy.values()
    beyond = mean_interval(
        [after - 2 * wide + narrow for narrow, wide, after in zip(small, large, dropped, strict=True)]
    )
    return Evidence(
        value={"dropout": dropout.mean, "width": width.mean, "seen": dropout.visible},
        decision=decide(
            at_least(dropout, smallest_effect, "dropout"), at_least(beyond, smallest_effect, "dropout beyond width")
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="the larger model without dropout",
        why_en="The comparison that is usually left out: 1,024 units alone gain {width:+.3f} over 32, and dropout adds "
        "{dropout:+.3f}, where {seen:.3f} would have been seen.",
        why_zh="常被略去的对照：单是 1024 个单元就比 32 个多 {width:+.3f}，暂退法再加 {dropout:+.3f}（{seen:.3f} 以上"
        "的效应才看得出）。",
        figure=partial(
            dots,
            accuracy,
            intervals(accuracy),
            title="The width does it, not the dropout",
            subtitle=f"150 digits, one hidden layer, {epochs} epochs, {len(seeds)} seeds",
            horizontal="test accuracy",
        ),
    )


@claim(
    chapter=7,
    kind="experiment",
    en="Dropout and weight decay can be used together.",
    zh="暂退法可以与权重衰减同时使用。",
    scope="150 digits, 256 hidden units, p = 0.5, decay 1e-2, 60 epochs",
    budget_s=15,
    smoke={"seeds": range(2), "epochs": 1},
)
def dropout_and_weight_decay_go_together(
    seeds: Sequence[int] = range(5), epochs: int = 60, smallest_effect: float = 0.02
) -> Evidence:
    settings = {"examples": 150, "epochs": epochs, "init": "default", "dropout": 0.5}
    both = last("test_accuracy", "mlp", seeds, weight_decay=1e-2, **settings)
    gain = paired(both, last("test_accuracy", "mlp", seeds, **settings))
    return Evidence(
        value={"gain": gain.mean, "seen": gain.visible},
        decision=decide(lost_at_most(gain, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="One drops units, the other shrinks weights: they don't interfere with each other, and together they "
        "change accuracy by {gain:+.3f}, no gain where {seen:.3f} would have been seen.",
        why_zh="一个随机丢弃单元，一个让权重变小，互不妨碍；合用后精度变化 {gain:+.3f}，没有看到好处（{seen:.3f} 以上"
        "才看得出）。",
    )


@claim(
    chapter=7,
    kind="experiment",
    en="Dropout slows convergence.",
    zh="暂退法会使收敛变慢。",
    scope="full-batch steps until the training loss, measured without dropout, is 0.3; 150 digits",
    budget_s=10,
    smoke={"seeds": range(2), "most": 5},
)
def dropout_slows_convergence(
    seeds: Sequence[int] = range(5), most: int = 1000, smallest_effect: float = 2.0
) -> Evidence:
    steps: dict[float, list[float]] = {0.0: [], 0.5: []}
    for seed in seeds:
        digits = limit(load("digits").train, 150, seed=seed)
        images = digits.inputs / 255
        for p, taken in steps.items():
            torch.manual_seed(seed)
            model, step, loss = MLP(MLPConfig(inputs=64, hidden=(256, 256), dropout=p)), 0, 1.0
            optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
            while loss > 0.3 and step < most:
                optimizer.zero_grad()
                functional.cross_entropy(model.train()(images), digits.targets).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                step += 1
                with torch.no_grad():
                    loss = float(functional.cross_entropy(model.eval()(images), digits.targets))
            taken.append(float(step))
    more = paired(steps[0.5], steps[0.0])
    return Evidence(
        value={"more": more.mean, "without": sum(steps[0.0]) / len(seeds)},
        decision=decide(at_least(more, smallest_effect, "more")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="Each step follows the gradient of a thinned model, which is that of the whole one with noise: "
        "{more:.0f} steps more than {without:.0f}.",
        why_zh="每一步走的是残缺网络的梯度，相当于给整个网络的梯度加了噪声：原来 {without:.0f} 步，现在要多走 "
        "{more:.0f} 步。",
    )
