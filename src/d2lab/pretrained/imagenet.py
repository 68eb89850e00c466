"""Names of ImageNet's 1,000 classes, from torchvision's table or timm's, else their numbers."""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from d2lab.core.errors import MissingExtraError
from d2lab.models.library import library

CLASSES = 1000
TABLE, LIST = "models/_meta.py", "_IMAGENET_CATEGORIES"  # in torchvision


@cache
def imagenet_classes() -> tuple[str, ...]:
    """Return the names in the order of their numbers; without torchvision and timm their numbers as text.

    torchvision's table is read as text: importing the library takes seconds, and a run needs a name or two of it.
    """
    names = _in_table() or _of_timm()
    return names if len(names) == CLASSES else tuple(map(str, range(CLASSES)))


def _in_table() -> tuple[str, ...]:
    """Read the list of names in torchvision's source; nothing of it runs."""
    spec = find_spec("torchvision")
    for place in (spec and spec.submodule_search_locations) or ():
        try:
            tree = ast.parse((Path(place) / TABLE).read_text("utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == LIST:
                return tuple(map(str, ast.literal_eval(node.value)))
    return ()


def _of_timm() -> tuple[str, ...]:
    """Return the first of the words that timm has for each class."""
    try:
        names = library("timm").data.ImageNetInfo("imagenet-1k")
    except MissingExtraError:
        return ()
    return tuple(names.index_to_description(number).partition(",")[0] for number in range(CLASSES))
