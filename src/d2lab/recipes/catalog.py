"""All recipes by name, found in this folder: every file that defines `RECIPE` is one, and so is a user's own file.

Names, chapters and sentences are read from the files' text, so that listing them imports neither torch nor a model.
"""

import ast
import functools
import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import ConfigError, D2labError
from d2lab.core.names import unknown_name
from d2lab.core.regular_file import read_regular

if TYPE_CHECKING:
    from d2lab.recipes.recipe import Recipe

MOST_BYTES = 2**24  # of a recipe in a user's own file


@dataclass(frozen=True, slots=True)
class Entry:
    """Name, chapter, data, size and sentences of a recipe, read from the text of its file."""

    name: str
    module: str
    chapter: int
    data: str
    en: str
    zh: str
    parameters: int


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
            said["parameters"] = words["parameters"].value if "parameters" in words else 0
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


@dataclass(frozen=True, slots=True)
class OwnFile:
    """Path and hash of the file that holds a recipe, as a record keeps them."""

    path: str
    sha256: str

    def to_json(self) -> dict[str, str]:
        """Return plain values for JSON."""
        return {"path": self.path, "sha256": self.sha256}

    @classmethod
    def from_json(cls, value: Any) -> "OwnFile":  # noqa: ANN401
        """Build from the plain values of `to_json`.

        Raises:
            KeyError: a value is missing.
        """
        return cls(str(value["path"]), str(value["sha256"]))


def recipe_of(text: str) -> tuple["Recipe", OwnFile | None]:
    """Find a recipe by its name, or read it from a Python file that the user names; the file's code is run.

    Args:
        text: name of a recipe, or path of a Python file.

    Returns:
        The recipe, and its file where it is a user's.

    Raises:
        ConfigError: there is no such recipe or file, or the file holds no `RECIPE`.
    """
    if not (text.endswith(".py") or os.sep in text):
        return find_recipe(text), None
    from d2lab.recipes.recipe import Recipe

    own = find_file(Path(text))
    # By the path alone: a file that was edited in the meantime takes the place of what it registered before.
    name = f"d2lab_own_{Path(own.path).stem}_{hashlib.sha256(own.path.encode()).hexdigest()[:12]}"
    if getattr(sys.modules.get(name), "D2LAB_SHA256", None) != own.sha256:
        _run(Path(own.path), name)
        sys.modules[name].D2LAB_SHA256 = own.sha256  # type: ignore[attr-defined]
    recipe = getattr(sys.modules[name], "RECIPE", None)
    if not isinstance(recipe, Recipe):
        fix = "See the page on your own code: RECIPE = Recipe(name=..., ...)."
        raise ConfigError(f"recipe {text}", got="no RECIPE", need="a variable RECIPE of type Recipe", fix=fix)
    return recipe, own


def find_file(path: Path) -> OwnFile:
    """Return a user's file with its hash; its code does not run.

    Raises:
        ConfigError: it can't be read.
    """
    path = path.expanduser().absolute()
    try:
        content = read_regular(path, MOST_BYTES, links=True, error=ConfigError)
    except OSError as cause:
        raise ConfigError("recipe", got=str(path), need=f"a Python file: {cause.strerror}") from cause
    return OwnFile(str(path), hashlib.sha256(content).hexdigest())


def _run(path: Path, name: str) -> None:
    """Import the file as a module with a unique name, by which its data cards can refer to it."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError("recipe", got=str(path), need="a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except D2labError:
        del sys.modules[name]
        raise
    except Exception as cause:
        del sys.modules[name]
        line = next((t.tb_lineno for t in _frames(cause) if t.tb_frame.f_code.co_filename == str(path)), None)
        where = f"{path}, line {line}" if line else str(path)
        raise ConfigError(f"recipe {where}", got=f"{type(cause).__name__}: {cause}", need="a file that runs") from cause


def _frames(error: BaseException) -> list[Any]:
    """Return the frames of a traceback, the innermost first."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    return frames[::-1]
