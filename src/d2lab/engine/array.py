"""Reverse mode: every result remembers its parents, and slopes flow back from the last to the first.

Source: Linnainmaa 1970 and 1976, "Taylor expansion of the accumulated rounding error"; Griewank and Walther 2008,
section 3.2; the manner is torch's: values first, `backward()` afterwards.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.engine.number import Number
from d2lab.engine.operations import Fixed, Operation, Values

_recording = True


@contextlib.contextmanager
def no_grad() -> Iterator[None]:
    """Remember nothing inside: results have no parents and need no slope.

    Source: none; torch.no_grad.
    """
    global _recording  # noqa: PLW0603  (a switch of the whole program, as torch's)
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


class Array(Number):
    """Numbers with a slope: `backward()` of a loss fills `grad` of every leaf that asked for it.

    Values are float64, whatever comes in. Slopes add up over uses and over calls of `backward()`, until `zero_grad()`.

    Source: as above.

    Raises:
        ConfigError: the data are no real numbers.
    """

    __slots__ = ("data", "fixed", "grad", "operation", "parents", "requires_grad")

    def __init__(self, data: Any, requires_grad: bool = False) -> None:  # noqa: ANN401
        try:
            self.data = np.array(data, dtype=np.float64)
        except (TypeError, ValueError) as cause:
            raise ConfigError("the data of an Array", got=type(data).__name__, need="real numbers") from cause
        self.requires_grad = requires_grad
        self.grad: Values | None = None
        self.operation: Operation | None = None
        self.parents: tuple[Array, ...] = ()
        self.fixed: Fixed = {}

    def __repr__(self) -> str:
        made = f", from {self.operation.name}" if self.operation else ""
        return f"Array({self.data}{', requires_grad' if self.requires_grad else ''}{made})"

    def _apply(self, operation: Operation, *others: Any, **fixed: Any) -> "Array":  # noqa: ANN401
        parents = (self, *(other if isinstance(other, Array) else self._constant(other) for other in others))
        result = Array(operation.value(*(np.asarray(parent.data) for parent in parents), **fixed))
        if _recording and any(parent.requires_grad for parent in parents):
            result.requires_grad = True
            result.operation, result.parents, result.fixed = operation, parents, fixed
        return result

    def _constant(self, value: Any) -> "Array":  # noqa: ANN401
        return Array(value)

    def detach(self) -> "Array":
        """Return the values without their past: a constant."""
        return Array(self.data)

    def zero_grad(self) -> None:
        """Forget the slope."""
        self.grad = None

    def backward(self, slope: Any = None) -> None:  # noqa: ANN401
        """Send a slope back to all leaves; of a loss with a single entry it is 1.

        Args:
            slope: of whatever comes next, by each entry; of this array's shape.

        Raises:
            ConfigError: nothing here needs a slope, or it has another shape, or is missing for several entries.
        """
        if not self.requires_grad:
            fix = "Make an input with requires_grad=True."
            raise ConfigError("backward()", got="an Array that needs no slope", need="one made from leaves", fix=fix)
        if slope is None and self.size != 1:
            got = f"shape {self.shape} and no slope"
            raise ConfigError("backward()", got=got, need="one entry, or a slope", fix="Sum first, or give a slope.")
        first = np.ones(self.shape) if slope is None else np.asarray(slope, dtype=np.float64)
        if first.shape != self.shape:
            raise ConfigError("the slope of backward()", got=first.shape, need=f"shape {self.shape}")
        slopes = {id(self): first}
        for array in reversed(past(self)):
            slope = slopes.pop(id(array))
            if array.operation is None:
                array.grad = slope.copy() if array.grad is None else np.asarray(array.grad + slope)
                continue
            inputs = tuple(np.asarray(parent.data) for parent in array.parents)
            pulled = array.operation.pull(slope, np.asarray(array.data), inputs, array.fixed)
            for parent, part in zip(array.parents, pulled, strict=True):
                if parent.requires_grad:
                    before = slopes.get(id(parent))
                    slopes[id(parent)] = part if before is None else np.asarray(before + part)


def past(array: Array) -> list[Array]:
    """List all that a result was made from and that needs a slope, each behind its parents (topological order).

    The walk keeps its own stack: a graph may be deeper than Python's.

    Source: Knuth 1968, "The Art of Computer Programming" 1, section 2.2.3; by depth-first search: Tarjan 1976.
    """
    order: list[Array] = []
    seen: set[int] = set()
    waiting = [(array, False)]
    while waiting:
        current, parents_done = waiting.pop()
        if parents_done:
            order.append(current)
        elif id(current) not in seen:
            seen.add(id(current))
            waiting.append((current, True))
            waiting.extend((parent, False) for parent in current.parents if parent.requires_grad)
    return order
