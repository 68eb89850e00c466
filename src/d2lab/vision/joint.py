"""One geometric change per image, drawn once and applied alike to pixels, masks, boxes and points."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor
from torch.nn import functional

from d2lab.vision.boxes import move_boxes
from d2lab.vision.color import to_unit
from d2lab.vision.geometry import (
    AffineMap,
    Border,
    flip_index,
    gather_pixels,
    line_index,
    rotate,
    rotation_map,
    scale_map,
    translate_index,
)
from d2lab.vision.resample import nearest_index, resize, resized_crop

Flips = Bool[Tensor, " batch"]
Pixels = Int64[Tensor, " batch"]
LARGE = 96 * 96  # pixels of a crop from which on the processor resizes image by image faster than the whole batch


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JointTransform:
    """What happens to each image of a batch, in this order: flips, translation, rotation, crop, resize.

    Args:
        count: images in the batch.
        height: of a stored image, pixels.
        width: of a stored image, pixels.
        device: of the batch.
        to_size: height and width as the model reads the image, pixels; None keeps the stored size.
        border: what translation and rotation let in at the edge.
        flipped: which images are mirrored left to right.
        flipped_vertical: which images are mirrored top to bottom.
        down: pixels that each image is moved down.
        right: pixels that each image is moved to the right.
        degrees: counterclockwise rotation of each image.
        crops: top, left, height and width of the part that is resized, pixels.
    """

    count: int
    height: int
    width: int
    device: torch.device
    to_size: tuple[int, int] | None = None
    border: Border = "reflect"
    flipped: Flips | None = None
    flipped_vertical: Flips | None = None
    down: Pixels | None = None
    right: Pixels | None = None
    degrees: Float[Tensor, " batch"] | None = None
    crops: Int64[Tensor, "batch 4"] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the image as the model reads it, pixels."""
        return (self.height, self.width) if self.to_size is None else self.to_size

    def images(
        self, images: Shaped[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch channel rows columns"]:
        """Transform pixels, bilinear where they are resampled, to floating-point numbers in [0, 1].

        On the processor a large crop of bytes is rounded to bytes, as Pillow and torchvision do it.
        """
        if self._one_by_one(images):
            return self._cropped_each(images)
        images = self._gathered(images)
        if self.degrees is not None:
            images = rotate(to_unit(images), self.degrees, self.border)
        if self.crops is not None:
            return resized_crop(to_unit(images), self.crops, *self.size)
        return to_unit(images if self.to_size is None else resize(images, self.to_size))

    def masks(
        self, masks: Shaped[Tensor, "batch object height width"], outside: int = 0
    ) -> Shaped[Tensor, "batch object rows columns"]:
        """Transform masks of class numbers: the same index operations, the nearest pixel where images are resampled.

        Args:
            masks: class numbers, or 1 in the pixels of an object.
            outside: what comes in at a border of zeros.
        """
        if outside and self.border == "zeros" and (self.down is not None or self.degrees is not None):
            inside = self.masks(torch.ones_like(masks[:, :1]))
            return self.masks(masks).masked_fill(inside == 0, outside)
        moved = self._gathered(masks)
        if self.degrees is not None:
            numbers = rotate(moved.to(torch.float32), self.degrees, self.border, mode="nearest")
            moved = numbers.to(masks.dtype)  # class numbers up to 2^24 are exact in float32
        if self.crops is None and self.size == (self.height, self.width):
            return moved
        top, left, high, wide = self._crops().unbind(1)
        rows, columns = nearest_index(top, high, self.size[0]), nearest_index(left, wide, self.size[1])
        return gather_pixels(moved, rows, columns)

    def points(self, points: Float[Tensor, "batch most 2"]) -> Float[Tensor, "batch most 2"]:
        """Map points (x, y) in pixels; they may come to lie outside the image."""
        return self.map().points(points)

    def boxes(
        self, boxes: Float[Tensor, "batch most 4"]
    ) -> tuple[Float[Tensor, "batch most 4"], Float[Tensor, "batch most"]]:
        """Move boxes (x1, y1, x2, y2) and clip them to the image; also the share of each that is still seen."""
        return move_boxes(boxes, ((self._placed(), self.height, self.width), (self._viewed(), *self.size)))

    def map(self) -> AffineMap:
        """Build the map from stored to seen pixel coordinates, one per image."""
        return self._placed().then(self._viewed())

    def _gathered(self, images: Tensor) -> Tensor:
        """Flip and translate by whole pixels: bytes stay bytes, four times fewer than numbers."""
        if self.down is None and images.device.type == "cpu":
            return self._flipped(images)
        rows, columns = (line_index(self.count, pixels, self.device) for pixels in (self.height, self.width))
        if self.flipped is not None:
            columns = flip_index(columns, self.flipped)
        if self.flipped_vertical is not None:
            rows = flip_index(rows, self.flipped_vertical)
        if self.down is not None and self.right is not None:
            rows = translate_index(rows, self.down, self.border)
            columns = translate_index(columns, self.right, self.border)
        if self.flipped is None and self.flipped_vertical is None and self.down is None:
            return images
        return gather_pixels(images, rows, columns, self.border)

    def _flipped(self, images: Tensor) -> Tensor:
        """Mirror the chosen images and copy the others: on the processor four times as fast as picking every pixel."""
        for axis, chosen in ((-1, self.flipped), (-2, self.flipped_vertical)):
            if chosen is not None:
                images = images.clone()
                images[chosen] = images[chosen].flip(axis)
        return images

    def _one_by_one(self, images: Tensor) -> bool:
        """Say whether images are cropped, at most flipped before, and large enough to be taken one by one."""
        plain = self.crops is not None and self.down is None and self.degrees is None
        return plain and images.device.type == "cpu" and self.size[0] * self.size[1] >= LARGE

    def _cropped_each(self, images: Tensor) -> Tensor:
        """Cut each crop out of the stored image, flip it, and resize it: what is not seen is not touched."""
        made = torch.empty((self.count, images.shape[1], *self.size), dtype=to_unit(images[:0]).dtype)
        nowhere = torch.zeros(self.count, dtype=torch.bool)
        across, down = (nowhere if chosen is None else chosen for chosen in (self.flipped, self.flipped_vertical))
        chosen = zip(self._crops().tolist(), across.tolist(), down.tolist(), strict=True)
        for number, ((top, left, high, wide), flip_x, flip_y) in enumerate(chosen):
            x = self.width - left - wide if flip_x else left
            y = self.height - top - high if flip_y else top
            part = images[number : number + 1, :, y : y + high, x : x + wide]
            axes = [axis for axis, flipped in ((-1, flip_x), (-2, flip_y)) if flipped]
            part = part.flip(axes) if axes else part
            made[number] = functional.interpolate(part, self.size, mode="bilinear", antialias=True)[0]
        return made.mul_(1 / 255) if images.dtype == torch.uint8 else made

    def _placed(self) -> AffineMap:
        """Build the map of flips and translation: x to width - x where flipped, then shifted."""
        scale, shift = [], []
        for pixels, flipped, moved in (
            (self.width, self.flipped, self.right),
            (self.height, self.flipped_vertical, self.down),
        ):
            mirrored = torch.zeros(self.count, device=self.device) if flipped is None else flipped.float()
            scale.append(1 - 2 * mirrored)
            shift.append(pixels * mirrored + (0 if moved is None else moved))
        return scale_map(torch.stack(scale, 1), torch.stack(shift, 1))

    def _viewed(self) -> AffineMap:
        """Build the map of rotation, crop and resize."""
        top, left, high, wide = self._crops().unbind(1)
        scale = torch.stack([self.size[1] / wide, self.size[0] / high], 1)
        cropped = scale_map(scale, -torch.stack([left, top], 1) * scale)
        return cropped if self.degrees is None else rotation_map(self.degrees, self.height, self.width).then(cropped)

    def _crops(self) -> Int64[Tensor, "batch 4"]:
        """Return the crops; the whole image where there are none."""
        if self.crops is not None:
            return self.crops
        lengths = [torch.full((self.count,), n, device=self.device) for n in (0, 0, self.height, self.width)]
        return torch.stack(lengths, 1)
