"""Boxes of objects, (x1, y1, x2, y2) in pixels, and what of them is seen after the image was moved."""

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.vision.geometry import AffineMap

Boxes = Float[Tensor, "batch most 4"]
Points = Float[Tensor, "... point 2"]
Corners = Float[Tensor, "... corner 2"]  # of a convex polygon, in an order that goes around
CLOSE = 1e-3  # pixels: a corner this near to an edge lies on it, whatever rounding says


def check_boxes(what: str, boxes: Shaped[Tensor, "..."]) -> None:
    """Raise unless boxes are floating-point rows of four numbers.

    Args:
        what: their name, for the message.
        boxes: of any leading shape; none at all is legal.

    Raises:
        DataError: they are not.
    """
    if boxes.ndim < 1 or boxes.shape[-1] != 4 or not boxes.is_floating_point():
        raise DataError(what, got=f"{boxes.dtype} {list(boxes.shape)}", need="floating-point numbers [..., 4]")


def rows_within(count: Int64[Tensor, " batch"], rows: int) -> Bool[Tensor, "batch rows"]:
    """Return which of so many rows of each image are real: those within its count; the rest is padding."""
    within: Tensor = torch.arange(rows, device=count.device) < count.unsqueeze(1)
    return within


def clip_boxes(boxes: Float[Tensor, "*shape 4"], height: int, width: int) -> Float[Tensor, "*shape 4"]:
    """Cut off what lies outside an image of height x width pixels."""
    return torch.stack([part.clamp(0, width if i % 2 == 0 else height) for i, part in enumerate(boxes.unbind(-1))], -1)


def box_area(boxes: Float[Tensor, "... 4"]) -> Float[Tensor, " ..."]:
    """Compute the area of each box, pixels squared; 0 where a side is turned round."""
    return (boxes[..., 2] - boxes[..., 0]).clamp(min=0) * (boxes[..., 3] - boxes[..., 1]).clamp(min=0)


def bound(points: Points) -> Float[Tensor, "... 4"]:
    """Return the smallest box around points."""
    return torch.cat([points.amin(-2), points.amax(-2)], -1)


def move_boxes(
    boxes: Boxes, steps: tuple[tuple[AffineMap, int, int], ...]
) -> tuple[Boxes, Float[Tensor, "batch most"]]:
    """Move boxes with their image and cut off what leaves it: the smallest box around what is still seen.

    After a rotation the box bounds the visible part of the rotated rectangle, not of its bounding box.

    Changed: torchvision.transforms.v2 bounds the corners first and clips then, so its boxes are larger where a rotated
        rectangle is cut by the frame.

    Args:
        boxes: in pixels of the stored image.
        steps: each a map, and the height and width in pixels of the frame that it leads to; all but the last must
            keep boxes axis-aligned (no rotation).

    Returns:
        The boxes, and the share of each stored box's area that is still seen; both are 0 where nothing is.
    """
    whole, moved, seen = box_area(boxes), boxes, box_area(boxes)
    for number, (step, height, width) in enumerate(steps, start=1):
        whole = whole * step.matrices[:, :, :2].to(boxes.dtype).det().abs().unsqueeze(1)
        corners = step.corners(moved)
        if number < len(steps):
            moved = clip_boxes(bound(corners), height, width)
        else:
            moved, seen = visible_part(corners, height, width)
    return moved, seen / whole.clamp(min=torch.finfo(boxes.dtype).tiny)


def visible_part(
    corners: Float[Tensor, "batch most 4 2"], height: int, width: int
) -> tuple[Boxes, Float[Tensor, "batch most"]]:
    """Intersect convex quadrilaterals with the frame: the box around each intersection, and its area.

    The intersection is the convex hull of at most 24 candidates: corners of the quadrilateral in the frame, corners of
    the frame in the quadrilateral, and crossings of their edges.

    Args:
        corners: of each quadrilateral, in an order that goes around.
        height: of the frame, pixels.
        width: of the frame, pixels.
    """
    turn = torch.arange(4, device=corners.device)  # around the frame, made on its device: no copy, no wait
    frame = torch.stack([width * ((turn == 1) | (turn == 2)), height * (turn > 1)], 1).to(corners.dtype)
    frame = frame.expand_as(corners)
    crossings, met = _crossings(corners, height, width)
    points = torch.cat([corners, frame, crossings], -2)
    valid = torch.cat([_inside_frame(corners, height, width), _inside(frame, corners), met], -1)
    some = valid.any(-1)
    first = points.gather(-2, valid.long().argmax(-1)[..., None, None].expand(*valid.shape[:-1], 1, 2))
    points = torch.where(valid.unsqueeze(-1), points, first)  # a point counted twice changes neither box nor area
    points = torch.where(some[..., None, None], points, torch.zeros_like(points))
    return clip_boxes(bound(points), height, width), _hull_area(points)


def _inside_frame(points: Points, height: int, width: int) -> Bool[Tensor, "... point"]:
    x, y = points.unbind(-1)
    return (x >= -CLOSE) & (x <= width + CLOSE) & (y >= -CLOSE) & (y <= height + CLOSE)


def _inside(points: Points, corners: Corners) -> Bool[Tensor, "... point"]:
    """Say whether points lie in a convex polygon of positive area: to the same side of all its edges."""
    edges = corners.roll(-1, -2) - corners
    side = _cross(edges.unsqueeze(-3), points.unsqueeze(-2) - corners.unsqueeze(-3))
    length = torch.linalg.vector_norm(edges, dim=-1).unsqueeze(-2)  # a cross product is a distance times this length
    inside: Tensor = (side >= -CLOSE * length).all(-1) | (side <= CLOSE * length).all(-1)
    area = _cross(corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :])
    return inside & (area.abs() > 0).unsqueeze(-1)


def _crossings(corners: Corners, height: int, width: int) -> tuple[Points, Bool[Tensor, "... point"]]:
    """Cross each edge of the quadrilateral with each of the four lines of the frame; say which meet."""
    begin, along = corners, corners.roll(-1, -2) - corners
    points, met = [], []
    for axis, line in ((0, 0), (0, width), (1, 0), (1, height)):
        parallel = along[..., axis] == 0
        at = (line - begin[..., axis]) / torch.where(parallel, torch.ones_like(along[..., axis]), along[..., axis])
        point = begin + at.unsqueeze(-1) * along
        points.append(point)
        met.append(~parallel & (at >= 0) & (at <= 1) & _inside_frame(point, height, width))
    return torch.cat(points, -2), torch.cat(met, -1)


def _hull_area(points: Points) -> Float[Tensor, " ..."]:
    """Compute the area of a convex polygon whose corners are given in any order."""
    around = points - points.mean(-2, keepdim=True)
    order = torch.atan2(around[..., 1], around[..., 0]).argsort(-1)
    around = around.gather(-2, order.unsqueeze(-1).expand_as(around))
    doubled = _cross(around, around.roll(-1, -2)).sum(-1).abs()
    return doubled.mul(0.5)


def _cross(first: Tensor, second: Tensor) -> Tensor:
    product: Tensor = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return product
