"""Chapter 18: boxes around objects, how much they overlap, and the rows that stand for them."""

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.vision.anchors import anchor_boxes
from d2lab.vision.assign import anchor_targets
from d2lab.vision.box_form import convert_boxes
from d2lab.vision.iou import box_iou, paired_iou
from d2lab.vision.offsets import decode_boxes

SIDE = 16  # of a grid of pixels
ERROR = 0.02  # of each corner, a share of the image's sides


def covered(boxes: Tensor, side: int) -> Tensor:
    """Return which pixels of a square grid each box covers, `[box, side * side]`."""
    line = torch.arange(side)
    across = (line >= boxes[:, 0, None]) & (line < boxes[:, 2, None])
    down = (line >= boxes[:, 1, None]) & (line < boxes[:, 3, None])
    return (down[:, :, None] & across[:, None, :]).flatten(1)


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="The intersection over union (IoU) of two boxes is the area that both cover over the area that either covers: "
    "the Jaccard index of their pixels, from 0 to 1.",
    zh="交并比（IoU）是两个框相交的面积与相并的面积之比，也就是两组像素的杰卡德系数，从 0 到 1。",
)
def iou_is_the_shared_area_over_the_covered_area() -> Evidence:
    low = torch.randint(0, SIDE - 5, (300, 2))
    boxes = torch.cat([low, low + torch.randint(1, 6, (300, 2))], 1)
    pixels = covered(boxes, SIDE).double()
    shared, sizes = pixels @ pixels.T, pixels.sum(1)
    counted = shared / (sizes[:, None] + sizes - shared)
    found = box_iou(boxes.double(), boxes.double())
    error = float((found - counted).abs().max())
    apart = shared == 0
    rules = torch.equal(found, found.T) and bool((found.diagonal() == 1).all()) and not bool(found[apart].any())
    return Evidence(
        value={"error": error, "pairs": found.numel(), "apart": int(apart.sum())},
        bound="the IoU of counted pixels to 1e-12; symmetric, 1 for a box and itself, 0 where no pixel is shared",
        bound_zh="与逐个像素数出来的交并比相差不超过 1e-12；两框互换不变，与自己为 1，没有共同像素时为 0",
        verdict=within(error, 1e-12) if rules else "does not hold",
        n=found.numel(),
        why_en="Counted pixel by pixel and computed from corners, the IoU of {pairs:,} pairs differs by {error:.1g} at "
        "most; {apart:,} of them share no pixel, and however far apart they lie, all have the same 0.",
        why_zh="{pairs:,} 对框，按像素数与由角点算，最多相差 {error:.1g}。其中 {apart:,} 对没有共同的像素：离得再远，交"
        "并比也同样是 0。",
    )


def padded(rows: list[Tensor]) -> Tensor:
    """Stack the rows of images with different numbers of objects, `[image, most, 5]`; -1 fills up."""
    found = torch.full((len(rows), max(map(len, rows)), 5), -1.0, dtype=torch.float64)
    for image, objects in enumerate(rows):
        found[image, : len(objects)] = objects
    return found


def drawn_rows(*counts: int) -> list[Tensor]:
    """Draw for each image the rows (class, left, top, right, bottom) of its objects, corners as shares of its sides."""
    rows = []
    for count in counts:
        low, label = 0.6 * torch.rand(count, 2, dtype=torch.float64), torch.randint(3, (count, 1)).double()
        rows.append(torch.cat([label, low, low + 0.1 + 0.3 * torch.rand(count, 2, dtype=torch.float64)], 1))
    return rows


