"""Chapter 18: which anchor answers for which object, and what it is trained to say."""

import torch
from torch import Tensor
from torch.nn import functional

from d2lab.claims.checks.ch18_boxes import drawn_rows, padded
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.vision.anchors import anchor_boxes, level_sizes, multiscale_anchors
from d2lab.vision.assign import anchor_targets, assign_anchors, greedy_matching, hungarian_matching
from d2lab.vision.iou import box_iou
from d2lab.vision.offsets import encode_boxes

PETS = torch.tensor([[0.1, 0.08, 0.52, 0.92], [0.55, 0.2, 0.9, 0.88]])  # the book's dog and cat
FIVE = torch.tensor([[0, 0.1, 0.2, 0.3], [0.15, 0.2, 0.4, 0.4], [0.63, 0.05, 0.88, 0.98], [0.66, 0.45, 0.8, 0.8],
                     [0.57, 0.3, 0.92, 0.9]])  # fmt: skip
CROSSED = torch.tensor([[[0.1, 0.7, 0.3, 0.52], [0.6, 0.75, 0.2, 0.1]]])  # IoUs of two objects with four anchors


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="In the training set each anchor needs two kinds of labels: the class of the object that it answers for, and "
    "the offset of the true box from it; background has class 0 and no offset.",
    zh="在训练集中，我们需要给每个锚框两种类型的标签，一种是与锚框中目标检测的类别（class），另一种是锚框相对于真实边界"
    "框的偏移量（offset）；背景的类别为 0，没有偏移量。",
)
def each_anchor_has_a_class_and_an_offset() -> Evidence:
    targets = anchor_targets(FIVE, PETS[None], torch.tensor([[0, 1]]), torch.tensor([2]))
    classes, positive = targets.classes[0].tolist(), targets.positive[0]
    background = float(targets.offsets[0][~positive].abs().max())
    owners = torch.tensor(classes)[positive] - 1
    apart = float((targets.offsets[0][positive] - encode_boxes(FIVE[positive], PETS[owners])).abs().max())
    right = classes == [0, 1, 2, 0, 2] and background == 0 and apart <= 1e-6
    return Evidence(
        value={"positive": int(positive.sum()), "background": background, "apart": apart},
        bound="classes 0 1 2 0 2; offsets of background 0, those of the others from their objects to 1e-6",
        bound_zh="类别为 0 1 2 0 2；背景的偏移量为 0，其余等于到各自物体的偏移量，误差不超过 1e-6",
        verdict="holds" if right else "does not hold",
        n=len(FIVE),
        why_en="Of the book's five anchors {positive} answer for the dog (1) or the cat (2), with four offsets each. "
        "The two of background learn their class alone: a mask keeps their offsets out of the loss.",
        why_zh="书中的五个锚框里，{positive} 个负责狗（1）或猫（2），各有四个偏移量；另外两个是背景，只学类别，掩码使它"
        "们的偏移量不进入损失。",
    )


