"""Boxes that the tests of detection draw, and the slow, plain forms of what is computed with them."""

import torch

from d2lab.vision.twins import clustered_boxes, spread_boxes, whole_boxes

KINDS = {"spread": spread_boxes, "clustered": clustered_boxes, "whole": whole_boxes}
SIDE = 14  # of the canvas that whole boxes fit in


def covered(box):
    """Mark the pixels of a box of whole numbers."""
    x1, y1, x2, y2 = (int(edge) for edge in box)
    canvas = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    canvas[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)] = True
    return canvas


def counted_iou(first, second):
    """Count the pixels of both over those of either."""
    either = int((covered(first) | covered(second)).sum())
    return int((covered(first) & covered(second)).sum()) / either if either else 0.0


def plain_iou(first, second):
    """Compute the IoU of two boxes with Python's numbers."""
    width = max(0.0, min(first[2], second[2]) - max(first[0], second[0]))
    height = max(0.0, min(first[3], second[3]) - max(first[1], second[1]))
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (first, second)]
    union = sum(areas) - width * height
    return width * height / union if union > 0 else 0.0
