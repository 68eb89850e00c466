"""Blood cells under a microscope: red and white ones and platelets, up to thirty in an image."""

from pathlib import Path
from typing import TYPE_CHECKING

from d2lab.data.card import Card, DataFile

if TYPE_CHECKING:
    from d2lab.data.annotation_folder import Part
    from d2lab.data.split import Dataset

CARD = Card(
    name="bccd",
    task="detection",
    en="364 photos of blood under a microscope: 4,886 red and white cells and platelets in boxes.",
    zh="364 张血液显微照片：红细胞、白细胞与血小板，共 4886 个边界框。",
    shape=(3, 240, 320),
    examples=(205, 72),
    classes=("RBC", "WBC", "Platelets"),
    licence="MIT",
    cite="Shenggan 2017, BCCD Dataset (photos and boxes first published by cosmicad and akshaylamba)",
    files=(
        DataFile(
            path="BCCD/BCCD_VOC.zip",
            sha256="4e3c07f4da599690f738caf16aeecd41253dcc1248e9b4c1d99bef5f8f74b982",
            bytes=7_765_646,
            mirrors=(),
            unpack=True,
            plain_bytes=10_000_000,
        ),
    ),
    module=__name__,
    streams=True,
    mixed=True,
    notes=(
        "1 box of a single pixel left out in the training part and 1 in the validation part",
        "87 images are the validation part, read where validation is asked for",
    ),
    by_hand=(
        "Its files are those of the GitHub repository Shenggan/BCCD_Dataset: the folder BCCD of a clone serves as "
        "--data voc:PATH."
    ),
)


def read_files(card: Card, *, fetch: bool = True) -> "dict[str, Part]":
    """Read the three parts as published, the two boxes of a single pixel among them; no image is decoded.

    Raises:
        DataError: the archive is missing or not that of the card.
    """
    from d2lab.data import source
    from d2lab.data.annotation_folder import Part, read_parts

    (folder,) = (source.fetch if fetch else source.need)(card).values()
    parts = read_parts("voc", Path(folder) / "BCCD")
    return {name: Part(part.annotations.renumber(card.classes), part.files) for name, part in parts.items()}


def load(
    card: Card, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> "Dataset":
    """Load the photos, fitted to a longest side; `seed` changes nothing here, `workers` must be None.

    Raises:
        DataError: the archive is missing or not that of the card.
    """
    from d2lab.data.annotated import load_parts
    from d2lab.data.annotation import is_thin
    from d2lab.data.annotation_folder import Part

    parts = {
        name: Part(part.annotations.keep(~is_thin(part.annotations.boxes)), part.files)
        for name, part in read_files(card, fetch=fetch).items()
    }
    return load_parts(card, parts, side=side, workers=workers)
