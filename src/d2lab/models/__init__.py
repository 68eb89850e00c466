"""Architectures, one a file; a model knows neither its data, nor its optimizer, nor how it is drawn.

`from d2lab.models import LeNet, LeNetConfig` imports the file of that model alone, and torch with it.
"""

import importlib
from typing import Any

from d2lab.models.names import model_files, submodules

_CATALOG = ("ModelConfig", "build_model", "default_settings", "register_model")
_MODULES = {name: file.module for file in model_files().values() for name in (file.model, file.settings)}
_MODULES |= dict.fromkeys(_CATALOG, "d2lab.models.catalog")
__all__ = sorted(_MODULES)  # noqa: PLE0605 (the folder is the list)


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import what is named: a model, its settings, a function of the catalog, or a module of this folder."""
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    if name in submodules():
        return importlib.import_module(f"d2lab.models.{name}")
    raise AttributeError(f"module 'd2lab.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what can be imported, for completion."""
    return sorted({*globals(), *__all__})
