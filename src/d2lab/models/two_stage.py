"""Two stages: a region proposal network says where objects may be, a head says what each region holds.

Source: Ren, He, Girshick, Sun 2015, "Faster R-CNN", section 3; masks: He, Gkioxari, Dollar, Girshick 2017, "Mask
R-CNN", section 3.
Changed: a small backbone with one upward path, trained from scratch; regions are pooled by RoIAlign; the head's offsets
serve all classes alike.
See: recipes/two_stage.py, train/two_stage_detection.py, vision/region.py.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from jaxtyping import Float, Int64
from msgspec import Meta
from torch import Tensor, nn
from torch.nn.functional import relu

from d2lab.core.bounds import Channels, ObjectClasses, Units
from d2lab.core.errors import ConfigError
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.models.mask_head import MaskHead
from d2lab.models.proposal_network import LARGEST_RATIO, ProposalNetwork, as_rois, propose, with_objects
from d2lab.models.pyramid import Pyramid
from d2lab.vision.boxes import clip_boxes
from d2lab.vision.offsets import decode_boxes
from d2lab.vision.proposals import Proposals
from d2lab.vision.region import roi_align

Maps = Float[Tensor, "batch channel height width"]
Boxes = Float[Tensor, "batch most 4"]
Count = Int64[Tensor, " batch"]
Numbers = Annotated[tuple[Annotated[float, Meta(gt=0, le=4096)], ...], Meta(min_length=1, max_length=16)]
Widths = Annotated[tuple[Units, ...], Meta(min_length=4, max_length=4)]
Side = Annotated[int, Meta(ge=1, le=64, description="cells")]
Most = Annotated[int, Meta(ge=1, le=10_000, description="boxes")]


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoStageConfig(ModelConfig):
    """Sizes of a two-stage detector."""

    channels: Channels = 3
    classes: ObjectClasses = 10  # without background
    widths: Widths = (16, 32, 64, 64)  # at strides 2, 4, 8 and 16
    stride: Literal[4, 8] = 4  # pixels for a cell of the feature map that both stages read
    sizes: Numbers = (10.0, 15.0, 20.0)  # of anchors, pixels: the square root of an area
    ratios: Numbers = (0.6,)  # of anchors, width over height
    considered: Most = 128  # anchors of an image that are suppressed among themselves
    proposals: Most = 24  # of an image
    overlap: Annotated[float, Meta(ge=0, le=1, description="IoU")] = 0.7  # above it the better of two proposals stays
    pooled: Side = 7  # rows and columns of a region's features
    hidden: Units = 128  # units of the head
    masks: bool = False  # a mask of each object too, of twice as many rows and columns

    def __post_init__(self) -> None:
        super(TwoStageConfig, self).__post_init__()
        if self.proposals > self.considered:
            raise ConfigError("TwoStageConfig.proposals", got=self.proposals, need=f"at most {self.considered}")


@register_model(TwoStageConfig)
class TwoStage(nn.Module):
    """Images in [0, 1] -> what both stages say; see `forward`."""

    def __init__(self, config: TwoStageConfig) -> None:
        super().__init__()
        self.config, width = config, config.widths[2]
        self.backbone = Pyramid(config.channels, config.widths, config.stride)
        self.proposal_network = ProposalNetwork(width, config.sizes, config.ratios, config.stride)
        self.hidden1 = nn.Linear(width * config.pooled**2, config.hidden)
        self.hidden2 = nn.Linear(config.hidden, config.hidden)
        self.classes = nn.Linear(config.hidden, 1 + config.classes)
        self.offsets = nn.Linear(config.hidden, 4)
        self.mask_head = MaskHead(width, config.classes) if config.masks else None

    def forward(self, images: Maps, boxes: Boxes | None = None, count: Count | None = None) -> dict[str, Tensor]:
        """Return a dict; boxes are in pixels, background is class 0.

        First stage: `anchors` [anchor, 4], `objectness` [batch, anchor] (a logit), `anchor_offsets` [batch, anchor, 4].
        Second stage: `proposals` [batch, proposal, 4], their `count` [batch], and of each `logits` [..., 1 + class],
        `offsets` [..., 4] and `boxes` [..., 4], where the offsets lead to, without a gradient. With masks: `masks`
        [batch, proposal, class, side, side], logits of a mask within `mask_boxes` [batch, proposal, 4]: the proposals
        in training, `boxes` otherwise.

        Args:
            images: of any size.
            boxes: of the objects, in training: they join the proposals.
            count: how many of the boxes of each image are real.
        """
        features = self.backbone(images)  # batch width rows columns
        objectness, anchor_offsets = self.proposal_network(features)  # batch anchor, batch anchor 4
        anchors = self.proposal_network.anchors(features)  # anchor 4
        found = self.propose(objectness, anchor_offsets, anchors, images)  # batch proposal 4, batch
        if boxes is not None and count is not None:
            found = with_objects(found, boxes, count)  # batch most+proposal 4, batch
        x = self.pool(features, found.boxes).flatten(1)  # roi width*pooled*pooled
        x = relu(self.hidden2(relu(self.hidden1(x))))  # roi hidden
        logits, offsets = (out(x).unflatten(0, found.boxes.shape[:2]) for out in (self.classes, self.offsets))
        outputs = {"anchors": anchors, "objectness": objectness, "anchor_offsets": anchor_offsets}
        outputs |= {"proposals": found.boxes, "count": found.count, "logits": logits, "offsets": offsets}
        outputs["boxes"] = refine(found.boxes, offsets.detach(), images)  # batch proposal 4
        if self.mask_head is not None:
            around = outputs["boxes"] if boxes is None else found.boxes
            masks = self.mask_head(self.pool(features, around))  # roi class_ side side
            outputs |= {"mask_boxes": around, "masks": masks.unflatten(0, around.shape[:2])}
        return outputs

    def propose(self, objectness: Tensor, offsets: Tensor, anchors: Tensor, images: Maps) -> Proposals:
        """Return the regions that the second stage looks at."""
        size, config = (images.shape[2], images.shape[3]), self.config
        limits = {"most": config.proposals, "considered": config.considered}
        return propose(objectness, offsets, anchors, size, iou_threshold=config.overlap, **limits)

    def pool(self, features: Maps, boxes: Boxes) -> Float[Tensor, "roi channel rows columns"]:
        """Return the features of each box."""
        scale = 1 / self.config.stride
        return roi_align(features, as_rois(boxes.to(features.dtype)), self.config.pooled, scale, 2, aligned=True)


def refine(boxes: Boxes, offsets: Float[Tensor, "batch most 4"], images: Maps) -> Boxes:
    """Return the boxes that lie at these offsets from proposals, clipped to the images."""
    found = decode_boxes(boxes, offsets.float(), largest_ratio=LARGEST_RATIO)
    return clip_boxes(found.nan_to_num(), images.shape[2], images.shape[3])
