"""The data room: what a set is (card), where its files come from (source), and its examples in memory (split).

    from d2lab import data

    data.CARDS                      every set that d2lab knows
    clothes = data.load("fashion-mnist")
    train, validation = data.holdout(clothes.train, 0.1, seed=0)

Names are imported when they are first used: ``d2lab.data.catalog`` and ``d2lab.data.source`` need no torch.
"""

import importlib
from typing import Any

_HOMES = {
    "Annotations": "annotation",
    "Batch": "batch",
    "Batches": "batches",
    "CARDS": "catalog",
    "Card": "card",
    "DataFile": "card",
    "Dataset": "split",
    "Split": "split",
    "at_hand": "catalog",
    "check_annotations": "annotation_check",
    "draw_scenes": "scenes",
    "fetch": "source",
    "holdout": "split",
    "limit": "split",
    "load_card": "catalog",
    "ImageFiles": "image_files",
    "read_labels": "kaggle",
    "reorganize": "kaggle",
    "scan": "folder",
    "write_submission": "kaggle",
    "load": "catalog",
    "locate": "source",
    "on_disk": "catalog",
    "read_coco": "coco",
    "read_idx": "idx",
    "read_labelme": "labelme",
    "read_voc": "voc",
    "read_yolo": "yolo",
    "unpack": "archive",
    "write_coco": "coco",
    "write_labelme": "labelme",
    "write_voc": "voc",
    "write_yolo": "yolo",
    "autoregressive": "series",
    "noisy_sine": "series",
    "pad_texts": "pairs",
    "read_pairs": "pairs",
    "unpad_texts": "pairs",
    "text_of": "texts",
    "verify": "source",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605 (a list of strings, whatever the linter sees)


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import a public name from its module the first time it is used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"d2lab.data.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'd2lab.data' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what is imported late, too."""
    return sorted([*globals(), *_HOMES])
