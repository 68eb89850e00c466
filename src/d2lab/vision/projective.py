"""Projective maps of pixel coordinates, one an image: zoom, shear, perspective, crop-and-pad, letterbox, and composing.

As in `vision.geometry` a point is (x, y) in pixels, the first pixel's center (0.5, 0.5), and an image of w x h pixels
covers [0, w] x [0, h]. Whatever is done to an image is composed to one map, so that it is resampled once.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.vision.geometry import AffineMap, scale_map


@dataclass(frozen=True, slots=True, eq=False)
class ProjectiveMap:
    """Where a point (x, y) of each image goes: (u / w, v / w), with (u, v, w) = M (x, y, 1).

    Source: Hartley and Zisserman 2004, "Multiple View Geometry in Computer Vision", section 2.3.

    Args:
        matrices: M of each image; M and a multiple of it are the same map.
    """

    matrices: Float[Tensor, "batch 3 3"]

    def then(self, after: "ProjectiveMap") -> "ProjectiveMap":
        """Compose with a map that is applied after this one."""
        return ProjectiveMap(after.matrices @ self.matrices)

    def inverse(self) -> "ProjectiveMap":
        """Return the map back: from where a point is seen to where it is stored."""
        return ProjectiveMap(torch.linalg.inv_ex(self.matrices).inverse)  # does not wait to say that there is none

    def points(self, points: Float[Tensor, "batch most 2"]) -> Float[Tensor, "batch most 2"]:
        """Map points; they may come to lie outside the image."""
        matrices = self.matrices.to(points.dtype)
        made = points @ matrices[:, :, :2].mT + matrices[:, None, :, 2]  # batch most 3
        return made[..., :2] / made[..., 2:]

    def corners(self, boxes: Float[Tensor, "batch most 4"]) -> Float[Tensor, "batch most 4 2"]:
        """Map the four corners of boxes (x1, y1, x2, y2), in an order that goes around."""
        batch, most = boxes.shape[:2]
        around = boxes[..., [0, 1, 2, 1, 2, 3, 0, 3]].view(batch, 4 * most, 2)
        return self.points(around).view(batch, most, 4, 2)


def projective(affine: AffineMap) -> ProjectiveMap:
    """Return an affine map as a projective one: its last row is (0, 0, 1)."""
    below = affine.matrices.new_zeros(len(affine.matrices), 1, 3)
    below[:, :, 2] = 1
    return ProjectiveMap(torch.cat([affine.matrices, below], 1))


def zoom_map(factors: Float[Tensor, " batch"], height: int, width: int) -> ProjectiveMap:
    """Build the map that enlarges an image about its center, above 1, or makes it smaller.

    Args:
        factors: of each image, above 0.
        height: of the image, pixels.
        width: of the image, pixels.
    """
    scale = factors.unsqueeze(1).expand(-1, 2)
    middle = torch.stack([torch.full_like(factors, width / 2), torch.full_like(factors, height / 2)], 1)
    return projective(scale_map(scale, middle * (1 - scale)))


def shear_map(across: Float[Tensor, " batch"], down: Float[Tensor, " batch"], height: int, width: int) -> ProjectiveMap:
    """Build the map that leans an image: x by its height above the center, y by its distance from it to the side.

    Twin: torchvision.transforms.v2.functional.affine with `shear`, where one of the two angles is 0.

    Args:
        across: angles by which vertical lines lean, degrees.
        down: angles by which horizontal lines lean, degrees.
        height: of the image, pixels.
        width: of the image, pixels.
    """
    lean_x, lean_y = across.deg2rad().tan(), down.deg2rad().tan()
    one = torch.ones_like(lean_x)
    first = torch.stack([one, lean_x, -lean_x * (height / 2)], 1)
    second = torch.stack([lean_y, one, -lean_y * (width / 2)], 1)
    return projective(AffineMap(torch.stack([first, second], 1)))


def perspective_map(corners: Float[Tensor, "batch 4 2"], height: int, width: int) -> ProjectiveMap:
    """Build the map that takes the corners of an image to four other points, straight lines to straight lines.

    Eight equations, two a corner, for the eight numbers of M beside its last, which is 1.

    Source: Hartley and Zisserman 2004, section 4.1, the direct linear transformation of four points.
    Twin: torchvision.transforms.v2.functional.perspective, which takes the map back.

    Args:
        corners: where the upper left, upper right, lower right and lower left corner go; a convex quadrilateral.
        height: of the image, pixels.
        width: of the image, pixels.
    """
    batch = len(corners)
    turn = torch.arange(4, device=corners.device)
    x = (width * ((turn == 1) | (turn == 2))).to(corners.dtype).expand(batch, 4)
    y = (height * (turn > 1)).to(corners.dtype).expand(batch, 4)
    one, none = torch.ones_like(x), torch.zeros_like(x)
    u, v = corners.unbind(2)
    of_u = torch.stack([x, y, one, none, none, none, -x * u, -y * u], 2)
    of_v = torch.stack([none, none, none, x, y, one, -x * v, -y * v], 2)
    solved = torch.linalg.solve_ex(torch.cat([of_u, of_v], 1), torch.cat([u, v], 1)).result  # batch 8
    return ProjectiveMap(torch.cat([solved, one[:, :1]], 1).view(batch, 3, 3))


def crop_and_pad_map(boxes: Float[Tensor, "batch 4"], size: tuple[int, int]) -> ProjectiveMap:
    """Build the map that shows a box of each image in a frame; where the box reaches beyond the image, that is padded.

    Source: Szegedy et al. 2015, "Going Deeper with Convolutions", section 6 (crops), and Liu et al. 2016, "SSD",
        section 3.6 (images that are made smaller in a larger frame).

    Args:
        boxes: top, left, height and width of the part that is shown, pixels.
        size: height and width of the frame, pixels.
    """
    top, left, high, wide = boxes.unbind(1)
    scale = torch.stack([size[1] / wide, size[0] / high], 1)
    return projective(scale_map(scale, -torch.stack([left, top], 1) * scale))


def letterbox_box(height: int, width: int, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the box to show (top, left, height, width) so that an image keeps its proportions, bars on both sides.

    Source: Redmon and Farhadi 2018, "YOLOv3"; the authors' code calls it letterbox.

    Args:
        height: of the image, pixels.
        width: of the image, pixels.
        size: height and width of the frame, pixels.
    """
    shrunk = max(height / size[0], width / size[1])  # pixels of the image for one of the frame
    high, wide = shrunk * size[0], shrunk * size[1]
    return (height - high) / 2, (width - wide) / 2, high, wide
