"""Chapter 14: what rows of zeros around an image do."""

from collections.abc import Sequence
from functools import partial
from itertools import repeat
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.claims.training import epochs_of, train_steps
from d2lab.core.seed import derive, stream
from d2lab.data.batch import Batch
from d2lab.data.batches import Batches
from d2lab.data.catalog import load
from d2lab.data.split import Split
from d2lab.metrics.paired import intervals, paired
from d2lab.optimizers.build import build_optimizer
from d2lab.optimizers.config import OptimizerConfig
from d2lab.plot.measured import dots
from d2lab.vision.augment import Augment, AugmentConfig
from d2lab.vision.color import to_unit

Padding = Literal["zeros", "reflect", "circular"]


def learned(model: nn.Module, split: Split, epochs: int, seed: int, translate: int = 0) -> nn.Module:
    """Train a model of images by Adam in batches of 32.

    Args:
        model: with one score a class.
        split: bytes and class numbers.
        epochs: passes.
        seed: of the order and of the moves.
        translate: most pixels that an image is moved before the model sees it.
    """
    optimizer = build_optimizer(OptimizerConfig(name="adam", learning_rate=0.003), model.parameters())
    batches = Batches(split, batch_size=32, seed=seed, device=torch.device("cpu"))
    channels, height, width = split.shape
    config = AugmentConfig(translate=translate, border="zeros")
    change = Augment(config, shape=(channels, height, width), side=None, classes=10, seed=seed)
    stored = enumerate(epochs_of(batches, epochs))
    changed = (Batch(*change(inputs, targets, step)) for step, (inputs, targets) in stored)
    train_steps(model, optimizer, changed)
    return model.eval()


