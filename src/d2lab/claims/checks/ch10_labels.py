"""Chapter 10: labels that become more frequent, and meanings that change."""

from collections.abc import Sequence
from functools import partial
from itertools import repeat

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.core.seed import stream
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.softmax import SoftmaxConfig, SoftmaxRegression
from d2lab.optimizers.sgd import SGD
from d2lab.plot import lines
from d2lab.tables import label_shift_weights


@claim(
    chapter=10,
    kind="experiment",
    en="Under label shift the confusion matrix of the old world and the predictions in the new one "
    "give the new shares of the classes.",
    zh="发生标签偏移时，由旧环境的混淆矩阵和新环境的预测比例，可以解出各类别的新比例。",
    scope="a classifier whose confusion matrix can be inverted; 6,000 examples before, 6,000 after; an error "
    "below 0.03",
    scope_zh="混淆矩阵可逆的分类器；旧环境、新环境各 6000 个样本；误差小于 0.03",
    budget_s=20,
    smoke={"seeds": range(2), "examples": 300},
)
def confusion_gives_the_new_shares(
    seeds: Sequence[int] = range(20), examples: int = 6000, smallest_effect: float = 0.03
) -> Evidence:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import confusion_matrix

    before, after = np.full(3, 1 / 3), np.array([0.7, 0.2, 0.1])
    naive, solved = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        draws = [rng.choice(3, examples, p=shares) for shares in (before, before, after)]
        inputs = [rng.normal(labels, 0.7)[:, None] for labels in draws]  # class k around k: neighbours overlap
        judge = LogisticRegression().fit(inputs[0], draws[0])
        confusion = confusion_matrix(draws[1], judge.predict(inputs[1])).T / examples  # predicted, actual
        called = np.bincount(judge.predict(inputs[2]), minlength=3) / examples
        ratios = label_shift_weights(torch.from_numpy(confusion), torch.from_numpy(called)).numpy()
        naive.append(float(np.abs(called - after).max()))
        solved.append(float(np.abs(ratios * confusion.sum(0) - after).max()))
    error = mean_interval(solved)
    return Evidence(
        value={"solved": error.mean, "worst": max(solved), "naive": float(np.mean(naive))},
        decision=decide(at_most(error, smallest_effect, "solved"), scoped=True),
        n=examples,
        seeds=tuple(seeds),
        why_en="A classifier errs in the new world as it did in the old, class by class, so its errors can be "
        "subtracted: the largest share is {solved:.3f} off (at worst {worst:.3f}), by counting predictions "
        "alone {naive:.3f}.",
        why_zh="分类器对每一类的出错方式在新旧环境中相同，因而可以把错误扣除：比例的最大偏差为 {solved:.3f}（最差 "
        "{worst:.3f}），"
        "只数预测结果则为 {naive:.3f}。",
    )


@claim(
    chapter=10,
    kind="identity",
    en="With the confusion matrix as shares of all examples, the solution of C p = mu is the new p(y).",
    zh="若混淆矩阵记的是占全部样本的比例，则 C p = μ 的解就是新的 p(y)。",
)
def joint_shares_solve_for_the_new_labels() -> Evidence:
    rows = [[0.9, 0.2, 0.1], [0.06, 0.7, 0.2], [0.04, 0.1, 0.7]]
    called = torch.tensor(rows, dtype=torch.float64)  # P(called | actual): columns sum to 1
    before, after = (torch.tensor(p, dtype=torch.float64) for p in ([0.5, 0.3, 0.2], [0.1, 0.3, 0.6]))
    joint = label_shift_weights(called * before, called @ after)
    conditional = torch.linalg.solve(called, called @ after)
    off, right = float((joint - after).abs().max()), float((conditional - after).abs().max())
    ratio = float((joint - after / before).abs().max())
    fails = off > 1e-6 and right <= 1e-12 and ratio <= 1e-12
    return Evidence(
        value={"off": off, "sum": float(joint.sum()), "conditional": right, "ratio": ratio},
        bound="at most 1e-12 from p(y), exact shares",
        verdict="does not hold" if fails else "holds",
        n=3,
        counterexample="old shares 0.5, 0.3, 0.2 and new ones 0.1, 0.3, 0.6" if fails else "",
        why_en="Shares of all examples hold the old p(y) already, so what comes out is the ratio new over old (of sum "
        "{sum:.1f}, off by {off:.1f}), the weights for training; only columns that sum to 1, P(called | actual), give "
        "p(y) itself.",
        why_zh="占全部样本的比例里已含旧的 p(y)，解出来的是新旧之比（和为 {sum:.1f}，与 p(y) 最多差 {off:.1f}），"
        "也就是训练权重；只有每列之和为 1 的条件概率 P(预测|真实) 才直接给出 p(y)。",
    )


