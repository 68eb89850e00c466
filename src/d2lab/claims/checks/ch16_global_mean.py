"""Chapter 16: a global mean in place of linear layers, on the same maps."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import nn

from d2lab.claims.checks.ch16_small_models import ends, trained
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import Runs, by_looks
from d2lab.metrics.paired import Mean, intervals, paired
from d2lab.plot import dots, lines


def trunk(*head: nn.Module, norm: bool = False) -> nn.Module:
    """Build two convolutions, 64 maps of 4x4 from an image of 8x8, with a head on top."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), *[nn.BatchNorm2d(outputs)] * norm, nn.ReLU()]
    return nn.Sequential(*layers[: len(layers) // 2], nn.MaxPool2d(2), *layers[len(layers) // 2 :], *head)


def with_linear_layers(norm: bool = False) -> nn.Module:
    """End as AlexNet does."""
    return trunk(nn.Flatten(), nn.Linear(64 * 16, 128), nn.ReLU(), nn.Linear(128, 10), norm=norm)


def with_global_mean(norm: bool = False) -> nn.Module:
    """End as NiN does, in a map for each class."""
    return trunk(nn.Conv2d(64, 10, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), norm=norm)


@claim(
    chapter=16,
    kind="experiment",
    en="A global mean overfits less than linear layers behind the same maps.",
    zh="在相同的特征图之后，全局平均汇聚比全连接层更不容易过拟合。",
    scope="centered digits, 200 to learn from, a trunk with batch normalization, 12 epochs at one learning rate",
    scope_zh="居中的手写数字（digits），200 个训练样本，主干带批量归一化，同一学习率训练 12 轮",
    budget_s=50,
    smoke={"seeds": range(2), "epochs": 2},
)
def global_mean_overfits_less(
    seeds: Sequence[int] = range(40), epochs: int = 12, smallest_effect: float = 0.02
) -> Evidence:
    builds = {"global mean": with_global_mean, "linear layers": with_linear_layers}

    def measure(part: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for name, build in builds.items():
            rows = trained(partial(build, norm=True), part, epochs=epochs, rate=0.05, examples=200, batch_size=20)
            found |= {name: ends(rows), f"{name}, train": ends(rows, "train_accuracy")}
        return found

    def less(runs: Runs) -> Mean:
        """Return the gap from training to test accuracy that linear layers have beyond the global mean."""
        gaps = [np.subtract(runs[f"{name}, train"], runs[name]).tolist() for name in builds]
        return paired(gaps[1], gaps[0])

    runs, decision = by_looks(measure, lambda runs: [at_least(less(runs), smallest_effect, "less")], seeds, scoped=True)
    accuracy = {name: runs[name] for name in builds}
    learned = min(min(runs[f"{name}, train"]) for name in builds)
    return Evidence(
        value={"less": less(runs).mean, "lead": paired(*accuracy.values()).mean, "learned": learned},
        decision=decision,
        n=len(decision.seeds),
        seeds=decision.seeds,
        data="digits",
        counterexample="200 centered digits, nearly memorized by both",
        counterexample_zh="200 个居中的数字，两者都几乎背了下来",
        figure=partial(
            dots,
            accuracy,
            intervals(accuracy),
            title="Fewer parameters need not overfit less",
            subtitle="200 digits to learn from; a dot a seed",
            horizontal="accuracy on 360 other digits",
        ),
        why_en="With the mean the gap from training to test accuracy is {less:+.3f} smaller. A seventh of the "
        "parameters still memorizes the training set ({learned:.0%} in the worst run); on other digits it "
        "ends {lead:+.3f} from linear layers.",
        why_zh="用平均时，训练精度与测试精度的差距小 {less:+.3f}。参数只有七分之一，照样能记住训练集（最差一次的训练精"
        "度为 {learned:.0%}）；在没见过的数字上，精度与全连接层相差 {lead:+.3f}。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="NiN's global mean learns more slowly than linear layers behind the same maps.",
    zh="NiN 用全局平均汇聚代替全连接层，收敛变慢。",
    scope="a small trunk, 600 digits, momentum",
    budget_s=18,
    smoke={"seeds": range(2), "epochs": 2},
)
def global_mean_learns_slowly(
    seeds: Sequence[int] = range(5), epochs: int = 8, smallest_effect: float = 0.5
) -> Evidence:
    ways = {
        "linear layers, rate 0.02": (with_linear_layers, 0.02),
        "global mean, rate 0.02": (with_global_mean, 0.02),
        "global mean, rate 0.2": (with_global_mean, 0.2),
    }
    curves, waits = {}, []
    for name, (build, rate) in ways.items():
        runs = trained(build, seeds, epochs=epochs, rate=rate, examples=600)
        tests = [[float(row["test_accuracy"]) for row in rows] for rows in runs]
        curves[name] = torch.tensor(tests).mean(0).tolist()
        waits.append([1.0 + sum(accuracy < 0.8 for accuracy in test) for test in tests])
    linear, same, larger = waits
    later = paired(larger, linear)
    return Evidence(
        value={"later": later.mean, "same_rate": paired(same, linear).mean},
        decision=decide(
            at_least(later, smallest_effect, "later"),
            at_least(paired(same, linear), smallest_effect, "same_rate"),
            scoped=True,
        ),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        figure=partial(
            lines,
            list(range(1, epochs + 1)),
            curves,
            title="A global mean learns slowly at first",
            subtitle=f"600 digits, the same convolutions, mean of {len(seeds)} seeds",
            horizontal="epoch",
            vertical="test accuracy",
        ),
        why_en="The mean passes a sixteenth of the gradient to each of its 16 pixels, and at first all maps have the "
        "same mean: at one rate it is 80 % right {same_rate:.1f} epochs later or more, and at ten times the rate "
        "still {later:.1f}.",
        why_zh="取平均使 16 个像素各只分到十六分之一的梯度，而且起初各张图的平均值相差无几：同一学习率下晚 "
        "{same_rate:.1f} 个周期达到八成精度，学习率放大十倍仍晚 {later:.1f} 个周期。",
    )
