"""Chapter 11: letting a program choose the model."""

import importlib.util
from collections.abc import Sequence

import numpy as np
import torch

from d2lab.claims.checks.ch11_house_prices import REAL, houses, log_error, prepared
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.data.folds import k_fold
from d2lab.metrics.paired import paired
from d2lab.tables.fit import ridge


@claim(
    chapter=11,
    kind="opinion",
    budget_s=2,
    en="AutoGluon reaches very good results on such tables with hardly any work.",
    zh="AutoGluon 几乎不费工夫就能在这类表格上取得很好的成绩。",
)
def autogluon_does_well_with_little_work() -> Evidence:
    here = int(importlib.util.find_spec("autogluon") is not None)
    return Evidence(
        value={"installed": here},
        bound="none: a product, its version and a taste for work",
        verdict="not checkable",
        why_en="It is no part of this library and wants torch at versions of its own (installed here: {installed}). "
        "What it does inside, a search over models and a mean of the best, is checked beside this claim.",
        why_zh="它不属于本库，并且要求特定版本的 torch（本机是否安装：{installed}）。它内部的做法是搜索多种模型、"
        "再对最好的几个取平均，这一点由旁边的论断来检验。",
    )


@claim(
    chapter=11,
    kind="experiment",
    en="A small random search over models, with a mean of the best two, beats the linear fit of the prices.",
    zh="在几种模型中随机搜索、再取最好两个的平均，胜过对房价的线性拟合。",
    scope="eight candidates on the real table; in the drawn one a price is a sum of columns, and no tree helps",
    budget_s=30,
    smoke={"seeds": range(2), "candidates": 2},
)
def search_and_averaging_beat_a_linear_fit(
    seeds: Sequence[int] = range(5), candidates: int = 8, smallest_effect: float = 0.005
) -> Evidence:
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.linear_model import Ridge

    name, table, prices = houses()
    found, simple = [], []
    for seed in seeds:
        draw = np.random.default_rng(seed)
        known, judged = k_fold(len(prices), 5, seed=seed)[0]
        features, logarithms = prepared(table, known), prices.log()
        learned, chosen = (known[part] for part in k_fold(len(known), 4, seed=seed)[0])
        ranked = []
        for number in range(candidates):
            trees, depth = int(draw.integers(50, 200)), int(draw.integers(2, 6))
            share = float(draw.uniform(0.02, 0.2))
            grown = GradientBoostingRegressor(
                n_estimators=trees, max_depth=depth, max_features=share, random_state=seed
            )
            model = Ridge(10 ** draw.uniform(-1, 3)) if number % 2 else grown
            answers = torch.tensor(model.fit(features[learned], logarithms[learned]).predict(features)).exp()
            ranked.append((log_error(answers[chosen], prices[chosen]), number, answers.log()))
        best = sorted(ranked)[:2]
        found.append(log_error(torch.stack([answers for *_, answers in best]).mean(0).exp()[judged], prices[judged]))
        fit = ridge(features[known].double(), prices[known].double(), 10.0)
        simple.append(log_error(fit.predict(features[judged].double()), prices[judged].double()))
    gain = paired(simple, found)
    return Evidence(
        value={"gain": gain.mean, "found": float(np.mean(found)), "linear": float(np.mean(simple))},
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data=name,
        stand_in=name != REAL,
        why_en="The models learn logarithms, which is what is judged, and trees add what no sum of properties can say: "
        "{found:.3f} against {linear:.3f}, without a choice by hand.",
        why_zh="候选模型学的是对数房价，正是评判所用；树模型又补上了加法表达不了的关系：{found:.3f} 对 {linear:.3f}，"
        "全程无需人工挑选。",
    )
