"""The file that marks a complete site; read without importing Sphinx or torch, so that serving starts at once."""

import json
from pathlib import Path

from d2lab.core.errors import ConfigError

STAMP = "built.json"  # written last: without it the site is incomplete


def require_whole(site: Path) -> None:
    """Refuse a folder that holds no whole site.

    Raises:
        ConfigError: it holds none.
    """
    if not (site / STAMP).is_file():
        fix = "Build it: d2lab site build (in a clone), or name its folder with --site."
        raise ConfigError("site", got=str(site), need="the folder of a built site", fix=fix)


def lessons_of(site: Path) -> list[str]:
    """List the lessons of a built site, by their places.

    Args:
        site: its folder.

    Raises:
        ConfigError: it holds no whole site.
    """
    require_whole(site)
    return list(json.loads((site / STAMP).read_text(encoding="utf-8"))["lessons"])
