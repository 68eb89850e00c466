"""Reverse mode: every result remembers its parents, and gradients flow back from the result to the leaves.

Source: Linnainmaa 1970 and 1976, "Taylor expansion of the accumulated rounding error"; Griewank and Walther 2008,
section 3.2; as in torch, values are computed first and `backward()` is called afterwards.
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
    """Disable recording inside the `with` block: results have no parents and need no gradient, as in torch.no_grad."""
    global _recording  # noqa: PLW0603  (a switch of the whole program, as torch's)
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


class Array(Number):
    """Array of numbers that is differentiated in reverse mode: `backward()` of a loss fills `grad` of every leaf.

    Values are float64, whatever comes in. Gradients accumulate over uses and over calls of `backward()`, until
    `zero_grad()`.

    Source: Griewank and Walther 2008, "Evaluating Derivatives", section 3.2.
    Twin: torch.Tensor with requires_grad.

    Args:
        data: numbers of any shape.
        requires_grad: mark a leaf whose gradient is wanted.

    Raises:
        ConfigError: the data are not real numbers.
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
        """Return the same values as a constant, without a graph."""
        return Array(self.data)

    def zero_grad(self) -> None:
        """Reset the gradient to None."""
        self.grad = None

    def backward(self, gradient: Any = None) -> None:  # noqa: ANN401
        """Add to `grad` of every leaf the gradient of this result with respect to it.

        Args:
            gradient: of the final loss with respect to this array, of this array's shape; 1 where it has one entry.

        Raises:
            ConfigError: no leaf requires a gradient, the given one has another shape, or it is missing for several
                entries.
        """
        if not self.requires_grad:
            fix = "Make an input with requires_grad=True."
            raise ConfigError(
                "backward()", got="an Array that needs no gradient", need="one made from leaves that do", fix=fix
            )
        if gradient is None and self.size != 1:
            got = f"shape {self.shape} and no gradient"
            raise ConfigError("backward()", got=got, need="one entry, or a gradient", fix="Sum first, or pass one.")
        first = np.ones(self.shape) if gradient is None else np.asarray(gradient, dtype=np.float64)
        if first.shape != self.shape:
            raise ConfigError("the gradient of backward()", got=first.shape, need=f"shape {self.shape}")
        gradients = {id(self): first}
        for array in reversed(topological_order(self)):
            gradient = gradients.pop(id(array))
            if array.operation is None:
                array.grad = gradient.copy() if array.grad is None else np.asarray(array.grad + gradient)
                continue
            inputs = tuple(np.asarray(parent.data) for parent in array.parents)
            parts = array.operation.vjp(gradient, np.asarray(array.data), inputs, array.fixed)
            for parent, part in zip(array.parents, parts, strict=True):
                if parent.requires_grad:
                    before = gradients.get(id(parent))
                    gradients[id(parent)] = part if before is None else np.asarray(before + part)


def topological_order(array: Array) -> list[Array]:
    """List every array that the result depends on and that needs a gradient, parents before children.

    Depth-first search with a stack of its own: a graph may be deeper than Python's call stack.

    Source: Knuth 1968, "The Art of Computer Programming" 1, section 2.2.3; by depth-first search: Tarjan 1976.

    Args:
        array: the result; it comes last.
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
