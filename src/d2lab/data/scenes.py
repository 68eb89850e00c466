"""Scenes: handwritten digits of scikit-learn, enlarged, on crops of its two photos, with all that is known of them.

Training scenes show the training digits of the set `digits` on crops of the left two thirds of the photos; test scenes
its test digits on the right third. So no digit and no pixel of a photo is in both parts, and a model of `digits` saw no
digit of the test scenes. Digits do not overlap; they are light on dark ground and dark on light ground.

Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI; Keys 1981, Cubic convolution
interpolation for digital image processing (the enlargement).
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64, Int64, UInt8
from torch import Generator, Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.seed import stream
from d2lab.data import digits
from d2lab.data.card import Card
from d2lab.data.sets.digits import CARD as DIGITS
from d2lab.data.split import Dataset, Split

PHOTOS = ("china.jpg", "flower.jpg")
CUT = 2 / 3  # share of a photo's width that is for training
SEED = 8  # of the set: any fixed number would do; changing it makes old results incomparable
SIDE = 64  # of a scene, pixels
MOST = 3  # digits of a scene
SIZES = (12, 28)  # the side of an enlarged digit, pixels
TRIES = 24  # places that are drawn for a digit; one that would overlap at all of them is left out
TONES = 80  # a color is drawn from the darkest or the lightest so many values of each channel
BRIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
INK = 0.5  # opacity from which on a pixel belongs to the digit

Part = Literal["train", "test"]
PARTS: tuple[Part, ...] = ("train", "test")


@dataclass(frozen=True, eq=False, slots=True)
class Scenes:
    """Images and the truth about them.

    Args:
        images: bytes, red, green and blue.
        boxes: the smallest ones around the ink, (x1, y1, x2, y2) in pixels; rows beyond the count are 0.
        labels: the digits; rows beyond the count are 0.
        count: digits of each scene.
        masks: class of each pixel: 0 for the photo, d + 1 for ink of the digit d.
        instances: object of each pixel: 0 for the photo, i + 1 for ink of the object in row i.
        digits: number of each object's image in its part of the set `digits`; rows beyond the count are 0.
    """

    images: UInt8[Tensor, "scene 3 side side"]
    boxes: Float32[Tensor, "scene most 4"]
    labels: Int64[Tensor, "scene most"]
    count: Int64[Tensor, " scene"]
    masks: UInt8[Tensor, "scene side side"]
    instances: UInt8[Tensor, "scene side side"]
    digits: Int64[Tensor, "scene most"]

    def object_masks(self) -> UInt8[Tensor, "scene most side side"]:
        """Return a mask of each object, 1 for its ink; rows beyond the count are 0."""
        row = torch.arange(1, self.boxes.shape[1] + 1, dtype=torch.uint8)
        return (self.instances[:, None] == row[:, None, None]).to(torch.uint8)

    def detection(self, *, masks: bool = False) -> Split:
        """Return the images with boxes, labels and count as targets, and on request masks of the objects."""
        targets = {"boxes": self.boxes, "labels": self.labels, "count": self.count}
        return Split(self.images, targets | ({"masks": self.object_masks()} if masks else {}))

    def segmentation(self) -> Split:
        """Return the images with the class of each pixel as targets."""
        return Split(self.images, self.masks)


class Layout(NamedTuple):
    """Where the digits of each scene lie."""

    placed: Bool[Tensor, "scene slot"]  # whether there is one
    size: Int64[Tensor, "scene slot"]  # side of its square, pixels
    left: Int64[Tensor, "scene slot"]
    top: Int64[Tensor, "scene slot"]


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the scenes of the card; `seed` and `fetch` change nothing here."""
    train, test = (draw_scenes(count, part=part) for count, part in zip(card.examples, PARTS, strict=True))
    if card.task == "segmentation":
        return Dataset(card, train.segmentation(), test.segmentation())
    return Dataset(card, train.detection(masks=card.masks), test.detection(masks=card.masks))


