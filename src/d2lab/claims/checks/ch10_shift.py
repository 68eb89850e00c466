"""Chapter 10: the world of use is not the world of training."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence, power_note
from d2lab.core.seed import stream
from d2lab.metrics.paired import intervals, mean_interval, paired
from d2lab.plot import dots
from d2lab.tables import Joint, domain_weights, effective_size, posterior

SPREAD = 0.5  # of the inputs, in both worlds


@claim(
    chapter=10,
    kind="identity",
    en="Under covariate shift p(x) changes and p(y|x) stays, under label shift p(y) changes and p(x|y) stays, "
    "under concept shift p(y|x) changes.",
    zh="协变量偏移中变的是 p(x)，p(y|x) 不变；标签偏移中变的是 p(y)，p(x|y) 不变；概念偏移中变的是 p(y|x)。",
)
def shifts_differ_by_the_factor_that_changes() -> Evidence:
    labels, inputs = torch.tensor([0.5, 0.5]).double(), torch.tensor([0.1, 0.3, 0.6]).double()
    before = posterior(labels, torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]).double())  # rows y, columns x
    worlds = {
        "covariate": Joint(before.cause_given_effect() * inputs),
        "label": posterior(torch.tensor([0.2, 0.8]).double(), before.effect_given_cause()),
        "concept": Joint(before.cause_given_effect().flip(0) * before.effects()),
    }
    factors = {"p(x)": Joint.effects, "p(y|x)": Joint.cause_given_effect, "p(x|y)": Joint.effect_given_cause}
    moved = {
        kind: {name for name, factor in factors.items() if (factor(world) - factor(before)).abs().max() > 1e-9}
        for kind, world in worlds.items()
    }
    expected = {"covariate": {"p(x)", "p(x|y)"}, "label": {"p(x)", "p(y|x)"}, "concept": {"p(y|x)", "p(x|y)"}}
    right = sum(moved[kind] == factors for kind, factors in expected.items())
    return Evidence(
        value={"right": right, "kinds": len(expected)},
        bound="3 of 3: the named factor stays to 1e-9, the others move",
        verdict="holds" if right == len(expected) else "does not hold",
        n=len(expected),
        why_en="A joint table factors as p(x) p(y|x) or as p(y) p(x|y); a kind of shift says which factor is kept "
        "({right} of {kinds} did), and the other factoring then changes throughout.",
        why_zh="联合分布可写成 p(x)p(y|x)，也可写成 p(y)p(x|y)；偏移的种类说的是哪个因子不变（{kinds} 种中有 {right} "
        "种相符），而在另一种分解里两个因子都会变。",
    )


@claim(
    chapter=10,
    kind="identity",
    en="Inputs from the new world, without their labels, tell which kind of shift has happened.",
    zh="只看新环境中没有标签的输入，就能判断发生了哪一种偏移。",
)
def unlabelled_inputs_tell_the_kind_of_shift() -> Evidence:
    before = posterior(torch.tensor([0.5, 0.5]).double(), torch.tensor([[0.8, 0.2], [0.4, 0.6]]).double())
    label = posterior(torch.tensor([0.1, 0.9]).double(), before.effect_given_cause())
    covariate = Joint(before.cause_given_effect() * label.effects())
    concept = Joint(before.cause_given_effect().flip(0) * before.effects())
    seen = float((label.effects() - covariate.effects()).abs().max())
    hidden = float((label.cause_given_effect() - covariate.cause_given_effect()).abs().max())
    silent = float((concept.effects() - before.effects()).abs().max())
    blind = seen <= 1e-12 and silent <= 1e-12 and hidden > 0.1
    return Evidence(
        value={"seen": seen, "hidden": hidden, "silent": silent},
        bound="above 1e-12: the difference in p(x) between a label shift and a covariate shift",
        verdict="does not hold" if blind else "holds",
        n=3,
        counterexample="two labels and two inputs: p(y) from 0.5 to 0.9, or p(x) moved to match it" if blind else "",
        why_en="Both give the same p(x) to the last digit, yet p(y|x) differs by up to {hidden:.2f}; a concept shift "
        "may leave p(x) as it was ({silent:.0g}). Which one it is must be assumed, or some labels bought.",
        why_zh="两者的 p(x) 完全相同，p(y|x) 却最多差 {hidden:.2f}；概念偏移甚至可以让 p(x) 纹丝不动（差 {silent:.0g}）"
        "。是哪一种，只能靠假设，或者去标注一些样本。",
    )


def target_errors(seed: int, gap: float, curvature: float, examples: int) -> tuple[dict[str, float], float]:
    """Fit a line to N(0, 1/2) by three kinds of weights; return its squared error at N(gap, 1/2) and effective size."""
    from sklearn.linear_model import LinearRegression

    rng = stream(seed, "shift", str(gap))
    train, use = (mean + SPREAD * torch.randn(examples, 1, generator=rng).double() for mean in (0.0, gap))
    truth = use.flatten() + curvature * use.flatten() ** 2
    noise = 0.3 * torch.randn(examples, generator=rng).double()
    targets = train.flatten() + curvature * train.flatten() ** 2 + noise
    weights = domain_weights(train, use)
    errors = {}
    for name, own in {"plain": torch.ones_like(weights), "weighted": weights, "clipped": weights.clamp(max=10)}.items():
        line = LinearRegression().fit(train.numpy(), targets.numpy(), own.numpy())
        errors[name] = float(np.square(line.predict(use.numpy()) - truth.numpy()).mean())
    best = LinearRegression().fit(use.numpy(), truth.numpy())  # knows the targets of the world of use
    errors["best"] = float(np.square(best.predict(use.numpy()) - truth.numpy()).mean())
    return errors, effective_size(weights)


@claim(
    chapter=10,
    kind="experiment",
    en="Weighing the training examples by exp(h(x)), from a classifier of source against target, "
    "corrects a covariate shift.",
    zh="用源域与目标域的分类器给出权重 exp(h(x))，对训练样本加权，可以纠正协变量偏移。",
    scope="a line fitted to a parabola, inputs one deviation apart",
    budget_s=15,
    smoke={"seeds": range(2), "examples": 200},
)
def weights_correct_a_covariate_shift(
    seeds: Sequence[int] = range(10), examples: int = 2000, smallest_effect: float = 0.05
) -> Evidence:
    found = [target_errors(seed, 0.5, 1.0, examples) for seed in seeds]
    runs = {name: [errors[name] for errors, _ in found] for name in ("plain", "weighted", "clipped")}
    gain = paired(runs["plain"], runs["weighted"])
    share = float(np.mean(runs["weighted"]) / np.mean(runs["plain"]))
    return Evidence(
        value={
            "gain": gain.mean,
            "share": share,
            "clipped": float(np.mean(runs["clipped"])),
            "weighted": float(np.mean(runs["weighted"])),
            "effective": float(np.mean([size for _, size in found])),
        },
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=examples,
        seeds=tuple(seeds),
        why_en="The odds of the classifier are q(x) / p(x), so the fit minds where the model will be used: the error "
        "falls to {share:.0%}, with {effective:.0f} examples' worth of the data (clipped at 10: {clipped:.3f} for "
        "{weighted:.3f}).",
        why_zh="分类器给出的几率就是 q(x)/p(x)，拟合因而看重将来要用的区域：误差降到原来的 {share:.0%}，有效样本数约 "
        "{effective:.0f}（截断到 10 时误差为 {clipped:.3f}，不截断为 {weighted:.3f}）。",
    )


@claim(
    chapter=10,
    kind="experiment",
    en="Such weights correct a covariate shift however far apart the two worlds lie.",
    zh="无论两个环境相距多远，这样的权重都能纠正协变量偏移。",
    budget_s=20,
    smoke={"seeds": range(2), "examples": 200},
)
def weights_need_no_overlap(
    seeds: Sequence[int] = range(10), examples: int = 2000, smallest_effect: float = 2.0
) -> Evidence:
    gaps = (0.5, 1.0, 1.5, 2.5)
    found = {gap: [target_errors(seed, gap, 1.0, examples) for seed in seeds] for gap in gaps}
    times = {gap: [errors["weighted"] / errors["best"] for errors, _ in found[gap]] for gap in gaps}
    sizes = {gap: float(np.median([size for _, size in found[gap]])) for gap in gaps}
    far = mean_interval(times[2.5])
    left = float(np.mean([errors["weighted"] / errors["plain"] for errors, _ in found[2.5]]))
    runs = {f"{2 * gap:.0f} sd apart, {sizes[gap]:.0f} examples": times[gap] for gap in gaps}
    return Evidence(
        value={
            "far": far.mean,
            "near": float(np.mean(times[0.5])),
            "left": left,
            "effective_near": sizes[0.5],
            "effective_far": sizes[2.5],
        },
        decision=decide(at_most(far, smallest_effect, "far")),
        n=examples,
        seeds=tuple(seeds),
        counterexample="two normal distributions 5 deviations apart" if far.low > 2 else "",
        why_en="Weights can only choose among the examples that are there. One deviation apart the error is "
        "{near:.2f} times that of the best line, from {effective_near:.0f} effective examples; five apart {far:.0f} "
        "times, for {effective_far:.1f} examples carry all the weight. They help even there ({left:.0%} of the "
        "unweighted error), but they do not correct.",
        why_zh="权重只能在已有的样本中挑选。相距一个标准差时，误差是最佳直线的 {near:.2f} 倍（有效样本 "
        "{effective_near:.0f} 个）；相距五个标准差时是 {far:.0f} 倍，因为全部权重只落在约 {effective_far:.1f} "
        "个样本上。即便如此仍有帮助（误差为不加权的 {left:.0%}），但谈不上纠正。",
        figure=partial(
            dots,
            runs,
            intervals(runs),
            title="Weights need overlap",
            subtitle="effective examples of 2,000",
            horizontal="error in the new world, in errors of the best line there",
            mark=1.0,
            log=True,
        ),
    )


@claim(
    chapter=10,
    kind="experiment",
    en="Under covariate shift the weights improve a model whose form is right, too.",
    zh="发生协变量偏移时，即使模型形式正确，加权也能改善它。",
    budget_s=15,
    smoke={"seeds": range(2), "examples": 200},
)
def weights_improve_a_model_of_the_right_form(
    seeds: Sequence[int] = range(20), examples: int = 2000, smallest_effect: float = 0.001
) -> Evidence:
    found = [target_errors(seed, 1.0, 0.0, examples) for seed in seeds]
    plain, weighted = ([errors[name] for errors, _ in found] for name in ("plain", "weighted"))
    gain = paired(plain, weighted)
    times = float(np.mean(weighted) / np.mean(plain))
    return Evidence(
        value={"gain": gain.mean, "times": times, "effective": float(np.mean([size for _, size in found]))},
        decision=decide(at_least(gain, smallest_effect, "gain")),
        n=examples,
        seeds=tuple(seeds),
        counterexample="" if gain.low > 0 else "a line fitted to a line",
        why_en="A line that is right is right everywhere, so there is no bias to correct, and fewer effective examples "
        f"({{effective:.0f}}) mean more noise: {{times:.1f}} times the error ({power_note(gain)}).",
        why_zh="正确的直线处处正确，没有偏差可纠；有效样本变少（{effective:.0f} 个），噪声反而更大：误差是不加权的 "
        "{times:.1f} 倍。",
    )
