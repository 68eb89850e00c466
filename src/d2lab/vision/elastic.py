"""Elastic deformation: every pixel is displaced a little, neighbors almost alike, and the way back for points."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.vision.sampling import uniform

NODES = 4  # random displacements along a side; between them they are interpolated
STEEPEST = 1 / 6  # largest displacement over the distance of two nodes: with more the image could fold
STEPS = 12  # of the way back for points: each leaves less than half of the error
Field = Float[Tensor, "batch 2 height width"]


def random_displacements(count: int, height: int, width: int, most: float | int, generator: Generator) -> Field:
    """Draw a smooth field of displacements (right, down) for each image, at the centers of its pixels.

    Source: Simard, Steinkraus, Platt 2003, section 2; Ronneberger, Fischer, Brox 2015, section 3.1: random
        vectors on a coarse grid, bicubic between them.
    Changed: four by four vectors for the authors' three by three, uniform for normal, so that no image can fold.

    Args:
        count: images.
        height: of an image, pixels.
        width: of an image, pixels.
        most: largest displacement of a node each way, pixels.
        generator: random generator, on the device wanted.

    Raises:
        ConfigError: the image could fold.
    """
    limit = STEEPEST * min(height, width) / (NODES - 1)
    if not 0 <= most <= limit:
        raise ConfigError("elastic", got=most, need=f"from 0 to {limit:.1f} pixels for images of {height}x{width}")
    nodes = uniform((count, 2, NODES, NODES), -float(most), float(most), generator)
    return functional.interpolate(nodes, (height, width), mode="bicubic", align_corners=True)


def displaced_back(points: Float[Tensor, "batch most 2"], field: Field) -> Float[Tensor, "batch most 2"]:
    """Return where points are seen in an image that is deformed: p with p + field(p) = point.

    A fixed point, found by iteration: the field changes more slowly than the place.

    Source: Chen, Lu, Chen, Ruan 2008, "A simple fixed-point approach to invert a deformation field", eq. 5.

    Args:
        points: (x, y) in the image without deformation, pixels.
        field: what is shown at p is what lies at p + field(p).
    """
    if not points.shape[1]:
        return points
    height, width = field.shape[2:]
    size = _size(points, height, width)
    seen = points
    for _ in range(STEPS):
        grid = (seen * 2 / size - 1).unsqueeze(1)  # batch 1 most 2
        there = functional.grid_sample(field.to(points.dtype), grid, padding_mode="border", align_corners=False)
        seen = points - there.squeeze(2).mT
    return seen


def _size(points: Tensor, height: int, width: int) -> Tensor:
    """Make width and height on the device, without a copy that would wait for it."""
    number = torch.arange(2, device=points.device)
    return (width * (number == 0) + height * (number == 1)).to(points.dtype)