def share_right(model: nn.Module, images: Tensor, targets: Tensor) -> float:
    """Return the accuracy."""
    with torch.no_grad():
        return float((model(to_unit(images)).argmax(1) == targets).float().mean())


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="Rows of zeros around the image leave what a layer answers within it as it was.",
    zh="在图像四周填充 0，不影响卷积层在图像内的输出。",
)
def zero_padding_changes_no_answer() -> Evidence:
    flat, kernel = torch.ones(1, 1, 8, 8, dtype=torch.float64), torch.ones(1, 1, 3, 3, dtype=torch.float64) / 9
    answer = functional.conv2d(flat, kernel, padding=1)[0, 0]
    middle = float((answer[1:-1, 1:-1] - 1).abs().max())
    changed = float(((answer - 1).abs() > 1e-12).double().mean())
    corner = float(answer[0, 0])
    for _ in range(2):  # two more layers
        answer = functional.conv2d(answer[None, None], kernel, padding=1)[0, 0]
    deeper = float(((answer - 1).abs() > 1e-12).double().mean())
    return Evidence(
        value={"changed": changed, "deeper": deeper, "corner": corner, "middle": middle},
        bound="0 of the answers to a flat image changed",
        verdict="holds" if changed == 0 else "does not hold",
        n=64,
        counterexample="a mean of 3x3 on an image of ones: 4/9 in the corner" if changed else "",
        why_en="A window over the border averages zeros in: {corner:.2f} in a corner in place of 1, {changed:.0%} of "
        "the answers of 8x8 pixels, {deeper:.0%} after three layers. Away from the border nothing changes.",
        why_zh="跨过边界的窗口把 0 也算了进去：角上本应是 1，实得 {corner:.2f}；8×8 的输出有 {changed:.0%} 变了，"
        "三层之后是 {deeper:.0%}。远离边界处则毫无变化。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="Padding with zeros does not affect what a model can tell.",
    zh="用 0 填充，对模型的结果没有影响。",
    budget_s=22,
    smoke={"seeds": range(2), "steps": 3},
)
def zero_padding_has_no_effect(
    seeds: Sequence[int] = range(5), steps: int = 90, smallest_effect: float = 0.1
) -> Evidence:
    paddings: tuple[Padding, ...] = ("zeros", "reflect", "circular")
    accuracy: dict[str, list[float]] = {name: [] for name in paddings}
    for seed in seeds:
        draw = stream(seed, "pictures")
        places = torch.randint(64, (2, 128), generator=draw)
        images = 0.1 * torch.rand(2, 128, 1, 8, 8, generator=draw)
        images += functional.one_hot(places, 64).view(2, 128, 1, 8, 8)  # a dot somewhere
        targets = (places % 8 >= 4).long()  # in the right half?
        for name in paddings:
            torch.manual_seed(derive(seed, "weights"))
            layers: list[nn.Module] = []
            for channels in (1, 8, 8):
                layers += [nn.Conv2d(channels, 8, 3, padding=1, padding_mode=name), nn.ReLU()]
            model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
            optimizer = build_optimizer(OptimizerConfig(name="adam", learning_rate=0.02), model.parameters())
            train_steps(model, optimizer, repeat((images[0], targets[0]), steps))
            accuracy[name].append(share_right(model, images[1], targets[1]))
    gap = paired(accuracy["zeros"], accuracy["circular"])
    means = {name: sum(found) / len(found) for name, found in accuracy.items()}
    title, subtitle = "A border tells a model where it is", "is the dot left or right? three 3x3 layers"
    draw_it = partial(dots, accuracy, intervals(accuracy), title=title, subtitle=subtitle)
    return Evidence(
        value={"gap": gap.mean, **means},
        decision=decide(at_most(gap, smallest_effect, "gap")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="dots (drawn)",
        counterexample="is a dot in the left or the right half of 8x8 pixels?" if gap.low > 0.1 else "",
        figure=partial(draw_it, horizontal="test accuracy", mark=0.5),
        why_en="Convolutions and a mean over places can't tell them apart ({circular:.0%} with circular padding). "
        "From a border the model reads the place: {zeros:.0%} with zeros, {reflect:.0%} with mirrored pixels.",
        why_zh="卷积加全局平均本来分不清位置（循环填充：{circular:.0%}）；网络凭边界读出了位置：填 0 为 {zeros:.0%}，"
        "镜像填充也有 {reflect:.0%}，泄漏位置的是边界，不单是 0。",
    )


@claim(
    chapter=14,
    kind="experiment",
    en="For the accuracy of a classifier it hardly matters whether its layers pad with zeros or with mirrored pixels.",
    zh="分类的准确率几乎不受填充方式影响：填 0 与镜像填充相差无几。",
    scope="two layers on the digits",
    scope_zh="手写数字（digits），两层卷积",
    budget_s=60,
    smoke={"seeds": range(2), "epochs": 1},
)
def padding_hardly_changes_accuracy(
    seeds: Sequence[int] = range(40), epochs: int = 4, smallest_effect: float = 0.02
) -> Evidence:
    digits = load("digits")
    paddings: tuple[Padding, ...] = ("zeros", "reflect")

    def padded(name: Padding, seed: int) -> float:
        torch.manual_seed(derive(seed, "weights"))
        first = nn.Conv2d(1, 16, 3, padding=1, padding_mode=name), nn.ReLU(), nn.MaxPool2d(2)
        second = nn.Conv2d(16, 32, 3, padding=1, padding_mode=name), nn.ReLU(), nn.MaxPool2d(2)
        model = learned(nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(128, 10)), digits.train, epochs, seed)
        return share_right(model, digits.test.inputs, digits.test.targets)

    accuracy, decision = by_looks(
        lambda part: {name: [padded(name, seed) for seed in part] for name in paddings},
        lambda runs: [alike(paired(runs["zeros"], runs["reflect"]), smallest_effect, "gap")],
        seeds,
        scoped=True,
    )
    gap = paired(accuracy["zeros"], accuracy["reflect"])
    return Evidence(
        value={"gap": gap.mean, "low": gap.low, "high": gap.high, "zeros": sum(accuracy["zeros"]) / gap.n},
        decision=decision,
        n=gap.n,
        seeds=decision.seeds,
        data="digits",
        counterexample="digits of 8x8 pixels: 28 of 64 at the border",
        counterexample_zh="8×8 的数字：64 个像素里 28 个在边上",
        why_en="On such small images most windows overlap the border, so that the padding takes part: zeros end "
        "{gap:+.3f} ahead of mirrored pixels at an accuracy of {zeros:.3f}, with these seeds {low:+.3f} to "
        "{high:+.3f}.",
        why_zh="图像这么小，多数窗口都会碰到边界，边界外填什么就有了分量：填 0 的准确率为 {zeros:.3f}，与镜像填充相差 "
        "{gap:+.3f}，按这些种子在 {low:+.3f} 到 {high:+.3f} 之间。",
    )
