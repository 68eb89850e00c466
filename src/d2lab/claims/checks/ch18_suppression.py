"""Chapter 18: non-maximum suppression, over all classes and within each, and what it depends on."""

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.vision.boxes import box_area
from d2lab.vision.iou import box_iou
from d2lab.vision.suppress import batched_nms, nms

LIMIT = 0.5  # of the IoU
SIDE = 1100.0  # of an image, pixels


def crowded(count: int) -> Tensor:
    """Draw boxes around a few centers, so that many overlap."""
    centers = 100 * torch.rand(6, 2)
    low = centers[torch.randint(6, (count,))] + 8 * torch.rand(count, 2)
    return torch.cat([low, low + 15 + 10 * torch.rand(count, 2)], 1)


def kept_by_hand(boxes: Tensor, scores: Tensor) -> list[int]:
    """Go through the boxes by falling score, and keep each that overlaps no kept one above the limit."""
    iou, kept = box_iou(boxes, boxes), list[int]()
    for box in scores.argsort(descending=True).tolist():
        if all(iou[box, better] <= LIMIT for better in kept):
            kept.append(box)
    return kept


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="Non-maximum suppression (NMS) keeps the box with the highest score, removes all whose IoU with it is above a "
    "threshold, and goes on with the best of the rest.",
    zh="非极大值抑制（NMS）：留下得分最高的框，去掉与它的交并比超过阈值的框，再对剩下的重复。",
)
def nms_keeps_the_best_of_boxes_that_overlap() -> Evidence:
    wrong, moved, most, left, count = 0, 0, 0.0, 0, 40
    for _ in range(20):
        boxes, scores = crowded(count), torch.rand(count)
        kept = nms(boxes, scores, LIMIT)
        order = torch.randperm(count)
        wrong += kept.tolist() != kept_by_hand(boxes, scores)
        moved += order[nms(boxes[order], scores[order], LIMIT)].tolist() != kept.tolist()
        most = max(most, float(box_iou(boxes[kept], boxes[kept]).fill_diagonal_(0).max()))
        left += len(kept)
    return Evidence(
        value={"wrong": wrong, "moved": moved, "most": most, "kept": left / 20, "boxes": count},
        bound="0 of 20 answers differ from the rule carried out by hand or change with the order of boxes, and no pair "
        "that stays has an IoU above 0.5",
        bound_zh="20 次的结果都与按规则手工去除的相同，打乱框的次序也不变；留下的框两两交并比不超过 0.5",
        verdict="holds" if wrong == moved == 0 and most <= LIMIT else "does not hold",
        n=20,
        why_en="Of {boxes} boxes around six places {kept:.0f} stay on average, and no two of them overlap by more than "
        "{most:.2f}. A box that was removed removes nothing itself.",
        why_zh="六处地方的 {boxes} 个框，平均留下 {kept:.0f} 个，两两交并比最大 {most:.2f}。被去掉的框不会再去掉别的"
        "框。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="There are two kinds of NMS: over all classes, and within each class.",
    zh="做 NMS 时有两种，一种是对所有类，一种是针对每一个类别。",
)
def nms_is_over_all_classes_or_within_each() -> Evidence:
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [0, 1, 10, 11]])
    scores, classes = torch.tensor([0.9, 0.8, 0.7]), torch.tensor([0, 1, 0])
    together, each = nms(boxes, scores, LIMIT).tolist(), batched_nms(boxes, scores, classes, LIMIT).tolist()
    many, points, kinds = crowded(60), torch.rand(60), torch.randint(3, (60,))
    alone = [torch.nonzero(kinds == kind)[:, 0] for kind in range(3)]
    apart = {int(box) for own in alone for box in own[nms(many[own], points[own], LIMIT)]}
    right = together == [0] and each == [0, 1] and apart == {*batched_nms(many, points, kinds, LIMIT).tolist()}
    return Evidence(
        value={
            "all": len(together),
            "each": len(each),
            "iou": float(box_iou(boxes, boxes).min()),
            "many_all": len(nms(many, points, LIMIT)),
            "many_each": len(apart),
        },
        bound="of three boxes of classes 0, 1, 0 the best stays, or the best of each class; for 60 boxes, within each "
        "class is NMS of each class alone",
        bound_zh="类别 0、1、0 的三个框：对所有类只留最好的，逐类则每类留最好的；60 个框逐类的结果，等于各类单独做",
        verdict="holds" if right else "does not hold",
        n=2,
        why_en="Three boxes with IoUs of {iou:.2f} and more: over all classes {all} stays, within each class {each}. "
        "Within classes two kinds of objects may cross; over all, the weaker is lost. The book's function is of the "
        "first kind.",
        why_zh="三个框两两交并比至少 {iou:.2f}：对所有类留 {all} 个，逐类留 {each} 个。逐类时，不同类的物体可以重叠；对"
        "所有类时，得分低的那个就丢了。书中的函数是前一种。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="What NMS keeps follows from the boxes and their scores alone.",
    zh="非极大值抑制留下哪些框，完全由框和得分决定。",
    covers=("boxes with equal scores need a rule: here the one with the lower index comes first",),
)
def what_nms_keeps_follows_from_boxes_and_scores() -> Evidence:
    row = torch.tensor([[0.0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]])  # each overlaps the next, and no other
    scores = torch.tensor([0.5, 0.5, 0.5])
    kept = []
    for order in (torch.tensor([0, 1, 2]), torch.tensor([1, 0, 2])):
        kept.append(len(nms(row[order], scores[order], LIMIT)))
    ends, middle = kept
    same = ends == middle
    return Evidence(
        value={"ends": ends, "middle": middle, "iou": float(box_iou(row[:1], row[1:2]))},
        bound="as many boxes stay in both orders",
        bound_zh="两种次序留下的框一样多",
        verdict="holds" if same else "does not hold",
        n=2,
        counterexample="" if same else "three boxes in a row with the same score, the middle one second or first",
        counterexample_zh="" if same else "一排三个框，得分相同，中间的排第二或第一",
        why_en="Three boxes in a row, neighbors with an IoU of {iou:.2f}, all of the same score: {ends} stay if an end "
        "comes first, {middle} if the middle one does. Equal scores are common in half precision; where the sort is "
        "not stable, the same data give different boxes.",
        why_zh="一排三个框，相邻的交并比 {iou:.2f}，得分都相同：先取一端，留下 {ends} 个；先取中间，留下 {middle} 个。"
        "半精度下得分常常相同；若排序不稳定，同样的数据就会留下不同的框。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="NMS within each class is NMS over all classes of boxes that were moved apart: each by its class times the size "
    "of the image.",
    zh="逐类的非极大值抑制，等于把各类的框平移开（类别乘以图像大小），再对所有类一起做。",
    covers=("float32 has some seven digits, and a shift of class times size uses them up",),
)
def moving_classes_apart_is_nms_within_each() -> Evidence:
    low = 1000 * torch.rand(4000, 2)
    boxes = torch.cat([low, low + 2 + 40 * torch.rand(4000, 2)], 1)

    def area_error(classes: int) -> float:
        """Return the largest relative error of the areas of the last class, in float32."""
        moved = boxes + (classes - 1) * (SIDE + 1)
        return float((box_area(moved) / box_area(boxes) - 1).abs().max())

    few, some, many = (area_error(classes) for classes in (20, 1000, 100_000))
    pair = torch.tensor([[0.0, 0, 30.07, 30], [10.06, 0, 40.06, 30]])
    scores, classes = torch.tensor([0.9, 0.8]), torch.tensor([999, 999])
    kept = len(batched_nms(pair, scores, classes, LIMIT))
    moved = pair + classes[:, None] * (SIDE + 1)
    same = kept == len(nms(moved, scores, LIMIT))
    return Evidence(
        value={
            "some": some,
            "few": few,
            "many": many,
            "kept": kept,
            "moved": len(nms(moved, scores, LIMIT)),
            "iou": float(box_iou(pair[:1], pair[1:])),
            "seen": float(box_iou(moved[:1], moved[1:])),
        },
        bound="two boxes of class 999, in pixels, both stay or not as without moving",
        bound_zh="类别 999 的两个框（以像素计），平移与否，留下的相同",
        verdict="holds" if same else "does not hold",
        n=len(boxes),
        counterexample="" if same else "(0, 0, 30.07, 30) and (10.06, 0, 40.06, 30) of class 999, image of 1100 pixels",
        counterexample_zh="" if same else "类别 999 的 (0, 0, 30.07, 30) 与 (10.06, 0, 40.06, 30)，图像边长 1100 像素",
        why_en="In float32 the digits go into the shift: areas of boxes from 2 pixels on err by up to {few:.2%} with "
        "20 classes, {some:.0%} with 1,000 and {many:.0%} with 100,000. Two boxes of class 999 have an IoU of "
        "{iou:.4f}, moved {seen:.4f}: of {kept} that stay, {moved} is left.",
        why_zh="float32 的有效数字被平移量占去：边长 2 像素以上的框，20 类时面积误差最大 {few:.2%}，1000 类 "
        "{some:.0%}，100000 类 {many:.0%}。类别 999 的两个框，交并比 {iou:.4f}，平移后成了 {seen:.4f}：本应留下 "
        "{kept} 个，只剩 {moved} 个。",
    )
