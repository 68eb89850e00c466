"""Weights inside a package of the index: found without importing the package, and believed by their checksum alone."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from d2lab.core.errors import DataError, MissingExtraError
from d2lab.core.regular_file import read_regular


@dataclass(frozen=True, kw_only=True, slots=True)
class WheelFile:
    """A file of weights in an optional package.

    Args:
        package: name on the index.
        module: the folder that it installs.
        path: of the file inside that folder.
        sha256: of its content.
        size: of its content, bytes.
        licence: of the weights.
        install: what a reader types to have it.
    """

    package: str
    module: str
    path: str
    sha256: str
    size: int
    licence: str
    install: str

    def locate(self) -> Path | None:
        """Return where the file lies, or None where the package is not installed; none of its code runs."""
        spec = find_spec(self.module)
        places = (spec and spec.submodule_search_locations) or ()
        return next((path for place in places if (path := Path(place) / self.path).is_file()), None)

    def read(self) -> bytes:
        """Return the content.

        Raises:
            DataError: it is another than the published one.
            MissingExtraError: the package is not installed.
        """
        path = self.locate()
        if path is None:
            fix = f"Install it: {self.install}."
            raise MissingExtraError(f"the package {self.package}", got="not installed", need=self.path, fix=fix)
        content = read_regular(path, self.size, links=True, error=DataError)
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            need, fix = f"{self.sha256[:12]}...", f"Install the published one: {self.install}."
            raise DataError(f"weights {path}", got=f"sha256 {found[:12]}...", need=need, fix=fix)
        return content
