"""Chapter 18: YOLO, which gives each object to one cell of a grid instead of to many anchors."""

import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.data.scenes import draw_scenes
from d2lab.models.ssd import TinySSD, TinySSDConfig
from d2lab.models.yolo import Yolo, YoloConfig
from d2lab.vision.cells import cell_of, decode_cells, encode_cells
from d2lab.vision.iou import box_iou

SIDE = 64  # of a scene, pixels
PAPER = YoloConfig(grid=7, boxes=2, classes=20)
HALF = 0.5  # IoU from which an anchor answers for an object


@claim(
    chapter=18,
    kind="identity",
    budget_s=6,
    en="YOLO divides the image into S x S cells, each of which predicts B boxes, instead of many anchors that overlap.",
    zh="YOLO 把图像均匀分成 S x S 个单元，每个单元预测 B 个边界框，避免锚框大量重叠。",
    covers=("YOLO",),
)
def yolo_gives_each_object_to_one_cell() -> Evidence:
    scenes = draw_scenes(60, part="test", seed=0)
    boxes = scenes.boxes.double()
    real = torch.arange(boxes.shape[1]) < scenes.count[:, None]  # scene object
    numbers = Yolo(PAPER).eval()(torch.zeros(1, 3, SIDE, SIDE))["cells"].numel()
    anchors = TinySSD(TinySSDConfig()).eval()(torch.zeros(1, 3, 256, 256))["anchors"]
    offset = cell_of((boxes[..., :2] + boxes[..., 2:]) / 2, PAPER.grid, (SIDE, SIDE))[1]
    outside = int(((offset < 0) | (offset > 1)).any(2)[real].sum())  # centers that are not in the cell named
    targets = encode_cells(boxes, scenes.count, PAPER.grid, (SIDE, SIDE))
    back = decode_cells(targets.numbers, PAPER.grid, (SIDE, SIDE))
    held = targets.owner >= 0  # scene cell
    found = boxes.gather(1, targets.owner.clamp(min=0)[..., None].expand(-1, -1, 4))
    apart = float((back - found)[held].abs().max())
    shared = real.sum() - targets.owner.ge(0).sum() - targets.dropped.sum()  # objects that no cell and no count has
    near = (box_iou(boxes[real] * 256 / SIDE, anchors.double()) >= HALF).sum(1)  # anchors of each object
    whole = numbers == 7 * 7 * (2 * 5 + 20) and outside == 0 and apart < 1e-9 and int(shared) == 0
    value = {"numbers": numbers, "apart": apart, "boxes": 98, "anchors": len(anchors), "near": near.double().mean()}
    return Evidence(
        value={name: float(one) for name, one in value.items()},
        bound="1,470 numbers for S = 7, B = 2, 20 classes; every center lies in one cell, decoding gives the box back",
        bound_zh="S = 7、B = 2、20 类时 1,470 个数；每个中心恰在一个单元里，解码还原出原来的框",
        verdict="holds" if whole else "does not hold",
        n=int(real.sum()),
        why_en="This is the first YOLO: {boxes:.0f} boxes an image where the book's TinySSD has {anchors:.0f} anchors, "
        "{near:.1f} of which reach an IoU of 0.5 with an object of the scenes. Of objects that share a cell it learns "
        "one; from the second version on YOLO has anchors again.",
        why_zh="这是第一版 YOLO：每张图 {boxes:.0f} 个框；书里的 TinySSD 有 {anchors:.0f} 个锚框，平均 {near:.1f} 个与"
        "场景中的一个物体交并比达到 0.5。几个物体同在一个单元里时，它只学其中一个；从第二版起，YOLO 又用回了锚框。",
    )
