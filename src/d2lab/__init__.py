"""d2lab: deep-learning notes you can run.

Importing the package costs nothing: each room (``d2lab.models``, ``d2lab.data``, ...) is imported when it is
first named, and torch with it.
"""

import importlib
from types import ModuleType

from d2lab.core.renamed import understand_former_names

__version__ = "0.1.0"

ROOMS = (
    "algebra",
    "claims",
    "cli",
    "core",
    "data",
    "engine",
    "exercises",
    "experiments",
    "explore",
    "inspection",
    "layers",
    "lessons",
    "metrics",
    "models",
    "optimizers",
    "parallel",
    "plot",
    "pretrained",
    "recipes",
    "reports",
    "site",
    "tables",
    "text",
    "train",
    "vision",
)
__all__ = ["ROOMS", "__version__"]

understand_former_names()


def __getattr__(name: str) -> ModuleType:
    """Import a room the first time it is named."""
    if name in ROOMS:
        return importlib.import_module(f"d2lab.{name}")
    raise AttributeError(f"module 'd2lab' has no attribute {name!r}; its rooms are {', '.join(ROOMS)}")


def __dir__() -> list[str]:
    """List the rooms, so that completion finds what is imported late."""
    return sorted([*globals(), *ROOMS])
