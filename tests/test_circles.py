"""No module imports itself by a detour, not even inside a function: what two of them need lies below both."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
KNOWN: dict[frozenset[str], str] = {}  # circles that are being opened, and by whom


def modules(source):
    """Name every module of the package."""
    named = {}
    for path in sorted((source / "d2lab").rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported(tree):
    """Yield (module, name or None) of each import that runs, late ones inside functions too; not those for types."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.module, alias.name) for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def graph(source):
    """For each module those that it imports."""
    named = modules(source)
    edges = {name: set() for name in named}
    for name, path in named.items():
        for module, part in imported(ast.parse(path.read_text(encoding="utf-8"))):
            target = f"{module}.{part}" if f"{module}.{part}" in named else module
            if target in named and target != name:
                edges[name].add(target)
    return edges


def circles(edges):
    """List the sets of modules that reach each other; opened one after the other until the graph is in order."""
    edges, found = {name: set(targets) for name, targets in edges.items()}, []
    while True:
        try:
            tuple(TopologicalSorter(edges).static_order())
        except CycleError as error:
            start = error.args[1][0]
            forth = reached(edges, start)
            back = reached({name: {n for n in edges if name in edges[n]} for name in edges}, start)
            found.append(frozenset(forth & back))
            for name in found[-1]:
                edges[name] -= found[-1]
        else:
            return found


def reached(edges, start):
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += edges[name]
    return seen


def test_no_module_imports_itself_by_a_detour():
    edges = graph(SOURCE)
    found = [circle for circle in circles(edges) if circle not in KNOWN]
    lines = [f"{name} -> {', '.join(sorted(edges[name] & circle))}" for circle in found for name in sorted(circle)]
    assert not found, "\n".join(lines)


@pytest.mark.parametrize("late", [False, True])
def test_a_circle_is_found_wherever_its_imports_stand(tmp_path, late):
    (tmp_path / "d2lab").mkdir()
    for name, other in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")):
        line = f"from d2lab import {other}" if name == "a" else f"from d2lab.{other} import x"
        code = f"def f():\n    {line}\n" if late else f"{line}\n"
        (tmp_path / "d2lab" / f"{name}.py").write_text(code)
    assert circles(graph(tmp_path)) == [frozenset({"d2lab.a", "d2lab.b", "d2lab.c"})]


def test_an_import_for_types_alone_makes_no_circle(tmp_path):
    (tmp_path / "d2lab").mkdir()
    (tmp_path / "d2lab" / "a.py").write_text("if TYPE_CHECKING:\n    from d2lab.b import x\n")
    (tmp_path / "d2lab" / "b.py").write_text("from d2lab import a\n")
    assert not circles(graph(tmp_path))
