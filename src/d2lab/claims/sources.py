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
Function = Callable[..., Any]


@dataclass(slots=True)
class Sources:
    """Sources of a check, in no order: functions' texts, modules, names such as d2lab.layers.naive.naive_softmax."""

    own: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    @property
    def texts(self) -> set[str]:
        """All code that decides the value: that of the functions and that of the modules."""
        return self.own | {_code_of(module) for module in self.modules}


def sources(check: Function) -> Sources:
    """Return the source of a check, of the functions of its file that it calls, and the modules of d2lab it names.

    A name is followed one step into the library: what the library itself is built on is not gathered. Of the
    library's files only the code counts, so that evidence outlives a better docstring.

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
    found.own.add(text)
    for name in _imported(text):
        _add(name.rpartition(".")[0], name, found)
    spaces = getattr(function, "__globals__", {})
    for name in _names(function.__code__):
        thing = spaces.get(name)
        home = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", None)
        if not isinstance(home, str) or not home.startswith(OURS):
            continue
        if home == function.__module__:
            if isinstance(thing, types.FunctionType):
                _gather(thing, found, seen)
        else:
            _add(home, home if isinstance(thing, types.ModuleType) else f"{home}.{name}", found)


def _add(module: str, name: str, found: Sources) -> None:
    found.modules.add(module)
    found.names.add(name)


@functools.cache
def _code_of(module: str) -> str:
    """Return the code of a module's file; cached, since many checks name the same few."""
    file = inspect.getsourcefile(importlib.import_module(module))
    return without_words(Path(file).read_text(encoding="utf-8")) if file else ""


def _imported(text: str) -> Iterator[str]:
    """Yield the dotted names of d2lab that a function imports inside."""
    for node in ast.walk(ast.parse(textwrap.dedent(text))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _names(code: types.CodeType) -> set[str]:
    """Return the global names in a function and in the functions inside it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*(_names(part) for part in inner))
