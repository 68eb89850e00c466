"""One map an image, applied once: pixels bilinear, masks by the nearest pixel, boxes by their corners, points directly.

Where `vision.joint` renumbers rows and columns and keeps whole pixels whole, here everything is one resampling,
whatever was composed: flips, shifts, rotation, zoom, shear, perspective, crop, frame, and an elastic deformation.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor
from torch.nn import functional

from d2lab.vision.boxes import CLOSE, bound, clip_boxes, visible_part
from d2lab.vision.color import to_unit
from d2lab.vision.elastic import displaced_back
from d2lab.vision.geometry import PADDING, Border
from d2lab.vision.projective import ProjectiveMap

Places = tuple[Float[Tensor, "batch rows columns"], Float[Tensor, "batch rows columns"]]
EDGE = 8  # points on each edge of a box that is deformed
Window = Float[Tensor, "batch 4"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Warp:
    """What happens to each image of a batch, as one map.

    An image that shrinks is smoothed: each pixel is the mean of as many samples as it stands for, by the sizes of the
    stored image and the frame.

    Source: Jaderberg et al. 2015, "Spatial Transformer Networks", section 3.3: bilinear sampling at mapped places.

    Args:
        map: from stored to seen pixel coordinates, before the deformation.
        height: of a stored image, pixels.
        width: of a stored image, pixels.
        size: height and width of the image as the model reads it, pixels.
        border: what is shown where the map leaves the image: the image mirrored, or nothing.
        field: displacements of an elastic deformation, in pixels as the model reads them; what is shown at p is what
            the map alone would show at p + field(p).
        window: x1, y1, x2, y2 of the part of the frame in which each image is shown; None is all of it.
        by_center: images of which an object is seen wholly or not at all: as its center is.
    """

    map: ProjectiveMap
    height: int
    width: int
    size: tuple[int, int]
    border: Border = "zeros"
    field: Float[Tensor, "batch 2 rows columns"] | None = None
    window: Window | None = None
    by_center: Bool[Tensor, " batch"] | None = None

    def images(
        self, images: Shaped[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel rows columns"]:
        """Warp pixels, bilinear; numbers in [0, 1] come out."""
        images = to_unit(images)
        if not len(images):  # which torch would refuse
            return images.new_empty(0, images.shape[1], *self.size)
        finer = max(1, round(max(self.height / self.size[0], self.width / self.size[1])))
        x, y = self.places(finer)
        grid = torch.stack([x * (2 / self.width) - 1, y * (2 / self.height) - 1], 3).to(images.dtype)
        seen = functional.grid_sample(images, grid, padding_mode=PADDING[self.border], align_corners=False)
        return seen if finer == 1 else functional.avg_pool2d(seen, finer)

    def masks(
        self, masks: Shaped[Tensor, "batch object height width"], outside: int = 0
    ) -> Shaped[Tensor, "batch object rows columns"]:
        """Warp masks: each pixel has the class of the stored pixel that its center comes from.

        Args:
            masks: class numbers, or 1 in the pixels of an object.
            outside: what is shown where the map leaves a mask with a border of zeros.
        """
        if not len(masks):
            return masks.new_empty(0, masks.shape[1], *self.size)
        x, y = self.places()
        columns, kept_x = _whole(x, self.width, self.border)
        rows, kept_y = _whole(y, self.height, self.border)
        place = (rows * self.width + columns).flatten(1).unsqueeze(1).expand(-1, masks.shape[1], -1)
        seen = masks.flatten(2).gather(2, place).view(len(masks), -1, *self.size)
        seen = seen.masked_fill(~(kept_x & kept_y).unsqueeze(1), outside)
        if self.window is None or outside:
            return seen
        return seen * pixels_within(self.window, self.size).unsqueeze(1)

    def points(self, points: Float[Tensor, "batch most 2"]) -> Float[Tensor, "batch most 2"]:
        """Map points (x, y) in pixels; they may come to lie outside the image."""
        moved = self.map.points(points)
        return moved if self.field is None else displaced_back(moved, self.field)

    def boxes(
        self, boxes: Float[Tensor, "batch most 4"]
    ) -> tuple[Float[Tensor, "batch most 4"], Float[Tensor, "batch most"]]:
        """Move boxes (x1, y1, x2, y2): the smallest box around what is seen; also the share of each that is seen.

        The share is of the area as it would be seen in an endless frame. Of a deformed box it is the share before the
        deformation, and the box is the one around points on the edges of the part that is seen. Where objects are kept
        by their center the share is 1 or 0.
        """
        first, scale = self._stretch(boxes)
        corners = (self.map.corners(boxes) - first) * scale  # the window is the frame now
        seen, area = visible_part(corners, *self.size)
        whole = _area(corners)
        share = area / whole.clamp(min=torch.finfo(boxes.dtype).tiny)
        if self.by_center is not None:
            share = torch.where(self.by_center.unsqueeze(1), self._center_shown(corners).to(share.dtype), share)
        if self.field is not None:
            seen = self._deformed(corners, first, scale)
        found = seen / scale[:, :, 0].repeat(1, 1, 2) + first[:, :, 0].repeat(1, 1, 2)
        if self.window is not None:
            open_ = ((self.window[:, 2:] - self.window[:, :2]) >= 1).all(1)
            share = share * open_.unsqueeze(1)
        return found, share.clamp(max=1)

    def chosen(self, numbers: Int64[Tensor, " batch"]) -> "Warp":
        """Return the maps of these images; the deformation stays with its place in the batch."""
        by_center = None if self.by_center is None else self.by_center[numbers]
        return replace(self, map=ProjectiveMap(self.map.matrices[numbers]), by_center=by_center)

    def then(self, after: ProjectiveMap, window: Window | None) -> "Warp":
        """Return the warp with another map applied after this one, shown in a window of the frame."""
        return replace(self, map=self.map.then(after), window=window)

    def places(self, finer: int = 1) -> Places:
        """Return x and y of the stored point that is shown at each pixel of the frame.

        Args:
            finer: samples along each side of a pixel.
        """
        rows, columns = (finer * pixels for pixels in self.size)
        back = self.map.inverse().matrices
        x, y = ((torch.arange(n, device=back.device, dtype=back.dtype) + 0.5) / finer for n in (columns, rows))
        x, y = x.view(1, 1, -1), y.view(1, -1, 1)
        if self.field is not None:
            moved = self.field.to(back.dtype)
            if finer > 1:
                moved = functional.interpolate(moved, (rows, columns), mode="bilinear", align_corners=False)
            x, y = x + moved[:, 0], y + moved[:, 1]
        first, second, third = (
            back[:, i, 0].view(-1, 1, 1) * x + (back[:, i, 1].view(-1, 1, 1) * y + back[:, i, 2].view(-1, 1, 1))
            for i in range(3)
        )
        return first / third, second / third

    def _center_shown(self, corners: Float[Tensor, "batch most 4 2"]) -> Bool[Tensor, "batch most"]:
        """Say whether the center of the box around corners lies in the frame."""
        box = bound(corners)
        x, y = ((box[..., i] + box[..., 2 + i]) / 2 for i in (0, 1))
        height, width = self.size
        return (x > CLOSE) & (x < width - CLOSE) & (y > CLOSE) & (y < height - CLOSE)

    def _stretch(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the corner of the window, and what stretches it to the frame, for each image."""
        size = torch.stack([boxes.new_full((), self.size[1]), boxes.new_full((), self.size[0])])
        if self.window is None:
            return torch.zeros_like(size).view(1, 1, 1, 2), torch.ones_like(size).view(1, 1, 1, 2)
        window = self.window.to(boxes.dtype)
        scale = size / (window[:, 2:] - window[:, :2]).clamp(min=1)
        return window[:, None, None, :2], scale[:, None, None]

    def _deformed(self, corners: Tensor, first: Tensor, scale: Tensor) -> Tensor:
        """Bound what is seen of deformed quadrilaterals, which are stretched as the window is.

        The box around their deformed edges, as far as it lies in the box around what the map alone would show in a
        frame that is wider by the largest displacement: a corner beyond the frame says little about what is seen.
        """
        batch, most = corners.shape[:2]
        assert self.field is not None  # noqa: S101 (the caller has looked)
        farthest = self.field.abs().amax((2, 3)).to(corners.dtype).view(batch, 1, 1, 2) * scale
        size = torch.stack([corners.new_full((), self.size[1]), corners.new_full((), self.size[0])])
        wider = size / (size + 2 * farthest)
        plain, _ = visible_part((corners + farthest) * wider, *self.size)
        wider, farthest = (values[:, :, 0] for values in (wider, farthest))  # batch 1 2
        low, high = plain[..., :2] / wider - 2 * farthest, plain[..., 2:] / wider
        along = torch.arange(EDGE, device=corners.device, dtype=corners.dtype).div(EDGE).view(-1, 1)
        edges = torch.lerp(corners.unsqueeze(3), corners.roll(-1, 2).unsqueeze(3), along)  # batch most 4 edge 2
        around = (edges.flatten(2, 3) / scale + first).view(batch, -1, 2)
        seen = (displaced_back(around, self.field).view(batch, most, -1, 2) - first) * scale
        box = torch.cat([torch.maximum(seen.amin(2), low), torch.minimum(seen.amax(2), high)], 2)
        return clip_boxes(box, *self.size)


