"""Assignment of points: which point of a grid answers for which object of a detector without anchors."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.vision.assign import NONE, PAIRS, greedy_matching, real_rows
from d2lab.vision.boxes import box_area

Points = Float[Tensor, "point 2"]


def assign_points(
    points: Points, boxes: Float[Tensor, "batch most 4"], count: Int64[Tensor, " batch"], *, radius: float
) -> Int64[Tensor, "batch point"]:
    """Return the object that each point answers for, -1 for background.

    A point is near an object if it lies inside its box, edges left out, and neither coordinate is more than `radius`
    from the center of the box. It answers for the smallest object that it is near, the lowest of equal ones. An object
    that no point is near, such as one smaller than the grid's cells, takes the point nearest to its center whatever
    that point is near: the closest pair first, then the closest among what is left, so that no two of them share a
    point. An object all of whose points are near smaller ones has none.

    Source: Tian, Shen, Chen, He 2019, "FCOS", section 3.1 (inside the box, the smallest wins); the radius: Tian et al.
        2020, "FCOS: A Simple and Strong Anchor-free Object Detector", section 3.3, "center sampling".
    Changed: an object without a near point is not lost; distances are limited by the radius in pixels alone.
    Cost: a table of 2^24 pairs at a time, 64 MiB in float32.

    Args:
        points: (x, y), in the unit of the boxes.
        boxes: of the objects, padded to `most` rows an image.
        count: how many rows of each image are real.
        radius: largest distance from the center of a box along each axis, above 0.

    Raises:
        ConfigError: the radius is not above 0.
        DataError: a count is below 0 or above `most`, a real box is not finite, or shapes do not fit.
    """
    if not radius > 0:
        raise ConfigError("radius", got=radius, need="above 0, in the unit of the boxes")
    real = real_rows(boxes, count)
    at_once = max(1, PAIRS // max(1, boxes.shape[1] * len(points)))
    parts = zip(torch.split(boxes, at_once), torch.split(real, at_once), strict=True)
    return torch.cat([_assigned(points.to(boxes.dtype), part, mask, radius) for part, mask in parts])


def _assigned(points: Points, boxes: Tensor, real: Bool[Tensor, "batch most"], radius: float) -> Tensor:
    """Assign the points of some images."""
    if not boxes.shape[1] or not len(points):
        return torch.full((len(boxes), len(points)), NONE, device=boxes.device)
    x, y = points.unbind(1)  # point
    left, top, right, bottom = boxes.unsqueeze(3).unbind(2)  # batch object 1
    across, down = x - (left + right) / 2, y - (top + bottom) / 2  # batch object point
    near = (across.abs() <= radius) & (down.abs() <= radius) & real.unsqueeze(2)
    near &= (x > left) & (x < right) & (y > top) & (y < bottom)
    smallest, owners = torch.where(near, box_area(boxes).unsqueeze(2), torch.inf).min(1)  # the first of equal ones
    owners = owners.where(smallest < torch.inf, NONE)
    missed = real & ~near.any(2)
    if bool(missed.any()):
        closeness = torch.where(missed.unsqueeze(2), 1 / (1 + across.square() + down.square()), 0)
        chosen = greedy_matching(closeness)
        image, owner = (chosen >= 0).nonzero(as_tuple=True)
        owners[image, chosen[image, owner]] = owner
    return owners


def decode_distances(points: Float[Tensor, "*rows 2"], distances: Float[Tensor, "*more 4"]) -> Float[Tensor, "*more 4"]:
    """Return the boxes (left, top, right, bottom) whose sides are this far from their points.

    Source: Tian, Shen, Chen, He 2019, "FCOS", eq. 1.

    Args:
        points: (x, y), of a shape that broadcasts to that of the distances.
        distances: to the left, upper, right and lower side, in the points' unit.

    >>> decode_distances(torch.tensor([12.0, 4.0]), torch.tensor([2.0, 1.0, 5.0, 3.0])).tolist()
    [10.0, 3.0, 17.0, 7.0]
    """
    return torch.cat([points - distances[..., :2], points + distances[..., 2:]], -1)
