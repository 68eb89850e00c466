"""The one reader of JSON: bounded in size and depth, finite numbers, no key twice, UTF-8.

A file may be damaged, or made to harm. What the standard reader takes on trust is refused here with one line: NaN and
infinity, a number of a thousand digits, a hundred thousand brackets, two values for one key, half a surrogate pair.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from d2lab.core.errors import D2labError, RunError
from d2lab.core.regular_file import read_regular

LIMIT = 64 * 2**20  # bytes
DEPTH = 64  # lists and objects inside one another
DIGITS = 100  # of a whole number
TOKENS = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL
)  # a string whole: its brackets do not count


def read_json(
    path: Path,
    what: str,
    *,
    limit: int = LIMIT,
    links: bool = False,
    error: type[D2labError] = RunError,
    need: str = "a JSON file that d2lab wrote",
    fix: str = "",
) -> Any:  # noqa: ANN401
    """Read a JSON file.

    Args:
        path: of the file.
        what: what an error calls it, before its path.
        limit: bytes.
        links: whether a link may stand for the file; see `open_regular`.
        error: class of the error.
        need: what an error asks for.
        fix: what an error advises.

    Raises:
        FileNotFoundError: there is none.
        D2labError: (of class `error`) it can't be read, or is not JSON within the bounds.
    """
    try:
        return parse_json(read_regular(path, limit, links=links, error=error))
    except FileNotFoundError:
        raise
    except D2labError as cause:
        raise error(f"{what} {path}", got=cause.got, need=cause.need, fix=cause.fix or fix) from cause
    except (OSError, ValueError) as cause:
        got = cause.strerror if isinstance(cause, OSError) else str(cause)
        raise error(f"{what} {path}", got=got or str(cause), need=need, fix=fix) from cause


def read_object(path: Path, what: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401
    """Read a JSON file that holds an object; see `read_json`."""
    value = read_json(path, what, **how)
    if not isinstance(value, dict):
        error = how.get("error", RunError)
        raise error(f"{what} {path}", got=f"a {type(value).__name__}", need="a JSON object", fix=how.get("fix", ""))
    return value


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401
    """Parse JSON within the bounds.

    >>> parse_json('{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}

    Raises:
        ValueError: it is not JSON, or outside the bounds; the message says what is wrong, and where.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    _require_shallow(text)
    value = json.loads(
        text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_short, object_pairs_hook=_unique_keys
    )
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is a UnicodeEncodeError here
    return value


def canonical_hash(value: Any) -> str:  # noqa: ANN401
    """Return the SHA-256 of a value as JSON, whatever the order of its keys and the file's white space.

    >>> canonical_hash({"a": 1, "b": (2,)}) == canonical_hash({"b": [2], "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _require_shallow(text: str) -> None:
    if text.count("[") + text.count("{") <= DEPTH:
        return
    depth = 0
    for token in TOKENS.finditer(text):
        mark = token.group()[0]
        depth += 1 if mark in "[{" else -1 if mark in "]}" else 0
        if depth > DEPTH:
            raise ValueError(f"brackets more than {DEPTH} deep")


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word}, which is no number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:40]}, which is too large a number")
    return value


def _short(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in value if keys.count(key) > 1)!r} twice")
    return value
