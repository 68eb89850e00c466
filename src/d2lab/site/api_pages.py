"""Pages of the API: one a room, its modules in order, documented by what their docstrings say."""

import importlib
import inspect
import pkgutil
from types import ModuleType

import d2lab
from d2lab.core.language import Language
from d2lab.site.words import word

HIDDEN = {"cli", "claims.checks", "site"}  # the command line has its own help, the checks the browser of claims
INTRO: dict[Language, str] = {
    "en": "Everything here can be imported. A room is a folder of the package; imports only go down the list.",
    "zh": "这里的一切都可以直接 import。一个“房间”就是包里的一个文件夹；导入只能沿着列表向下。"
    "说明取自源码的 docstring，只有英文。",
}


def rooms() -> list[ModuleType]:
    """List the rooms of the package, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(d2lab.__path__) if m.ispkg and m.name not in HIDDEN)
    return [importlib.import_module(f"d2lab.{name}") for name in names]


def modules(room: ModuleType) -> list[ModuleType]:
    """List the modules of a room that have something to offer.

    Args:
        room: a package.
    """
    found = []
    for info in sorted(pkgutil.walk_packages(room.__path__, f"{room.__name__}."), key=lambda info: info.name):
        inside = info.name.removeprefix("d2lab.")
        if info.ispkg or any(inside == name or inside.startswith(f"{name}.") for name in HIDDEN):
            continue
        module = importlib.import_module(info.name)
        if public(module):
            found.append(module)
    return found


def public(module: ModuleType) -> list[str]:
    """List the functions and classes that a module defines for others.

    Args:
        module: of the package.
    """
    own = [
        (inspect.getsourcelines(thing)[1], name)
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
        and inspect.getsourcefile(inspect.unwrap(thing)) == module.__file__
    ]
    return [name for _, name in sorted(own)]


def api_index(language: Language) -> str:
    """Write the list of rooms.

    Args:
        language: of the heading; docstrings are English.
    """
    lines = [f"- [`d2lab.{short_name(room)}`]({short_name(room)}.md): {_headline(room)}" for room in rooms()]
    toc = "\n".join(short_name(room) for room in rooms())
    head = f"(api)=\n# {word('api', language)}\n\n{INTRO[language]}\n"
    return "\n".join([head, *lines, "", f"```{{toctree}}\n:hidden:\n\n{toc}\n```", ""])


def api_page(room: ModuleType) -> str:
    """Write the page of a room.

    Args:
        room: a package.
    """
    parts = [f"(api-{short_name(room)})=\n# `{room.__name__}`\n\n{_headline(room)}"]
    for module in modules(room):
        name = module.__name__.removeprefix(f"{room.__name__}.")
        members = ", ".join(public(module))
        block = f"```{{eval-rst}}\n.. automodule:: {module.__name__}\n   :members: {members}\n```"
        parts.append(f"## {name}\n\n{block}")
    return "\n\n".join(parts) + "\n"


def short_name(room: ModuleType) -> str:
    """Name a room without the package."""
    return room.__name__.removeprefix("d2lab.")


def _headline(module: ModuleType) -> str:
    return (inspect.getdoc(module) or "").partition("\n\n")[0].replace("\n", " ")
