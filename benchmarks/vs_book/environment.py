"""The book's package in an environment of its own, and the data where its loader looks."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from d2lab.core.errors import ConfigError, DataError
from d2lab.data import catalog, source

HERE = Path(__file__).resolve().parent
FOLDER = HERE / ".env"  # git-ignored: venv/, data/, work/, log
WORK = FOLDER / "work"  # the peer runs here, for its loader reads ../data
BOOK = "d2l==0.17.6"
NEEDED = ("torchvision", "matplotlib", "pandas", "requests", "ipython")


def torch_version() -> str:
    """Return our torch version as an index names it, without the local part."""
    return metadata.version("torch").partition("+")[0]


def peer_python(given: Path | None) -> Path:
    """Return the Python that has the book's package: the given one, the one made before, or a fresh one.

    Raises:
        ConfigError: the given one is not there, or uv is missing or failed.
    """
    if given is not None:
        if not given.is_file():
            raise ConfigError("--peer-python", got=str(given), need="a Python that has the book's package")
        return given.absolute()  # a link must stay one: it is how a virtual environment knows itself
    venv = FOLDER / "venv"
    python = venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = FOLDER / f"torch-{torch_version()}.installed"  # written last
    if not (python.is_file() and done.is_file()):
        install(venv, python)
        done.touch()
    return python


def install(venv: Path, python: Path) -> None:
    """Make the environment: our torch, and the book's package without its pins, which no longer install."""
    if shutil.which("uv") is None:
        fix = "Install uv, or name a Python that has the book's package with --peer-python."
        raise ConfigError("uv", got="not found", need="uv on the path", fix=fix)
    pip = ["uv", "pip", "install", "--python", str(python)]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    steps = (
        ["uv", "venv", "--clear", "--python", version, str(venv)],
        [*pip, f"torch=={torch_version()}", *NEEDED],
        [*pip, "--no-deps", BOOK],
    )
    for command in steps:
        if subprocess.run(command, check=False).returncode:
            raise ConfigError("environment of the book", got=f"a failed {' '.join(command[:3])}", need="an install")


def place_data() -> None:
    """Copy Fashion-MNIST to where the book's loader finds it, so that both sides read the same files."""
    raw = FOLDER / "data" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    WORK.mkdir(exist_ok=True)
    for path in source.fetch(catalog.card("fashion-mnist")).values():
        target = raw / path.name
        if not target.is_file() or target.stat().st_size != path.stat().st_size:
            try:
                target.unlink(missing_ok=True)
                shutil.copyfile(path, target)  # not copy: the original may be read-only
            except OSError as cause:
                raise DataError(str(target), got=str(cause), need="a copy of the data file") from cause
