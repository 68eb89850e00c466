"""The file that marks a complete site; read without importing Sphinx or torch, so that serving starts at once."""

from pathlib import Path

from d2lab.core.errors import ConfigError
from d2lab.core.json_file import read_object

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
    fix = "Build the site again: d2lab site build."
    lessons = read_object(site / STAMP, "site", links=True, error=ConfigError, fix=fix).get("lessons")
    if not isinstance(lessons, list) or not all(isinstance(one, str) for one in lessons):
        raise ConfigError(f"site {site / STAMP}", got=lessons, need="a list of the lessons' places", fix=fix)
    return lessons
