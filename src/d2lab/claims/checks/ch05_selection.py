"""Chapter 5: validation, cross-validation and test."""

import math
from collections.abc import Sequence
from functools import partial

import torch

from d2lab.claims.claim import claim
from d2lab.claims.decide import Part, alike, at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.data.catalog import load
from d2lab.data.folds import cross_validate, k_fold, train_validation_test
from d2lab.data.split import Split, holdout
from d2lab.metrics.paired import paired
from d2lab.tables.fit import Fit, polynomial_features, ridge

FEATURES, NOISE = 10, 1.0


def _ridge(split: Split, penalty: float = 1.0) -> Fit:
    return ridge(split.inputs, split.targets, penalty)


def _error(fit: Fit, split: Split) -> float:
    return float((fit.predict(split.inputs) - split.targets).square().mean())


@claim(
    chapter=5,
    kind="definition",
    en="K-fold cross-validation trains K times, and every example validates exactly once.",
    zh="K 折交叉验证训练 K 次，每个样本恰好有一次用于验证。",
)
def every_example_validates_once_in_k_fold() -> Evidence:
    count, wrong = 103, 0
    for k in (2, 5, 10, count):
        folds = k_fold(count, k, seed=k)
        times = torch.stack([torch.bincount(validation, minlength=count) for _, validation in folds]).sum(0)
        wrong += int((times != 1).sum()) + abs(len(folds) - k)
        wrong += sum(len(set(train.tolist()) & set(validation.tolist())) for train, validation in folds)
        wrong += sum(len(train) + len(validation) != count for train, validation in folds)
    return Evidence(
        value={"wrong": wrong},
        bound="exactly 0 examples that validate never, twice, or while they train",
        verdict="holds" if wrong == 0 else "does not hold",
        n=count,
        why_en="103 is no multiple of 2, 5 or 10: sizes of the parts differ by one, and none is dropped, while a slice "
        "of count // K would never validate the last ones.",
        why_zh="103 不是 2、5、10 的倍数：各份大小只差一个，一个也不丢；若每份取 count // K 个，最后几个样本就永远轮不"
        "到验证。",
    )


@claim(
    chapter=5,
    kind="experiment",
    en="With few data the mean of five folds tells the error better than one part that is held out.",
    zh="数据少时，五折的平均比单独留出一份更接近真实误差。",
    scope="ridge regression, 40 examples, 10 features",
    budget_s=10,
    covers=("five or ten folds are usual",),
    smoke={"seeds": range(20)},
)
def five_folds_tell_more_than_one_hold_out(
    seeds: Sequence[int] = range(200), examples: int = 40, smallest_effect: float = 0.05
) -> Evidence:
    off: dict[str, list[float]] = {"hold-out": [], "5 folds": [], "10 folds": []}
    for seed in seeds:
        draw = torch.Generator().manual_seed(seed)
        truth = torch.randn(FEATURES, generator=draw, dtype=torch.float64)
        inputs = torch.randn(examples, FEATURES, generator=draw, dtype=torch.float64)
        noise = NOISE * torch.randn(examples, generator=draw, dtype=torch.float64)
        split = Split(inputs, inputs @ truth + noise)
        whole = _ridge(split)
        error = float((whole.weights - truth).square().sum() + whole.bias.square()) + NOISE**2  # on endless fresh data
        train, validation = holdout(split, 0.2, seed=seed)
        off["hold-out"].append(abs(_error(_ridge(train), validation) - error))
        for k in (5, 10):
            off[f"{k} folds"].append(abs(float(cross_validate(_ridge, _error, split, k, seed=seed).mean()) - error))
    gain, ten = paired(off["hold-out"], off["5 folds"]), paired(off["5 folds"], off["10 folds"])
    return Evidence(
        value={"gain": gain.mean, "folds": sum(off["5 folds"]) / len(seeds), "ten": ten.mean},
        decision=decide(at_least(gain, smallest_effect, "gain")),
        n=len(seeds),
        seeds=tuple(seeds),
        why_en="Eight held-out examples are few; five folds let all 40 vote, and err by {folds:.2f}, {gain:.2f} less. "
        "Ten folds gain only {ten:.2f} more, at twice the price.",
        why_zh="留出的八个样本太少；五折让四十个样本全都参与评判，平均偏差 {folds:.2f}，小了 {gain:.2f}。"
        "十折只再改善 {ten:.2f}，代价却翻倍。",
    )


