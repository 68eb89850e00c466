"""Chapter 18: objects of two sizes, found from one feature map or from two."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import Part, at_least, drops
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.core.seed import derive, stream
from d2lab.data.batch import Batch
from d2lab.inspection.summary import multiply_adds
from d2lab.metrics import AnchorErrors, AveragePrecision
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.ssd import TinySSD, TinySSDConfig, by_anchor
from d2lab.train.anchor_detection import AnchorDetection, AnchorObjective
from d2lab.vision.anchors import multiscale_anchors
from d2lab.vision.assign import AnchorTargets

SIDE = 48  # of an image, pixels
SMALL, LARGE = (5, 7), (24, 38)  # sides of the two squares in each image, pixels
SIZES = {"small": (0.0, 100.0), "large": (100.0, 1e9)}  # areas, pixels squared
ANCHORS = 0.125, 0.64  # sizes of the anchors, shares of the image's side
Arm = tuple[tuple[int, ...], tuple[int, ...], dict[int, tuple[float, ...]]]  # widths, strides, sizes of anchors
RATES = (0.005, 0.02, 0.08, 0.32)
BATCH = 16
TUNING_SEED = 1000
TASK = AnchorDetection(classes=1, objective=AnchorObjective(divide_by="objects", box_loss="smooth-l1", box_weight=4.0))


def draw_squares(count: int, seed: int, part: str) -> Batch:
    """Draw images of noise, `[count, 1, SIDE, SIDE]`, each with a large square and a small one beside it."""
    draw = stream(seed, "squares", part)
    sides = torch.stack([torch.randint(a, b + 1, (count,), generator=draw) for a, b in (LARGE, SMALL)], 1)[..., None]
    places = torch.rand(count, 2, 40, 2, generator=draw)  # image square try axis
    low = (places * (SIDE - sides[..., None] + 1)).long()
    big, tries = low[:, 0, :1], low[:, 1]
    apart = ((tries + sides[:, 1:] < big) | (tries > big + sides[:, :1])).any(2)  # image try
    small = tries[torch.arange(count), apart.long().argmax(1)]  # the first that does not overlap
    corner = torch.stack([big[:, 0], small], 1)
    boxes = torch.cat([corner, corner + sides], 2)
    line = torch.arange(SIDE)
    x, y = (((line >= boxes[..., i, None]) & (line < boxes[..., i + 2, None])).float() for i in (0, 1))
    tones = torch.randint(2, (count, 2, 1, 1), generator=draw) * 2 - 1  # bright or dark
    tones[:, 1] *= apart.any(1)[:, None, None]  # none where no place is free
    squares = (tones * y[..., :, None] * x[..., None, :]).sum(1, keepdim=True)
    images = squares + 0.5 * torch.randn(count, 1, SIDE, SIDE, generator=draw)
    targets = {"boxes": boxes.float(), "labels": torch.zeros(count, 2, dtype=torch.int64), "count": 1 + apart.any(1)}
    return Batch(images, targets)


class Levels(nn.Module):
    """Blocks of two convolutions, the first of which may halve the sides; heads after some of the blocks.

    Args:
        widths: channels of the blocks.
        strides: of each block, 1 or 2.
        heads: sizes of the anchors by number of the block, from 0 on.
    """

    def __init__(self, widths: Sequence[int], strides: Sequence[int], heads: dict[int, tuple[float, ...]]) -> None:
        super().__init__()
        self.blocks, self.heads, side, grids = nn.ModuleList(), nn.ModuleDict(), SIDE, []
        for number, (inputs, width, stride) in enumerate(zip((1, *widths), widths, strides, strict=False)):
            first, second = nn.Conv2d(inputs, width, 3, stride, 1), nn.Conv2d(width, width, 3, padding=1)
            normalized = [nn.BatchNorm2d(width), nn.ReLU()], [nn.BatchNorm2d(width), nn.ReLU()]
            self.blocks.append(nn.Sequential(first, *normalized[0], second, *normalized[1]))
            side //= stride
            if number in heads:
                self.heads[str(number)] = nn.Conv2d(width, 6 * len(heads[number]), 3, padding=1)
                grids.append((side, side))
        self.register_buffer("anchors", SIDE * multiscale_anchors(grids, list(heads.values()), (1.0,)))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return two logits and four offsets for each anchor, and the anchors in pixels."""
        found, maps = [], images
        for number, block in enumerate(self.blocks):
            maps = block(maps)
            if str(number) in self.heads:
                found.append(by_anchor(self.heads[str(number)](maps), 6))
        said = torch.cat(found, 1)
        return {"logits": said[..., :2], "offsets": said[..., 2:], "anchors": self.get_buffer("anchors")}