def owners_by_hand(iou: Tensor, threshold: float) -> list[int]:
    """Return the object of each anchor, -1 for background, from a table `[object, anchor]`, as the notes say it."""
    owners = [int(nearest) if most >= threshold else -1 for most, nearest in zip(*iou.max(0), strict=True)]
    left = iou.clone()
    for _ in range(len(iou)):
        row, column = divmod(int(left.argmax()), left.shape[1])
        owners[column] = row
        left[row], left[:, column] = -1, -1  # both are taken
    return owners


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="True boxes are assigned to anchors greedily: the pair with the largest IoU first, then the best of what is "
    "left, until each box has an anchor; then each other anchor gets the box that it overlaps most, if the IoU reaches "
    "a threshold.",
    zh="将真实边界框分配给锚框用的是贪心法：先取交并比最大的一对，再在剩下的里面取最大的，直到每个真实边界框都有锚框；"
    "其余锚框归交并比最大的真实边界框，但要达到阈值。",
)
def greedy_matching_gives_every_object_an_anchor() -> Evidence:
    draws, threshold, wrong, without, forced = 100, 0.5, 0, 0, 0
    low = 0.4 * torch.rand(2, draws, 14, 2)
    scenes = torch.cat([low[0], low[0] + 0.5 + 0.1 * torch.rand(draws, 14, 2)], 2)  # any two overlap
    for boxes in scenes:
        objects, anchors = boxes[:3], boxes[3:]
        iou = box_iou(objects, anchors)
        owners = assign_anchors(anchors, objects[None], torch.tensor([3]), threshold=threshold)[0].tolist()
        wrong += owners != owners_by_hand(iou, threshold)
        without += 3 - len({*owners} - {-1})
        forced += sum(float(iou[row].max()) < threshold for row in range(3))
    return Evidence(
        value={"wrong": wrong, "without": without, "objects": 3 * draws, "forced": forced},
        bound="0 of 100 scenes differ from the rule carried out by hand, and 0 objects are left without an anchor",
        bound_zh="100 个场景的结果都与按规则手工分配的相同，没有一个物体分不到锚框",
        verdict="holds" if wrong == without == 0 else "does not hold",
        n=draws,
        why_en="Of {objects} objects {forced} overlap no anchor by the threshold of 0.5; they get one all the same, "
        "because the pairs are chosen before the threshold is asked for.",
        why_zh="{objects} 个物体中，有 {forced} 个与任何锚框的交并比都不到阈值 0.5，但也分到了锚框：先逐对选取，然后才"
        "看阈值。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="Greedy assignment of true boxes to anchors is the best assignment: no other has a larger sum of IoUs.",
    zh="贪心地分配锚框就是最优的分配：交并比之和不会有更大的。",
)
def greedy_matching_has_the_largest_sum() -> Evidence:
    tables = torch.rand(1000, 4, 8, dtype=torch.float64)  # table object anchor

    def total(iou: Tensor, matching: Tensor) -> Tensor:
        return iou.gather(2, matching[..., None])[..., 0].sum(1)

    lost = total(tables, hungarian_matching(tables)) - total(tables, greedy_matching(tables))
    less = float((lost > 1e-12).double().mean())
    greedy, best = (float(total(CROSSED, match(CROSSED))) for match in (greedy_matching, hungarian_matching))
    optimal = less == 0
    return Evidence(
        value={"less": less, "lost": float(lost.mean()), "greedy": greedy, "best": best},
        bound="no table of 1,000 has a larger sum than the greedy one",
        bound_zh="1000 个表中，没有一个能比贪心的和更大",
        verdict="holds" if optimal else "does not hold",
        n=len(tables),
        counterexample="" if optimal else "two objects, four anchors: IoUs .1 .7 .3 .52 and .6 .75 .2 .1",
        counterexample_zh="" if optimal else "两个物体、四个锚框：交并比 .1 .7 .3 .52 与 .6 .75 .2 .1",
        why_en="Greedy takes .75 and is left with .52: {greedy:.2f}. The best takes .7 and .6: {best:.2f}. In tables "
        "of 4 objects and 8 anchors drawn at random, {less:.0%} can be bettered, by {lost:.3f} of IoU on average.",
        why_zh="贪心先取 .75，剩下的只有 .52，和为 {greedy:.2f}；最优是 .7 与 .6，和为 {best:.2f}。随机的 4 个物体、8 "
        "个锚框的表，{less:.0%} 还能更好，平均差 {lost:.3f}。",
    )


def image_losses(anchors: Tensor, rows: Tensor, logits: Tensor, offsets: Tensor) -> Tensor:
    """Return the loss of each image: the cross-entropy of its anchors, and the L1 error of the positive ones."""
    count = (rows[..., 0] >= 0).sum(1)
    targets = anchor_targets(anchors, rows[..., 1:], rows[..., 0].long(), count)
    classes = functional.cross_entropy(logits.mT, targets.classes, reduction="none").mean(1)
    return classes + (targets.positive[..., None] * (offsets - targets.offsets).abs()).mean((1, 2))


