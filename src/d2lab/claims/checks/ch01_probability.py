"""Chapter 1: probability."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.metrics.paired import mean_interval
from d2lab.plot import lines
from d2lab.tables import Joint, medical_test, posterior


@claim(
    chapter=1,
    kind="experiment",
    en="The frequencies of a die approach 1/6, with an error that shrinks as one over the root of the throws.",
    zh="掷骰子的频率趋于 1/6，误差按投掷次数平方根的倒数缩小。",
    budget_s=10,
    smoke={"seeds": range(2), "repeats": 20},
)
def frequencies_approach_the_probability(
    seeds: Sequence[int] = range(8), repeats: int = 400, smallest_effect: float = 0.02
) -> Evidence:
    throws = [50, 500, 5000, 50_000]
    exponents = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        counts = [rng.multinomial(n, [1 / 6] * 6, size=repeats) / n for n in throws]
        errors = [float(np.abs(share - 1 / 6).max(1).mean()) for share in counts]
        exponents.append(float(np.polyfit(np.log(throws), np.log(errors), 1)[0]))
    found = mean_interval(exponents)
    return Evidence(
        value={"exponent": found.mean, "error_at_5000": errors[2]},
        decision=decide(alike(found, smallest_effect, "exponent", around=-0.5)),
        n=repeats * len(throws) * len(seeds),
        seeds=tuple(seeds),
        why_en="Variances of independent throws add, so the spread of their mean goes with n to the power "
        "{exponent:.2f}: after 5,000 throws the worst face is {error_at_5000:.4f} off, and one more digit takes a "
        "hundred times as many.",
        why_zh="独立投掷的方差可加，因此均值的波动与 n 的 {exponent:.2f} 次方成正比：掷 5000 次后，偏差最大的一面差 "
        "{error_at_5000:.4f}；想再精确一位，就得多掷一百倍。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="A joint probability is at most either marginal, marginals are its sums, Bayes' rule turns conditionals round, "
    "and independence means the joint is a product.",
    zh="联合概率不超过边缘概率，边缘概率由联合概率求和得到，贝叶斯定理把条件概率倒过来，独立则意味着联合概率等于乘积。",
)
def joint_marginal_and_conditional_fit_together() -> Evidence:
    table = torch.rand(3, 4, dtype=torch.float64)
    joint = Joint(table / table.sum())
    causes, effects = joint.causes(), joint.effects()
    largest = float(torch.maximum(joint.table - causes[:, None], joint.table - effects).max())
    bayes = joint.effect_given_cause() * causes[:, None] / effects
    differences = [
        (bayes - joint.cause_given_effect()).abs().max(),
        (joint.effect_given_cause() * causes[:, None] - joint.table).abs().max(),
        (causes @ joint.effect_given_cause() - effects).abs().max(),
        (torch.stack([causes.sum(), effects.sum()]) - 1).abs().max(),
    ]
    difference = float(torch.stack(differences).max())
    product = Joint(causes[:, None] * effects)
    right = largest <= 0 and product.independent() and not joint.independent()
    return Evidence(
        value={"difference": difference, "excess": largest},
        bound="at most 1e-12, no joint above its marginal, and only the product is independent",
        verdict=within(difference, 1e-12) if right else "does not hold",
        n=table.numel(),
        why_en="All four are one table read along rows, along columns, or divided by their sums.",
        why_zh="这四条说的是同一张表：按行看、按列看，或除以行和、列和。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="After a positive test that never misses the ill and errs on 1 % of the healthy, "
    "someone from a population of which 0.15 % are ill is ill with a chance of only 13.06 %.",
    zh="某病患病率为 0.15%，检测从不漏诊、误报率为 1%，此时检测呈阳性的人患病的概率只有 13.06%。",
)
def a_positive_test_for_a_rare_disease_is_mostly_wrong() -> Evidence:
    people = torch.tensor([0.0015, 0.9985], dtype=torch.float64)
    test = torch.tensor([[1.0, 0.0], [0.01, 0.99]], dtype=torch.float64)  # positive, negative; ill, healthy
    joint = posterior(people, test)
    chance = float(joint.cause_given_effect()[0, 0])
    positive = float(joint.effects()[0])
    by_odds = medical_test(0.0015, 1.0, 0.01)
    off = max(abs(chance - 0.1306), abs(positive - 0.011485))
    return Evidence(
        value={"chance": chance, "positive": positive, "difference": abs(chance - by_odds)},
        bound="within 0.00005 of 0.1306 and of 0.011485 positives; the table and the odds agree to 1e-12",
        verdict=within(off, 5e-5) if abs(chance - by_odds) <= 1e-12 else "does not hold",
        n=1,
        why_en="The healthy are so many that 1 % of them outnumber all the ill: {positive:.2%} of people are positive, "
        "and {chance:.2%} of these are ill.",
        why_zh="健康人太多，其中的 1% 已远超全部病人：阳性者占 {positive:.2%}，其中真正患病的只有 {chance:.2%}。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="A second positive test, less exact (98 % of the ill, 3 % of the healthy), raises the chance to 83.07 %.",
    zh="再做一次精度较低的检测（病人阳性率 98%，健康人误报率 3%），若仍为阳性，患病概率升至 83.07%。",
    scope="tests that err independently of each other, given the person's state",
)
def a_second_positive_test_raises_the_chance() -> Evidence:
    ill, first, second, sensitivity = 0.0015, 0.01, 0.03, 0.98
    repeated = np.linspace(0, 1, 11)  # share of the first test's false alarms that the second repeats for sure
    both = first * (repeated + (1 - repeated) * second)
    chances = ill * sensitivity / (ill * sensitivity + (1 - ill) * both)
    before = medical_test(ill, 1.0, first)
    tests = torch.tensor([[sensitivity, 1 - sensitivity], [second, 1 - second]], dtype=torch.float64)
    updated = posterior(torch.tensor([before, 1 - before], dtype=torch.float64), tests)
    chance = float(updated.cause_given_effect()[0, 0])
    rng = np.random.default_rng(0)
    sick, alarm, again = rng.random((3, 1_000_000))
    sick = sick < ill
    positive = (sick | (alarm < first)) & (again < np.where(sick, sensitivity, second))
    simulated = float(sick[positive].mean())
    right = abs(chance - 0.8307) <= 5e-5 and abs(simulated - chance) < 0.04 and abs(chances[0] - chance) < 1e-12
    return Evidence(
        value={"chance": chance, "simulated": simulated, "repeated": float(chances[-1])},
        bound="within 0.00005 of 0.8307, a million people within 0.04; in scope if false alarms that repeat undo it",
        verdict="does not hold" if not right else "holds in scope" if chances[-1] < 0.5 else "holds",
        n=1_000_000,
        counterexample="a cross-reaction in the blood that misleads both tests alike" if chances[-1] < 0.5 else "",
        why_en="Odds are multiplied by 0.98 / 0.03 only if the second false alarm knows nothing of the first; if every "
        "false alarm came again, the chance would stay at {repeated:.0%} (independent: {chance:.2%}).",
        why_zh="只有第二次误报与第一次无关时，胜率才乘以 0.98 / 0.03，概率为 {chance:.2%}；若每次误报都会重演，"
        "概率仍停在 {repeated:.0%}。",
        figure=partial(
            lines,
            repeated.tolist(),
            {"ill": chances.tolist()},
            title="A second test helps by its independence",
            subtitle="chance to be ill after two positive tests",
            horizontal="share of first false alarms that the second test repeats",
            vertical="chance",
        ),
    )
