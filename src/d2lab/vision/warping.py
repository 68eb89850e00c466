"""Settings of changes of shape that are composed to one map an image, and their draws."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float, Int64
from msgspec import Meta
from torch import Tensor

from d2lab.core.bounds import Portion, check_bounds
from d2lab.vision.boxes import bound
from d2lab.vision.elastic import random_displacements
from d2lab.vision.iou_crop import random_canvases, random_iou_crops
from d2lab.vision.joint import JointTransform
from d2lab.vision.projective import (
    ProjectiveMap,
    crop_and_pad_map,
    perspective_map,
    projective,
    shear_map,
    zoom_map,
)
from d2lab.vision.sampling import StepGenerators, bernoulli, uniform
from d2lab.vision.warp import Warp

Zoom = Annotated[float, Meta(ge=0, le=0.9, description="share")]
Lean = Annotated[float, Meta(ge=0, le=60, description="degrees")]
Distortion = Annotated[float, Meta(ge=0, le=0.6, description="share")]  # from 2/3 on the image could fold
Sides = Annotated[float, Meta(ge=0, le=0.45, description="share")]  # of a side: two of them leave something
Distance = Annotated[float, Meta(ge=0, le=1024, description="pixels")]
Canvas = Annotated[float, Meta(ge=1, le=16, description="sides of the image")]
Objects = tuple[Float[Tensor, "batch most 4"], Int64[Tensor, " batch"]]  # boxes, and how many are real


@dataclass(frozen=True, kw_only=True, slots=True)
class WarpConfig:
    """Settings of changes of shape. Where one is set, flips, translation, rotation and crop join its map.

    An image is then resampled once, bilinear; masks take the nearest pixel, and what is shown beyond a border of
    zeros is void (255) in a mask of classes.

    Source: each change names its own; see vision.projective, elastic, iou_crop and mosaic.

    Raises:
        ConfigError: an amount is outside its range.
    """

    zoom: Zoom = 0.0  # factors from 1 - this to 1 + this, about the center
    shear: Lean = 0.0  # degrees, this far each way, of vertical and of horizontal lines
    perspective: Distortion = 0.0  # each corner moves inward by up to half of this share of the sides
    crop_and_pad: Sides = 0.0  # each edge of the part that is seen moves in or out by up to this share of the side
    zoom_out: Portion = 0.0  # share of images that lie at random on a larger canvas
    canvas: Canvas = 4.0  # largest side of that canvas, sides of the image
    iou_crop: Portion = 0.0  # share of images that are cropped around the center of an object, as SSD's are
    elastic: Distance = 0.0  # displacements up to this each way, pixels of the image as the model sees it
    mosaic: Portion = 0.0  # share of images that are put together of four

    def __post_init__(self) -> None:
        check_bounds(self, "augment.warp.")

    @property
    def idle(self) -> bool:
        """Whether no change of shape is set."""
        return dataclasses.replace(self, canvas=4.0) == WarpConfig()


def draw_warp(
    config: WarpConfig, transform: JointTransform, generators: StepGenerators, objects: Objects | None = None
) -> Warp:
    """Draw the changes of shape of each image, and compose them with what was drawn already.

    In this order: flips, translation, rotation, zoom, shear, perspective, crop, zoom-out, crop around
    objects, crop-and-pad, resizing, deformation.

    Source: each change names its own; see vision.projective, elastic and iou_crop.

    Args:
        config: what is changed, and how much.
        transform: flips, translation, rotation and crop of each image, and the size of the frame.
        generators: of the step.
        objects: in the stored images, for crops around them.
    """
    count, height, width = transform.count, transform.height, transform.width
    composed = projective(dataclasses.replace(transform, crops=None, to_size=None).map())
    for one in _shapes(config, count, height, width, generators):
        composed = composed.then(one)
    shown = _part_shown(config, transform, generators)
    cropped = None
    if config.iou_crop and objects is not None:
        boxes, real = objects
        chosen = bernoulli(count, config.iou_crop, generators.of("iou_crop"))
        placed = bound(composed.corners(boxes))  # batch most 4
        shown, cropped = random_iou_crops(shown, placed, torch.where(chosen, real, 0), generators.of("iou_crop place"))
    shown = _moved_edges(config, shown, generators)
    composed, field = composed.then(crop_and_pad_map(shown, transform.size)), None
    if config.elastic:
        field = random_displacements(count, *transform.size, config.elastic, generators.of("elastic"))
    size, border = transform.size, transform.border
    return Warp(map=composed, height=height, width=width, size=size, border=border, field=field, by_center=cropped)


def _shapes(config: WarpConfig, count: int, height: int, width: int, generators: StepGenerators) -> list[ProjectiveMap]:
    """Draw zoom, shear and perspective."""
    maps = []
    if config.zoom:
        factors = uniform((count,), 1 - config.zoom, 1 + config.zoom, generators.of("zoom"))
        maps.append(zoom_map(factors, height, width))
    if config.shear:
        across, down = uniform((2, count), -config.shear, config.shear, generators.of("shear"))
        maps.append(shear_map(across, 0 * down, height, width).then(shear_map(0 * across, down, height, width)))
    if config.perspective:
        inward = uniform((count, 4, 2), 0.0, config.perspective / 2, generators.of("perspective"))
        maps.append(perspective_map(_moved_corners(inward, height, width), height, width))
    return maps


def _moved_corners(inward: Float[Tensor, "batch 4 2"], height: int, width: int) -> Float[Tensor, "batch 4 2"]:
    """Return the corners of an image, from the upper left around, moved inward by shares of its sides."""
    turn = torch.arange(4, device=inward.device)
    far = torch.stack([(turn == 1) | (turn == 2), turn > 1], 1)  # whether x, y are those of the far edge
    shares = torch.where(far, 1 - inward, inward)
    side = torch.arange(2, device=inward.device)
    return shares * torch.where(side == 0, width, height)


def _part_shown(config: WarpConfig, transform: JointTransform, generators: StepGenerators) -> Float[Tensor, "batch 4"]:
    """Return the part of each image that is shown (top, left, height, width): its crop, or a canvas around it."""
    count, device = transform.count, transform.device
    if transform.crops is not None:
        return transform.crops.float()
    if config.zoom_out:
        which = bernoulli(count, config.zoom_out, generators.of("zoom_out"))
        of_place = generators.of("zoom_out place")
        return random_canvases(transform.height, transform.width, which, config.canvas, of_place)
    lengths = (0, 0, transform.height, transform.width)
    return torch.stack([torch.full((count,), float(n), device=device) for n in lengths], 1)


def _moved_edges(
    config: WarpConfig, shown: Float[Tensor, "batch 4"], generators: StepGenerators
) -> Float[Tensor, "batch 4"]:
    """Move the edges of the part that is shown in or out."""
    if not config.crop_and_pad:
        return shown
    top, left, high, wide = shown.unbind(1)
    most = config.crop_and_pad
    before_y, after_y, before_x, after_x = uniform((4, len(shown)), -most, most, generators.of("crop_and_pad"))
    sides = [top + before_y * high, left + before_x * wide, high * (1 - before_y - after_y)]
    return torch.stack([*sides, wide * (1 - before_x - after_x)], 1)
