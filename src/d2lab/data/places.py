"""Where data files may lie: the folders of $D2LAB_DATA (only read), then the user's cache (ours to write)."""

import os
from pathlib import Path

from d2lab.core.errors import DataError
from d2lab.core.home import expand_home, no_home


def data_folders() -> list[Path]:
    """Return the folders named in $D2LAB_DATA, in their order; none when it is not set.

    Raises:
        DataError: one of them is not there.
    """
    named = [expand_home(name, "D2LAB_DATA") for name in os.environ.get("D2LAB_DATA", "").split(os.pathsep) if name]
    for folder in named:
        if not folder.is_dir():
            fix = f"Make the folder or correct D2LAB_DATA (several folders are separated by {os.pathsep!r})."
            raise DataError("a folder in D2LAB_DATA", got=str(folder), need="a folder that exists", fix=fix)
    return named


def cache_folder() -> Path:
    """Return the folder for fetched data: $D2LAB_CACHE, else the system's cache; may not exist yet.

    Raises:
        ConfigError: neither is known: the user has no home folder.
    """
    named = os.environ.get("D2LAB_CACHE")
    if named:
        return expand_home(named, "D2LAB_CACHE")
    import pooch

    try:
        place = Path(pooch.os_cache("d2lab"))
    except (RuntimeError, KeyError) as cause:
        raise no_home("~/.cache/d2lab", "D2LAB_CACHE") from cause
    return expand_home(place, "D2LAB_CACHE")
