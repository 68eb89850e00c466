"""Features of regions, as R-CNN has them and as Fast R-CNN has them: n passes of crops, or one pass and pooling."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.vision.region import roi_align
from d2lab.vision.resample import resize

Body = Callable[[Tensor], Tensor]  # images [batch, channel, height, width] -> feature maps of the same layout
Image = Float[Tensor, "channel height width"]
Boxes = Float[Tensor, "region 4"]


def crop_regions(image: Image, boxes: Boxes, side: int) -> Float[Tensor, "region channel side side"]:
    """Cut regions out of an image and resize each to a square, whatever its proportions.

    Source: Girshick et al. 2014, "Rich Feature Hierarchies", appendix A, "warp" without context.

    Args:
        image: numbers.
        boxes: (left, top, right, bottom), pixels; rounded outward to whole ones.
        side: of the squares, pixels.

    Raises:
        DataError: a box does not lie within the image, or is turned round.
    """
    height, width = image.shape[1:]
    corners = torch.cat([boxes[:, :2].floor(), boxes[:, 2:].ceil()], 1).long()
    x1, y1, x2, y2 = corners.unbind(1)
    if not bool(((x1 >= 0) & (y1 >= 0) & (x1 < x2) & (y1 < y2) & (x2 <= width) & (y2 <= height)).all()):
        raise DataError("regions", got="one outside the image", need=f"boxes within {width} x {height} pixels")
    cut = [resize(image[None, :, top:bottom, left:right], side) for left, top, right, bottom in corners.tolist()]
    return torch.cat([image.new_zeros(0, len(image), side, side), *cut])


def features_by_crops(body: Body, image: Image, boxes: Boxes, side: int) -> Float[Tensor, "region feature row column"]:
    """Return the features of each region by a forward pass of its own: R-CNN.

    Source: Girshick et al. 2014, "Rich Feature Hierarchies", section 2.1, "Feature extraction".

    Args:
        body: the network.
        image: numbers.
        boxes: (left, top, right, bottom), pixels, one or more.
        side: to which each crop is resized, pixels.

    Raises:
        DataError: see `crop_regions`; there is no region.
    """
    if not len(boxes):
        raise DataError("regions", got=0, need="one or more")
    return torch.cat([body(crop.unsqueeze(0)) for crop in crop_regions(image, boxes, side)])


def features_by_one_pass(
    body: Body, image: Image, boxes: Boxes, cells: int
) -> Float[Tensor, "region feature cells cells"]:
    """Return the features of each region from one forward pass of the whole image, pooled by RoIAlign: Fast R-CNN.

    Source: Girshick 2015, "Fast R-CNN", section 2; RoIAlign: He et al. 2017, "Mask R-CNN", section 3.

    Args:
        body: the network.
        image: numbers.
        boxes: (left, top, right, bottom), pixels.
        cells: rows and columns of a region's features.
    """
    features = body(image.unsqueeze(0))
    rois = torch.cat([boxes.new_zeros(len(boxes), 1), boxes], 1)
    return roi_align(features, rois, cells, features.shape[3] / image.shape[2], 2, aligned=True)
