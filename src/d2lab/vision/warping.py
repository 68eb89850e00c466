"""Settings of changes of shape that are composed to one map an image, and their draws."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor

from d2lab.core.bounds import Portion, check_bounds
from d2lab.vision.elastic import random_displacements
from d2lab.vision.joint import JointTransform
from d2lab.vision.projective import (
    ProjectiveMap,
    crop_and_pad_map,
    perspective_map,
    projective,
    shear_map,
    zoom_map,
)
from d2lab.vision.sampling import StepGenerators, uniform
from d2lab.vision.warp import Warp

Zoom = Annotated[float, Meta(ge=0, le=0.9, description="share")]
Lean = Annotated[float, Meta(ge=0, le=60, description="degrees")]
Distortion = Annotated[float, Meta(ge=0, le=0.6, description="share")]  # from 2/3 on the image could fold
Sides = Annotated[float, Meta(ge=0, le=0.45, description="share")]  # of a side: two of them leave something
Distance = Annotated[float, Meta(ge=0, le=1024, description="pixels")]


@dataclass(frozen=True, kw_only=True, slots=True)
class WarpConfig:
    """Settings of changes of shape. Where one is set, flips, translation, rotation and crop join its map.

    An image is then resampled once, bilinear; masks take the nearest pixel, and what is shown beyond a border of
    zeros is void (255) in a mask of classes.

    Source: each change names its own; see vision.projective, elastic and mosaic.

    Raises:
        ConfigError: an amount is outside its range.
    """

    zoom: Zoom = 0.0  # factors from 1 - this to 1 + this, about the center
    shear: Lean = 0.0  # degrees, this far each way, of vertical and of horizontal lines
    perspective: Distortion = 0.0  # each corner moves inward by up to half of this share of the sides
    crop_and_pad: Sides = 0.0  # each edge of the part that is seen moves in or out by up to this share of the side
    elastic: Distance = 0.0  # displacements up to this each way, pixels of the image as the model sees it
    mosaic: Portion = 0.0  # share of images that are put together of four

    def __post_init__(self) -> None:
        check_bounds(self, "augment.warp.")

    @property
    def idle(self) -> bool:
        """Whether no change of shape is set."""
        return self == WarpConfig()


def draw_warp(config: WarpConfig, transform: JointTransform, generators: StepGenerators) -> Warp:
    """Draw the changes of shape of each image, and compose them with what was drawn already.

    In this order: flips, translation, rotation, zoom, shear, perspective, crop, crop-and-pad, resizing, deformation.

    Source: each change names its own; see vision.projective and elastic.

    Args:
        config: what is changed, and how much.
        transform: flips, translation, rotation and crop of each image, and the size of the frame.
        generators: of the step.
    """
    count, height, width = transform.count, transform.height, transform.width
    composed = projective(dataclasses.replace(transform, crops=None, to_size=None).map())
    for one in _shapes(config, count, height, width, generators):
        composed = composed.then(one)
    boxes = _boxes(config, transform, generators)
    composed = composed.then(crop_and_pad_map(boxes, transform.size))
    field = None
    if config.elastic:
        field = random_displacements(count, *transform.size, config.elastic, generators.of("elastic"))
    return Warp(map=composed, height=height, width=width, size=transform.size, border=transform.border, field=field)


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


def _boxes(config: WarpConfig, transform: JointTransform, generators: StepGenerators) -> Float[Tensor, "batch 4"]:
    """Return the part of each image that is shown: its crop, whose edges move in or out."""
    count, device = transform.count, transform.device
    if transform.crops is not None:
        boxes = transform.crops.float()
    else:
        lengths = (0, 0, transform.height, transform.width)
        boxes = torch.stack([torch.full((count,), float(n), device=device) for n in lengths], 1)
    if not config.crop_and_pad:
        return boxes
    top, left, high, wide = boxes.unbind(1)
    most = config.crop_and_pad
    before_y, after_y, before_x, after_x = uniform((4, count), -most, most, generators.of("crop_and_pad"))
    sides = [top + before_y * high, left + before_x * wide, high * (1 - before_y - after_y)]
    return torch.stack([*sides, wide * (1 - before_x - after_x)], 1)
