"""The pickles that CIFAR-10 comes in, read without running them.

A pickle is a program; its usual reader calls whatever the file names. This one walks the opcodes on a small stack
of its own and knows what those files hold and nothing else: a dict, lists, numbers, byte strings, and one numpy
array of bytes, of which it takes shape and content. Any other opcode, name or shape is refused.

Source: the opcodes are those of Python's pickletools; the files were written by Python 2 with protocol 2.
"""

import math
import pickletools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from d2lab.core.errors import DataError
from d2lab.core.regular_file import read_regular

NUMBERS = {"BININT", "BININT1", "BININT2"}
STRINGS = {"SHORT_BINSTRING", "BINSTRING"}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
KEPT = {"BINPUT", "LONG_BINPUT"}
RECALLED = {"BINGET", "LONG_BINGET"}
REBUILD = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
KNOWN = (*REBUILD, "numpy ndarray", "numpy dtype")
BYTE_STATE = (3, b"|", None, None, None, -1, -1, 0)  # how numpy describes a type of one byte, beyond its name
AXES = 4  # of an array, at most
NEED = "a dict of byte strings, numbers, lists and one array of bytes"


@dataclass(frozen=True, slots=True)
class _Name:
    """A function or class that the file names; it is compared, never looked up."""

    name: str


@dataclass(slots=True)
class _Array:
    """An array that the file builds: empty at first, as numpy makes it."""

    values: np.ndarray | None = None


class _ByteType:
    """The type of an array's values; only bytes are known."""


class _Refused(Exception):  # noqa: N818 (caught here, never seen outside)
    """What this reader doesn't know."""


_MARK = object()


def read_pickled(path: Path, *, limit_bytes: int) -> dict[bytes, Any]:
    """Return the dict that a pickle of CIFAR-10 describes, its array as uint8.

    Args:
        path: the file.
        limit_bytes: largest size of the file; nothing that is built can be larger by more than a small factor.

    Raises:
        DataError: the file is missing, too large, cut off, or holds anything beyond what is named above.
    """
    try:
        program = read_regular(path, limit_bytes, links=True, error=DataError)
    except OSError as cause:
        raise DataError(str(path), got=cause.strerror or str(cause), need="a file that can be read") from cause
    try:
        return _Reader().run(program)
    except (_Refused, ValueError, IndexError) as cause:  # the last two: an end too early, a stack too short
        fix = "Don't trust this file: fetch it again from its publisher."
        raise DataError(f"the pickle {path}", got=str(cause), need=NEED, fix=fix) from cause