def draw_scenes(
    count: int, *, part: Part, seed: int = SEED, side: int = SIDE, most: int = MOST, sizes: tuple[int, int] = SIZES
) -> Scenes:
    """Draw scenes of 1 to `most` digits each.

    Args:
        count: how many scenes.
        part: "train" or "test": which digits and which part of the photos.
        seed: decides everything else.
        side: height and width of a scene, pixels.
        most: digits of a scene, at most; fewer where no free place is found.
        sizes: smallest and largest side of an enlarged digit, pixels.

    Raises:
        ConfigError: a number is below 1, or a digit does not fit into a scene, or a scene not into its photo.
    """
    _check(part, count, side, most, sizes)
    glyphs, kinds = _digits_of(part)
    draw = stream(seed, "scenes", part)
    images = _crops(_photos_of(part), count, side, draw)  # scene side side 3
    wanted = torch.randint(1, most + 1, (count,), generator=draw)
    chosen = torch.randint(len(glyphs), (count, most), generator=draw)
    layout = _place(wanted, side, most, sizes, draw)
    tones = TONES * torch.rand(count, most, 3, generator=draw, dtype=torch.float64)
    row = layout.placed.long().cumsum(1) - 1  # objects in the order of their slots, without gaps
    boxes, labels = torch.zeros(count, most, 4), torch.zeros(count, most, dtype=torch.int64)
    used = torch.zeros_like(labels)
    masks, instances = (torch.zeros(count, side, side, dtype=torch.uint8) for _ in range(2))
    for size in range(sizes[0], sizes[1] + 1):  # all digits of one size at once
        scene, slot = (layout.placed & (layout.size == size)).nonzero(as_tuple=True)
        opacity = enlarge(glyphs[chosen[scene, slot]], size)
        ink, here, kind = opacity >= INK, row[scene, slot], kinds[chosen[scene, slot]]
        left, top = layout.left[scene, slot], layout.top[scene, slot]
        pixels = _window(scene, left, top, size)
        images[pixels] = _painted(images[pixels], opacity, tones[scene, slot])
        masks[pixels] = ink * (kind + 1).to(torch.uint8)[:, None, None]
        instances[pixels] = ink * (here + 1).to(torch.uint8)[:, None, None]
        corner = torch.stack([left, top, left, top], 1)
        boxes[scene, here] = (corner + box_of(ink)).float()
        labels[scene, here], used[scene, here] = kind, chosen[scene, slot]
    seen = images.permute(0, 3, 1, 2).contiguous()
    return Scenes(seen, boxes, labels, layout.placed.sum(1), masks, instances, used)


def enlarge(glyphs: Float64[Tensor, "object 8 8"], size: int) -> Float64[Tensor, "object size size"]:
    """Return the opacity of digits enlarged by cubic convolution, 0 to 1; the darkest ink of each is 1."""
    unit = torch.eye(glyphs.shape[-1], dtype=torch.float64)[None, None]
    weights = torch.nn.functional.interpolate(unit, size=(size, glyphs.shape[-1]), mode="bicubic")[0, 0]  # size 8
    ink = (weights @ glyphs @ weights.T).clamp(min=0)
    return ink / ink.amax((1, 2), keepdim=True)


def box_of(ink: Bool[Tensor, "object size size"]) -> Int64[Tensor, "object 4"]:
    """Return the smallest box around the true pixels of each mask; each has one."""
    across, down = ink.any(1).long(), ink.any(2).long()
    size = ink.shape[-1]
    ends = [size - line.flip(1).argmax(1) for line in (across, down)]
    return torch.stack([across.argmax(1), down.argmax(1), *ends], 1)


