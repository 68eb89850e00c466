"""Weights over HTTP: ask the server for size and checksum, then fetch with the machinery of the data room.

torchvision's file names carry the first digits of the SHA-256. The hub of Hugging Face states size, SHA-256 and version
on its answer to HEAD, before it sends the asker on to where the bytes are; a mirror that states no checksum is
believed, since its file is no program and its tensors must fit the model.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from d2lab.core.errors import ConfigError, DataError
from d2lab.data.card import DataFile
from d2lab.data.download import TIMEOUT_S, download
from d2lab.data.progress import Report
from d2lab.pretrained.origin import Origin

REDIRECTS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsFile(DataFile):
    """A file of which perhaps only the first digits of the checksum are known.

    Raises:
        ConfigError: they are no hexadecimal digits, or the size is not positive.
    """

    def __post_init__(self) -> None:
        if len(self.sha256) > 64 or set(self.sha256) - set("0123456789abcdef") or self.bytes < 1:
            raise ConfigError(f"the file {self.path}", got=(self.sha256, self.bytes), need="hexadecimal digits, a size")


def receive(origin: Origin, folder: Path, report: Report) -> tuple[Path, dict[str, Any]]:
    """Download the file; give it, and what the manifest should say of it.

    Args:
        origin: whose file.
        folder: where it shall lie.
        report: told of every piece that arrives.

    Raises:
        DataError: the server does not have it, or not whole; the message says what to do without a network.
    """
    stated = _ask(origin)
    file = WeightsFile(path=origin.file, sha256=stated.sha256, bytes=stated.bytes, mirrors=(origin.url,))
    download(file, folder / origin.file, report, advice=_offline(origin))
    return folder / origin.file, {"url": origin.url, "version": stated.version, "bytes": stated.bytes}


@dataclass(frozen=True, slots=True)
class _Stated:
    bytes: int
    sha256: str
    version: str


def _ask(origin: Origin) -> _Stated:
    """Ask for size, checksum and version."""
    import requests

    url = origin.url
    try:
        for _ in range(REDIRECTS):
            answer = requests.head(url, headers={"Accept-Encoding": "identity"}, timeout=TIMEOUT_S)
            if not answer.is_redirect or "X-Linked-Size" in answer.headers:
                break
            url = urljoin(url, answer.headers["Location"])
    except requests.RequestException as cause:
        words = "no connection" if isinstance(cause, requests.ConnectionError) else type(cause).__name__
        raise _no(origin, words) from cause
    if not answer.ok:
        raise _no(origin, f"HTTP {answer.status_code}")
    size = answer.headers.get("X-Linked-Size") or answer.headers.get("Content-Length") or ""
    if not size.isdecimal() or not int(size):
        raise _no(origin, "no size")
    tag = (answer.headers.get("X-Linked-ETag") or "").strip('W/"')
    digits = origin.sha256 or (tag if re.fullmatch("[0-9a-f]{64}", tag) else "")
    return _Stated(int(size), digits, answer.headers.get("X-Repo-Commit", ""))


def _no(origin: Origin, words: str) -> DataError:
    got = f"{words} from {origin.url}"
    return DataError(f"the weights {origin.name}", got=got, need="a server that has them", fix=_offline(origin))


def _offline(origin: Origin) -> str:
    """Return what to do where the network is no help."""
    mirror = "HF_ENDPOINT" if origin.name.startswith("timm/") else "D2LAB_TORCH_ENDPOINT"
    return (
        f"Name a mirror with {mirror}, or bring the file: as pretrained/{origin.file} in a folder of D2LAB_DATA, "
        f"or anywhere with --from {origin.name}:FILE."
    )
