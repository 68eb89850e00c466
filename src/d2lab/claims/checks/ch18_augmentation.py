"""Chapter 18: augmentation: what changed copies of images are, and what a model gains by them."""

from collections.abc import Sequence
from functools import partial
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.checks.ch14_padding import learned, share_right
from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.core.seed import derive, stream
from d2lab.data.catalog import load
from d2lab.data.split import Split
from d2lab.metrics.paired import intervals, paired
from d2lab.plot import dots
from d2lab.vision.augment import Augment, AugmentConfig
from d2lab.vision.color import to_unit
from d2lab.vision.crop import random_boxes
from d2lab.vision.mixup import mixup

PIXEL = 1  # how far images are moved, each way
UNIFORM = 1.63  # Kolmogorov-Smirnov distance times the root of the count that 1 % of uniform samples exceed


def moved(images: Tensor, seed: int) -> Tensor:
    """Move each image by up to a pixel each way; zeros come in at the edge."""
    rng = stream(seed, "moves")
    wide = functional.pad(images, [PIXEL] * 4)
    places = torch.randint(2 * PIXEL + 1, (len(images), 2), generator=rng).tolist()
    height, width = images.shape[-2:]
    return torch.stack(
        [
            image[:, down : down + height, right : right + width]
            for image, (down, right) in zip(wide, places, strict=True)
        ]
    )


def network(seed: int) -> nn.Module:
    """Build two convolutions and a linear layer, which reads places: nothing in it is invariant by design."""
    torch.manual_seed(derive(seed, "weights"))
    layers: list[nn.Module] = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 64, 10))


def accuracies(seeds: Sequence[int], examples: int, epochs: int) -> dict[str, list[float]]:
    """Return accuracy on plain and on moved test images, of models that saw plain or moved copies, seed by seed."""
    found: dict[str, list[float]] = {
        f"{seen}, {asked}": [] for seen, asked in product(("plain", "copies"), ("plain", "moved"))
    }
    for seed in seeds:
        digits = load("digits", seed=seed)
        chosen = torch.randperm(len(digits.train), generator=stream(seed, "examples"))[:examples]
        few = Split(digits.train.inputs[chosen], digits.train.targets[chosen])
        tests = {"plain": digits.test.inputs, "moved": moved(digits.test.inputs, seed)}
        for seen, pixels in (("plain", 0), ("copies", PIXEL)):
            model = learned(network(seed), few, epochs, seed, pixels)
            for asked, images in tests.items():
                found[f"{seen}, {asked}"].append(share_right(model, images, digits.test.targets))
    return found


