"""Serving a built site on the loopback address: its own regular files, nothing else."""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from d2lab.core import loopback
from d2lab.core.language import LANGUAGES
from d2lab.core.loopback import Page
from d2lab.core.regular_file import read_regular
from d2lab.site.stamp import require_whole

MOST_BYTES = 1 << 28  # of a file
INLINE = re.compile(rb"<script>(.*?)</script>", re.S)
# 'unsafe-inline' for styles alone: KaTeX, Sphinx and reveal.js place what they draw by style attributes.
POLICY = "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
POLICY += "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@contextmanager
def served(site: Path, port: int = 0) -> Iterator[str]:
    """Serve a built site on loopback; return its address, and stop at the end of the block.

    Args:
        site: the folder of a built site.
        port: to listen at; 0 takes a free one.

    Raises:
        ConfigError: the folder holds no whole site, or the port is taken.
    """
    require_whole(site)
    root = site.resolve()
    with loopback.serving(lambda path: find(root, path), policy=policy(root), port=port) as address:
        yield address


def policy(root: Path) -> str:
    """Return the policy of a site: inline scripts run when a home page has them too (entry, theme), others don't.

    Args:
        root: the folder of a built site.
    """
    homes = [root / "index.html", *(root / language / "index.html" for language in LANGUAGES)]
    scripts = [script for home in homes if home.is_file() for script in INLINE.findall(home.read_bytes())]
    digests = sorted({base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts})
    return POLICY.format(hashes="".join(f" 'sha256-{digest}'" for digest in digests))


def find(root: Path, path: str) -> Page | None:
    """Return the file of a site that a path names; None where it names none, a hidden one, or one out of the site.

    Args:
        root: the resolved folder of the site.
        path: of the request, percent-encoded, without a query.
    """
    names = unquote(path).removeprefix("/").split("/")
    if names[-1] == "":
        names[-1] = "index.html"
    if any(name.startswith(".") or not name or set(name) & set("\\:\0") for name in names):
        return None
    try:
        place = root.joinpath(*names).resolve(strict=True)
        inside = place.relative_to(root)  # of the file itself, behind every link
        if any(part.startswith(".") for part in inside.parts):
            return None
        tag = f'"{place.stat().st_mtime_ns:x}"'
        return Page(loopback.KINDS.get(place.suffix, "application/octet-stream"), read_regular(place, MOST_BYTES), tag)
    except (OSError, ValueError, RuntimeError):  # no file, out of the site, a circle of links
        return None