@claim(
    chapter=5,
    kind="experiment",
    en="K-fold cross-validation reduces overfitting.",
    zh="K 折交叉验证能减轻过拟合。",
    scope="where the penalty is chosen by it, not by the training error: polynomials of degree 12 through 20 points, "
    "ridge regression, five penalties; measuring alone changes no weight",
    scope_zh="用它、而不是用训练误差来选惩罚系数时：过 20 个点的 12 次多项式，岭回归，五个惩罚系数；只测量不会改动参数",
    budget_s=10,
    smoke={"seeds": range(3)},
)
def k_fold_reduces_overfitting(seeds: Sequence[int] = range(40), smallest_effect: float = 0.1) -> Evidence:
    penalties = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)

    def decades(seed: int) -> dict[str, float]:
        """Return log10 of test error over training error, at the penalty that each way chooses."""
        draw = torch.Generator().manual_seed(seed)
        x = 2 * torch.rand(220, generator=draw, dtype=torch.float64) - 1
        targets = (3 * x).sin() + 0.3 * torch.randn(220, generator=draw, dtype=torch.float64)
        features = polynomial_features(x, 12)
        train, test = Split(features[:20], targets[:20]), Split(features[20:], targets[20:])
        fits, held = [_ridge(train, penalty) for penalty in penalties], holdout(train, 0.2, seed=seed)
        ways = [partial(_ridge, penalty=penalty) for penalty in penalties]
        scores = {
            "training error": [_error(fit, train) for fit in fits],
            "hold-out": [_error(way(held[0]), held[1]) for way in ways],
            "5 folds": [float(cross_validate(way, _error, train, 5, seed=seed).mean()) for way in ways],
        }
        chosen = {name: fits[found.index(min(found))] for name, found in scores.items()}
        return {name: math.log10(_error(fit, test) / _error(fit, train)) for name, fit in chosen.items()}

    def measure(part: Sequence[int]) -> dict[str, list[float]]:
        found = [decades(seed) for seed in part]
        return {name: [one[name] for one in found] for name in found[0]}

    def parts(runs: dict[str, list[float]]) -> list[Part]:
        return [at_least(paired(runs["training error"], runs["5 folds"]), smallest_effect, "less")]

    runs, decision = by_looks(measure, parts, seeds, scoped=True)
    less, over = paired(runs["training error"], runs["5 folds"]), paired(runs["hold-out"], runs["5 folds"])
    return Evidence(
        value={"less": less.mean, "over_holdout": over.mean, "share": 10**-less.mean},
        decision=decision,
        n=less.n,
        seeds=decision.seeds,
        why_en="Test error over training error shrinks to {share:.2f} of what it is where the training error chooses. "
        "The choice does it, not the folds: beside one held-out part the gain is {over_holdout:.2f} powers of ten.",
        why_zh="测试误差与训练误差之比，只剩按训练误差挑选时的 {share:.2f}。起作用的是挑选，不是折数："
        "与只留出一份相比，好处是 {over_holdout:.2f} 个数量级。",
    )


@claim(
    chapter=5,
    kind="experiment",
    en="Choose on validation data and judge on test data once: the score that chose flatters, the untouched one does "
    "not.",
    zh="用验证集挑选，测试集只用一次：挑选时的分数偏高，没碰过的测试分数不偏。",
    scope="the best of 200 random linear classifiers of the digits",
    budget_s=10,
    covers=("the training set fits the parameters, the validation set the hyper-parameters",),
    smoke={"seeds": range(3)},
)
def the_score_that_chose_is_too_good(
    seeds: Sequence[int] = range(30), models: int = 200, smallest_effect: float = 0.02
) -> Evidence:
    digits = load("digits").train
    score: dict[str, list[float]] = {"validation": [], "test": [], "rest": []}
    for seed in seeds:
        rest, validation, test = train_validation_test(digits, 0.05, 0.05, seed=seed)
        draw = torch.Generator().manual_seed(seed)
        weights = torch.randn(models, 64, 10, generator=draw)
        hits = {
            name: ((part.inputs.flatten(1) / 255.0 - 0.5) @ weights).argmax(2).eq(part.targets).float().mean(1)
            for name, part in (("validation", validation), ("test", test), ("rest", rest))
        }
        chosen = int(hits["validation"].argmax())
        for name, kept in score.items():
            kept.append(float(hits[name][chosen]))
    flattery, honest = paired(score["validation"], score["test"]), paired(score["test"], score["rest"])
    return Evidence(
        value={"flattery": flattery.mean, "honest": honest.mean},
        decision=decide(at_least(flattery, smallest_effect, "flattery"), alike(honest, smallest_effect, "honest")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="The best of many scores is partly chance, which does not repeat: {flattery:.3f} of accuracy are lost "
        "on test data, whose score is only {honest:.3f} off that of all other digits.",
        why_zh="众多分数中的最高者有一部分出于偶然，偶然不会重现：换到测试集，精度掉了 {flattery:.3f}；而测试分数与其"
        "余全部数字上的分数只差 {honest:.3f}。",
    )
