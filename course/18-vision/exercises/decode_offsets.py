import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise

from ._shared import sorted_boxes


def anchors_and_offsets(draw: RandomInputs):
    count = draw.size(2, 4)
    return sorted_boxes(draw, count), draw.normal(count, 4, scale=2.0)


@exercise("anchors", order=3, zh="由偏移量还原框", en="Boxes from offsets", arguments=anchors_and_offsets)
def decode_offsets(anchors: Tensor, offsets: Tensor) -> Tensor:
    """Return the box that lies at these offsets from each anchor; the factors were 10, 10, 5, 5.

    由锚框和偏移量还原框；编码时的系数是 10、10、5、5。

    Args:
        anchors: (n, 4) left, top, right, bottom. 左、上、右、下。
        offsets: (n, 4) 10 dx / w, 10 dy / h, 5 log(w' / w), 5 log(h' / h).

    Returns:
        (n, 4): left, top, right, bottom. 左、上、右、下。

    >>> decode_offsets(torch.tensor([[10.0, 10.0, 30.0, 50.0]]), torch.tensor([[2.0, 0.5, 0.0, 0.0]]))
    tensor([[14., 12., 34., 52.]])
    """
    raise NotImplementedError


@decode_offsets.solution(
    en="Every step of the encoding backwards, in the opposite order: divide by the factor, exponentiate, multiply by the "
    "size, add the center; then half a size to each side.",
    zh="把编码的每一步倒着做：除以系数，取指数，乘宽高，加中心；最后向两侧各取一半。",
)
def decode_offsets(anchors, offsets):
    center, size = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    goal = center + offsets[:, :2] / 10 * size
    half = (offsets[:, 2:] / 5).exp() * size / 2
    return torch.cat([goal - half, goal + half], 1)


def _decode(anchors, moved, scaled, half=0.5):
    center, size = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    goal, wanted = center + moved * size, scaled * size
    return torch.cat([goal - half * wanted, goal + half * wanted], 1)


@decode_offsets.mistake(
    en="The logarithm was not undone: an offset of 0 must leave the size as it is.",
    zh="对数没有还原：偏移量为 0 时，宽高应该不变。",
)
def exponential_missing(anchors, offsets):
    return _decode(anchors, offsets[:, :2] / 10, offsets[:, 2:] / 5)


@decode_offsets.mistake(
    en="The factors were multiplied once more: encoding did that, decoding divides.",
    zh="系数又乘了一遍：编码时乘，还原时该除。",
)
def multiplied_again(anchors, offsets):
    return _decode(anchors, offsets[:, :2] * 10, (offsets[:, 2:] * 0.05).exp())


@decode_offsets.mistake(
    en="Each side lies a whole size from the center: half on each side makes one size.",
    zh="每条边离中心整整一个宽高：两侧各一半，合起来才是一个。",
)
def whole_size_each_side(anchors, offsets):
    return _decode(anchors, offsets[:, :2] / 10, (offsets[:, 2:] / 5).exp(), 1.0)


@decode_offsets.mistake(
    en="The box begins at its center: the center is not the corner.",
    zh="框从中心开始了：中心不是左上角。",
)
def center_as_corner(anchors, offsets):
    found = _decode(anchors, offsets[:, :2] / 10, (offsets[:, 2:] / 5).exp())
    return found + (found[:, 2:] - found[:, :2]).repeat(1, 2) / 2


@decode_offsets.mistake(
    en="The first two offsets were added as they are: they count sizes of the anchor, not pixels.",
    zh="前两个偏移量直接加了上去：它们以锚框的宽高为单位，不是像素。",
)
def sizes_forgotten(anchors, offsets):
    center, size = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    half = (offsets[:, 2:] / 5).exp() * size / 2
    goal = center + offsets[:, :2] / 10
    return torch.cat([goal - half, goal + half], 1)