@claim(
    chapter=18,
    kind="definition",
    budget_s=1,
    en="Minibatches are efficient, but they require the same number of bounding boxes in each image, so that all fit "
    "into one batch.",
    zh="小批量计算虽然高效，但它要求每张图像含有相同数量的边界框，以便放在同一个批量中。",
    scope="targets in one tensor, which padding fills up; a list with the boxes of each image needs none",
    scope_zh="标签放在一个张量里时，要靠填充凑齐；标签用列表、每张图像一项，就不需要",
)
def minibatches_need_equally_many_boxes() -> Evidence:
    rows, anchors = drawn_rows(1, 4, 0, 2), anchor_boxes((4, 4), (0.3, 0.5), (1.0, 2.0), dtype=torch.float64)
    logits, offsets = (torch.randn(4, len(anchors), size, dtype=torch.float64) for size in (4, 4))
    try:
        torch.stack(rows)
        stacked = True
    except RuntimeError:
        stacked = False
    together = image_losses(anchors, padded(rows), logits, offsets).mean()
    alone = [image_losses(anchors, own[None], logits[i, None], offsets[i, None]) for i, own in enumerate(rows)]
    apart = float((together - torch.cat(alone).mean()).abs())
    right = not stacked and padded(rows).shape == (4, 4, 5)
    return Evidence(
        value={"apart": apart, "loss": float(together), "rows": padded(rows).shape[1], "filled": 16 - 7},
        bound="rows of 1, 4, 0 and 2 objects make no tensor unless they are padded; in scope if a list of the rows of "
        "each image gives the same loss to 1e-12",
        bound_zh="1、4、0、2 行不填充就拼不成张量；若每张图像的行放在列表里，损失也相同（误差不超过 1e-12），则只在范围"
        "内成立",
        verdict="does not hold" if not right else "holds in scope" if apart <= 1e-12 else "holds",
        n=len(rows),
        why_en="A tensor has as many rows for each image, here {rows}, {filled} of which fill up. The images share one "
        "batch either way: with targets in a list, one item an image, the loss is the same {loss:.3f}.",
        why_zh="张量里每张图像的行数必须相同，这里是 {rows} 行，共填充 {filled} 行。但要拼成一批的只是图像：标签放在列"
        "表里、每张图像一项，损失同样是 {loss:.3f}。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="The book's rule for the targets of anchors ignores rows that only fill up a batch.",
    zh="书中给锚框打标签的规则会忽略只起填充作用的行。",
    covers=("three padded rows give three anchors of background an offset to learn, of the logarithm of 1e-6",),
)
def padded_rows_are_ignored_by_the_books_rule() -> Evidence:
    grids = [(side, side) for side in (32, 16, 8, 4, 1)]
    anchors = multiscale_anchors(grids, level_sizes(5), (1.0, 2.0, 0.5))
    rows = torch.cat([PETS[:1], -torch.ones(3, 4)])  # one object and three rows of padding

    def masked(boxes: Tensor) -> Tensor:
        """Return the offsets that enter the loss."""
        iou = box_iou(boxes, anchors)
        owners = iou.argmax(0).where(iou.amax(0) >= 0.5, -1)
        pairs = greedy_matching(iou.clamp(min=1e-9)[None])[0]  # the book pairs each row, though it overlaps nothing
        kept = pairs >= 0
        owners[pairs[kept]] = torch.arange(len(boxes))[kept]
        chosen = owners >= 0
        return encode_boxes(anchors[chosen], boxes[owners[chosen]], eps=1e-6)

    alone, filled = masked(rows[:1]), masked(rows)
    more = len(filled) - len(alone)
    return Evidence(
        value={
            "more": more,
            "alone": len(alone),
            "anchors": len(filled),
            "offset": float(alone.abs().max()),
            "largest": float(filled.abs().max()),
        },
        bound="0 anchors more have an offset in the loss",
        bound_zh="带有偏移量损失的锚框一个也不多",
        verdict="holds" if more == 0 else "does not hold",
        n=len(anchors),
        counterexample="" if more == 0 else "an image with one object, padded with three rows of -1",
        counterexample_zh="" if more == 0 else "只有一个物体的图像，用三行 -1 填充",
        why_en="It gives each row an anchor before it looks at classes: {anchors} anchors in place of {alone} get an "
        "offset to learn. The largest is {largest:.1f} in place of {offset:.1f}, the logarithm of a width of 0. The "
        "bananas have one object in each image, where nothing shows.",
        why_zh="它先给每一行分一个锚框，然后才看类别：要学偏移量的锚框有 {anchors} 个，而不是 {alone} 个；最大的偏移"
        "量是 {largest:.1f}，而不是 {offset:.1f}，因为宽度为 0 也取了对数。香蕉数据集每张图像只有一个物体，所以看不"
        "出来。",
    )
