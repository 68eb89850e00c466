"""Chapter 16: a global mean in place of linear layers, on the same maps."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import nn

from d2lab.claims.checks.ch16_small_models import ends, trained
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, power_note
from d2lab.metrics.paired import intervals, paired
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
    scope="centered digits, 200 to learn from, a trunk with batch normalization",
    budget_s=30,
    smoke={"seeds": range(2), "epochs": 2},
)
def global_mean_overfits_less(seeds: Sequence[int] = range(5), epochs: int = 12) -> Evidence:
    mean, linear = (
        trained(partial(build, norm=True), seeds, epochs=epochs, rate=0.05, examples=200, batch_size=20)
        for build in (with_global_mean, with_linear_layers)
    )
    learned, known = ends(mean, "train_accuracy"), ends(linear, "train_accuracy")
    gap = paired(
        [train - test for train, test in zip(learned, ends(mean), strict=True)],
        [train - test for train, test in zip(known, ends(linear), strict=True)],
    )
    accuracy = {"global mean": ends(mean), "linear layers": ends(linear)}
    return Evidence(
        value={"gap": gap.mean, "visible": gap.visible, "learned": min(learned + known)},
        bound="a smaller gap from training to test accuracy in all of the interval, training at 0.95 or more; "
        + power_note(gap),
        verdict="holds in scope" if gap.high < 0 and min(learned + known) >= 0.95 else "does not hold",
        interval=(gap.low, gap.high),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="200 centered digits, nearly memorized by both",
        figure=partial(
            dots,
            accuracy,
            intervals(accuracy),
            title="Fewer parameters need not overfit less",
            subtitle="200 digits to learn from; a dot a seed",
            horizontal="accuracy on 360 other digits",
        ),
        why_en="No smaller gap is seen: {gap:+.3f}, where {visible:.2f} would show. A seventh of the parameters still "
        "memorizes the training set ({learned:.0%} in the worst run), and loses the positions of strokes, which "
        "digits need.",
        why_zh="看不到更小的差距：两者之差为 {gap:+.3f}，差到 {visible:.2f} 才看得出来。参数只有七分之一，照样能记住训"
        "练集（最差一次的训练精度为 {learned:.0%}），却丢掉了笔画的位置，而认数字正需要它。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="NiN's global mean learns more slowly than linear layers behind the same maps.",
    zh="NiN 用全局平均汇聚代替全连接层，收敛变慢。",
    scope="a small trunk, 600 digits, momentum",
    budget_s=28,
    smoke={"seeds": range(2), "epochs": 2},
)
def global_mean_learns_slowly(seeds: Sequence[int] = range(5), epochs: int = 8) -> Evidence:
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
        bound="epochs below 80 % are more in all of the interval, at ten times the rate",
        verdict="holds in scope" if later.low > 0 and paired(same, linear).low > 0 else "does not hold",
        interval=(later.low, later.high),
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