ARMS: dict[str, Arm] = {  # maps with sides of 12 and 3, or one of them; widths for equal multiply-adds
    "both": ((16, 16, 24, 24), (2, 2, 2, 2), {1: ANCHORS[:1], 3: ANCHORS[1:]}),
    "deep": ((12, 16, 16, 16), (2, 2, 1, 1), {3: ANCHORS}),  # fine, and as deep as both
    "fine": ((16, 24), (2, 2), {1: ANCHORS}),
    "coarse": ((16, 16, 24, 24), (2, 2, 2, 2), {3: ANCHORS}),
}


def train_detector(model: nn.Module, rate: float, seed: int, steps: int, tests: int) -> tuple[nn.Module, Batch]:
    """Train on 512 images of squares with Adam and a rate that rises and falls; return the model and test images."""
    train, picks = draw_squares(512, seed, "train"), stream(seed, "picks")
    optimizer = torch.optim.Adam(model.parameters(), rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    with torch.no_grad():
        anchors = model.eval()(train.inputs[:1])["anchors"]
    whole = TASK.targets(anchors, train)  # squares do not move: assigned once
    model.train()
    for _ in range(steps):
        some = torch.randint(512, (BATCH,), generator=picks)
        targets = AnchorTargets(whole.classes[some], whole.offsets[some], whole.positive[some])
        optimizer.zero_grad()
        torch.autograd.backward(TASK.criterion(model(train.inputs[some]), targets).mean())
        optimizer.step()
        schedule.step()
    return model.eval(), draw_squares(tests, seed, "test")


def precision_of(arm: str, rate: float, seed: int, steps: int, tests: int) -> dict[str, float]:
    """Return the average precision of a trained arm, the mean over IoU .5 and .75, and by size of the squares."""
    torch.manual_seed(derive(seed, "levels"))
    model, test = train_detector(Levels(*ARMS[arm]), rate, seed, steps, tests)
    precision = AveragePrecision(1, decide=TASK.predict, thresholds=(0.5, 0.75), sizes=SIZES)
    with torch.no_grad():
        precision.update(model(test.inputs), test)
    return precision.compute()


@claim(
    chapter=18,
    kind="experiment",
    budget_s=90,
    en="In short, a deep network represents an image at several levels, and that makes detection at several scales "
    "possible: at equal work it is better than from one level with the same anchors.",
    zh="简言之，我们可以利用深层神经网络在多个层次上对图像进行分层表示，从而实现多尺度目标检测：计算量相同、锚框大小相"
    "同时，比只用一个层次更准。",
    scope="squares of 5 to 7 and of 24 to 38 pixels in noise, 48 x 48, after 100 steps; three ways to use one level, "
    "each with its own learning rate",
    scope_zh="48×48 的噪声里，边长 5 到 7 与 24 到 38 像素的方块，训练 100 步；只用一个层次的做法有三种，学习率各自"
    "选定",
    smoke={"seeds": range(2), "steps": 2, "tests": 5, "rates": (0.02,)},
)
def several_levels_detect_at_several_scales(
    seeds: Sequence[int] = range(5),
    steps: int = 100,
    tests: int = 200,
    rates: Sequence[float] = RATES,
    smallest_effect: float = 0.05,
) -> Evidence:
    best = {arm: max(rates, key=lambda rate: precision_of(arm, rate, TUNING_SEED, steps, tests)["ap"]) for arm in ARMS}
    facts = {arm: Levels(*ARMS[arm]).eval() for arm in ARMS}
    work = {arm: multiply_adds(model, torch.zeros(1, 1, SIDE, SIDE)) for arm, model in facts.items()}
    sizes = {arm: sum(weights.numel() for weights in model.parameters()) for arm, model in facts.items()}
    rows: dict[str, Mapping[str, float]] = {"multiply-adds": work, "parameters": sizes, "learning rate": best}
    differs = (("", *ARMS), *((name, *(f"{row[arm]:,}" for arm in ARMS)) for name, row in rows.items()))

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for arm in ARMS:
            for seed in seeds:
                for name, value in precision_of(arm, best[arm], seed, steps, tests).items():
                    found.setdefault(arm if name == "ap" else f"{arm}_{name}", []).append(value)
        return found

    def judge(runs: dict[str, list[float]]) -> list[Part]:
        others = [arm for arm in ARMS if arm != "both"]
        return [at_least(paired(runs["both"], runs[arm]), smallest_effect, f"gain over {arm}") for arm in others]

    runs, decision = by_looks(measure, judge, seeds, scoped=True, differs=differs)
    means = {name: fmean(values) for name, values in runs.items() if not name.endswith(("50", "75"))}
    return Evidence(
        value={"gain": means["both"] - means["deep"], **means},
        decision=decision,
        why_en="From a fine and a coarse map average precision is {both:.2f}. From the coarse one alone it is "
        "{coarse:.2f} (small squares {coarse_ap_small:.2f}), from the fine one alone {fine:.2f} (large squares "
        "{fine_ap_large:.2f}: it sees no edge of theirs), from a fine one as deep, and narrower for it, {deep:.2f} "
        "(small squares {deep_ap_small:.2f}).",
        why_zh="用一细一粗两个特征图，平均精度 {both:.2f}。只用粗的 {coarse:.2f}（小方块 {coarse_ap_small:.2f}），只"
        "用细的 {fine:.2f}（大方块 {fine_ap_large:.2f}：看不到边缘），细的加到同样深、只好变窄，{deep:.2f}（小方块 "
        "{deep_ap_small:.2f}）。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=36,
    en="A tiny SSD learns to detect within seconds: class error and error of the boxes fall below those of a detector "
    "that finds nothing, and it finds new objects.",
    zh="很小的 SSD 几秒钟就能学会检测：类别错误率和边界框误差都降到“什么也不找”的检测器以下，并且能找到新的物体。",
    scope="squares in noise, 48 x 48; measured on test images, by average precision too",
    scope_zh="48×48 的噪声里的方块；在测试图像上衡量，也看平均精度",
    covers=("the notes report class error and box error on training data",),
    smoke={"seeds": range(2), "steps": 2, "tests": 5},
)
def tiny_ssd_learns_to_detect(
    seeds: Sequence[int] = range(10), steps: int = 100, tests: int = 200, smallest_effect: float = 0.5
) -> Evidence:
    config = TinySSDConfig(channels=1, classes=1, base=(8, 16), widths=(24,), whole=False, smallest=ANCHORS[0],
                           largest=ANCHORS[1], ratios=(1.0,))  # fmt: skip

    def measure(seeds: Sequence[int]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for seed in seeds:
            torch.manual_seed(derive(seed, "ssd"))
            model, test = train_detector(TinySSD(config), 0.01, seed, steps, tests)
            with torch.no_grad():
                outputs = model(test.inputs)
            for metric in (AveragePrecision(1, decide=TASK.predict, thresholds=(0.5,)), AnchorErrors()):
                metric.update(outputs, test)
                for name, value in metric.compute().items():
                    found.setdefault(name, []).append(value)
        return found

    def judge(runs: dict[str, list[float]]) -> list[Part]:
        parts = [at_least(mean_interval(runs["ap50"]), smallest_effect, "average precision")]
        for name, ours, nothing in (
            ("class", "class_error", "class_error_background"),
            ("box", "box_mae", "box_mae_zero"),
        ):
            change = [a / b - 1 for a, b in zip(runs[ours], runs[nothing], strict=True)]
            parts.append(drops(mean_interval(change), 0.1, f"change of {name} error"))
        return parts

    runs, decision = by_looks(measure, judge, seeds, scoped=True)
    means = {name: fmean(values) for name, values in runs.items()}
    return Evidence(
        value=means,
        decision=decision,
        why_en="Class error is {class_error:.4f} where finding nothing has {class_error_background:.4f}, the mean "
        "absolute error of offsets {box_mae:.4f} for {box_mae_zero:.4f}, average precision at IoU 0.5 {ap50:.2f} "
        "where finding nothing has 0.",
        why_zh="类别错误率 {class_error:.4f}（什么也不找时 {class_error_background:.4f}），偏移量的平均绝对误差 "
        "{box_mae:.4f}（{box_mae_zero:.4f}），交并比 0.5 的平均精度 {ap50:.2f}（0）。",
    )
