import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def boxes_of_a_cell(draw: RandomInputs):
    boxes = draw.uniform(draw.size(2, 4), 5, low=0.1, high=0.9)
    order = draw.normal(len(boxes)).argsort().float()
    return boxes, draw.uniform(4, low=0.1, high=0.9), (order + draw.uniform(len(boxes), high=0.8)) / len(boxes)


@exercise("yolo", order=3, zh="一格的损失", en="The loss of one cell", arguments=boxes_of_a_cell)
def cell_loss(boxes: Tensor, target: Tensor, overlaps: Tensor) -> float:
    """Compute YOLO's loss of a cell that has an object, without the classes.

    求有物体的一格的 YOLO 损失，不含类别。

    The box with the largest overlap is responsible: 5 times its squared error of place, plus the squared difference of its
    confidence and its overlap. Every other box adds 0.5 times its squared confidence.
    重叠最大的框负责：位置的平方误差乘 5，加上置信度与重叠之差的平方。其余每个框加上 0.5 乘置信度的平方。

    Args:
        boxes: (B, 5) x, y, root w, root h and confidence of each box. 每个框的 x、y、宽高的平方根和置信度。
        target: (4,) what the first four should be. 前四个数的目标。
        overlaps: (B,) IoU of each box with the object. 每个框与物体的交并比。

    >>> boxes = torch.tensor([[0.5, 0.5, 0.5, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5, 0.5]])
    >>> cell_loss(boxes, torch.tensor([0.5, 0.5, 0.5, 0.0]), torch.tensor([1.0, 0.0]))
    1.625
    """
    raise NotImplementedError


@cell_loss.solution(
    en="argmax finds the responsible box; the others are all boxes less that one. In the example 5 * 0.25 + 0.25 + 0.5 * 0.25.",
    zh="argmax 找到负责的框，其余就是全部减去它。例中是 5 * 0.25 + 0.25 + 0.5 * 0.25。",
)
def cell_loss(boxes, target, overlaps):
    best = int(overlaps.argmax())
    place = (boxes[best, :4] - target).square().sum()
    sure = (boxes[best, 4] - overlaps[best]).square()
    others = boxes[:, 4].square().sum() - boxes[best, 4].square()
    return float(5 * place + sure + 0.5 * others)


def _loss(boxes, target, overlaps, best, wanted, empty=0.5, weight=5):
    own = torch.arange(len(boxes)) == best
    place = (boxes[:, :4] - target).square().sum(1)
    sure = (boxes[:, 4] - wanted).square()
    return float(torch.where(own, weight * place + sure, empty * boxes[:, 4].square()).sum())


@cell_loss.mistake(
    en="The first box was responsible: it is the one that overlaps the object most.",
    zh="让第一个框负责了：应当是与物体重叠最大的那个。",
)
def first_responsible(boxes, target, overlaps):
    best = int(overlaps.argmax())
    wrong = 0 if best else 1
    return _loss(boxes, target, overlaps, wrong, overlaps)


@cell_loss.mistake(
    en="The confidence was compared with 1: its target is the overlap.",
    zh="置信度与 1 比了：它的目标是交并比。",
)
def confidence_one(boxes, target, overlaps):
    return _loss(boxes, target, overlaps, int(overlaps.argmax()), 1.0)


@cell_loss.mistake(
    en="The other boxes were left out: they should learn that they have nothing.",
    zh="漏了其余的框：它们要学着说自己没有物体。",
)
def others_left_out(boxes, target, overlaps):
    return _loss(boxes, target, overlaps, int(overlaps.argmax()), overlaps, empty=0.0)


@cell_loss.mistake(
    en="The weight 5 of the place is missing.",
    zh="位置漏了权重 5。",
)
def weight_missing(boxes, target, overlaps):
    return _loss(boxes, target, overlaps, int(overlaps.argmax()), overlaps, weight=1)


@cell_loss.mistake(
    en="All boxes learned the place: only the responsible one does.",
    zh="所有的框都学了位置：只有负责的那个才学。",
)
def all_learn_the_place(boxes, target, overlaps):
    best = int(overlaps.argmax())
    extra = (boxes[:, :4] - target).square().sum(1)
    return _right(boxes, target, overlaps) + float(5 * (extra.sum() - extra[best]))


def _right(boxes, target, overlaps):
    return _loss(boxes, target, overlaps, int(overlaps.argmax()), overlaps)
