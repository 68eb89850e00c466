"""Names of the models, read off their files without importing them, and so without importing torch.

A model's file holds the class of its settings and, under `@register_model(Settings)`, the class of the model; the
folder is the list. The source text is parsed, which takes milliseconds; nothing of it runs.
"""

import ast
import pkgutil
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
DECORATOR = "register_model"


class ModelFile(NamedTuple):
    """Where a model is defined."""

    module: str  # such as d2lab.models.lenet
    model: str  # name of its class
    settings: str  # name of the class of its settings


@cache
def model_files() -> dict[str, ModelFile]:
    """Return every model of this folder by the name of its settings' class, as {"LeNetConfig": ...}.

    Cost: one read of each file, once a process.
    """
    found = [one for module in submodules() for one in _registered(module)]
    return {one.settings: one for one in found}


def submodules() -> list[str]:
    """List the modules of this folder."""
    return [module.name for module in pkgutil.iter_modules([str(FOLDER)])]


def _registered(module: str) -> list[ModelFile]:
    """List a file's classes under the decorator `@register_model(Settings)`."""
    source = (FOLDER / f"{module}.py").read_text("utf-8")
    if f"\n@{DECORATOR}(" not in source:
        return []
    files = []
    for node in (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)):
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == DECORATOR:
                files.append(ModelFile(f"{__package__}.{module}", node.name, ast.unparse(mark.args[0])))
    return files
