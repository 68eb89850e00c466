"""The user's home folder: absent in a container whose user has no entry in the list of users and no HOME."""

from pathlib import Path

from d2lab.core.errors import ConfigError


def expand_home(path: str | Path, variable: str) -> Path:
    """Replace a leading ~ by the home folder.

    Args:
        path: as the user wrote it.
        variable: the environment variable that can name a folder without ~.

    Raises:
        ConfigError: there is no home folder.
    """
    try:
        return Path(path).expanduser()
    except (RuntimeError, KeyError) as cause:
        raise no_home(str(path), variable) from cause


def no_home(path: str, variable: str) -> ConfigError:
    """Build the error for a user without a home folder."""
    fix = f"Set {variable} to a folder that can be written, or set HOME."
    return ConfigError(f"the folder {path}", got="a user without a home folder", need=f"{variable} or HOME", fix=fix)