@claim(
    chapter=18,
    kind="definition",
    budget_s=1,
    en="The labels of object detection are different from those of classification: an image has a list of objects, "
    "each a row of five numbers, its class and the corners of its box as shares of the image's sides; a class of -1 "
    "marks a row that only fills up the batch.",
    zh="目标检测的 label 不太一样：一张图像有一串物体，每个物体一行五个数，即类别和用图像边长的比例表示的边界框角点；"
    "类别 -1 表示该行只是填充。",
)
def detection_labels_are_padded_rows_of_five() -> Evidence:
    rows, anchors = drawn_rows(1, 4, 0, 2), anchor_boxes((4, 4), (0.3, 0.5), (1.0, 2.0), dtype=torch.float64)
    batch = padded(rows)
    real = batch[..., 0] >= 0
    whole = anchor_targets(anchors, batch[..., 1:], batch[..., 0].long(), real.sum(1))
    wrong = 0
    for image, own in enumerate(rows):  # one image alone has no padding
        alone = anchor_targets(anchors, own[None, :, 1:], own[None, :, 0].long(), torch.tensor([len(own)]))
        for name in ("classes", "offsets", "positive"):
            wrong += int((getattr(alone, name)[0] != getattr(whole, name)[image]).sum())
    pixels = convert_boxes(batch[real][:, 1:], "relative-xyxy", "xyxy", size=(120, 160))
    moved = float((pixels / pixels.new_tensor([160, 120, 160, 120]) - batch[real][:, 1:]).abs().max())
    objects, filled = int(real.sum()), int((~real).sum())
    return Evidence(
        value={"wrong": wrong, "objects": objects, "filled": filled, "most": batch.shape[1], "moved": moved},
        bound="0 targets of anchors differ from those of each image alone; shares become pixels and come back to 1e-12",
        bound_zh="锚框的标签与单独处理每张图像时没有一个不同；比例换成像素再换回来，误差不超过 1e-12",
        verdict="holds" if wrong == 0 and moved <= 1e-12 and objects == 7 else "does not hold",
        n=len(rows),
        why_en="Four images with 1, 4, 0 and 2 objects make one tensor of {most} rows each: {objects} objects and "
        "{filled} rows that fill up. Read up to the count of real rows, it gives each image the same targets as alone.",
        why_zh="四张图像各有 1、4、0、2 个物体，拼成每张 {most} 行的张量：{objects} 行是物体，{filled} 行是填充。只读真"
        "实的行，每张图像得到的标签与单独处理时完全一样。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="The L1 error of a box's corners tells how well it fits.",
    zh="边界框角点的 L1 误差说明框得准不准。",
    covers=("the same error of the corners is another IoU on a small box and on a large one: why there is GIoU",),
)
def corner_error_tells_how_well_a_box_fits() -> Evidence:
    sides = torch.tensor([0.1, 0.8], dtype=torch.float64)
    true = torch.stack([0 * sides, 0 * sides, sides, sides], 1)
    small, large = paired_iou(true, true + ERROR).tolist()
    offsets = torch.tensor([[0.4, 0.4, 0.1, 0.1]] * 2, dtype=torch.float64)  # off by as much, in sides of the box
    by_offset = paired_iou(true, decode_boxes(true, offsets))
    spread = float((by_offset[0] - by_offset[1]).abs())
    alike = abs(small - large) < 0.05
    return Evidence(
        value={"small": small, "large": large, "error": ERROR, "by_offset": float(by_offset[0]), "spread": spread},
        bound="IoUs of equal errors differ by less than 0.05",
        bound_zh="误差相同时，交并比相差小于 0.05",
        verdict="holds" if alike else "does not hold",
        n=2,
        counterexample="" if alike else f"boxes of side 0.1 and 0.8, each corner off by {ERROR}",
        counterexample_zh="" if alike else f"边长 0.1 和 0.8 的框，各角点都偏 {ERROR}",
        why_en="Every corner off by {error}: the IoU is {small:.2f} on a box of side 0.1 and {large:.2f} on one of "
        "side 0.8. Offsets are measured in the anchor's sides: one error in them costs both the same ({by_offset:.2f}"
        ").",
        why_zh="各角点都偏 {error}：边长 0.1 的框交并比是 {small:.2f}，边长 0.8 的是 {large:.2f}。偏移量以锚框的边长为"
        "单位，同样的偏移误差对两者的影响相同（都是 {by_offset:.2f}）。",
    )