def _check(part: str, count: int, side: int, most: int, sizes: tuple[int, int]) -> None:
    if part not in ("train", "test"):
        raise ConfigError("the part of scenes", got=part, need="train or test")
    if count < 1 or not 1 <= most <= 100:
        raise ConfigError("scenes and digits of each", got=(count, most), need="1 or more, and 1 to 100")
    if not 8 <= sizes[0] <= sizes[1] <= side <= 200:
        need = "8 <= smallest <= largest <= side of the scene <= 200 pixels"
        raise ConfigError("the sizes of digits and the side of a scene", got=(*sizes, side), need=need)


def _digits_of(part: Part) -> tuple[Float64[Tensor, "image 8 8"], Int64[Tensor, " image"]]:
    """Return the digits of one part, ink 0 to 1, and what they are."""
    split: Split = getattr(digits.load(DIGITS), part)
    return split.inputs[:, 0].double() / 255, split.targets


def _photos_of(part: Part) -> UInt8[Tensor, "photo height width 3"]:
    """Return the left two thirds of the photos, or what is right of them."""
    from sklearn.datasets import load_sample_image

    photos = torch.from_numpy(np.stack([load_sample_image(name) for name in PHOTOS]))
    cut = int(CUT * photos.shape[2])
    return photos[:, :, :cut] if part == "train" else photos[:, :, cut:]


def _crops(
    photos: UInt8[Tensor, "photo height width 3"], count: int, side: int, draw: Generator
) -> UInt8[Tensor, "scene side side 3"]:
    """Cut squares out of the photos."""
    which = torch.randint(len(photos), (count, 1, 1), generator=draw)
    top, left = (torch.randint(length - side + 1, (count, 1, 1), generator=draw) for length in photos.shape[1:3])
    line = torch.arange(side)
    return photos[which, top + line[:, None], left + line]


def _place(wanted: Int64[Tensor, " scene"], side: int, most: int, sizes: tuple[int, int], draw: Generator) -> Layout:
    """Draw a size for each digit and the first of some places where it overlaps no earlier one."""
    shape = (len(wanted), most)
    size = torch.randint(sizes[0], sizes[1] + 1, shape, generator=draw)
    left, top = torch.zeros_like(size), torch.zeros_like(size)
    placed = torch.zeros(shape, dtype=torch.bool)
    for slot in range(most):
        own = size[:, slot, None]
        random = torch.rand(len(wanted), TRIES, 2, generator=draw, dtype=torch.float64)
        x, y = (random * (side - own[..., None] + 1)).long().unbind(2)  # scene try
        apart = ~placed[:, None, :slot]  # scene try earlier
        for mine, theirs in ((x, left), (y, top)):
            begin, end = theirs[:, None, :slot], (theirs + size)[:, None, :slot]
            apart = apart | ((mine + own)[..., None] <= begin) | (mine[..., None] >= end)
        free = apart.all(2)
        first = free.long().argmax(1, keepdim=True)
        left[:, slot], top[:, slot] = x.gather(1, first)[:, 0], y.gather(1, first)[:, 0]
        placed[:, slot] = free.any(1) & (slot < wanted)
    return Layout(placed, size, left, top)


def _window(
    scene: Int64[Tensor, " object"], left: Int64[Tensor, " object"], top: Int64[Tensor, " object"], size: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the index of a square of pixels for each object: scene, row and column."""
    line = torch.arange(size)
    return scene[:, None, None], (top[:, None] + line)[:, :, None], (left[:, None] + line)[:, None, :]


def _painted(
    ground: UInt8[Tensor, "object size size 3"],
    opacity: Float64[Tensor, "object size size"],
    tones: Float64[Tensor, "object 3"],
) -> UInt8[Tensor, "object size size 3"]:
    """Paint digits over the photo: near black where it is light, near white where it is dark."""
    photo = ground.double()
    light = photo.mean((1, 2)) @ torch.tensor(BRIGHTNESS, dtype=torch.float64) > 255 / 2
    color = torch.where(light[:, None], tones, 255 - tones)[:, None, None]
    mixed = photo + opacity[..., None] * (color - photo)
    return mixed.round().clamp(0, 255).to(torch.uint8)
