"""Augmentation: random changes of images on the device, each image by its own draw, targets moved with their images.

The random numbers of a step depend on the seed and the number of the step alone, so a run that was interrupted goes on
with the images it would have seen; each change has a generator of its own, so setting one leaves the others as they
were.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import torch
from jaxtyping import Float, Shaped
from msgspec import Meta
from torch import Generator, Tensor
from torch.nn import functional

from d2lab.core.bounds import Amount, Portion, check_bounds
from d2lab.core.errors import ConfigError
from d2lab.core.settings import leaves
from d2lab.vision.blur import gaussian_blur
from d2lab.vision.crop import random_boxes, random_holes
from d2lab.vision.elastic import random_displacements
from d2lab.vision.geometry import Border
from d2lab.vision.jitter import jitter_
from d2lab.vision.joint import JointTransform
from d2lab.vision.mixup import cutmix, mixup
from d2lab.vision.mosaic import mosaic
from d2lab.vision.pixels import PixelConfig, change_pixels
from d2lab.vision.sampling import StepGenerators, bernoulli, beta, integers, uniform
from d2lab.vision.targets import MIN_VISIBLE, Kinds, TargetKind, check_kinds, move_targets
from d2lab.vision.warp import Warp
from d2lab.vision.warping import WarpConfig, draw_warp

T = TypeVar("T", Tensor, Mapping[str, Tensor])
COLORS = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}  # the amounts that change nothing
RATIO = (3 / 4, 4 / 3)  # least and largest width over height of a random crop
Distance = Annotated[int, Meta(ge=0, le=4096, description="pixels")]
Degrees = Annotated[float, Meta(ge=0, le=180, description="degrees")]
Turns = Annotated[float, Meta(ge=0, le=0.5, description="turns")]
INSIDE = ("mosaic", "canvas", "iou_crop")  # settings of warps that show nothing beyond the edge
GRAY = 0.5  # what a hole is filled with


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentConfig:
    """Settings of augmentation, in the order in which the changes are applied; the defaults change nothing.

    Changes of shape (`warp`) come before the crop, changes of pixels (`pixels`) between the colors and cutout.

    Source: each change names its own; see vision.geometry, crop, resample, color, mixup, warping and pixels.
    Changed: colors change in this order, where torchvision's ColorJitter shuffles the four.

    Raises:
        ConfigError: an amount is outside its range, or images would be mixed twice.
    """

    flip: Portion = 0.0  # share of images that are mirrored left to right
    flip_vertical: Portion = 0.0  # share of images that are turned upside down
    translate: Distance = (
        0  # most pixels of the stored image that it is moved, each way: the random crop of a padded one
    )
    rotate: Degrees = 0.0  # degrees, this far each way; at most 180
    border: Border = "reflect"  # what translate and rotate let in at the edge: the image mirrored, or black
    crop: Portion = 0.0  # least area of a random crop that is resized to the whole; 0 leaves it out, papers have 0.08
    brightness: Portion = 0.0  # factors from 1 - this to 1 + this
    contrast: Portion = 0.0
    saturation: Portion = 0.0
    hue: Turns = 0.0  # turns of the color wheel, this far each way; at most 0.5
    cutout: Distance = 0  # side of a gray square, pixels of the image as the model sees it
    mixup: Amount = 0.0  # alpha of the shares; 0 leaves it out
    cutmix: Amount = 0.0  # alpha of the shares; 0 leaves it out
    warp: WarpConfig = field(default_factory=WarpConfig)  # changes of shape
    pixels: PixelConfig = field(default_factory=PixelConfig)  # changes of pixels where they are, behind the colors

    def __post_init__(self) -> None:
        check_bounds(self, "augment.")
        if self.mixup and self.cutmix:
            raise ConfigError("augment.cutmix", got=self.cutmix, need="0 beside mixup: an image is mixed once")
        for name in ("zoom_out", "iou_crop"):
            if self.crop and getattr(self.warp, name):
                need = f"0 beside {name}, which says itself what part of an image is shown"
                raise ConfigError("augment.crop", got=self.crop, need=need)

    @property
    def idle(self) -> bool:
        """Whether no augmentation is set."""
        return dataclasses.replace(self, border="reflect") == AugmentConfig()


class Augment:
    """Change each batch of a run at random: every image by its own draw, targets with their images.

    A target's kind says how it follows. "class" and "number" describe the whole image and stay as they are under
    every change but mixing: a number that a flip, a crop or a rotation alters (a position, an angle, a length in
    pixels) is not of that kind; give positions as "points". "mask", "boxes" and "points" are moved by the map of
    their image. Cutout hides pixels and moves nothing: targets keep what is under the hole.

    Args:
        config: what is changed, and how much.
        shape: of a stored image: channels, height, width.
        side: height and width of the image as the model reads it, pixels; None keeps the size.
        classes: number of classes of a "class" target.
        seed: decides the draws, with the number of the step.
        kinds: what the target is, or what each is where targets are a dict.
        min_visible: a box of which less than this share of its area is still seen is removed.

    Raises:
        ConfigError: the images are too small to be moved so far, have other channels than gray or color, or a change
            cannot be carried over to a target of its kind.
    """

    def __init__(
        self,
        config: AugmentConfig,
        *,
        shape: tuple[int, int, int],
        side: int | None,
        classes: int,
        seed: int,
        kinds: Kinds = "class",
        min_visible: float = MIN_VISIBLE,
    ) -> None:
        channels, height, width = shape
        if config.translate >= min(height, width):
            need = f"fewer pixels than the images have, {height}x{width}"
            raise ConfigError("augment.translate", got=config.translate, need=need)
        for name, group in (*((name, config) for name in ("contrast", "saturation", "hue")), ("gray", config.pixels)):
            if getattr(group, name) and channels not in (1, 3):
                need = f"0 for images of {channels} channels: neither gray nor color"
                raise ConfigError(f"augment.{name}", got=getattr(group, name), need=need)
        _check_reach(config, channels, *((height, width) if side is None else (side, side)))
        check_kinds(kinds)
        _check_movable(config, (kinds,) if isinstance(kinds, str) else tuple(kinds.values()))
        self.config, self.side, self.classes, self.seed = config, side, classes, seed
        self.kinds, self.min_visible = kinds, min_visible
        self._warps, self._pixels = not config.warp.idle, config.pixels != PixelConfig()
        self._colors = any(getattr(config, name) for name in COLORS)

    @property
    def mixes(self) -> bool:
        """Whether targets become shares of classes: metrics are then measured against those before."""
        return bool(self.config.mixup or self.config.cutmix)

    def __call__(
        self, inputs: Shaped[Tensor, "batch channel height width"], targets: T, step: int
    ) -> tuple[Float[Tensor, "batch channel rows columns"], T]:
        """Return images in [0, 1] as the model reads them, and their targets.

        A class target becomes class probabilities [batch, classes] where images are mixed.

        Args:
            inputs: stored images, bytes or numbers in [0, 1].
            targets: of the stated kinds.
            step: number of the training step.

        Raises:
            DataError: the targets are not of the stated kinds.
        """
        generators = StepGenerators(self.seed, step, inputs.device)
        images, moved = self._moved(inputs, targets, generators)
        if self._colors:
            images = self._colored(images.clone() if images is inputs else images, generators)
        if self._pixels:
            images = change_pixels(images, self.config.pixels, generators)
        if self.config.cutout:
            count, _, height, width = images.shape
            holes = random_holes(count, height, width, self.config.cutout, generators.of("cutout"))
            images = images.masked_fill(holes, GRAY)
        return self._mixed(images, moved, generators)

    def _moved(self, inputs: Tensor, targets: Any, generators: StepGenerators) -> tuple[Tensor, Any]:  # noqa: ANN401
        """Move images and targets by one map an image, and put mosaics together."""
        transform: JointTransform | Warp = self._drawn(inputs, generators)
        warp = self.config.warp
        if self._warps and isinstance(transform, JointTransform):
            transform = draw_warp(warp, transform, generators, _objects(targets, self.kinds))
            if warp.mosaic:
                generator = generators.of("mosaic")
                return mosaic(inputs, targets, self.kinds, transform, warp.mosaic, generator, self.min_visible)
        moved = targets
        if self.kinds != "class":
            moved = move_targets(targets, self.kinds, transform, self.min_visible)
        return transform.images(inputs), moved

    def _drawn(self, images: Tensor, generators: StepGenerators) -> JointTransform:
        """Draw where each image is moved."""
        config, count, (height, width) = self.config, len(images), images.shape[-2:]
        drawn: dict[str, Any] = {}
        if config.flip:
            drawn["flipped"] = bernoulli(count, config.flip, generators.of("flip"))
        if config.flip_vertical:
            drawn["flipped_vertical"] = bernoulli(count, config.flip_vertical, generators.of("flip_vertical"))
        if config.translate:
            generator, ways = generators.of("translate"), 2 * config.translate + 1
            drawn["down"], drawn["right"] = (integers(count, ways, generator) - config.translate for _ in range(2))
        if config.rotate:
            drawn["degrees"] = uniform((count,), -config.rotate, config.rotate, generators.of("rotate"))
        if config.crop:
            drawn["crops"] = random_boxes(count, height, width, (config.crop, 1.0), RATIO, generators.of("crop"))
        size = None if self.side is None else (self.side, self.side)
        drawn |= {"to_size": size, "border": config.border}
        return JointTransform(count=count, height=height, width=width, device=images.device, **drawn)

    def _colored(self, images: Tensor, generators: StepGenerators) -> Tensor:
        """Change the colors of images that nobody else reads, in place."""
        drawn = {}
        for name, nothing in COLORS.items():
            amount = getattr(self.config, name)
            if amount:
                drawn[name] = uniform((len(images),), nothing - amount, nothing + amount, generators.of(name))
        return jitter_(images, drawn)

    def _mixed(self, images: Tensor, targets: Any, generators: StepGenerators) -> tuple[Tensor, Any]:  # noqa: ANN401
        alpha = self.config.mixup or self.config.cutmix
        if not alpha:
            return images, targets
        name = None if isinstance(targets, Tensor) else next(iter(targets))
        numbers = targets if name is None else targets[name]
        generator = generators.of("mix")
        shares = beta(alpha, len(images), generator)
        one_hot = functional.one_hot(numbers, self.classes).float()
        images, mixed = (mixup if self.config.mixup else cutmix)(images, one_hot, shares, generator)
        return images, mixed if name is None else {name: mixed}


def _check_reach(config: AugmentConfig, channels: int, height: int, width: int) -> None:
    """Refuse amounts in pixels that are too large for the image as the model sees it: no image tells."""
    random_displacements(0, height, width, config.warp.elastic, Generator())
    gaussian_blur(torch.zeros(0, channels, height, width), torch.zeros(0), config.pixels.blur)


def _objects(targets: Any, kinds: Kinds) -> tuple[Tensor, Tensor] | None:  # noqa: ANN401
    """Return boxes and how many of them are real, of targets that have boxes."""
    if isinstance(kinds, str) or "boxes" not in kinds.values():
        return None
    if isinstance(targets, Tensor) or set(targets) != set(kinds):
        return None  # which is refused where targets are moved
    boxes, count = (next(targets[name] for name, kind in kinds.items() if kind == one) for one in ("boxes", "count"))
    return boxes, count


def _check_movable(config: AugmentConfig, kinds: tuple[TargetKind, ...]) -> None:
    """Refuse changes that cannot be carried over to targets of these kinds."""
    for name in ("mixup", "cutmix"):
        if getattr(config, name) and kinds != ("class",):
            need = f"0 for targets of {' and '.join(kinds)}: two images are mixed into one for a single class target"
            fix = f"Write --set augment.{name}=0."
            raise ConfigError(f"augment.{name}", got=getattr(config, name), need=need, fix=fix)
    whole = " and ".join(kind for kind in kinds if kind in ("class", "number"))
    if config.warp.mosaic and whole:
        need = f"0 for targets of {whole}: four images become one"
        raise ConfigError("augment.warp.mosaic", got=config.warp.mosaic, need=need, fix="Write --set mosaic=0.")
    if config.warp.iou_crop and "boxes" not in kinds:
        need = f"0 for targets of {' and '.join(kinds)}: crops are chosen by the boxes of objects"
        raise ConfigError("augment.warp.iou_crop", got=config.warp.iou_crop, need=need, fix="Write --set iou_crop=0.")
    placed = " and ".join(kind for kind in kinds if kind in ("boxes", "points"))
    amounts = {name: getattr(config, name) for name in ("translate", "rotate")}
    amounts |= {f"warp.{name}": amount for name, amount in leaves(config.warp) if name not in INSIDE}
    for name, amount in amounts.items():
        if placed and amount and config.border == "reflect":
            need = f"'zeros' for targets of {placed} with augment.{name}: what is mirrored at the edge has no target"
            raise ConfigError("augment.border", got="reflect", need=need, fix="Write --set augment.border=zeros.")
