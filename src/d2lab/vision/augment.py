"""Augmentation: other images of the same things, made on the device, each image by its own luck.

The luck of a step depends on the seed and the number of the step alone, so a run that was broken off goes on with
the images it would have seen.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Shaped
from torch import Generator, Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.core.seed import derive
from d2lab.vision import color, crop
from d2lab.vision.draw import beta_quantiles, from_quantiles, uniform
from d2lab.vision.mix import cutmix, mixup
from d2lab.vision.scale import resize, to_unit

COLORS = {
    "brightness": color.brightness,
    "contrast": color.contrast,
    "saturation": color.saturation,
    "hue": color.hue,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentConfig:
    """What is changed in an image on its way to training; the defaults change nothing."""

    flip: float = 0.0  # share of images that are mirrored left to right
    translate: int = 0  # most pixels that an image is moved, each way
    crop: float = 0.0  # least area of a random crop that is resized to the whole; 0 leaves it out, the papers' is 0.08
    brightness: float = 0.0  # factors from 1 - this to 1 + this
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0  # turns of the color wheel, this far each way; at most 0.5
    cutout: int = 0  # side of a gray square, pixels of the image as the net sees it
    mixup: float = 0.0  # alpha of the shares; 0 leaves it out
    cutmix: float = 0.0  # alpha of the shares; 0 leaves it out

    def __post_init__(self) -> None:
        for name in ("flip", "crop", "brightness", "contrast", "saturation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"augment.{name}", got=getattr(self, name), need="a number from 0 to 1")
        if not 0 <= self.hue <= 0.5:
            raise ConfigError("augment.hue", got=self.hue, need="turns from 0 to 0.5")
        for name in ("translate", "cutout", "mixup", "cutmix"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"augment.{name}", got=getattr(self, name), need="0 or more")
        if self.mixup and self.cutmix:
            raise ConfigError("augment.cutmix", got=self.cutmix, need="0 beside mixup: an image is mixed once")

    @property
    def idle(self) -> bool:
        """Say whether nothing is changed."""
        return self == AugmentConfig()


class Augment:
    """Changes the batches of a run.

    Args:
        config: what is changed, and how much.
        side: of the image as the net reads it, pixels; none keeps the size.
        classes: of the targets.
        seed: decides the luck, with the number of the step.
    """

    def __init__(self, config: AugmentConfig, *, side: int | None, classes: int, seed: int) -> None:
        self.config, self.side, self.classes, self.seed = config, side, classes, seed
        self._quantiles: dict[tuple[float, torch.device], Tensor] = {}

    def __call__(
        self, images: Shaped[Tensor, "batch channel height width"], targets: Shaped[Tensor, " batch"], step: int
    ) -> tuple[Float[Tensor, "batch channel rows columns"], Shaped[Tensor, "batch ..."]]:
        """Give images ready for the net, and targets: class numbers, or shares of classes where images are mixed."""
        draw = Generator(images.device).manual_seed(derive(self.seed, "augment", step))
        pixels = self._placed(images, draw)
        pixels = self._colored(pixels, draw)
        if self.config.cutout:
            hole = crop.squares(len(pixels), pixels.shape[-1], self.config.cutout, draw)
            pixels = torch.where(hole, 0.5, pixels)
        return self._mixed(pixels, targets, draw)

    def _placed(self, images: Tensor, draw: Generator) -> Tensor:
        """Mirror, move, crop and resize; while they are bytes where that serves, for they are four times fewer."""
        if self.config.flip:
            images = crop.flip(images, uniform((len(images),), 0.0, 1.0, draw) < self.config.flip)
        images = crop.translate(images, self.config.translate, draw)
        if self.config.crop:
            height, width = images.shape[-2:]
            boxes = crop.random_boxes(len(images), height, width, (self.config.crop, 1.0), (3 / 4, 4 / 3), draw)
            return crop.resized_crop(_unit(images), boxes, self.side or height)
        return _unit(images if self.side is None else resize(images, self.side))

    def _colored(self, images: Tensor, draw: Generator) -> Tensor:
        for name, change in COLORS.items():
            amount = getattr(self.config, name)
            if amount:
                middle = 0.0 if name == "hue" else 1.0
                images = change(images, uniform((len(images),), middle - amount, middle + amount, draw))
        return images

    def _mixed(self, images: Tensor, targets: Tensor, draw: Generator) -> tuple[Tensor, Tensor]:
        alpha = self.config.mixup or self.config.cutmix
        if not alpha:
            return images, targets
        key = (alpha, images.device)
        if key not in self._quantiles:
            self._quantiles[key] = beta_quantiles(alpha, images.device)
        shares = from_quantiles(self._quantiles[key], len(images), draw)
        one_hot = functional.one_hot(targets, self.classes).float()
        return (mixup if self.config.mixup else cutmix)(images, one_hot, shares, draw)


def _unit(images: Tensor) -> Tensor:
    return to_unit(images) if images.dtype == torch.uint8 else images