@claim(
    chapter=18,
    kind="experiment",
    en="Augmentation enlarges the training set and improves generalization.",
    zh="图像增广既能扩大数据集，又能提高模型的泛化能力。",
    scope="300 digits of 8 by 8, moved by up to one pixel each way; asked about images that are moved likewise",
    scope_zh="300 张 8×8 手写数字，各方向最多平移一个像素；测试图片也同样平移",
    budget_s=10,
    smoke={"seeds": range(2), "epochs": 1},
)
def augmentation_improves_generalization(
    seeds: Sequence[int] = range(5), examples: int = 300, epochs: int = 30, smallest_effect: float = 0.05
) -> Evidence:
    accuracy = accuracies(seeds, examples, epochs)
    gain = paired(accuracy["copies, moved"], accuracy["plain, moved"])
    plain = paired(accuracy["copies, plain"], accuracy["plain, plain"])
    means = {"seen": sum(accuracy["copies, moved"]) / len(seeds), "unseen": sum(accuracy["plain, moved"]) / len(seeds)}
    draw = partial(dots, accuracy, intervals(accuracy), title="Copies teach what they vary")
    return Evidence(
        value={"gain": gain.mean, "plain": plain.mean, **means},
        decision=decide(at_least(gain, smallest_effect, "gain"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        figure=partial(draw, subtitle="trained on plain digits or on moved copies; asked about both", mark=0.1),
        why_en="A model that never saw a moved digit recognizes {unseen:.1%} of moved ones, with moved copies "
        "{seen:.1%}. On the test images as they are the copies change {plain:+.3f}: copies teach what they vary, and "
        "help where the test varies likewise.",
        why_zh="从未见过平移的模型，能认出 {unseen:.1%} 的平移数字；用平移过的副本训练则为 {seen:.1%}。在原样的测试图片"
        "上，准确率只变化 {plain:+.3f}：增广教会模型的，就是它所改变的那一点，测试时也有这种变化才有用。",
    )


@claim(
    chapter=18,
    kind="experiment",
    en="Any change of the images will do for augmentation, a mirror for one.",
    zh="增广随便怎么变都行，比如左右翻转。",
    scope="300 digits, half of them mirrored in each step",
    budget_s=8,
    smoke={"seeds": range(2), "epochs": 1},
    covers=("augmentation only helps where labels are kept",),
)
def any_change_will_do_as_augmentation(
    seeds: Sequence[int] = range(5), examples: int = 300, epochs: int = 30, smallest_effect: float = 0.01
) -> Evidence:
    accuracy: dict[str, list[float]] = {"plain": [], "mirrored": []}
    for seed in seeds:
        digits = load("digits", seed=seed)
        chosen = torch.randperm(len(digits.train), generator=stream(seed, "examples"))[:examples]
        few = digits.train.inputs[chosen]
        copies = torch.cat([few, few.flip(3)])
        labels = digits.train.targets[chosen]
        arms = {"plain": Split(torch.cat([few, few]), labels.repeat(2)), "mirrored": Split(copies, labels.repeat(2))}
        for name, split in arms.items():
            model = learned(network(seed), split, epochs // 2, seed)
            accuracy[name].append(share_right(model, digits.test.inputs, digits.test.targets))
    change = paired(accuracy["mirrored"], accuracy["plain"])
    return Evidence(
        value={"change": change.mean, "mirrored": sum(accuracy["mirrored"]) / len(seeds)},
        decision=decide(at_least(change, smallest_effect, "change"), refuted=bool(change.high < 0)),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="a mirrored 2 or 5 is no digit" if change.high < 0 else "",
        counterexample_zh="左右翻转的 2 或 5 不是数字" if change.high < 0 else "",
        why_en="A mirror makes shapes that no test image has, and some that look like another digit: accuracy changes "
        "by {change:+.3f} to {mirrored:.1%}. A change must keep what the label says.",
        why_zh="翻转造出了测试集中没有的形状，有的还像别的数字：准确率变化 {change:+.3f}，成为 {mirrored:.1%}。增广不能"
        "改变标签所说的内容。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=2,
    en="Augmentation can be seen as regularization.",
    zh="图像增广可以看作一种正则化。",
    scope="noise on the inputs of linear least squares: weight decay of n times the noise's variance, exactly",
    scope_zh="线性最小二乘，输入加噪声：恰好等于系数为 n·σ² 的权重衰减",
)
def augmentation_is_a_regularizer() -> Evidence:
    rng, n, features, noise = stream(0, "rows"), 12, 4, 0.3
    rows = torch.randn(n, features, generator=rng, dtype=torch.float64)
    targets = torch.randn(n, generator=rng, dtype=torch.float64)
    signs = torch.tensor(list(product((-noise, noise), repeat=features)), dtype=torch.float64)  # every noise, once
    copies = (rows.unsqueeze(1) + signs).flatten(0, 1)  # (n * 16) feature
    augmented = torch.linalg.lstsq(copies, targets.repeat_interleave(len(signs))).solution
    ridge = torch.linalg.solve(rows.T @ rows + n * noise**2 * torch.eye(features).double(), rows.T @ targets)
    plain = torch.linalg.lstsq(rows, targets).solution
    off = float((augmented - ridge).abs().max())
    shrunk = float(augmented.norm() / plain.norm())
    return Evidence(
        value={"off": off, "shrunk": shrunk, "copies": len(copies)},
        bound="at most 1e-12 between least squares on all noisy copies and ridge regression",
        bound_zh="在全部加噪副本上的最小二乘与岭回归之差，至多 1e-12",
        verdict="holds in scope" if off <= 1e-12 and shrunk < 1 else "does not hold",
        n=features,
        why_en="Least squares over {copies} noisy copies and ridge regression on the plain rows differ by {off:.0e}: "
        "the cross terms of the noise cancel, its square adds n times its variance to the diagonal. The weights shrink "
        "to {shrunk:.0%} of their length.",
        why_zh="在 {copies} 个加噪副本上做最小二乘，与在原数据上做岭回归，权重只差 {off:.0e}：噪声的交叉项相消，平方项"
        "恰好在对角线上加了 n 倍方差。权重缩到原来长度的 {shrunk:.0%}。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=3,
    en="Augmentation does not change the distribution of the images: mean and variance stay.",
    zh="图像增广一般不会改变数据的分布，均值和方差都不变。",
    covers=("look at the images after augmentation",),
)
def augmentation_keeps_the_distribution() -> Evidence:
    from sklearn.linear_model import LogisticRegression

    digits = load("digits")
    images = to_unit(digits.train.inputs)
    rng = stream(0, "halves")
    change = Augment(AugmentConfig(brightness=0.5), shape=(1, 8, 8), side=None, classes=10, seed=0)
    brighter = change(digits.train.inputs, digits.train.targets, 0)[0]
    mirrored = images.flip(3)
    shift = abs(float(brighter.mean() - images.mean())) / float(images.mean())
    same = float((mirrored.mean() - images.mean()).abs() + (mirrored.var() - images.var()).abs())
    half = len(images) // 2  # other images in the two samples, so that pairs can't be compared
    order = torch.randperm(len(images), generator=rng)
    rows = torch.cat([images[order[:half]], mirrored[order[half:]]]).flatten(1).numpy()
    kinds = np.repeat([0, 1], [half, len(images) - half])
    mixed = torch.randperm(len(rows), generator=rng).numpy()
    known, asked = mixed[: len(rows) // 2], mixed[len(rows) // 2 :]
    told = float(LogisticRegression(max_iter=300).fit(rows[known], kinds[known]).score(rows[asked], kinds[asked]))
    return Evidence(
        value={"told": told, "same": same, "shift": shift},
        bound="plain and mirrored images can't be told apart: accuracy 0.5 to 0.55, mean and variance equal to 1e-6",
        bound_zh="原图与翻转图分不出来：准确率 0.5 到 0.55，均值与方差之差至多 1e-6",
        verdict="does not hold" if told > 0.55 else within(same, 1e-6),
        n=len(asked),
        data="digits",
        counterexample="digits and mirrored digits" if told > 0.55 else "",
        counterexample_zh="手写数字与左右翻转的手写数字" if told > 0.55 else "",
        why_en="A mirror keeps mean and variance of all pixels to {same:.0e}, and yet logistic regression tells "
        "mirrored digits from plain ones with accuracy {told:.2f} where chance is .5: equal moments are no equal "
        "distribution. Brightness by half up or down moves even the mean, by {shift:.1%}.",
        why_zh="翻转不改变全体像素的均值与方差（差 {same:.0e}），逻辑回归却能以 {told:.2f} 的准确率分出翻转与否（瞎猜"
        "为 0.5）：矩相等不等于分布相同。亮度上下浮动一半，连均值都变了 {shift:.1%}。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=3,
    en="Mix-up trains on convex combinations of two images and of their labels.",
    zh="mix-up 用两张图像及其标签的凸组合来训练。",
    covers=("the mean stays, the variance shrinks by E[s² + (1 - s)²]",),
)
def mixup_blends_images_and_labels_alike() -> Evidence:
    count, seed = 64, 7
    digits = load("digits").train
    images, classes = to_unit(digits.inputs[:count]).double(), digits.targets[:count].long()
    shares = torch.rand(count, generator=stream(0, "shares"), dtype=torch.float64)
    targets = functional.one_hot(classes, 10).double()
    mixed, labels = mixup(images, targets, shares, torch.Generator().manual_seed(seed))
    partner = torch.randperm(count, generator=torch.Generator().manual_seed(seed))  # the same draw
    scores = torch.randn(count, 10, generator=stream(0, "scores"), dtype=torch.float64)
    one, other = (functional.cross_entropy(scores, which, reduction="none") for which in (classes, classes[partner]))
    loss = functional.cross_entropy(scores, labels, reduction="none")
    off = float((loss - shares * one - (1 - shares) * other).abs().max())
    blend = shares.view(-1, 1, 1, 1)
    off = max(off, float((mixed - blend * images - (1 - blend) * images[partner]).abs().max()))
    pairs = torch.lerp(images.unsqueeze(0), images.unsqueeze(1), 0.3)  # all pairs, each as likely
    kept = float(pairs.var(correction=0) / images.var(correction=0))
    pixel = images.var(0, correction=0)
    each = pairs.flatten(0, 1).var(0, correction=0)
    shrunk = float((each[pixel > 0] / pixel[pixel > 0]).mean())
    off = max(off, float((pairs.mean((0, 1)) - images.mean(0)).abs().max()), abs(shrunk - 0.58))
    return Evidence(
        value={"off": off, "shrunk": shrunk, "all": kept},
        bound="at most 1e-12 between the loss of mixed labels and the mixed losses; variance .3² + .7² = .58 of before",
        bound_zh="混合标签的损失与损失的混合之差，至多 1e-12；每个像素的方差为原来的 0.3² + 0.7² = 0.58",
        verdict=within(off, 1e-12),
        n=count,
        data="digits",
        why_en="Cross-entropy is linear in the label, so the loss of a mixed label is the mix of the two losses (all "
        "off by {off:.0e} at most). Over all pairs the mean image stays, and each pixel keeps {shrunk:.2f} of its "
        "variance at a share of .3: mixed images are grayer than any real one.",
        why_zh="交叉熵对标签是线性的，所以混合标签的损失就是两份损失的混合（各项至多差 {off:.0e}）。取遍所有图像对，平"
        "均图像不变，而比例为 0.3 时每个像素的方差只剩 {shrunk:.2f}：混合图比任何真实图片都更灰。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=3,
    en="`scale` and `ratio` of a random crop are the ranges of its area and of width over height.",
    zh="随机裁剪的 `scale` 与 `ratio`，分别是面积占比的范围和宽高比的范围。",
)
def scale_and_ratio_are_ranges_of_area_and_proportion(count: int = 20_000) -> Evidence:
    scale, ratio, side = (0.1, 0.5), (0.5, 2.0), 4_000
    boxes = random_boxes(count, side, side, scale, ratio, stream(0, "crops")).double()
    area, proportion = boxes[:, 2] * boxes[:, 3] / side**2, boxes[:, 3] / boxes[:, 2]
    places = {
        "area": (area - scale[0]) / (scale[1] - scale[0]),
        "proportion": proportion.log() / np.log(4) + 0.5,
        "not log": (proportion - ratio[0]) / (ratio[1] - ratio[0]),
    }
    edge = 1 / side  # sides are whole pixels
    outside = sum(int(((values < -4 * edge) | (values > 1 + 4 * edge)).sum()) for values in places.values())
    even = torch.arange(1, count + 1) / count
    apart = {name: float((values.sort().values - even).abs().max()) for name, values in places.items()}
    worst = max(apart["area"], apart["proportion"])
    bound = UNIFORM / count**0.5
    return Evidence(
        value={"worst": worst, "plain": apart["not log"], "outside": outside, "bound": bound},
        bound="area uniform, logarithm of the proportion uniform: Kolmogorov-Smirnov distance at most 1.63 / sqrt(n)",
        bound_zh="面积均匀，宽高比的对数均匀：Kolmogorov-Smirnov 距离至多 1.63 / √n",
        verdict=within(worst, bound) if outside == 0 else "does not hold",
        n=count,
        why_en="Of the crops {outside} lie outside the ranges. Area is uniform in [.1, .5], the logarithm of width "
        "over height in [.5, 2] (distance {worst:.3f} of at most {bound:.3f}); the proportion itself is not "
        "({plain:.2f}): tall and wide crops are equally likely only in the logarithm.",
        why_zh="超出范围的裁剪有 {outside} 个。面积在 [0.1, 0.5] 内均匀，宽高比的对数在 [0.5, 2] 内均匀（距离 "
        "{worst:.3f}，上限 {bound:.3f}）；宽高比本身并不均匀（{plain:.2f}）：取对数，竖长与横长的裁剪才一样多。",
    )
