"""The modules of d2lab that a check used: those whose code was executed while it ran, with a hash of the code of each.

Importing is not using: `d2lab.layers` brings every layer along, and evidence that depended on all of them would be
stale at every commit. So a run is watched, apart from the one that measures: a watched run is slower, and times would
show it. Where a check has small sizes the watched run takes those; the same code runs at any size. A module without
functions counts where code that ran takes a constant or a class from it, or looks it up by name, such as a recipe.
"""

import ast
import dataclasses
import functools
import hashlib
import importlib
import inspect
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType

from d2lab.claims.claim import ROOT, Claim
from d2lab.claims.evidence import Evidence
from d2lab.claims.sources import FORMS, OURS, sources, without_words

ALWAYS = ("d2lab.core.seed",)  # seeds the generator before a check starts
CHECKS = "d2lab.claims.checks."  # a check's own functions are hashed one by one
KEEPS = {__name__, "d2lab.claims.sources"}  # what they keep is about files
DRAWN = "d2lab.plot."  # named for a figure, which is no part of the evidence; counts only where it was executed
LOOKED_UP = importlib.import_module.__code__


@dataclasses.dataclass(slots=True)
class Seen:
    """What a profile function saw of ours: code that ran, with its globals, by its id; modules looked up by name."""

    codes: dict[int, tuple[CodeType, dict[str, object]]] = dataclasses.field(default_factory=dict)
    named: set[str] = dataclasses.field(default_factory=set)

    def note(self, frame: FrameType, event: str, argument: object) -> None:
        """Keep the code of a function that is called."""
        code = frame.f_code
        if event != "call" or id(code) in self.codes or not code.co_flags & inspect.CO_OPTIMIZED:  # a file's or class's
            return
        if code is LOOKED_UP:
            self.named.add(str(frame.f_locals["name"]))
        elif str(frame.f_globals.get("__name__")).startswith(OURS):
            self.codes[id(code)] = (code, frame.f_globals)

    def modules(self) -> set[str]:
        """Return the modules of what was seen."""
        found = {str(spaces["__name__"]) for _, spaces in self.codes.values()}
        counted = [(code, spaces) for code, spaces in self.codes.values() if spaces["__name__"] not in FORMS]
        found.update(name for code, spaces in counted for name in _taken(code, spaces))
        for module in filter(lambda name: name.startswith(OURS) and _file(name).name != "__init__.py", self.named):
            found.update([module], *(_origin(module, name) for name in _imports(module)))
        return found


def used_modules(claim: Claim) -> list[str]:
    """Run a check at its small sizes and list the modules of d2lab that it used, dotted.

    Args:
        claim: that ran in this process before, so that what it imports late is there already.
    """
    seen = Seen()

    @functools.wraps(claim.check)
    def watched(**sizes: object) -> Evidence:
        _forget()
        sys.setprofile(seen.note)
        threading.setprofile(seen.note)
        try:
            return claim.check(**sizes)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    dataclasses.replace(claim, check=watched).run(**claim.smoke)
    found = seen.modules().union(name for name in sources(claim.check).modules if not name.startswith(DRAWN))
    return sorted(name for name in found.union(ALWAYS) - FORMS if not name.startswith(CHECKS) and module_hash(name))


@functools.cache
def module_hash(name: str) -> str:
    """Hash the code of a module of ours, without docstrings and comments; empty where there is none.

    Args:
        name: d2lab.layers.linear.
    """
    file = _file(name)
    if not file.is_file():
        return ""
    return hashlib.sha256(without_words(file.read_text(encoding="utf-8")).encode()).hexdigest()[:12]


def _file(name: str) -> Path:
    place = ROOT.joinpath(*name.split(".")[1:])
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _forget() -> None:
    """Clear what functions of ours keep between calls: a data set that another check has read was used all the same."""
    for name, module in list(sys.modules.items()):
        if name.startswith(OURS) and name not in KEEPS:
            for thing in list(vars(module).values()):
                if isinstance(thing, functools._lru_cache_wrapper):
                    thing.cache_clear()


def _taken(code: CodeType, spaces: dict[str, object]) -> Iterator[str]:
    """Yield the modules from which code that ran took constants and classes."""
    home = str(spaces["__name__"])
    yield from (name for name in code.co_names if name.startswith(OURS) and _file(name).name != "__init__.py")
    for name in code.co_names:
        thing = spaces.get(name)
        if thing is None or isinstance(thing, FunctionType):
            continue  # a function that is called is executed
        if isinstance(thing, type):
            if not issubclass(thing, BaseException) and thing.__module__.startswith(OURS):
                yield thing.__module__
        elif isinstance(thing, ModuleType):
            if thing.__name__.startswith(OURS) and not hasattr(thing, "__path__"):
                yield thing.__name__
        else:
            yield from _origin(home, name)


def _origin(home: str, name: str) -> Iterator[str]:
    """Yield the module of ours that a file imports a name from, through packages that pass it on."""
    source = _imports(home).get(name)
    while source is not None:
        home, name = source
        if _file(home).name != "__init__.py":
            yield home
        source = _imports(home).get(name)


@functools.cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    """Return where the names come from that a file of ours imports from others of ours."""
    file = _file(module)
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    return {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS)
        for alias in node.names
    }
