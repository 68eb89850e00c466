"""Chapter 18: regions by heuristic search and by a network (Faster R-CNN), and masks of what they hold (Mask R-CNN)."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean as mean

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.data.batch import Batch
from d2lab.data.scenes import Scenes, draw_scenes
from d2lab.experiments.quick_run import quick_run
from d2lab.metrics import paired
from d2lab.models.proposal_network import propose
from d2lab.models.two_stage import TwoStage, TwoStageConfig
from d2lab.optimizers import OptimizerConfig, build_optimizer, set_lr
from d2lab.train.detection import SuppressionConfig
from d2lab.train.two_stage_detection import TwoStageDetection, TwoStageObjective
from d2lab.vision.proposals import Proposals, color_proposals, random_boxes, recall_by_number, sliding_windows

SIDE, CLASSES = 64, 10
BATCH = 16
RATE = 0.02


def task_of() -> TwoStageDetection:
    """Return the task with the recipe's settings."""
    return TwoStageObjective().task(CLASSES, SuppressionConfig())


def targets_of(drawn: Scenes, part: Tensor | slice = slice(None)) -> dict[str, Tensor]:
    """Return the objects of some scenes."""
    return {"boxes": drawn.boxes[part], "labels": drawn.labels[part], "count": drawn.count[part]}


@claim(
    chapter=18,
    kind="definition",
    budget_s=2,
    en="Faster R-CNN: proposals, features of regions, then class and offset of each; its loss is that of the proposal "
    "network plus that of the head.",
    zh="Faster R-CNN：提议区域，汇聚各区域的特征，再预测类别与偏移；损失是区域提议网络与头部的损失之和。",
    covers=("Faster RCNN",),
)
def faster_rcnn_adds_the_losses_of_two_stages() -> Evidence:
    drawn, task = draw_scenes(8, part="train"), task_of().for_evaluation()  # whose samples are the same each time
    model, targets = TwoStage(TwoStageConfig()), targets_of(drawn)
    step = task.loss(model, Batch(drawn.images / 255, targets))
    first, second = task.proposal_loss(step.outputs, targets).mean(), task.head_loss(step.outputs, targets).mean()
    apart = float((step.loss - first - second).detach().abs())
    stages = {"backbone": model.backbone, "proposals": model.proposal_network, "head": model.classes}
    taught = {
        name: {loss: reaches(value, part) for loss, value in (("first", first), ("second", second))}
        for name, part in stages.items()
    }
    expected = {"backbone": (True, True), "proposals": (True, False), "head": (False, True)}
    right = {name: tuple(found.values()) for name, found in taught.items()} == expected
    return Evidence(
        value={"apart": apart, "first": float(first.detach()), "second": float(second.detach())},
        bound="the loss is the sum, to 1e-5; both teach the backbone, the first alone the proposal network, the second "
        "alone the head",
        bound_zh="损失等于两者之和，误差不超过 1e-5；两者都训练主干，只有前者训练区域提议网络，只有后者训练头部",
        verdict="holds" if right and apart <= 1e-5 else "does not hold",
        n=8,
        why_en="Untrained, the first stage loses {first:.2f} and the second {second:.2f}; the sum differs from the "
        "loss by {apart:.0e}. Proposals pass no gradient on: the second stage does not teach the first where to look.",
        why_zh="未训练时第一阶段损失 {first:.2f}，第二阶段 {second:.2f}，二者之和与总损失相差 {apart:.0e}。梯度不经过"
        "提议区域：第二阶段不会教第一阶段往哪里看。",
    )


def reaches(loss: Tensor, part: nn.Module) -> bool:
    """Return whether a loss has a gradient with respect to weights."""
    found = torch.autograd.grad(loss, list(part.parameters()), retain_graph=True, allow_unused=True)
    return any(one is not None and bool(one.any()) for one in found)


def recall(proposed: Proposals, drawn: Scenes) -> float:
    """Return the share of objects that some proposal has an IoU of .5 or more with."""
    return float(recall_by_number(proposed.boxes, proposed.count, drawn.boxes, drawn.count)[-1])


