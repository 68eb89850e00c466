"""Damage: bytes, JSON values and files of a folder, each changed as a seed says."""

import json
import os
import random
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

RAW = [  # JSON text in the place of a value
    "NaN",
    "-Infinity",
    "Infinity",
    "1e999",
    "-1",
    "0",
    "-0.0",
    "1e-400",
    "1e308",
    "9" * 90,
    "9" * 9000,
    "1.5",
    "true",
    "null",
    "[]",
    "{}",
    '""',
    '"x"',
    '"nan"',
    '"\\ud800"',
    '"\\u0000"',
    '"../../victim/file"',
    '"/etc/passwd"',
    "[1, 2]",
    '{"a": 1}',
    "[" * 70 + "]" * 70,
    "[" * 100_000,
    '{"a":' * 50_000,
    '"' + "a" * 100_000 + '"',
    '"\\u001b[2J"',
    "tru",
    "01",
    "'a'",
    '"unended',
    "4294967296",
    "-9223372036854775809",
]
MARK = "@@here@@"
NAMES = ["../victim/file", "a\nb", "\udcff", "x" * 300, " ", ".", "CON", "a\x1b[2Jb"]


def damage_bytes(content: bytes, rng: random.Random) -> bytes:
    """Change bytes: flipped, overwritten, cut, doubled, moved, or others in their place."""
    data, size = bytearray(content), len(content)
    at = rng.randrange(size + 1)
    some = min(rng.choice([1, 2, 4, 16, 256, 4096]), max(size - at, 1))
    kind = rng.randrange(9)
    if kind == 0 and size:
        for _ in range(rng.choice([1, 1, 2, 8, 64])):
            data[rng.randrange(size)] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[at : at + some] = rng.randbytes(some)
    elif kind == 2:
        del data[at:]
    elif kind == 3:
        del data[at : at + some]
    elif kind == 4:
        data[at:at] = data[at : at + some]
    elif kind == 5:
        data[at : at + some] = rng.choice([b"\0", b"\xff", b"\x7f", b" "]) * some
    elif kind == 6:
        data = bytearray(rng.choice([b"", b"\0", b"\xff\xfe", b"{", b"[", rng.randbytes(100), content + content]))
    elif kind == 7:
        data[at:at] = rng.randbytes(some)
    elif size:  # the first bytes, where formats state their sizes
        for _ in range(rng.choice([1, 2, 4])):
            data[rng.randrange(min(size, 64))] = rng.choice([0, 1, 127, 128, 255])
    return bytes(data)


def damage_json(text: str, rng: random.Random) -> str:  # noqa: PLR0911 (a damage each)
    """Change a value, a key or a bracket of JSON; lines of JSON one of them."""
    if "\n{" in text.strip() and not text.startswith("{\n"):
        lines = text.splitlines()
        at = rng.randrange(len(lines))
        lines[at] = rng.choice(
            [lambda: damage_json(lines[at], rng), lambda: lines[rng.randrange(len(lines))], lambda: ""]
        )()
        return "\n".join(lines) + rng.choice(["\n", ""])
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return damage_bytes(text.encode(), rng).decode("utf-8", "replace")
    owner, key = _any_place(value, rng)
    if owner is None:
        return rng.choice(RAW)
    kind = rng.randrange(6)
    if kind == 0:
        del owner[key]
        return json.dumps(value)
    if kind == 1 and isinstance(owner, dict):
        owner[rng.choice(["", "extra", "format", "\x00"])] = owner[key]
        return json.dumps(value)
    if kind == 2 and isinstance(owner, dict):  # the key twice
        kept, owner[key] = owner[key], MARK
        return json.dumps(value).replace(f'"{MARK}"', f"{json.dumps(kept)}, {json.dumps(key)}: {rng.choice(RAW)}")
    if kind == 3 and isinstance(owner[key], int | float) and not isinstance(owner[key], bool):
        owner[key] = rng.choice(
            [owner[key] + 1, -owner[key], owner[key] * 2, owner[key] / 3, str(owner[key]), bool(owner[key])]
        )
        return json.dumps(value)
    owner[key] = MARK
    return json.dumps(value).replace(f'"{MARK}"', rng.choice(RAW))


def _any_place(value: object, rng: random.Random) -> tuple[Any, Any]:
    places: list[tuple[Any, Any]] = []

    def walk(inner: object) -> None:
        keys = list(inner) if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ()
        for key in keys:
            places.append((inner, key))
            walk(inner[key])

    walk(value)
    return rng.choice(places) if places else (None, None)


def damage_file(path: Path, rng: random.Random, victim: Path) -> str:
    """Put something else in the place of a file: nothing, a link, a FIFO, a folder, a socket, a sparse giant."""
    kinds: dict[str, Callable[[], object]] = {
        "missing": lambda: None,
        "link to a file outside": lambda: path.symlink_to(victim / "file"),
        "hard way round": lambda: path.symlink_to(Path("..") / ".." / ".." / "victim" / "file"),
        "link to a folder outside": lambda: path.symlink_to(victim),
        "link to itself": lambda: path.symlink_to(path.name),
        "link to nothing": lambda: path.symlink_to(victim / "new"),
        "link to a device": lambda: path.symlink_to("/dev/zero"),
        "FIFO": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "full folder": lambda: shutil.copytree(victim, path),
        "socket": lambda: _socket(path),
        "giant": lambda: _giant(path),
        "empty": path.touch,
    }
    kind = rng.choice(sorted(kinds))
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    kinds[kind]()
    return kind


def _giant(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**38)


def _socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # names of sockets are short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name[:90])
    finally:
        os.fchdir(here)
        os.close(here)


def damage_tree(folder: Path, rng: random.Random, victim: Path) -> list[str]:
    """Damage one or two of the files of a folder; return what was done."""
    done = []
    for _ in range(rng.choice([1, 1, 1, 2])):
        files = sorted(
            path
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**30
        )
        if not files:
            break
        path = rng.choice(files)
        name = path.relative_to(folder)
        kind = rng.random()
        if kind < 0.5 and path.suffix in (".json", ".jsonl", ".toml"):
            path.write_text(damage_json(path.read_text("utf-8", "replace"), rng), "utf-8", "replace")
            done.append(f"JSON of {name}")
        elif kind < 0.75:
            path.write_bytes(damage_bytes(path.read_bytes(), rng))
            done.append(f"bytes of {name}")
        elif kind < 0.8 and len(files) > 1:
            other = rng.choice(files)
            one, two = path.read_bytes(), other.read_bytes()
            path.write_bytes(two)
            other.write_bytes(one)
            done.append(f"{name} and {other.relative_to(folder)} swapped")
        elif kind < 0.84 and path.parent != folder:
            done.append(f"{damage_file(path.parent, rng, victim)} for {path.parent.relative_to(folder)}")
        elif kind < 0.88:
            try:
                new = path.with_name(rng.choice([*(other + path.suffix for other in NAMES[1:]), path.name.upper()]))
                path.rename(new)
            except (OSError, ValueError):
                continue
            done.append(f"{name} renamed to {new.name[:20]!r}")
        else:
            done.append(f"{damage_file(path, rng, victim)} for {name}")
    return done
