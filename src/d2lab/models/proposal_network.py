"""Region proposal network: at each cell of a feature map, which anchors hold an object, and where exactly it lies."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import pad, relu

from d2lab.core.errors import DataError
from d2lab.vision.anchors import Numbers, anchor_boxes, anchors_per_cell
from d2lab.vision.boxes import box_area, clip_boxes, rows_within
from d2lab.vision.iou import paired_iou
from d2lab.vision.offsets import decode_boxes
from d2lab.vision.proposals import Proposals
from d2lab.vision.suppress import greedy_mask

LARGEST_RATIO = 8.0  # of a box's side to its anchor's: what an untrained network says is no box of millions of pixels
SHORTEST = 1.0  # pixels: a proposal with a shorter side is none


class ProposalNetwork(nn.Module):
    """Feature map -> a logit and four offsets for each anchor.

    Source: Ren, He, Girshick, Sun 2015, "Faster R-CNN", section 3.1.
    Changed: one logit an anchor (object or not, by a sigmoid) instead of two; n sizes and m ratios make n + m - 1
        anchors at a cell instead of n m.

    Args:
        channels: of the feature map.
        sizes: of the anchors, pixels: the square root of an area.
        ratios: of the anchors, width over height.
        stride: pixels of the image for a cell of the feature map.
    """

    def __init__(self, channels: int, sizes: Numbers, ratios: Numbers, stride: int) -> None:
        super().__init__()
        self.sizes, self.ratios, self.stride = sizes, ratios, stride
        each = anchors_per_cell(sizes, ratios)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.logits = nn.Conv2d(channels, each, 1)
        self.offsets = nn.Conv2d(channels, 4 * each, 1)

    def forward(
        self, features: Float[Tensor, "batch channel rows columns"]
    ) -> tuple[Float[Tensor, "batch anchor"], Float[Tensor, "batch anchor 4"]]:
        """Return the logit and the offsets of each anchor, cell by cell as `anchors` lists them."""
        x = relu(self.conv(features))  # batch channel rows columns
        logits = self.logits(x).permute(0, 2, 3, 1).flatten(1)  # batch anchor
        offsets = self.offsets(x).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, 4))  # batch anchor 4
        return logits, offsets

    def anchors(self, features: Float[Tensor, "batch channel rows columns"]) -> Float[Tensor, "anchor 4"]:
        """Build the anchors of a feature map, in pixels of the image, around the center of every cell."""
        grid = (features.shape[2], features.shape[3])
        height, width = (cells * self.stride for cells in grid)
        shares = [size / height for size in self.sizes]
        boxes = anchor_boxes(grid, shares, self.ratios, dtype=features.dtype, device=features.device)
        return boxes * boxes.new_tensor([width, height, width, height])


@torch.no_grad()
def propose(
    logits: Float[Tensor, "batch anchor"],
    offsets: Float[Tensor, "batch anchor 4"],
    anchors: Float[Tensor, "anchor 4"],
    size: tuple[int, int],
    *,
    most: int,
    considered: int,
    iou_threshold: float,
) -> Proposals:
    """Return the best boxes that the anchors stand for: decoded, clipped to the image, without those that overlap.

    They are constants to what follows: no gradient passes through them.

    Source: Ren, He, Girshick, Sun 2015, "Faster R-CNN", section 3.3, "Sharing features": non-maximum suppression.

    Args:
        logits: how likely an anchor holds an object.
        offsets: of the object from its anchor.
        anchors: in pixels.
        size: height and width of the images, pixels.
        most: proposals of an image.
        considered: anchors of an image with the best logits, which are suppressed among themselves.
        iou_threshold: above which the better of two boxes stays.
    """
    order = logits.float().topk(min(considered, logits.shape[1]), dim=1).indices  # batch considered
    chosen = offsets.float().gather(1, order.unsqueeze(2).expand(-1, -1, 4))
    near = decode_boxes(anchors.float()[order], chosen, largest_ratio=LARGEST_RATIO)  # batch considered 4
    near = clip_boxes(near.nan_to_num(), *size)  # a loss that is not finite is reported by who computes it
    real = ((near[..., 2:] - near[..., :2]) >= SHORTEST).all(2)  # batch considered
    close = paired_iou(near.unsqueeze(2), near.unsqueeze(1)) > iou_threshold  # batch considered considered
    kept = greedy_mask(close & real.unsqueeze(2)) & real
    rank = torch.arange(kept.shape[1], device=kept.device)
    first = (kept * len(rank) - rank).topk(min(most, len(rank)), dim=1).indices  # those that stay, by falling logit
    count = kept.sum(1).clamp(max=most)
    boxes = near.gather(1, first.unsqueeze(2).expand(-1, -1, 4)) * rows_within(count, first.shape[1]).unsqueeze(2)
    return Proposals(pad(boxes, (0, 0, 0, most - first.shape[1])), count)  # batch most 4, batch


@torch.no_grad()
def with_objects(found: Proposals, boxes: Float[Tensor, "batch most 4"], count: Int64[Tensor, " batch"]) -> Proposals:
    """Add the true boxes to the proposals, for training: while the first stage knows little, the second still learns.

    Source: the code of Ren, He, Girshick, Sun 2015, "Faster R-CNN".

    Args:
        found: of the first stage.
        boxes: of the objects, pixels; those without an area are left out.
        count: how many rows of each image are real.

    Raises:
        DataError: the boxes are not of as many images.
    """
    if boxes.shape[:1] != found.count.shape or count.shape != found.count.shape:
        got = f"boxes {list(boxes.shape)} and counts {list(count.shape)}"
        raise DataError("the objects", got=got, need=f"those of {len(found.count)} images")
    real = rows_within(count, boxes.shape[1]) & (box_area(boxes) > 0)
    every = torch.cat([boxes.to(found.boxes.dtype), found.boxes], 1)  # batch most+proposal 4
    valid = torch.cat([real, rows_within(found.count, found.boxes.shape[1])], 1)
    order = (~valid).long().argsort(dim=1, stable=True)
    packed = every.masked_fill(~valid.unsqueeze(2), 0).gather(1, order.unsqueeze(2).expand_as(every))
    return Proposals(packed, valid.sum(1))


def as_rois(boxes: Float[Tensor, "batch proposal 4"]) -> Float[Tensor, "roi 5"]:
    """Return rows (index of the image, left, top, right, bottom), image by image, as RoI pooling reads them."""
    image = torch.arange(boxes.shape[0], device=boxes.device, dtype=boxes.dtype).view(-1, 1, 1)
    return torch.cat([image.expand(-1, boxes.shape[1], 1), boxes], 2).flatten(0, 1)