def blind_proposals(seed: int, images: int, number: int) -> Proposals:
    """Draw random boxes for each image: what proposals must beat."""
    boxes = random_boxes(images * number, SIDE, SIDE, torch.Generator().manual_seed(seed)).view(images, number, 4)
    return Proposals(boxes, torch.full((images,), number))


@claim(
    chapter=18,
    kind="experiment",
    budget_s=20,
    en="R-CNN uses a heuristic search to choose regions (anchor boxes).",
    zh="R-CNN 使用启发式搜索算法来选择锚框。",
    scope="regions by merging pixels of like color, on scenes of digits; against random boxes and sliding windows",
    scope_zh="按颜色合并像素得到的区域，数字场景；与随机框、滑动窗口相比",
    covers=("recall of true boxes by number of proposals",),
    smoke={"seeds": range(2), "scenes": 8},
)
def heuristic_search_proposes_regions(
    seeds: Sequence[int] = range(5), scenes: int = 30, number: int = 10, smallest_effect: float = 0.2
) -> Evidence:
    grid = sliding_windows(number, SIDE, SIDE, (15.0,), 0.6)  # of the middle size and proportion of the digits
    windows = Proposals(grid.expand(scenes, -1, -1), torch.full((scenes,), min(number, len(grid))))
    found: dict[str, list[float]] = {"color": [], "random": [], "windows": []}
    for seed in seeds:
        drawn = draw_scenes(scenes, part="test", seed=seed)
        merged, blind = color_proposals(drawn.images, number), blind_proposals(seed, scenes, number)
        for name, proposed in (("color", merged), ("random", blind), ("windows", windows)):
            found[name].append(recall(proposed, drawn))
    gains = [
        at_least(paired(found["color"], found[other]), smallest_effect, f"gain over {other}")
        for other in ("random", "windows")
    ]
    return Evidence(
        value={**{name: mean(values) for name, values in found.items()}, "number": number},
        decision=decide(*gains, scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        data="scenes",
        why_en="Of the digits, {color:.0%} are among the first {number} segments of like color that stand out, IoU .5 "
        "or more; {random:.0%} among as many random boxes, {windows:.0%} among as many windows of the digits' own "
        "size.",
        why_zh="最醒目的前 {number} 个同色区域覆盖了 {color:.0%} 的数字（交并比不低于 0.5）；同样多的随机框覆盖 "
        "{random:.0%}，与数字同样大小的滑动窗口覆盖 {windows:.0%}。",
    )


class FirstStage(nn.Module):
    """A backbone and a proposal network alone."""

    def __init__(self) -> None:
        super().__init__()
        model = TwoStage(TwoStageConfig())
        self.backbone, self.network = model.backbone, model.proposal_network

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return anchors, objectness [batch, anchor] and offsets [batch, anchor, 4]."""
        features = self.backbone(images)
        objectness, offsets = self.network(features)
        return {"anchors": self.network.anchors(features), "objectness": objectness, "anchor_offsets": offsets}


def trained_proposals(seed: int, scenes: int, epochs: int, images: Tensor, number: int) -> Proposals:
    """Train a proposal network on scenes; return what it proposes in other images."""
    torch.manual_seed(seed)
    model, task = FirstStage(), task_of()
    drawn = draw_scenes(scenes, part="train", seed=seed)
    settings = OptimizerConfig(name="muon", learning_rate=RATE, momentum=0.8, nesterov=True)
    optimizer = build_optimizer(settings, [{"params": list(model.parameters())}])
    for rate in (RATE, RATE / 3):  # then as many epochs with a smaller one
        set_lr(optimizer, rate)
        for inputs, targets in batches(drawn, epochs):
            optimizer.zero_grad()
            torch.autograd.backward(task.proposal_loss(model(inputs), targets).mean())
            optimizer.step()
    with torch.inference_mode():
        found = model.eval()(images / 255)
    parts = (found["objectness"], found["anchor_offsets"], found["anchors"])
    return propose(*parts, (SIDE, SIDE), most=number, considered=128, iou_threshold=0.7)


def batches(drawn: Scenes, epochs: int) -> Iterator[tuple[Tensor, Mapping[str, Tensor]]]:
    """Yield images and objects in a new order each epoch."""
    for _ in range(epochs):
        for part in torch.split(torch.randperm(len(drawn.count)), BATCH):
            yield drawn.images[part] / 255, targets_of(drawn, part)


@claim(
    chapter=18,
    kind="experiment",
    budget_s=600,
    en="Faster R-CNN uses a region proposal network in place of heuristic search, to get better boxes.",
    zh="Faster R-CNN 使用一个区域提议网络来替代启发式搜索来获得更好的锚框。",
    scope="recall of digits in scenes at ten proposals and IoU .5, against merging by color and random boxes",
    scope_zh="数字场景，十个提议区域、交并比 0.5 的召回率，与按颜色合并及随机框相比",
    smoke={"seeds": range(2), "scenes": 16, "tested": 8, "epochs": 1},
)
def proposal_network_replaces_heuristic_search(
    seeds: Sequence[int] = range(5),
    scenes: int = 1500,
    tested: int = 200,
    epochs: int = 2,
    number: int = 10,
    smallest_effect: float = 0.02,
) -> Evidence:
    found: dict[str, list[float]] = {"network": [], "color": [], "random": []}
    for seed in seeds:
        drawn = draw_scenes(tested, part="test", seed=seed)
        learned = trained_proposals(seed, scenes, epochs, drawn.images, number)
        merged, blind = color_proposals(drawn.images, number), blind_proposals(seed, tested, number)
        for name, proposed in (("network", learned), ("color", merged), ("random", blind)):
            found[name].append(recall(proposed, drawn))
    gains = [
        at_least(paired(found["network"], found[other]), smallest, f"recall over {other}")
        for other, smallest in (("color", smallest_effect), ("random", 0.2))
    ]
    return Evidence(
        value={**{name: mean(values) for name, values in found.items()}, "number": number},
        decision=decide(*gains, scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        data="scenes",
        why_en="Among {number} boxes an image, a trained proposal network has {network:.1%} of the digits, merging by "
        "color {color:.1%}, random boxes {random:.1%}. The heuristic has as many as that because each digit is of one "
        "color.",
        why_zh="每张图 {number} 个框：训练过的区域提议网络覆盖 {network:.1%} 的数字，按颜色合并 {color:.1%}，随机框 "
        "{random:.1%}。启发式搜索能有这么多，是因为每个数字只有一种颜色。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=1800,
    en="Mask R-CNN adds a fully convolutional network to Faster R-CNN, and so uses the pixels of objects to improve "
    "the accuracy of detection further.",
    zh="Mask R-CNN 在 Faster R-CNN 的基础上引入了一个全卷积网络，从而借助目标的像素级位置进一步提升目标检测的精度。",
    scope="average precision of boxes on scenes, the same settings with and without the mask head",
    scope_zh="数字场景上边界框的平均精度，除掩码头外设置相同",
    smoke={"seeds": range(2), "scenes": 16, "epochs": 1},
)
def mask_head_improves_boxes(
    seeds: Sequence[int] = range(5), scenes: int = 1000, epochs: int = 4, smallest_effect: float = 0.01
) -> Evidence:
    found: dict[str, list[float]] = {"boxes": [], "masks": [], "pixels": []}
    for seed in seeds:
        for name in ("boxes", "masks"):
            changes = {"masks": name == "masks", "examples": scenes, "epochs": epochs}
            row = quick_run("two-stage", data="scenes-masks", changes=changes, seed=seed)[-1]
            found[name].append(float(row["test_ap"]))
        found["pixels"].append(float(row["test_mask_ap"]))
    gain = paired(found["masks"], found["boxes"])
    return Evidence(
        value={"gain": gain.mean, **{name: mean(values) for name, values in found.items()}},
        decision=decide(at_least(gain, smallest_effect, "gain of AP"), scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        data="scenes-masks",
        why_en="With the mask head the average precision of boxes is {masks:.3f}, without it {boxes:.3f}: a gain of "
        "{gain:.3f}. Its masks have one of {pixels:.3f}, which boxes alone do not give at all.",
        why_zh="有掩码头，边界框的平均精度为 {masks:.3f}，没有则为 {boxes:.3f}，相差 {gain:.3f}。掩码本身的平均精度为 "
        "{pixels:.3f}，这是单有边界框得不到的。",
    )
