"""Operators and methods that both modes of differentiation share."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.engine import operations as table
from d2lab.engine.operations import Operation, Values

N = TypeVar("N", bound="Number")  # the result has the mode of the input
Axes = int | tuple[int, ...] | None


class Number:
    """Base of NumPy arrays that are differentiated: `Array` in reverse mode, `Dual` in forward mode.

    Operators and method names are NumPy's, with broadcasting. Comparisons return plain boolean arrays, for control
    flow. In-place assignment is refused.

    Source: operator overloading for derivatives: Griewank and Walther 2008, section 6.1.

    Raises:
        ConfigError: an entry is assigned, or `item()` is called on several entries.
    """

    __array_ufunc__ = None  # so that numpy_array * number calls __rmul__ here
    __hash__ = object.__hash__
    data: Values

    def _apply(self: N, operation: Operation, *others: Any, **fixed: Any) -> N:  # noqa: ANN401
        """Apply an operation of the table to this number and others."""
        raise NotImplementedError

    def _constant(self: N, value: Any) -> N:  # noqa: ANN401
        """Convert a plain number or array, as a constant."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(self.data.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(self.data.size)

    def item(self) -> float:
        """Return the only entry as a Python float.

        Raises:
            ConfigError: there is none, or more than one.
        """
        if self.size != 1:
            raise ConfigError("item()", got=f"shape {self.shape}", need="a single entry")
        return float(self.data.reshape(-1)[0])

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self: N) -> Iterator[N]:
        return (self[number] for number in range(len(self)))

    def __add__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.ADD, other)

    def __radd__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.ADD, other)

    def __sub__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.SUBTRACT, other)

    def __rsub__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._constant(other) - self

    def __mul__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.MULTIPLY, other)

    def __rmul__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.MULTIPLY, other)

    def __truediv__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.DIVIDE, other)

    def __rtruediv__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._constant(other) / self

    def __pow__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.POWER, other)

    def __rpow__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._constant(other) ** self

    def __matmul__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._apply(table.MATMUL, other)

    def __rmatmul__(self: N, other: Any) -> N:  # noqa: ANN401
        return self._constant(other) @ self

    def __neg__(self: N) -> N:
        return self._apply(table.NEGATE)

    def __abs__(self: N) -> N:
        return self._apply(table.ABS)

    def __lt__(self, other: Any) -> Any:  # noqa: ANN401
        return self.data < plain(other)

    def __le__(self, other: Any) -> Any:  # noqa: ANN401
        return self.data <= plain(other)

    def __gt__(self, other: Any) -> Any:  # noqa: ANN401
        return self.data > plain(other)

    def __ge__(self, other: Any) -> Any:  # noqa: ANN401
        return self.data >= plain(other)

    def __getitem__(self: N, index: Any) -> N:  # noqa: ANN401
        return self._apply(table.INDEX, index=index)

    def __setitem__(self, index: Any, value: Any) -> None:  # noqa: ANN401
        fix = "Build a new one with where or concatenate."
        raise ConfigError("an entry", got="an assignment in place", need="a new array", fix=fix)

    def sum(self: N, axis: Axes = None, keepdims: bool = False) -> N:
        """Return the sum over axes, over all of them by default."""
        return self._apply(table.SUM, axis=_axes(axis), keepdims=keepdims)

    def mean(self: N, axis: Axes = None, keepdims: bool = False) -> N:
        """Return the mean over axes, over all of them by default."""
        total = self.sum(axis, keepdims)
        return total / (self.size / max(1, total.size))

    def max(self: N, axis: Axes = None, keepdims: bool = False) -> N:
        """Return the maximum over axes; ties share the gradient evenly, as in torch.amax."""
        return self._apply(table.MAX, axis=_axes(axis), keepdims=keepdims)

    def reshape(self: N, *shape: int) -> N:
        """Return the same entries in another shape; -1 stands for the length that is left."""
        return self._apply(table.RESHAPE, shape=shape)

    def transpose(self: N, *axes: int) -> N:
        """Permute the axes; without arguments, reverse them."""
        return self._apply(table.TRANSPOSE, axes=axes or tuple(reversed(range(self.ndim))))

    @property
    def T(self: N) -> N:  # noqa: N802
        """The transpose."""
        return self.transpose()

    def exp(self: N) -> N:
        """Return e^x."""
        return self._apply(table.EXP)

    def log(self: N) -> N:
        """Return the natural logarithm."""
        return self._apply(table.LOG)

    def sqrt(self: N) -> N:
        """Return the square root."""
        return self._apply(table.SQRT)

    def tanh(self: N) -> N:
        """Return the hyperbolic tangent."""
        return self._apply(table.TANH)

    def sigmoid(self: N) -> N:
        """Return 1 / (1 + exp(-x)), computed without overflow."""
        return self._apply(table.SIGMOID)

    def relu(self: N) -> N:
        """Return max(x, 0), with derivative 0 at 0."""
        return self._apply(table.RELU)

    def sin(self: N) -> N:
        """Return the sine."""
        return self._apply(table.SIN)

    def cos(self: N) -> N:
        """Return the cosine."""
        return self._apply(table.COS)

    def maximum(self: N, other: Any) -> N:  # noqa: ANN401
        """Return the element-wise maximum; ties share the gradient evenly."""
        return self._apply(table.MAXIMUM, other)


def plain(value: Any) -> Any:  # noqa: ANN401
    """Return the NumPy array of a Number, and anything else unchanged."""
    return value.data if isinstance(value, Number) else value


def where(condition: Any, chosen: Number, other: Any) -> Number:  # noqa: ANN401
    """Return entries of `chosen` where the condition holds, and of `other` elsewhere.

    Args:
        condition: booleans, broadcast against both.
        chosen: an Array or a Dual.
        other: another of the same mode, or a plain array.
    """
    return chosen._apply(table.WHERE, other, condition=np.asarray(condition, dtype=bool))


def concatenate(parts: Sequence[Number], axis: int = 0) -> Number:
    """Concatenate along an existing axis.

    Args:
        parts: at least one, of one shape but for that axis.
        axis: along which they are concatenated.

    Raises:
        ConfigError: there is no part.
    """
    if not parts:
        raise ConfigError("concatenate", got="no part", need="at least one")
    return parts[0]._apply(table.CONCATENATE, *parts[1:], axis=axis)


def stack(parts: Sequence[Number]) -> Number:
    """Stack parts of one shape along a new first axis.

    Raises:
        ConfigError: there is no part.
    """
    return concatenate([part.reshape(1, *part.shape) for part in parts])


def _axes(axis: Axes) -> tuple[int, ...] | None:
    return (axis,) if isinstance(axis, int) else axis
