"""One file over HTTP, from the first mirror that serves it whole; a download that was cut off is continued.

The bytes grow in ``<name>.part`` and become ``<name>`` only when size and SHA-256 are right. A part is always a
prefix of what one mirror sent, so any mirror may continue it; should two mirrors disagree, the checksum finds
out, and the file is fetched again from its first byte.
"""

import contextlib
import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lab.core.errors import DataError
from d2lab.data.card import DataFile
from d2lab.data.checksum import sha256
from d2lab.data.progress import Report

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 1 << 18
TIMEOUT_S = (10, 30)  # to connect, between two pieces
TRIES = 4  # for each mirror; a further one is made only after a cut or a useless part


class _MirrorFault(Exception):  # noqa: N818 (caught here, never seen outside)
    """A mirror didn't give the file; `again` when another try may."""

    def __init__(self, line: str, *, again: bool = False) -> None:
        super().__init__(line)
        self.again = again


@dataclasses.dataclass(frozen=True)
class _Part:
    """The bytes that are here so far, and beside them what the server called this version of the file."""

    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def tag_file(self) -> Path:
        return self.path.with_name(self.path.name + ".etag")

    def tag(self, mirror: str) -> str:
        """The entity tag under which this mirror served the part; empty when none is known."""
        with contextlib.suppress(OSError, ValueError):
            known, _, tag = self.tag_file.read_text("utf-8").partition("\n")
            return tag if known == mirror else ""
        return ""

    def keep_tag(self, mirror: str, tag: str) -> None:
        """Remember a strong tag (a weak one does not promise equal bytes)."""
        if tag.isascii() and tag.startswith('"'):
            self.tag_file.write_text(f"{mirror}\n{tag}", "utf-8")
        else:
            self.tag_file.unlink(missing_ok=True)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.tag_file.unlink(missing_ok=True)


def download(file: DataFile, target: Path, report: Report, *, advice: str = "") -> str:
    """Fetch the file to `target` and return the mirror that served it.

    Args:
        file: what to fetch.
        target: where it shall lie; its folder is made.
        report: told of every piece that arrives.
        advice: what to do where no mirror served it; names the network and the folders unless given.

    Raises:
        DataError: no mirror served the file (the message has each and its failure), or it can't be written.
    """
    part = _Part(target.with_name(target.name + ".part"))
    failures = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for mirror in file.mirrors:
            fault = _from_mirror(mirror, file, part, report)
            if fault is None:
                part.path.replace(target)
                part.discard()
                return mirror
            failures.append(f"{mirror}: {fault}")
    except OSError as cause:
        fix = "Free some space, or name another folder with D2LAB_CACHE."
        got = cause.strerror or str(cause)
        raise DataError(str(target), got=got, need="a place that can be written", fix=fix) from cause
    fix = advice or f"Check the network, put the file at {target}, or set D2LAB_DATA to a folder that has {file.path}."
    got = f"{len(failures)} that failed" if failures else "no mirror on its card"
    fix = f"{'; '.join(failures)}. {fix}" if failures else fix  # whole: a reader has to see each of them
    raise DataError(f"the download of {file.path}", got=got, need="one mirror that serves it whole", fix=fix)


def _from_mirror(mirror: str, file: DataFile, part: _Part, report: Report) -> str | None:
    """Bring the part to completion from one mirror; return None, or in words why that failed."""
    line = ""
    for _ in range(TRIES):
        had = part.size
        try:
            _continue(mirror, file, part, report)
            return None
        except _MirrorFault as fault:
            line = str(fault)
            if not fault.again and part.size <= had:
                return line
    return line


def _continue(mirror: str, file: DataFile, part: _Part, report: Report) -> None:
    """Ask for what is missing, append it, and check the whole."""
    if part.size > file.bytes:
        part.discard()
    start = part.size
    if start < file.bytes:
        _receive(mirror, file, part, report)
    if part.size < file.bytes:
        raise _MirrorFault(f"ended after {part.size} of {file.bytes} bytes")
    found = sha256(part.path)
    if not found.startswith(file.sha256):  # whole on every card; of weights only the first digits may be known
        part.discard()
        # What was here before may be to blame: then the same mirror gets a second chance.
        raise _MirrorFault(f"wrong content (sha256 {found[:12]}..., not {file.sha256[:12]}...)", again=start > 0)


def _receive(mirror: str, file: DataFile, part: _Part, report: Report) -> None:
    """Make one request and write its body to the part."""
    import requests
    import urllib3

    start = part.size
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if tag := part.tag(mirror):
            headers["If-Range"] = tag
    try:
        with requests.get(mirror, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
            start = _start(answer, file, part)
            part.keep_tag(mirror, answer.headers.get("ETag", ""))
            _append(answer.raw, start, file, part, report)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as cause:
        raise _MirrorFault(_in_words(cause)) from cause


def _start(answer: "requests.Response", file: DataFile, part: _Part) -> int:
    """Return the place in the file where the body of this answer begins."""
    if answer.status_code == 416:  # the server's file is not longer than our part
        part.discard()
        raise _MirrorFault("HTTP 416 (nothing after the part that was here)", again=True)
    if answer.status_code == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", "").strip())
        if not found or int(found[1]) != part.size or found[2] not in ("*", str(file.bytes)):
            part.discard()
            raise _MirrorFault("sent another range than was asked for", again=True)
        return part.size
    if answer.status_code != 200:
        raise _MirrorFault(f"HTTP {answer.status_code}")
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) != file.bytes:
        raise _MirrorFault(f"offers {length} bytes, not {file.bytes}")
    return 0  # the whole file: the server knows no ranges, or its file changed


def _append(body: Any, start: int, file: DataFile, part: _Part, report: Report) -> None:  # noqa: ANN401
    """Write the body from `start` on, and stop as soon as it is longer than the file may be."""
    done = start
    report(file.path, done, file.bytes)
    with part.path.open("r+b" if start else "wb") as f:
        f.seek(start)
        # The bytes as they travel: some servers label a .gz as an encoding, and requests would inflate it.
        for piece in body.stream(CHUNK_BYTES, decode_content=False):
            done += len(piece)
            if done > file.bytes:
                break
            f.write(piece)
            report(file.path, done, file.bytes)
        f.flush()
        os.fsync(f.fileno())
    if done > file.bytes:
        part.discard()
        raise _MirrorFault(f"sends more than {file.bytes} bytes")


def _in_words(cause: Exception) -> str:
    """Describe a network failure in a few words; the library's own text is a paragraph."""
    import requests

    if isinstance(cause, requests.Timeout) or "Timeout" in type(cause).__name__:
        return "no answer in time"
    if isinstance(cause, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(cause, requests.exceptions.InvalidSchema | requests.exceptions.MissingSchema):
        return "no http address"
    if isinstance(cause, requests.ConnectionError):
        return "no connection"
    return f"the connection broke ({type(cause).__name__})"
