"""The reader's own text, as `text:PATH`: its encoding is found or asked for, and a large file is mapped, not read.

UTF-8 is mapped where it lies. Other encodings are written anew as UTF-8 into the cache, piece by piece. One that is not
recognized stands behind the path: `text:book.txt#latin-1`.
"""

import codecs
import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from d2lab.core.errors import DataError
from d2lab.data.card import Card
from d2lab.data.places import cache_folder
from d2lab.data.split import Dataset
from d2lab.data.texts import byte_split

TEXT = "text:"
PIECE = 1 << 20  # bytes read at once
SHORTEST = 100  # bytes: less leaves no held-out part worth a number
TRAIN_SHARE = 0.9
SEARCH = 10_000  # bytes in which the end of a line is looked for, so that no line is cut


def card_of(name: str) -> Card:
    """Return the card of `text:PATH` or `text:PATH#ENCODING`; the file is looked through once, in pieces.

    Raises:
        DataError: the file is missing or too short, or its encoding is unknown.
    """
    place, _, cut, end, digest = _prepared(name)
    return Card(
        name=name,
        task="language",
        en=f"Your text {place.name}, {end:,} bytes in UTF-8; the last tenth is held out.",
        zh=f"你的文本 {place.name}，UTF-8 编码共 {end:,} 字节，最后十分之一留作测试。",
        shape=(),
        examples=(cut - 1, end - cut - 1),
        classes=(),
        licence="yours",
        cite="yours",
        files=(),
        module=__name__,
        listing=digest,
    )


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return the text, byte by byte, mapped from the disk; `seed` and `fetch` change nothing here.

    Raises:
        DataError: the file is missing, too short or of an unknown encoding, or has changed.
    """
    _, plain, cut, end, digest = _prepared(card.name)
    if digest != card.listing:
        raise DataError(card.name, got="another content", need="the file as it was when its card was made")
    skip = plain.stat().st_size - end  # a byte order mark
    mapped = torch.from_numpy(np.memmap(plain, np.uint8, mode="c", offset=skip, shape=(end,)))
    return Dataset(card, byte_split(mapped[:cut]), byte_split(mapped[cut:]))


def find_encoding(place: Path) -> str | None:
    """Return the encoding of a file: "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", or None.

    A byte order mark decides; then valid UTF-8; then the zeros of UTF-16; then GB 18030, where nine tenths of what is
    no ASCII are characters of GB 2312, for much of what is Latin-1 decodes as GB 18030, too.
    """
    with place.open("rb") as file:
        head = file.read(PIECE)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig" if _decodes(place, "utf-8-sig") else None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16" if _decodes(place, "utf-16") else None
    if b"\0" not in head and _decodes(place, "utf-8"):
        return "utf-8"
    zeros = [head[first::2].count(0) / max(1, len(head) // 2) for first in (0, 1)]
    for share, name in zip(zeros, ("utf-16-be", "utf-16-le"), strict=True):
        if share > 0.2 and share == max(zeros) and _decodes(place, name):
            return name
    if b"\0" not in head and _decodes(place, "gb18030"):
        wide = [c for c in codecs.getincrementaldecoder("gb18030")().decode(head) if c > "\x7f"]
        common = sum(bool(c.encode("gb2312", "ignore")) for c in wide)
        return "gb18030" if common >= 0.9 * len(wide) else None
    return None


def _pieces(place: Path, encoding: str) -> Iterator[str]:
    """Yield the text of a file in pieces."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with place.open("rb") as file:
        while piece := file.read(PIECE):
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)


def _decodes(place: Path, encoding: str) -> bool:
    try:
        for _ in _pieces(place, encoding):
            pass
    except UnicodeError:
        return False
    return True


def _parsed(name: str) -> tuple[Path, str | None]:
    """Return the file and the encoding that the name states."""
    path = Path(name.removeprefix(TEXT))
    stem, mark, encoding = str(path).rpartition("#")
    if not path.exists() and mark:
        try:
            codecs.lookup(encoding)
        except LookupError as cause:
            raise DataError("the encoding", got=encoding, need="one that Python knows, such as latin-1") from cause
        return Path(stem), encoding
    return path, None


def _prepared(name: str) -> tuple[Path, Path, int, int, str]:
    """Return the file, its UTF-8, where the held-out part begins, where the text ends, and the content's SHA-256."""
    place, encoding = _parsed(name)
    if not place.is_file():
        got = "a folder" if place.is_dir() else "no such file"
        raise DataError(f"{TEXT}{place}", got=got, need="a text file")
    try:
        found = place.stat()
        return place, *_looked_through(place.resolve(), encoding, found.st_size, found.st_mtime_ns)
    except OSError as cause:
        raise DataError(str(place), got=cause.strerror or str(cause), need="a file that can be read") from cause


@lru_cache(maxsize=8)
def _looked_through(place: Path, stated: str | None, size: int, _: int) -> tuple[Path, int, int, str]:
    """Do the work of `_prepared`, once for a file of this size and time."""
    encoding = stated or find_encoding(place)
    if encoding is None or (stated and not _decodes(place, stated)):
        fix = f"Say it behind the path: {TEXT}{place.name}#latin-1"
        need = "UTF-8, UTF-16 or GB 18030, or the encoding that you say"
        raise DataError(f"the encoding of {place.name}", got=stated or "unknown", need=need, fix=fix)
    plain, skip = place, 0
    if encoding == "utf-8-sig":
        skip = len(codecs.BOM_UTF8)
    elif encoding != "utf-8":
        plain = _as_utf8(place, encoding)
    end = plain.stat().st_size - skip
    if end < SHORTEST:
        raise DataError(f"the text {place.name}", got=f"{end} bytes", need=f"{SHORTEST} or more")
    with plain.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        cut = int(TRAIN_SHARE * end)
        file.seek(skip + cut)
        near = file.read(min(SEARCH, (end - cut) // 2))
    line = near.find(b"\n") + 1
    cut += line or next((i for i, byte in enumerate(near) if byte & 0xC0 != 0x80), 0)  # else a character's first byte
    return plain, cut, end, digest


def _as_utf8(place: Path, encoding: str) -> Path:
    """Write the text anew as UTF-8 into the cache, unless it is there; whole or not at all."""
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    made = cache_folder() / "texts" / f"{digest[:32]}-{codecs.lookup(encoding).name}.txt"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=made.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in _pieces(place, encoding):
                    file.write(piece.encode("utf-8"))
            Path(part).replace(made)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    return made
