"""Offsets: a box as seen from an anchor, which is what a detector predicts."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.vision.box_form import convert_boxes
from d2lab.vision.boxes import check_boxes

WEIGHTS = (10.0, 10.0, 5.0, 5.0)  # the book's: 1 / .1 and 1 / .2, so that each offset has a deviation of about 1
Boxes = Float[Tensor, "*shape 4"]
Number = float | int
Weights = tuple[Number, Number, Number, Number]


def encode_boxes(anchors: Boxes, boxes: Boxes, weights: Weights = WEIGHTS, eps: float = 0.0) -> Boxes:
    """Compute the offsets of boxes from their anchors, one by one.

    With centers (x, y), widths w and heights h, and a for the anchor: weights times
    ((x - x_a) / w_a, (y - y_a) / h_a, log(w / w_a), log(h / h_a)).

    Source: Girshick et al. 2014, "Rich Feature Hierarchies", appendix C, eqs. 6 to 9; weights: the code of Girshick
        2015, "Fast R-CNN".
    Twin: the book's `offset_boxes`, bit for bit, with eps = 1e-6.

    Args:
        anchors: (left, top, right, bottom), with an area.
        boxes: likewise, in the same unit.
        weights: factors of the four offsets, above 0.
        eps: added to w / w_a and h / h_a, so that a box without a width has a finite offset; the inverse is then off
            by as much.

    Raises:
        ConfigError: a weight is not above 0, or eps is below 0.
        DataError: anchors or boxes are no floating-point rows of four.

    >>> encode_boxes(torch.tensor([10.0, 10, 30, 50]), torch.tensor([14.0, 12, 34, 32]), (10, 10, 5, 5))
    tensor([ 2.0000, -2.0000,  0.0000, -3.4657])
    """
    factors = _factors(anchors, weights)
    if not 0 <= eps < math.inf:
        raise ConfigError("eps", got=eps, need="0 or more")
    center, size = _centered(anchors)
    wanted_center, wanted_size = _centered(boxes)
    moved = factors[:2] * (wanted_center - center) / size
    scaled = factors[2:] * (eps + wanted_size / size).log()
    return torch.cat([moved, scaled], -1)


def decode_boxes(
    anchors: Float[Tensor, "... 4"],
    offsets: Float[Tensor, "... 4"],
    weights: Weights = WEIGHTS,
    largest_ratio: float = math.inf,
) -> Float[Tensor, "... 4"]:
    """Return the boxes that lie at these offsets from their anchors: the inverse of `encode_boxes`.

    Source: Girshick et al. 2014, "Rich Feature Hierarchies", appendix C, eqs. 1 to 4; the limit: the code of Detectron.
    Twin: the book's `offset_inverse`, bit for bit.

    Args:
        anchors: (left, top, right, bottom); [anchor, 4] serves every image of a batch.
        offsets: of each anchor, or [batch, anchor, 4].
        weights: as they were encoded.
        largest_ratio: of a box's side to its anchor's; an untrained model may ask for more than numbers hold.

    Raises:
        ConfigError: a weight or the ratio is not above 0.
        DataError: anchors or offsets are no floating-point rows of four.
    """
    factors = _factors(anchors, weights)
    check_boxes("the offsets", offsets)
    if not largest_ratio > 0:
        raise ConfigError("largest_ratio", got=largest_ratio, need="above 0")
    center, size = _centered(anchors)
    logarithm = offsets[..., 2:] / factors[2:]
    if largest_ratio < math.inf:
        logarithm = logarithm.clamp(max=math.log(largest_ratio))
    found = torch.cat([offsets[..., :2] * size / factors[:2] + center, logarithm.exp() * size], -1)
    return convert_boxes(found, "cxcywh", "xyxy")


def _centered(boxes: Float[Tensor, "... 4"]) -> tuple[Tensor, Tensor]:
    """Return centers and sizes."""
    centered = convert_boxes(boxes, "xyxy", "cxcywh")
    return centered[..., :2], centered[..., 2:]


def _factors(boxes: Float[Tensor, "... 4"], weights: Weights) -> Float[Tensor, "4"]:
    if len(weights) != 4 or not all(0 < weight < math.inf for weight in weights):
        raise ConfigError("the weights of offsets", got=weights, need="four numbers above 0")
    check_boxes("the anchors", boxes)
    return boxes.new_tensor(weights)
