"""All recipes by name, found in this folder: every file that defines `RECIPE` is one.

Names, chapters and sentences are read from the files' text, so that listing them imports neither torch nor a model.
"""

import ast
import functools
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from d2lab.core.names import unknown_name

if TYPE_CHECKING:
    from d2lab.recipes.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Entry:
    """Name, chapter and sentences of a recipe, read from the text of its file."""

    name: str
    module: str
    chapter: int
    data: str
    en: str
    zh: str


@functools.cache
def entries() -> Mapping[str, Entry]:
    """Return the entries of all recipes by name, in the order of chapters."""
    found = filter(None, (_entry(file) for file in sorted(Path(__file__).parent.glob("*.py"))))
    return {entry.name: entry for entry in sorted(found, key=lambda entry: (entry.chapter, entry.name))}


def _entry(file: Path) -> Entry | None:
    """Read `RECIPE = Recipe(name="...", ...)` without running the file; None for a file that has none."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RECIPE":
            assert isinstance(node.value, ast.Call), file  # noqa: S101 (of our own files; the tests hold them to it)
            words = {one.arg: one.value for one in node.value.keywords if isinstance(one.value, ast.Constant)}
            said = {name: words[name].value for name in ("name", "chapter", "data", "en", "zh")}
            return Entry(module=f"d2lab.recipes.{file.stem}", **said)  # type: ignore[arg-type]
    return None


class _Recipes(Mapping[str, "Recipe"]):
    """Recipes by name; the file of a recipe is imported when it is looked up."""

    def __getitem__(self, name: str) -> "Recipe":
        found: Recipe = importlib.import_module(entries()[name].module).RECIPE
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(entries())

    def __len__(self) -> int:
        return len(entries())


RECIPES: Mapping[str, "Recipe"] = _Recipes()


def find_recipe(name: str) -> "Recipe":
    """Look a recipe up by name.

    Raises:
        ConfigError: there is no such recipe; the error proposes the nearest name.
    """
    if name not in RECIPES:
        raise unknown_name("recipe", name, RECIPES)
    return RECIPES[name]