def pixels_within(window: Window, size: tuple[int, int]) -> Bool[Tensor, "batch rows columns"]:
    """Return which pixels of a frame have their center in the window of each image.

    Args:
        window: x1, y1, x2, y2 of each image, pixels.
        size: height and width of the frame, pixels.
    """
    x1, y1, x2, y2 = window.view(-1, 4, 1, 1).unbind(1)
    y, x = (torch.arange(n, device=window.device) + 0.5 for n in size)
    inside: Tensor = (x >= x1) & (x < x2) & (y.view(-1, 1) >= y1) & (y.view(-1, 1) < y2)
    return inside


def _whole(place: Tensor, pixels: int, border: Border) -> tuple[Tensor, Tensor]:
    """Return the number of the pixel in which a place lies, and whether there is one."""
    if border == "reflect":
        around = torch.remainder(place, 2 * pixels)
        place = torch.minimum(around, 2 * pixels - around)
        return place.floor().long().clamp(0, pixels - 1), torch.ones_like(place, dtype=torch.bool)
    return place.floor().long().clamp(0, pixels - 1), (place >= 0) & (place < pixels)


def _area(corners: Float[Tensor, "batch most 4 2"]) -> Float[Tensor, "batch most"]:
    """Compute the area of quadrilaterals."""
    x, y = corners.unbind(-1)
    return (x * y.roll(-1, -1) - y * x.roll(-1, -1)).sum(-1).abs() / 2
