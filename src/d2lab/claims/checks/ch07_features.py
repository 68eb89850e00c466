"""Chapter 7: more features than examples."""

from collections.abc import Sequence
from functools import partial

import torch

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.metrics.paired import paired
from d2lab.plot import lines
from d2lab.tables.fit import least_squares

FEATURES = (5, 8, 12, 15, 17, 19, 21, 24, 30, 50, 100, 200, 400)  # 19 weights and a bias pass through 20 points


def errors_by_features(seeds: Sequence[int]) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """Fit 20 points of 5 useful features and so many idle ones; give log10 of the test error, and training error."""
    fresh: dict[int, list[float]] = {count: [] for count in FEATURES}
    seen: dict[int, list[float]] = {count: [] for count in FEATURES}
    for seed in seeds:
        draw = torch.Generator().manual_seed(seed)
        inputs = torch.randn(20, max(FEATURES), generator=draw, dtype=torch.float64)
        truth = torch.zeros(max(FEATURES), dtype=torch.float64)
        truth[:5] = 5**-0.5
        targets = inputs @ truth + 0.5 * torch.randn(20, generator=draw, dtype=torch.float64)
        for count in FEATURES:
            fit = least_squares(inputs[:, :count], targets)
            missed = (fit.weights - truth[:count]).square().sum() + fit.bias.square()
            fresh[count].append(float((missed + 0.25).log10()))  # on endless fresh points, noise included
            seen[count].append(float((fit.predict(inputs[:, :count]) - targets).square().mean()))
    return fresh, seen


@claim(
    chapter=7,
    kind="experiment",
    en="With more features than examples a linear model overfits.",
    zh="特征多于样本时，线性模型会过拟合。",
    scope="20 examples, 5 useful features, the rest idle; the shortest weights of least squares",
    budget_s=4,
    smoke={"seeds": range(2)},
)
def linear_models_overfit_when_features_outnumber_examples(
    seeds: Sequence[int] = range(20), smallest_effect: float = 0.05
) -> Evidence:
    fresh, seen = errors_by_features(seeds)
    many, some = paired(fresh[400], fresh[5]), paired(fresh[30], fresh[5])
    left = max(seen[30] + seen[400])
    return Evidence(
        value={"some": some.mean, "many": many.mean, "left": left},
        decision=decide(
            at_least(some, smallest_effect, "some"), at_least(many, smallest_effect, "many"), refuted=left >= 1e-12
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        why_en="With 20 equations for more unknowns every target is met exactly, its noise included: the test error is "
        "{some:.1f} powers of ten above that of the useful features at 30, {many:.1f} at 400.",
        why_zh="二十个方程，未知数更多，于是每个标签连同噪声都被精确拟合：用 30 个特征时，测试误差比只用有效特征高 "
        "{some:.1f} 个数量级，400 个时高 {many:.1f} 个。",
    )


@claim(
    chapter=7,
    kind="experiment",
    en="The more features beyond the number of examples, the worse a linear model overfits.",
    zh="特征超出样本数越多，线性模型过拟合越严重。",
    scope="20 examples, 5 useful features, the rest idle; the shortest weights of least squares",
    budget_s=4,
    smoke={"seeds": range(2)},
)
def more_features_always_overfit_more(seeds: Sequence[int] = range(20), smallest_effect: float = 0.05) -> Evidence:
    fresh, _ = errors_by_features(seeds)
    fall = paired(fresh[21], fresh[400])
    fails = fall.low > 0
    middle = [float(torch.tensor(fresh[count]).median()) for count in FEATURES]
    return Evidence(
        value={"fall": fall.mean, "peak": 10 ** max(middle), "end": 10 ** middle[-1]},
        decision=decide(at_most(fall, smallest_effect, "fall")),
        n=len(seeds),
        seeds=tuple(seeds),
        counterexample="400 features instead of 21, for 20 examples" if fails else "",
        why_en="Where features just suffice only one fit passes through all points, and its weights are huge; far "
        "beyond it there are many, and the shortest is small: the error falls from {peak:.1f} to {end:.1f} (double "
        "descent).",
        why_zh="特征数刚好够用时，穿过所有点的解只有一个，权重巨大；特征再多，解就有很多，其中最短的权重很小："
        "误差从 {peak:.1f} 回落到 {end:.1f}（双下降）。",
        figure=partial(
            lines,
            [float(count) for count in FEATURES],
            {"5 useful, rest idle": [10**value for value in middle]},
            title="Double descent: the error falls again",
            subtitle=f"linear model, 20 examples, median of {len(seeds)} draws",
            horizontal="features",
            vertical="mean squared error on fresh examples",
            log="xy",
        ),
    )