class _Reader:
    """The stack and the memory of one file."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def run(self, program: bytes) -> dict[bytes, Any]:
        """Follow the opcodes to the end and return the dict that is left."""
        end = 0
        for opcode, argument, place in pickletools.genops(program):
            self._step(opcode.name, argument)
            end = (place or 0) + 1
        if end != len(program):
            raise _Refused(f"{len(program) - end} bytes after the end")
        (found,) = self.stack if len(self.stack) == 1 else (None,)
        if type(found) is not dict:
            raise _Refused(f"a {type(found).__name__} at the end")
        return {key: _content(value) for key, value in found.items()}

    def _step(self, name: str, argument: Any) -> None:  # noqa: ANN401, PLR0912
        """Do what one opcode says."""
        if name in NUMBERS or name in CONSTANTS:
            self.stack.append(CONSTANTS.get(name, argument))
        elif name in STRINGS:
            self.stack.append(argument.encode("latin-1"))  # genops shows bytes as text of the same numbers
        elif name in KEPT:
            _require(self.stack[-1] is not _MARK, "a value to keep")
            self.memory[argument] = self.stack[-1]
        elif name in RECALLED:
            if argument not in self.memory:
                raise _Refused(f"a value number {argument} that was never kept")
            self.stack.append(self.memory[argument])
        elif name in TUPLES:
            self.stack.append(tuple(self._pop(TUPLES[name])))
        elif name in ("EMPTY_DICT", "EMPTY_LIST"):
            self.stack.append({} if name == "EMPTY_DICT" else [])
        elif name == "MARK":
            self.stack.append(_MARK)
        elif name == "GLOBAL":
            if argument not in KNOWN:
                raise _Refused(f"the name {argument!r}")
            self.stack.append(_Name(argument))
        elif name in (*ACTIONS, "TUPLE"):
            self._act(name)
        elif name == "PROTO":
            if argument != 2:
                raise _Refused(f"protocol {argument}")
        elif name != "STOP":
            raise _Refused(f"the opcode {name}")

    def _act(self, name: str) -> None:
        """Do what changes or calls something on the stack."""
        taken = self._to_mark() if name in ("TUPLE", "APPENDS", "SETITEMS") else self._pop(ACTIONS[name])
        if name == "TUPLE":
            self.stack.append(tuple(taken))
        elif name == "REDUCE":
            self.stack.append(_called(*taken))
        elif name == "BUILD":
            _fill(self.stack[-1], taken[0])
        elif name in ("APPEND", "APPENDS"):
            _require(type(self.stack[-1]) is list, "a list to append to")
            self.stack[-1].extend(taken)
        else:
            _require(type(self.stack[-1]) is dict and len(taken) % 2 == 0, "a dict and pairs for it")
            _require(all(type(key) is bytes for key in taken[::2]), "keys that are byte strings")
            self.stack[-1].update(zip(taken[::2], taken[1::2], strict=True))

    def _pop(self, count: int) -> list[Any]:
        """Take the topmost values, the deepest first."""
        if len(self.stack) < count:
            raise _Refused("a stack that is too short")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        _require(all(value is not _MARK for value in taken), "a value where a mark is")
        return taken

    def _to_mark(self) -> list[Any]:
        """Take the values down to the last mark."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                taken = self.stack[place + 1 :]
                del self.stack[place:]
                return taken
        raise _Refused("no mark")


ACTIONS = {"REDUCE": 2, "BUILD": 1, "APPEND": 1, "SETITEM": 2, "APPENDS": 0, "SETITEMS": 0}


def _require(fact: bool, need: str) -> None:
    if not fact:
        raise _Refused(f"something else than {need}")


def _called(name: Any, arguments: Any) -> Any:  # noqa: ANN401
    """Return what one of the two known calls makes; nothing is called."""
    if type(name) is _Name and name.name in REBUILD and arguments == (_Name("numpy ndarray"), (0,), b"b"):
        return _Array()
    if name == _Name("numpy dtype") and arguments == (b"u1", 0, 1):
        return _ByteType()
    raise _Refused("a call of something else than numpy's array of bytes")


def _fill(target: Any, state: Any) -> None:  # noqa: ANN401
    """Set the shape and content of an array, or check that a type is the one of bytes."""
    if type(target) is _ByteType:
        _require(state == BYTE_STATE, "the type of one byte")
        return
    _require(type(target) is _Array and target.values is None and type(state) is tuple, "an empty array to fill")
    _require(len(state) == 5 and state[0] == 1 and type(state[2]) is _ByteType, "the state of an array of bytes")
    _, shape, _, columns_first, content = state
    _require(type(shape) is tuple and len(shape) <= AXES and all(type(n) is int and n >= 0 for n in shape), "a shape")
    _require(columns_first is False and type(content) is bytes, "rows of bytes")
    _require(math.prod(shape) == len(content), f"{math.prod(shape)} bytes for the shape {shape}")
    target.values = np.frombuffer(content, np.uint8).reshape(shape)


def _content(value: Any) -> Any:  # noqa: ANN401
    """Check that a value of the dict is plain, and take the array out of its wrapping."""
    if type(value) is _Array and value.values is not None:
        return value.values
    flat = value if type(value) is list else [value]
    _require(all(type(item) in (int, bytes) for item in flat), "numbers and byte strings")
    return value
