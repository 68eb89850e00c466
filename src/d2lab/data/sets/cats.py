"""One large cat in each photo: the task of the book's banana-detection, on real photos."""

from pathlib import Path
from typing import TYPE_CHECKING

from d2lab.data.card import Card, DataFile

if TYPE_CHECKING:
    from d2lab.data.annotation_folder import Part
    from d2lab.data.split import Dataset

CARD = Card(
    name="cats",
    task="detection",
    en="941 photos of 256x256 pixels with one large cat each, in the layout of the book's banana-detection.",
    zh="941 张 256×256 像素的照片，每张一只猫，目录与书中香蕉检测数据集相同。",
    shape=(3, 128, 128),
    examples=(841, 100),
    classes=("cat",),
    licence="not stated (photos of Pascal VOC, from Flickr; boxes of Animal-Pose)",
    cite="Cao et al. 2019, Cross-Domain Adaptation for Animal Pose Estimation, arXiv:1908.05806; "
    "Everingham et al. 2010, The Pascal Visual Object Classes Challenge",
    files=(
        DataFile(
            path="cat-detection/cat-detection.zip",
            sha256="81c853ff89d1793ad35cfd65b7b2a8e0a1ad70de75308841a7fa5dbe5f708d36",
            bytes=19_015_626,
            mirrors=(),
            unpack=True,
            plain_bytes=20_000_000,
        ),
    ),
    module=__name__,
    streams=True,
    mixed=True,
    by_hand=(
        "Nobody offers this set: it was made for the measurements of d2lab. scenes and bccd stand in for it, and "
        "photos of your own serve as --data voc:PATH."
    ),
)


def read_files(card: Card, *, fetch: bool = True) -> "dict[str, Part]":
    """Read both parts as the tables have them; no image is decoded.

    Raises:
        DataError: the archive is missing or not that of the card.
    """
    from d2lab.data import source
    from d2lab.data.annotation_folder import Part
    from d2lab.data.box_table import read_box_table

    (folder,) = (source.fetch if fetch else source.need)(card).values()
    parts = {}
    for name, place in (("train", "cats_train"), ("test", "cats_val")):
        root = Path(folder) / "cat-detection" / place
        found = read_box_table(root / "label.csv", card.classes)
        parts[name] = Part(found, tuple(root / "images" / image for image in found.names))
    return parts


def load(
    card: Card, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> "Dataset":
    """Load the photos, resized to a longest side; `seed` changes nothing here, `workers` must be None.

    Raises:
        DataError: the archive is missing or not that of the card.
    """
    from d2lab.data.annotated import load_parts

    return load_parts(card, read_files(card, fetch=fetch), side=side, workers=workers)
