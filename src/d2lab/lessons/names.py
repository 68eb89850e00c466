"""Names in the prose that must exist: claims, recipes, commands, functions, linked lessons."""

import importlib
import inspect
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

import d2lab
from d2lab.claims.catalog import CLAIMS
from d2lab.claims.record import recorded
from d2lab.explore.catalog import EXPLORERS
from d2lab.lessons.lesson import Lesson
from d2lab.lessons.prose import Role, codes, commands, links, roles
from d2lab.recipes import RECIPES

ROOTS = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "np": "numpy", "optim": "torch.optim"}
ROOMS = {path.name for path in Path(d2lab.__file__).parent.iterdir() if (path / "__init__.py").is_file()}
DOTTED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)(?:\(.*\))?")
IN_HTML = re.compile(r"<code>d2lab ([^<]+)</code>")
KINDS = ("claim", "measured", "value", "d2lab", "recipe", "explore", "ref", "eq", "numref")


def unknown_names(lesson: Lesson, verbs: Iterable[str], kept: Iterable[str] | None) -> list[str]:
    """List the names in the prose that do not exist.

    Args:
        lesson: whose prose is read.
        verbs: of the command line.
        kept: names of values that its code keeps; None where they are not known.
    """
    known_verbs, problems = set(verbs), []
    captions = [str(caption) for cell in lesson.code for key, caption in cell.figure.items() if key != "name"]
    for text in [*(cell.source for cell in lesson.cells if not cell.is_code), *captions]:
        problems += [problem for role in roles(text) for problem in _role(role, kept)]
        problems += [problem for name in codes(text) for problem in _dotted(name)]
        lines = [*commands(text), *IN_HTML.findall(text)]
        problems += [problem for line in lines for problem in _command(line, known_verbs)]
        problems += [problem for target in links(text) for problem in _link(target, lesson.path)]
    return sorted(set(problems))


def resolve(name: str) -> object:
    """Return the thing of d2lab that a dotted name means, with or without d2lab in front.

    Args:
        name: layers.Dropout, d2lab.layers.Dropout or d2lab.layers.dropout.Dropout.

    Raises:
        LookupError: there is none.
    """
    return _found(name if name.startswith("d2lab.") else f"d2lab.{name}")


def _found(name: str) -> object:
    """Import as much of a dotted name as is a module, and take the rest as attributes."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(thing, part):
                raise LookupError(name)
            thing = getattr(thing, part)
        return thing
    raise LookupError(name)


def _role(role: Role, kept: Iterable[str] | None) -> list[str]:
    name = role.content.partition(":")[0].split()[0] if role.content.split() else ""
    checks: dict[str, Callable[[], bool]] = {
        "claim": lambda: name in CLAIMS and recorded(CLAIMS[name]) is not None,
        "measured": lambda: _is_measured(role.content),
        "recipe": lambda: name in RECIPES,
        "explore": lambda: name in EXPLORERS,
        "d2lab": lambda: _is_ours(name),
        "value": lambda: kept is None or name in set(kept),
    }
    if role.kind not in KINDS:
        return [f"{{{role.kind}}}`{role.content}`: no such role; there are {', '.join(KINDS)}"]
    return [] if checks.get(role.kind, lambda: True)() else [f"{{{role.kind}}}`{role.content}` does not exist"]


def _is_measured(content: str) -> bool:
    """Return whether "claim-id name:.3f" names a value of a record."""
    claim, _, rest = content.partition(" ")
    record = recorded(CLAIMS[claim]) if claim in CLAIMS else None
    return record is not None and rest.partition(":")[0].strip() in record.value


def _is_ours(name: str) -> bool:
    try:
        thing = resolve(name)
    except LookupError:
        return False
    return inspect.isclass(thing) or inspect.isfunction(thing) or inspect.ismodule(thing)


def _dotted(code: str) -> list[str]:
    found = DOTTED.fullmatch(code)
    if found is None:
        return []
    root, _, rest = found[1].partition(".")
    whole = f"{ROOTS[root]}.{rest}" if root in ROOTS else found[1] if root == "d2lab" else f"d2lab.{found[1]}"
    if root not in ROOTS and root != "d2lab" and root not in ROOMS:
        return []  # a method of something in the code
    try:
        _found(whole)
    except LookupError:
        return [f"`{code}` does not exist"]
    return []


def _command(line: str, verbs: set[str]) -> list[str]:
    """Check the verb of a command, and the recipe or claim that it names."""
    try:
        words = [word for word in shlex.split(line, comments=True) if word]
    except ValueError:
        return [f"`d2lab {line}` can't be read as a command"]
    if not words or words[0].startswith("-"):
        return []
    verb, *rest = words
    if verb not in verbs:
        return [f"`d2lab {line}`: no verb {verb!r}"]
    first = next((word for word in rest[:1] if re.fullmatch(r"[a-z0-9][a-z0-9-]*", word)), None)
    tables: dict[str, set[str]] = {"train": set(RECIPES), "check": set(CLAIMS)}
    known = tables.get(verb)
    if known is not None and first is not None and first not in known:
        return [f"`d2lab {line}`: no {first!r}"]
    return []


def _link(target: str, page: Path) -> list[str]:
    """A link leads out by https, to a label, or to a file of the course."""
    if target.startswith(("https://", "#")):
        return []
    file = page.parent / target.partition("#")[0]
    return [] if file.is_file() else [f"link {target}: no such file; https://..., #label or a lesson's .md"]
