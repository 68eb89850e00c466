"""Dead links and outside requests of a built site, read off its files."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"), ("audio", "src")}
QUIET_RELATIONS = {"canonical", "alternate", "author", "license", "prev", "next", "search", "index"}


@dataclass(slots=True)
class Found(HTMLParser):
    """What one page leads to and what it loads.

    Args:
        ids: that others can lead to.
        targets: of its links and of what it loads from the site.
        outside: what it loads from elsewhere.
    """

    ids: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up one element."""
        given = {name: value or "" for name, value in attrs}
        for name in ("id", "name"):
            if given.get(name):
                self.ids.add(given[name])
        relation = set(given.get("rel", "").split())
        loads = [given[a] for t, a in LOADS if t == tag and given.get(a)]
        if tag == "link" and given.get("href") and not relation & QUIET_RELATIONS:
            loads.append(given["href"])
        for target in loads:
            (self.outside if _is_outside(target) else self.targets).add(target)
        if tag in ("a", "link") and given.get("href") and not _is_outside(given["href"]):
            self.targets.add(given["href"])


def dead_links(site: Path, jobs: int = 2) -> list[str]:
    """List links that lead nowhere, and what pages load from outside the site.

    Args:
        site: the folder of all languages.
        jobs: processes that read.
    """
    files = sorted(site.rglob("*.html"))
    with ProcessPoolExecutor(max(1, jobs)) as pool:
        read = dict(zip(files, pool.map(_read, files, chunksize=16), strict=True))
    ids = {path: found[0] for path, found in read.items()}
    problems = []
    for path, (_, targets, outside) in read.items():
        where = path.relative_to(site).as_posix()
        problems += [f"{where}: loads {target} from outside" for target in sorted(outside)]
        problems += [f"{where}: {problem}" for target in sorted(targets) for problem in _dead(target, path, site, ids)]
    return problems


def _read(path: Path) -> tuple[set[str], set[str], set[str]]:
    found = Found()
    found.feed(path.read_text(encoding="utf-8"))
    return found.ids, found.targets, found.outside


def _dead(target: str, page: Path, site: Path, ids: dict[Path, set[str]]) -> Iterator[str]:
    parts = urlsplit(target)
    if parts.scheme in ("mailto", "javascript", "data"):
        return
    file = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
    if not file.is_relative_to(site.resolve()):
        yield f"{target} leads out of the site"
    elif not file.is_file():
        yield f"{target} leads to no file"
    elif parts.fragment and file.suffix == ".html" and unquote(parts.fragment) not in ids.get(file, set()):
        yield f"{target} leads to no such place on its page"


def _is_outside(target: str) -> bool:
    return target.startswith("//") or urlsplit(target).scheme in ("http", "https", "ws", "wss")
