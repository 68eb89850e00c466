"""Names of d2lab in a lesson's code cells that must exist: imports, attributes of modules, names of arguments."""

import ast
import importlib
import inspect
from collections.abc import Iterator

from d2lab.core.errors import DataError
from d2lab.lessons.lesson import Lesson

OURS = "d2lab"


def unknown_in_code(lesson: Lesson) -> list[str]:
    """List what the code cells name of d2lab and what does not exist; nothing is run.

    An import, an attribute of an imported module and a keyword argument of an imported function are checked. A name
    that a cell binds anew is no longer ours.

    Args:
        lesson: whose code is read.

    Raises:
        DataError: a cell is not Python.
    """
    bound: dict[str, object] = {}
    problems: list[str] = []
    for number, cell in enumerate(lesson.code, 1):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError as cause:
            raise DataError(f"lesson {lesson.name}, code cell {number}", got=str(cause), need="Python") from cause
        problems += [f"code cell {number}: {said}" for said in _problems(tree, bound)]
    return problems


def _problems(tree: ast.Module, bound: dict[str, object]) -> Iterator[str]:
    """Yield the unknown names of a cell; `bound` holds what earlier cells imported, and is brought up to date."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node, bound)
    for name in _assigned(tree):
        bound.pop(name, None)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            home = _value(node.value, bound)
            if inspect.ismodule(home) and not hasattr(home, node.attr):
                yield f"{home.__name__}.{node.attr} does not exist"
        elif isinstance(node, ast.Call):
            yield from _arguments(node, bound)


def _imported(node: ast.Import | ast.ImportFrom, bound: dict[str, object]) -> Iterator[str]:
    """Bind what an import of ours brings, and yield what it can't bring."""
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        whole = f"{module}.{alias.name}" if module else alias.name
        if whole.partition(".")[0] != OURS:
            bound.pop(alias.asname or alias.name, None)
            continue
        try:
            found = _import(module, alias.name) if module else importlib.import_module(alias.name)
        except (ImportError, AttributeError):
            yield f"{whole} does not exist"
            continue
        if module or alias.asname:
            bound[alias.asname or alias.name] = found
        else:
            bound[OURS] = importlib.import_module(OURS)


def _import(module: str, name: str) -> object:
    """Return what `from module import name` brings: an attribute, or else a module inside.

    Raises:
        ImportError: there is neither.
    """
    home = importlib.import_module(module)
    return getattr(home, name) if hasattr(home, name) else importlib.import_module(f"{module}.{name}")


def _assigned(tree: ast.Module) -> set[str]:
    """Gather the names that a cell binds itself: assignments, functions, arguments, targets of loops."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return names | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def _value(node: ast.expr, bound: dict[str, object]) -> object | None:
    """Return the thing of ours that an expression means; None where it means none, or one that does not exist."""
    if isinstance(node, ast.Name):
        return bound.get(node.id)
    if isinstance(node, ast.Attribute):
        home = _value(node.value, bound)
        return getattr(home, node.attr, None) if inspect.ismodule(home) else None
    return None


def _arguments(node: ast.Call, bound: dict[str, object]) -> Iterator[str]:
    """Yield keyword arguments that a function or class of ours does not take."""
    called = _value(node.func, bound)
    if not (inspect.isfunction(called) or inspect.isclass(called)) or not called.__module__.startswith(OURS):
        return
    try:
        takes = inspect.signature(called).parameters
    except (TypeError, ValueError):
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values()):
        return
    for keyword in node.keywords:
        if keyword.arg is not None and keyword.arg not in takes:
            yield f"{called.__qualname__} takes no argument {keyword.arg}"
