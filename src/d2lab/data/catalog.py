"""Every data set by its name: its card, whether its files are on disk, and its examples. Needs no torch until `load`.

A data set is a file in ``d2lab/data/sets`` that defines ``CARD``; it is found by being there.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError, DataError
from d2lab.core.names import unknown_name
from d2lab.data import sets
from d2lab.data.card import Card, SquareFit
from d2lab.data.source import Status, on_disk

if TYPE_CHECKING:
    import d2lab.data.split

FOLDER = "folder:"
KAGGLE = "kaggle:"
TEXT = "text:"
ANNOTATED = ("coco:", "voc:", "yolo:", "labelme:")
MASKS = "masks:"
TABLE = "table:"
# What lies at a path is opened by the module that reads its form; each has `card_of(name)` and `load(card, ...)`. By
# name, as tables are read one floor above this one.
OPENED_BY = {
    FOLDER: "d2lab.data.image_folder",
    KAGGLE: "d2lab.data.image_folder",
    TEXT: "d2lab.data.text_file",
    **dict.fromkeys(ANNOTATED, "d2lab.data.annotated"),
    MASKS: "d2lab.data.mask_folder",
    TABLE: "d2lab.tables.table_data",
}


def find_cards() -> dict[str, Card]:
    """Collect the card of every file in ``data/sets``, by name.

    Raises:
        ConfigError: a file has no card, or one of another name than its own.
    """
    found = {}
    for file in sorted(pkgutil.iter_modules(sets.__path__), key=lambda file: file.name):
        card = getattr(importlib.import_module(f"{sets.__name__}.{file.name}"), "CARD", None)
        name = file.name.replace("_", "-")
        if not isinstance(card, Card) or card.name != name:
            got = card.name if isinstance(card, Card) else "no card"
            raise ConfigError(f"CARD of data/sets/{file.name}.py", got=got, need=f"a card whose name is {name!r}")
        found[name] = card
    return found


CARDS: dict[str, Card] = find_cards()

__all__ = ["CARDS", "Status", "at_hand", "card", "find_cards", "load", "load_card", "on_disk", "register_card"]


def register_card(card: Card) -> Card:
    """Make a data set of one's own known by its name; `card.module` has the function that loads it.

    Raises:
        ConfigError: d2lab ships a set of this name.
    """
    if card.name in CARDS and CARDS[card.name].module.startswith("d2lab."):
        raise ConfigError("the name of a data set", got=card.name, need="a name that d2lab does not use")
    CARDS[card.name] = card
    return card


def card(name: str) -> Card:
    """Return the card of the set with this name, or of what lies at a path.

    ``folder:PATH`` is a folder of images, ``kaggle:PATH`` that of a contest, ``text:PATH`` a text; ``coco:PATH``,
    ``voc:PATH``, ``yolo:PATH`` and ``labelme:PATH`` are images with boxes, ``masks:PATH`` images with the class of each
    pixel, ``table:PATH#TARGET`` a table in CSV with a column to predict.

    Raises:
        ConfigError: no set has this name; the message has the nearest one and all of them.
        DataError: the folder is not there, or no folder of images; the file is not there, or no text.
    """
    opener = next((module for prefix, module in OPENED_BY.items() if name.startswith(prefix)), None)
    if opener is not None:
        made: Card = importlib.import_module(opener).card_of(name)
        return made
    if name not in CARDS:
        unknown = unknown_name("the data set", name, CARDS)
        if name and Path(name).is_dir():
            unknown.fix = f"For a folder of images write {FOLDER}{name}."
        elif name and Path(name).is_file():
            table = Path(name).suffix.lower() in (".csv", ".tsv")
            unknown.fix = f"For a table write {TABLE}{name}." if table else f"For a text write {TEXT}{name}."
        raise unknown
    return CARDS[name]


def at_hand(*names: str) -> str:
    """Return the first of these sets whose files are on disk (a set without files always is): nothing is downloaded.

    Raises:
        ConfigError: no set has one of these names.
        DataError: none is here.
    """
    for name in names:
        if on_disk(card(name)).state in {"complete", "embedded"}:
            return name
    raise DataError("data", got="none of them on disk", need=f"one of {', '.join(names)}", fix="See d2lab data fetch.")


def load(
    name: str, *, seed: int = 0, fetch: bool = True, side: int | None = None, workers: int | None = None
) -> "d2lab.data.split.Dataset":
    """Load the set with this name (or the images in ``folder:PATH``), into memory where it fits.

    Args:
        name: name of the set, as on its card.
        seed: decides what a generated set holds; real sets are always the same.
        fetch: may use the network when the files are not on disk.
        side: height and width of the images, pixels, where they lie in files and are of many sizes; else the card's.
        workers: read images that lie in files of their own anew in each epoch, by so many processes.

    Raises:
        ConfigError: no set has this name.
        DataError: the files are missing, broken or not what the card says.
    """
    return load_card(card(name), seed=seed, fetch=fetch, side=side, workers=workers)


def load_card(
    found: Card,
    *,
    seed: int = 0,
    fetch: bool = True,
    side: int | None = None,
    workers: int | None = None,
    fit: SquareFit = "crop",
) -> "d2lab.data.split.Dataset":
    """Load the set of a card; most arguments are those of `load`.

    Args:
        found: the card.
        seed: decides what a generated set holds.
        fetch: may use the network when the files are not on disk.
        side: height and width of images of many sizes, pixels; sets of one size keep it.
        workers: processes that read image files in each epoch; other sets are held in memory.
        fit: how image files of a classification become squares; other sets have one way.

    Raises:
        DataError: the files are missing, broken or not what the card says.
    """
    module: Any = importlib.import_module(found.module)
    how: dict[str, Any] = {"side": side if found.mixed else None, "workers": workers} if found.streams else {}
    if fit != "crop":
        how["fit"] = fit
    data: d2lab.data.split.Dataset = module.load(found, seed=seed, fetch=fetch, **how)
    counts = (len(data.train), len(data.test))
    if counts != found.examples:
        raise DataError(f"the examples of {found.name}", got=counts, need=f"{found.examples} for training and test")
    return data
