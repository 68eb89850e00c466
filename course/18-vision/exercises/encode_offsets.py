import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import sorted_boxes


def anchors_and_boxes(draw: RandomInputs):
    count = draw.size(2, 4)
    return sorted_boxes(draw, count), sorted_boxes(draw, count)


@exercise("anchors", order=2, zh="框相对锚框的偏移量", en="Offsets from anchors", arguments=anchors_and_boxes)
def encode_offsets(anchors: Tensor, boxes: Tensor) -> Tensor:
    """Compute the offsets of each box from its anchor, with the factors 10, 10, 5, 5.

    求每个框相对其锚框的偏移量，系数为 10、10、5、5。

    Args:
        anchors: (n, 4) left, top, right, bottom. 左、上、右、下。
        boxes: (n, 4) likewise. 同上。

    Returns:
        (n, 4): 10 dx / w, 10 dy / h, 5 log(w' / w), 5 log(h' / h), where dx, dy lead from the center of the anchor
        to that of the box, w, h are of the anchor and w', h' of the box.
        dx、dy 由锚框中心指向框中心，w、h 是锚框的宽高，w'、h' 是框的宽高。

    >>> encode_offsets(torch.tensor([[10.0, 10.0, 30.0, 50.0]]), torch.tensor([[14.0, 12.0, 34.0, 52.0]]))
    tensor([[2.0000, 0.5000, 0.0000, 0.0000]])
    """
    raise NotImplementedError


def _parts(boxes):
    return (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]


@encode_offsets.solution(
    en="Distances are measured in sizes of the anchor, so that one model serves small and large ones; the logarithm makes "
    "twice as large and half as large equally far from 0.",
    zh="距离以锚框的宽高为单位，大小锚框才能共用一个模型；取对数之后，大一倍与小一半离 0 一样远。",
)
def encode_offsets(anchors, boxes):
    center, goal = ((b[:, :2] + b[:, 2:]) / 2 for b in (anchors, boxes))
    size, wanted = (b[:, 2:] - b[:, :2] for b in (anchors, boxes))
    return torch.cat([10 * (goal - center) / size, 5 * (wanted / size).log()], 1)


@encode_offsets.mistake(
    en="Sizes are compared by their ratio and not by its logarithm: equal sizes must give 0.",
    zh="宽高比较的是比值，没有取对数：大小相同时应该是 0。",
)
def logarithm_missing(anchors, boxes):
    (center, size), (goal, wanted) = _parts(anchors), _parts(boxes)
    return torch.cat([10 * (goal - center) / size, 5 * wanted / size], 1)


@encode_offsets.mistake(
    en="The factors are missing.",
    zh="少了系数。",
)
def factors_missing(anchors, boxes):
    (center, size), (goal, wanted) = _parts(anchors), _parts(boxes)
    return torch.cat([(goal - center) / size, (wanted / size).log()], 1)


@encode_offsets.mistake(
    en="Anchor and box changed places: an offset leads from the anchor to the box.",
    zh="锚框和框换了位置：偏移量是从锚框指向框的。",
)
def places_changed(anchors, boxes):
    (center, size), (goal, wanted) = _parts(boxes), _parts(anchors)
    return torch.cat([10 * (goal - center) / size, 5 * (wanted / size).log()], 1)


@encode_offsets.mistake(
    en="The distances were divided by the size of the box, which a model does not know when it predicts.",
    zh="距离除以了框的宽高，而预测时模型并不知道它。",
)
def by_the_box(anchors, boxes):
    (center, size), (goal, wanted) = _parts(anchors), _parts(boxes)
    return torch.cat([10 * (goal - center) / wanted, 5 * (wanted / size).log()], 1)


@encode_offsets.mistake(
    en="From left upper corner to left upper corner: it is the centers that are compared.",
    zh="量的是左上角到左上角：该比较的是中心。",
)
def from_corners(anchors, boxes):
    (_, size), (_, wanted) = _parts(anchors), _parts(boxes)
    return torch.cat([10 * (boxes[:, :2] - anchors[:, :2]) / size, 5 * (wanted / size).log()], 1)
