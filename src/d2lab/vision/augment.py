"""Augmentation: other images of the same things, made on the device, each image by its own luck.

The luck of a step depends on the seed and the number of the step alone, so a run that was broken off goes on with
the images it would have seen; each change has a stream of its own, so setting one leaves the others as they were.
"""

import dataclasses
import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Generator, Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.core.seed import derive
from d2lab.vision import color, place
from d2lab.vision.crop import random_boxes, squares
from d2lab.vision.draw import beta, chosen, uniform, whole
from d2lab.vision.mix import cutmix, mixup
from d2lab.vision.resample import resized_crop
from d2lab.vision.scale import resize, to_unit
from d2lab.vision.turn import rotate

COLORS = {  # name -> what changes it, and the amount that changes nothing
    "brightness": (color.brightness, 1.0),
    "contrast": (color.contrast, 1.0),
    "saturation": (color.saturation, 1.0),
    "hue": (color.hue, 0.0),
}
RATIO = (3 / 4, 4 / 3)  # least and largest width over height of a random crop
GRAY = 0.5  # what a hole is filled with


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentConfig:
    """What is changed in an image on its way to training, in this order; the defaults change nothing.

    Source: the changes name theirs; see vision.place, turn, crop, resample, color and mix.
    Changed: colors change in this order, where torchvision's ColorJitter shuffles the four.

    Raises:
        ConfigError: an amount is outside its range, or images would be mixed twice.
    """

    flip: float = 0.0  # share of images that are mirrored left to right
    flip_vertical: float = 0.0  # share of images that are turned upside down
    translate: int = 0  # most pixels of the stored image that it is moved, each way: the random crop of a padded one
    rotate: float = 0.0  # degrees, this far each way; at most 180
    border: place.Border = "reflect"  # what translate and rotate let in at the edge: the image mirrored, or black
    crop: float = 0.0  # least area of a random crop that is resized to the whole; 0 leaves it out, the papers' is 0.08
    brightness: float = 0.0  # factors from 1 - this to 1 + this
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0  # turns of the color wheel, this far each way; at most 0.5
    cutout: int = 0  # side of a gray square, pixels of the image as the model sees it
    mixup: float = 0.0  # alpha of the shares; 0 leaves it out
    cutmix: float = 0.0  # alpha of the shares; 0 leaves it out

    def __post_init__(self) -> None:
        for name in ("flip", "flip_vertical", "crop", "brightness", "contrast", "saturation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"augment.{name}", got=getattr(self, name), need="a number from 0 to 1")
        if not 0 <= self.hue <= 0.5:
            raise ConfigError("augment.hue", got=self.hue, need="turns from 0 to 0.5")
        if not 0 <= self.rotate <= 180:
            raise ConfigError("augment.rotate", got=self.rotate, need="degrees from 0 to 180")
        for name in ("translate", "cutout", "mixup", "cutmix"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"augment.{name}", got=getattr(self, name), need="0 or more")
        if self.mixup and self.cutmix:
            raise ConfigError("augment.cutmix", got=self.cutmix, need="0 beside mixup: an image is mixed once")

    @property
    def idle(self) -> bool:
        """Say whether nothing is changed."""
        return dataclasses.replace(self, border="reflect") == AugmentConfig()


class Augment:
    """Changes the batches of a run.

    Source: none; it draws the luck and calls the changes, which name theirs.

    Args:
        config: what is changed, and how much.
        shape: of a stored image: channels, height, width.
        side: of the image as the model reads it, pixels; none keeps the size.
        classes: of the targets.
        seed: decides the luck, with the number of the step.

    Raises:
        ConfigError: the images are too small to be moved so far, or have other channels than gray or color.
    """

    def __init__(
        self, config: AugmentConfig, *, shape: tuple[int, int, int], side: int | None, classes: int, seed: int
    ) -> None:
        channels, height, width = shape
        if config.translate >= min(height, width):
            need = f"fewer pixels than the images have, {height}x{width}"
            raise ConfigError("augment.translate", got=config.translate, need=need)
        for name in ("contrast", "saturation", "hue"):
            if getattr(config, name) and channels not in (1, 3):
                need = f"0 for images of {channels} channels: neither gray nor color"
                raise ConfigError(f"augment.{name}", got=getattr(config, name), need=need)
        self.config, self.side, self.classes, self.seed = config, side, classes, seed

    def __call__(
        self, images: Shaped[Tensor, "batch channel height width"], targets: Shaped[Tensor, " batch"], step: int
    ) -> tuple[Float[Tensor, "batch channel rows columns"], Shaped[Tensor, "batch ..."]]:
        """Return images ready for the model, and targets: class numbers, or shares of classes where images are mixed."""
        luck = Luck(self.seed, step, images.device)
        seen = self._seen(self._placed(images, luck), luck)
        seen = self._colored(seen, luck)
        if self.config.cutout:
            count, _, height, width = seen.shape
            seen = seen.masked_fill(squares(count, height, width, self.config.cutout, luck.of("cutout")), GRAY)
        return self._mixed(seen, targets, luck)

    def _placed(self, images: Tensor, luck: "Luck") -> Tensor:
        """Mirror and move, by whole pixels: bytes stay bytes, four times fewer than numbers."""
        config, count = self.config, len(images)
        rows, columns = (place.straight(count, pixels, images.device) for pixels in images.shape[-2:])
        if config.flip:
            columns = place.mirrored(columns, chosen(count, config.flip, luck.of("flip")))
        if config.flip_vertical:
            rows = place.mirrored(rows, chosen(count, config.flip_vertical, luck.of("flip_vertical")))
        if config.translate:
            draw, ways = luck.of("translate"), 2 * config.translate + 1
            down, right = (whole(count, ways, draw) - config.translate for _ in range(2))
            rows, columns = place.moved(rows, down, config.border), place.moved(columns, right, config.border)
        if config.flip or config.flip_vertical or config.translate:
            return place.rearranged(images, rows, columns, config.border)
        return images

    def _seen(self, images: Tensor, luck: "Luck") -> Tensor:
        """Turn, crop and resize to what the model reads."""
        config, count, (height, width) = self.config, len(images), images.shape[-2:]
        if config.rotate:
            degrees = uniform((count,), -config.rotate, config.rotate, luck.of("rotate"))
            images = rotate(to_unit(images), degrees, config.border)
        if config.crop:
            boxes = random_boxes(count, height, width, (config.crop, 1.0), RATIO, luck.of("crop"))
            size = (height, width) if self.side is None else (self.side, self.side)
            return resized_crop(to_unit(images), boxes, *size)
        return to_unit(images if self.side is None else resize(images, self.side))

    def _colored(self, images: Tensor, luck: "Luck") -> Tensor:
        for name, (change, nothing) in COLORS.items():
            amount = getattr(self.config, name)
            if amount:
                images = change(images, uniform((len(images),), nothing - amount, nothing + amount, luck.of(name)))
        return images

    def _mixed(self, images: Tensor, targets: Tensor, luck: "Luck") -> tuple[Tensor, Tensor]:
        alpha = self.config.mixup or self.config.cutmix
        if not alpha:
            return images, targets
        draw = luck.of("mix")
        shares = beta(alpha, len(images), draw)
        one_hot = functional.one_hot(targets, self.classes).float()
        return (mixup if self.config.mixup else cutmix)(images, one_hot, shares, draw)


@dataclass(frozen=True, slots=True)
class Luck:
    """The luck of one step: for each change a stream of its own, on the device that uses it.

    Source: none; plumbing.
    """

    seed: int
    step: int
    device: torch.device

    def of(self, change: str) -> Generator:
        """Open the stream of a change."""
        return Generator(self.device).manual_seed(derive(self.seed, "augment", self.step, change))