def turning_accuracy(seed: int, angles: Sequence[float], start: str, steps: int, examples: int) -> list[float]:
    """Train on a boundary that rotates daily: `anew`, going `on`, or `frozen` after 10 days; test on each next day."""
    rng = stream(seed, "drift")
    torch.manual_seed(seed)
    model = SoftmaxRegression(SoftmaxConfig(inputs=2, classes=2))
    found = []
    for day, angle in enumerate(angles):
        border = torch.tensor([np.cos(angle), np.sin(angle)], dtype=torch.float32)
        inputs = torch.randn(examples, 2, generator=rng)
        targets = (inputs @ border + 0.3 * torch.randn(examples, generator=rng) > 0).long()
        with torch.no_grad():
            fresh = torch.randn(500, 2, generator=rng)
            if day:
                found.append(float((model(fresh).argmax(1) == (fresh @ border > 0)).float().mean()))
        if start == "anew":
            model = SoftmaxRegression(SoftmaxConfig(inputs=2, classes=2))
        optimizer = SGD(model.parameters(), lr=0.5)
        train_steps(model, optimizer, repeat((inputs, targets), 0 if start == "frozen" and day >= 10 else steps))
    return found


@claim(
    chapter=10,
    kind="experiment",
    en="Where the concept drifts slowly, continuing from the old weights beats training from scratch on each day's "
    "data.",
    zh="概念缓慢漂移时，在旧权重上继续训练，胜过每天用新数据从头训练。",
    scope="a decision boundary that rotates by 1 degree a day, 20 new examples and 5 steps a day",
    budget_s=30,
    smoke={"seeds": range(2), "days": 12},
)
def going_on_beats_starting_anew(
    seeds: Sequence[int] = range(10), days: int = 45, smallest_effect: float = 0.01
) -> Evidence:
    angles = np.radians(np.arange(days)).tolist()
    runs = {
        start: [float(np.mean(turning_accuracy(seed, angles, start, 5, 20)[10:])) for seed in seeds]
        for start in ("on", "anew", "frozen")
    }
    gain, stale = paired(runs["on"], runs["anew"]), paired(runs["on"], runs["frozen"])
    return Evidence(
        value={"gain": gain.mean, "stale": stale.mean, "on": float(np.mean(runs["on"]))},
        decision=decide(
            at_least(gain, smallest_effect, "gain"), at_least(stale, smallest_effect, "stale"), scoped=True
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        why_en="Yesterday's decision boundary is nearly today's, so the old weights carry what all earlier examples "
        "taught: {gain:.3f} above training from scratch and {stale:.3f} above the weights of the tenth day.",
        why_zh="昨天的边界与今天相差无几，旧权重相当于记住了以前的全部样本：比从头训练高 {gain:.3f}，"
        "比停在第十天的权重高 {stale:.3f}。",
    )


@claim(
    chapter=10,
    kind="experiment",
    en="When the labels flip at once, continuing from the old weights is still better than training from scratch.",
    zh="概念突然反转时，在旧权重上继续训练仍然胜过从头训练。",
    budget_s=20,
    smoke={"seeds": range(2), "days": 6},
)
def old_weights_help_after_a_sudden_turn(
    seeds: Sequence[int] = range(10), days: int = 40, smallest_effect: float = 0.01
) -> Evidence:
    angles = [0.0] * (days // 2) + [np.pi] * (days - days // 2)
    runs = {
        start: np.array([turning_accuracy(seed, angles, start, 5, 20) for seed in seeds]) for start in ("on", "anew")
    }
    flip = days // 2 - 1  # first day that is judged by the new border; the day after has learnt from it once
    after = {start: found[:, flip + 1].tolist() for start, found in runs.items()}
    gain, later = paired(after["on"], after["anew"]), paired(runs["on"][:, -1], runs["anew"][:, -1])
    behind = int((runs["on"].mean(0) < runs["anew"].mean(0))[flip + 1 :].sum())
    curves = {"going on": runs["on"].mean(0).tolist(), "anew": runs["anew"].mean(0).tolist()}
    return Evidence(
        value={
            "gain": gain.mean,
            "on": float(np.mean(after["on"])),
            "anew": float(np.mean(after["anew"])),
            "behind": behind,
            "later": later.mean,
        },
        decision=decide(at_least(gain, smallest_effect, "gain")),
        n=len(seeds),
        seeds=tuple(seeds),
        counterexample="labels that swap overnight" if gain.high < 0 else "",
        why_en="The old weights are then confident and wrong: after a day of training on the new labels the accuracy "
        "on the next day is {on:.2f}, with newly initialized weights {anew:.2f}. After {behind} days it is the other "
        "way round again ({later:+.2f} at the end).",
        why_zh="此时旧权重既自信又错误，得先忘掉：用新标签学了一天之后，次日的准确率为 {on:.2f}，从头开始则有 "
        "{anew:.2f}。{behind} 天之后情形才又反过来（最后相差 {later:+.2f}）。",
        figure=partial(
            lines,
            list(range(1, days)),
            curves,
            title="After a sudden flip old weights are worse than new ones",
            subtitle="accuracy on the next day, mean of the seeds",
            horizontal="day",
            vertical="accuracy",
        ),
    )
