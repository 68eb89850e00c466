"""How much two boxes overlap: intersection over union and its generalization, of all pairs or box by box.

All boxes here are (left, top, right, bottom), in any unit. Half precision is computed in float32, where areas of
thousands of pixels squared still fit.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.vision.boxes import box_area, check_boxes

Boxes = Float[Tensor, "... 4"]
PAIRS = 65_536  # of boxes at once: three buffers of this size stay in a processor's cache
PAIRS_ON_DEVICE = 256 * PAIRS  # where starting an operation takes longer than computing it


def box_iou(first: Float[Tensor, "*rows 4"], second: Float[Tensor, "columns 4"]) -> Float[Tensor, "*rows columns"]:
    """Compute the intersection over union of every box of `first` with every box of `second`: 0 to 1.

    It is the area that both cover, divided by the area that at least one covers; 0 where neither has an area.

    Source: Jaccard 1912, "The Distribution of the Flora in the Alpine Zone"; for boxes Everingham et al. 2010, "The
        Pascal Visual Object Classes (VOC) Challenge", section 4.2.
    Twin: torchvision.ops.box_iou, bit for bit, where a box has an area; two empty boxes give NaN there.
    Cost: time and memory proportional to the number of pairs; five to seven times faster than a [row, column, 4] tensor
        from 1,000 x 1,000 pairs on, because coordinates lie apart and blocks of pairs reuse three buffers.

    Args:
        first: boxes of any leading shape, such as [batch, most, 4].
        second: boxes of one list, such as anchors.

    Raises:
        DataError: the boxes are no floating-point rows of four.

    >>> box_iou(torch.tensor([[0.0, 0.0, 4.0, 3.0]]), torch.tensor([[0.0, 0.0, 4.0, 6.0], [4.0, 0.0, 5.0, 3.0]]))
    tensor([[0.5000, 0.0000]])
    """
    check_boxes("the first boxes", first)
    check_boxes("the second boxes", second)
    if torch.is_grad_enabled() and (first.requires_grad or second.requires_grad):
        return paired_iou(first.unsqueeze(-2), second)  # buffers that are written over have no gradient
    return edge_iou(edges_and_area(first.reshape(-1, 4)), edges_and_area(second)).view(*first.shape[:-1], len(second))


def generalized_box_iou(
    first: Float[Tensor, "*rows 4"], second: Float[Tensor, "columns 4"]
) -> Float[Tensor, "*rows columns"]:
    """Compute the generalized IoU of every box of `first` with every box of `second`: -1 to 1; see `paired_giou`.

    Source: Rezatofighi et al. 2019, "Generalized Intersection over Union", algorithm 1.
    Twin: torchvision.ops.generalized_box_iou, where the box around both has an area.

    Args:
        first: boxes of any leading shape.
        second: boxes of one list.

    Raises:
        DataError: the boxes are no floating-point rows of four.
    """
    return paired_giou(first.unsqueeze(-2), second)


def paired_iou(first: Boxes, second: Boxes) -> Float[Tensor, "..."]:
    """Compute the intersection over union of boxes one by one, broadcast; see `box_iou`.

    The gradient with respect to both is 0 where they do not overlap, which is why `paired_giou` exists.

    Args:
        first: boxes.
        second: boxes of the same shape, or of one that broadcasts.

    Raises:
        DataError: the boxes are no floating-point rows of four.
    """
    intersection, union = intersection_and_union(first, second)
    return intersection / _nonzero(union)


def paired_giou(first: Boxes, second: Boxes) -> Float[Tensor, "..."]:
    """Compute the generalized IoU of boxes one by one, broadcast: IoU minus the share of the hull that neither covers.

    The hull is the smallest box around both. Where boxes do not overlap, the value falls to -1 as they move apart, so
    that its gradient still draws them together. It is 0 where the hull has no area.

    Source: Rezatofighi et al. 2019, "Generalized Intersection over Union", algorithm 1.

    Args:
        first: boxes.
        second: boxes of the same shape, or of one that broadcasts.

    Raises:
        DataError: the boxes are no floating-point rows of four.

    >>> paired_giou(torch.tensor([0.0, 0.0, 4.0, 4.0]), torch.tensor([2.0, 2.0, 6.0, 6.0]))  # 4/28 - 8/36
    tensor(-0.0794)
    """
    intersection, union = intersection_and_union(first, second)
    first, second = _precise(first), _precise(second)
    low = torch.minimum(first[..., :2], second[..., :2])
    high = torch.maximum(first[..., 2:], second[..., 2:])
    hull = (high - low).clamp(min=0).prod(-1)
    return intersection / _nonzero(union) - (hull - union) / _nonzero(hull)


def intersection_and_union(first: Boxes, second: Boxes) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """Compute the areas that two boxes share and that at least one covers, box by box, broadcast.

    Args:
        first: boxes.
        second: boxes of the same shape, or of one that broadcasts.

    Raises:
        DataError: the boxes are no floating-point rows of four.
    """
    check_boxes("the first boxes", first)
    check_boxes("the second boxes", second)
    first, second = _precise(first), _precise(second)
    left, top, right, bottom = first.unbind(-1)  # each edge for itself: twice as fast as rows of four
    x1, y1, x2, y2 = second.unbind(-1)
    width = (torch.minimum(right, x2) - torch.maximum(left, x1)).clamp(min=0)
    height = (torch.minimum(bottom, y2) - torch.maximum(top, y1)).clamp(min=0)
    intersection = width * height
    return intersection, box_area(first) + box_area(second) - intersection


def _nonzero(area: Tensor) -> Tensor:
    """Replace an area of 0 by 1: what is divided by it is 0 too, and its gradient must not be NaN."""
    return torch.where(area > 0, area, torch.ones_like(area))


def _precise(boxes: Boxes) -> Boxes:
    return boxes.float() if boxes.dtype in (torch.float16, torch.bfloat16) else boxes


def edges_and_area(boxes: Float[Tensor, "box 4"]) -> Float[Tensor, "5 box"]:
    """Return left, top, right, bottom and area of boxes, each in one piece of memory, without a gradient.

    Args:
        boxes: (left, top, right, bottom).
    """
    boxes = _precise(boxes.detach())
    return torch.cat([boxes.T, box_area(boxes).unsqueeze(0)])


def edge_iou(first: Float[Tensor, "5 row"], second: Float[Tensor, "5 column"]) -> Float[Tensor, "row column"]:
    """Compute the intersection over union of all pairs in blocks of rows, whose buffers are written over.

    Twin: `box_iou`, which checks its boxes first.

    Args:
        first: from `edges_and_area`.
        second: likewise, of the same type.
    """
    rows, columns = first.shape[1], second.shape[1]
    iou = first.new_empty(rows, columns)
    pairs = PAIRS if first.device.type == "cpu" else PAIRS_ON_DEVICE
    step = max(1, pairs // max(1, columns))
    buffers = first.new_empty(2, min(step, rows), columns)
    x1, y1, x2, y2, areas = second
    edges = first.unsqueeze(2)  # edge row 1
    # Where both areas are 0 the union is this instead, and 0 divided by it is 0; no other sum is changed by it.
    edges = torch.cat([edges[:4], edges[4:].clamp(min=torch.finfo(first.dtype).tiny)])
    for begin in range(0, rows, step):
        left, top, right, bottom, area = edges[:, begin : begin + step]
        block = iou[begin : begin + step]
        width, height = buffers[:, : len(block)]
        torch.minimum(right, x2, out=width)
        width.sub_(torch.maximum(left, x1, out=height)).clamp_(min=0)
        torch.minimum(bottom, y2, out=height)
        height.sub_(torch.maximum(top, y1, out=block)).clamp_(min=0)
        torch.mul(width, height, out=block)  # the intersection
        block.div_(torch.add(area, areas, out=width).sub_(block))
    return iou
