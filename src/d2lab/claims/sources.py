"""The sources of a check: the code that decides its value, and the names of d2lab that it uses."""

import ast
import functools
import importlib
import inspect
import io
import textwrap
import tokenize
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS = "d2lab."
FORMS = {"d2lab.claims.claim", "d2lab.claims.evidence"}  # carry what was measured; only functions called there count
Function = Callable[..., Any]


@dataclass(slots=True)
class Sources:
    """Sources of a check, in no order: own code, modules, names such as d2lab.layers.naive.naive_softmax."""

    own: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)  # whole texts of those in the check's file
    modules: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    @property
    def texts(self) -> set[str]:
        """What the hash of a record of format 1 is of: functions as they are written, and modules that are named."""
        return self.functions | {_code_of(module) for module in self.modules}


def sources(check: Function) -> Sources:
    """Return the source of a check, of what it takes from its own file, and the modules of d2lab it names.

    A name is followed one step into the library: what that is built on is seen when the check runs (`used_modules`).
    Only code counts, so that evidence outlives a better docstring.

    Args:
        check: a function that was read from a file.
    """
    found = Sources()
    _gather(check, found, set())
    return found


def without_words(text: str) -> str:
    """Return the code of a file without docstrings, comments and blank lines, the same in every Python.

    Args:
        text: of a whole file.
    """
    lines = [list(line) for line in text.splitlines()]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            (row, start), (_, end) = token.start, token.end
            lines[row - 1][start:end] = " " * (end - start)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            said = node.body[0]
            for row in range(said.lineno - 1, said.end_lineno or said.lineno):
                lines[row] = []
    return "\n".join(filter(None, ("".join(line).rstrip() for line in lines)))


def _gather(function: Function, found: Sources, seen: set[Function]) -> None:
    function = inspect.unwrap(function)  # a test's type checks stand around it
    if function in seen:
        return
    seen.add(function)
    text = inspect.getsource(function)
    found.own.add(without_words(textwrap.dedent(text)))
    if function.__module__ not in FORMS:
        found.functions.add(text)
    for name in _imported(text):
        _add(name.rpartition(".")[0], name, found)
    spaces = getattr(function, "__globals__", {})
    for name in _names(function.__code__):
        thing = spaces.get(name)
        home = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", None)
        found.own.update(_assigned(function, name))
        if not isinstance(home, str) or not home.startswith(OURS):
            continue
        if (home == function.__module__ or home in FORMS) and isinstance(thing, types.FunctionType):
            _gather(thing, found, seen)
        if home != function.__module__:
            _add(home, home if isinstance(thing, types.ModuleType) else f"{home}.{name}", found)


def _assigned(function: Function, name: str) -> list[str]:
    """Return the statements of a function's file, outside functions, that give a name its value: constants, classes."""
    return _statements(inspect.getsourcefile(function) or "").get(name, [])


@functools.cache
def _statements(file: str) -> dict[str, list[str]]:
    text = Path(file).read_text(encoding="utf-8") if Path(file).is_file() else ""
    found: dict[str, list[str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        else:
            names = [node.name] if isinstance(node, ast.ClassDef) else []
        for name in names:
            found.setdefault(name, []).append(without_words(ast.get_source_segment(text, node) or ""))
    return found


@functools.cache
def _code_of(module: str) -> str:
    """Return the code of a module's file; cached, since many checks name the same few."""
    file = inspect.getsourcefile(importlib.import_module(module))
    return without_words(Path(file).read_text(encoding="utf-8")) if file else ""


def _add(module: str, name: str, found: Sources) -> None:
    found.modules.add(module)
    found.names.add(name)


def _imported(text: str) -> Iterator[str]:
    """Yield the dotted names of d2lab that a function imports inside."""
    for node in ast.walk(ast.parse(textwrap.dedent(text))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _names(code: types.CodeType) -> set[str]:
    """Return the global names in a function and in the functions inside it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*(_names(part) for part in inner))
