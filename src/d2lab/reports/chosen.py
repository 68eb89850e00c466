"""Which test examples a figure shows, and what files about other files are called."""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Bool, Int64
from torch import Tensor


def choose_examples(right: Bool[Tensor, " example"], most: int) -> Int64[Tensor, " chosen"]:
    """Return the indices of examples to show: up to half of them wrong, the rest right, in the order of the set.

    Args:
        right: whether each is answered rightly.
        most: how many are shown.
    """
    wrong = (~right).nonzero().flatten()[: most // 2]
    rest = right.nonzero().flatten()[: most - len(wrong)]
    return torch.cat([wrong, rest]).sort().values


def names_of_files(files: Sequence[Path]) -> list[str]:
    """Return a name for what is made of each file: its own without suffix, with a number where it comes again.

    >>> names_of_files([Path("a/photo.jpg"), Path("b/photo.png")])
    ['photo', 'photo-2']

    Args:
        files: of the images.
    """
    names: list[str] = []
    taken: set[str] = set()
    for file in files:
        number, name = 1, file.stem
        while name.casefold() in taken:
            number += 1
            name = f"{file.stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
