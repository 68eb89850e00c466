"""Photos of Pascal VOC 2012 with the class of each pixel: 300 of them, chosen for the animals in them."""

from pathlib import Path
from typing import TYPE_CHECKING

from d2lab.data.card import Card, DataFile
from d2lab.data.voc_classes import VOC_CLASSES

if TYPE_CHECKING:
    from d2lab.data.split import Dataset

CARD = Card(
    name="voc2012",
    task="segmentation",
    en="300 photos of Pascal VOC 2012, an animal in each, with the class of each pixel: 20 classes and background.",
    zh="Pascal VOC 2012 中的 300 张照片，每张都有动物，标注每个像素的类别：20 个类别和背景。",
    shape=(3, 320, 320),
    examples=(200, 100),
    classes=VOC_CLASSES,
    licence="not stated (photos from Flickr)",
    cite="Everingham et al. 2010, The Pascal Visual Object Classes Challenge",
    files=(
        DataFile(
            path="voc2012/VOC2012_subset.zip",
            sha256="3d82d3bfc98ea320e6cd1d4aef180f4a27a0637d048b529f27019a326d223d6d",
            bytes=29_722_080,
            mirrors=(),
            unpack=True,
            plain_bytes=40_000_000,
        ),
    ),
    module=__name__,
    streams=True,
    mixed=True,
    notes=("all photos show animals; 15 of 20 classes are in the training part, 17 in the test part",),
    by_hand=(
        "Nobody offers this part of the set: it was made for the measurements of d2lab. The folder VOC2012 of the "
        "whole set serves as --data masks:PATH."
    ),
)


def load(
    card: Card, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> "Dataset":
    """Load the photos, fitted to a longest side; `seed` changes nothing here, `workers` must be None.

    Raises:
        DataError: the archive is missing or not that of the card.
    """
    from d2lab.data import source
    from d2lab.data.mask_folder import load_parts
    from d2lab.data.mask_layout import read_mask_parts

    (folder,) = (source.fetch if fetch else source.need)(card).values()
    root = Path(folder) / "VOCdevkit" / "VOC2012"
    return load_parts(card, read_mask_parts(root), root, side=side, workers=workers)
