"""Chapter 5: polynomials that fit too little, enough, and too much."""

from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide, drops
from d2lab.claims.evidence import Evidence
from d2lab.data.catalog import load
from d2lab.metrics.paired import intervals, paired
from d2lab.plot import dots
from d2lab.tables.fit import least_squares

DEGREES = (1, 3, 19)


@claim(
    chapter=5,
    kind="experiment",
    en="On data of degree three a straight line underfits, degree three fits, and degree nineteen overfits.",
    zh="数据由三次多项式生成时，一次欠拟合，三次恰好，十九次则过拟合。",
    scope="20 training points, least squares solved exactly",
    budget_s=10,
    covers=("a model with too little capacity underfits, one with too much overfits",),
    smoke={"seeds": range(3)},
)
def degree_nineteen_overfits_cubic_data(
    seeds: Sequence[int] = range(20), examples: int = 20, smallest_effect: float = 0.1
) -> Evidence:
    fresh: dict[str, list[float]] = {f"degree {degree}": [] for degree in DEGREES}
    seen: dict[str, list[float]] = {name: [] for name in fresh}
    for seed in seeds:
        data = load("synthetic-polynomial", seed=seed)
        for degree in DEGREES:
            x, y = data.train.inputs[:examples, 1 : degree + 1].double(), data.train.targets[:examples, 0].double()
            fit = least_squares(x, y)
            guesses = fit.predict(data.test.inputs[:, 1 : degree + 1].double())
            fresh[f"degree {degree}"].append(float((guesses - data.test.targets[:, 0]).square().mean().log10()))
            seen[f"degree {degree}"].append(float((fit.predict(x) - y).square().mean().log10()))
    over, under = paired(fresh["degree 19"], fresh["degree 3"]), paired(fresh["degree 1"], fresh["degree 3"])
    learned = paired(seen["degree 3"], seen["degree 19"])
    return Evidence(
        value={"over": over.mean, "under": under.mean, "learned": learned.mean},
        decision=decide(
            at_least(over, smallest_effect, "over"),
            at_least(under, smallest_effect, "under"),
            at_least(learned, smallest_effect, "learned"),
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="synthetic-polynomial",
        why_en="High powers fit the noise and diverge wherever a test point lies outside the training points: the "
        "training error falls by {learned:.1f} powers of ten, the test error rises by {over:.1f}; a straight line "
        "underfits, by {under:.1f}.",
        why_zh="高次幂迁就噪声，新点一旦落在训练点之外，预测值就急剧发散：训练误差降低 {learned:.1f} 个数量级，测试误"
        "差反而升高 {over:.1f} 个；直线则欠拟合，测试误差高出 {under:.1f} 个。",
        figure=partial(
            dots,
            {name: [10**value for value in values] for name, values in fresh.items()},
            {},
            title="Too little, enough, too much",
            subtitle=f"{examples} points of degree 3, least squares, {len(seeds)} draws; diamonds are plain means",
            horizontal="mean squared error on fresh points",
            log=True,
        ),
    )


@claim(
    chapter=5,
    kind="experiment",
    en="Degree nineteen overfits data of degree three also as the notes train it, by gradient descent on 100 points.",
    zh="按笔记的做法，在一百个样本上用小批量梯度下降训练，十九次多项式同样会过拟合三次数据。",
    scope="features divided by factorials, 400 epochs, batches of 10, learning rate 0.01",
    budget_s=15,
    smoke={"seeds": range(2), "epochs": 2},
)
def degree_nineteen_overfits_under_sgd_too(
    seeds: Sequence[int] = range(5), epochs: int = 400, smallest_effect: float = 0.002
) -> Evidence:
    loss: dict[int, list[float]] = {3: [], 19: []}
    seen: dict[int, list[float]] = {3: [], 19: []}
    for seed in seeds:
        data = load("synthetic-polynomial", seed=seed)
        for degree in loss:
            torch.manual_seed(seed)
            weights = torch.nn.Linear(degree + 1, 1, bias=False).weight.detach().T  # the first feature is 1
            for _ in range(epochs):
                for batch in torch.randperm(len(data.train)).chunk(10):
                    x, y = data.train.inputs[batch, : degree + 1], data.train.targets[batch]
                    weights = weights - 0.01 * 2 * x.T @ (x @ weights - y) / len(batch)
            for found, part in ((loss, data.test), (seen, data.train)):
                guesses = part.inputs[:, : degree + 1] @ weights
                found[degree].append(float(functional.mse_loss(guesses, part.targets)))
    over, behind = paired(loss[19], loss[3]), paired(seen[19], seen[3])
    return Evidence(
        value={"over": over.mean, "behind": behind.mean, "cubic": sum(loss[3]) / len(loss[3])},
        decision=decide(at_least(over, smallest_effect, "over"), drops(behind, smallest_effect, "behind")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="synthetic-polynomial",
        counterexample="the notes' own run: 100 points, 400 epochs",
        why_en="The test error is {over:.4f} above the {cubic:.4f} of degree 3, but so is the training error, by "
        "{behind:.4f}: it is not yet fitted. So few steps hardly move the weights of the high powers: stopping early "
        "holds them back.",
        why_zh="测试误差比三次的 {cubic:.4f} 高 {over:.4f}，可训练误差也高了 {behind:.4f}：这不是过拟合，而是还没训练"
        "好。这点步数几乎推不动高次项的权重，相当于提前停止。",
        figure=partial(
            dots,
            {f"degree {degree}": values for degree, values in loss.items()},
            intervals({f"degree {degree}": values for degree, values in loss.items()}),
            title="Degree 19 after 400 epochs: behind, not overfitted",
            subtitle=f"100 points, {len(seeds)} draws; both errors are higher than those of degree 3",
            horizontal="mean squared error on fresh points",
        ),
    )
