"""The table of operations: what each computes, and how small changes pass through it, forward and backward.

One row serves both modes. For y = f(x), a change dx moves y by dy = J dx (forward mode: `push`); a loss that feels y
with slope g feels x with slope g J (reverse mode: `pull`). J itself, the Jacobian, is never built.

Source: Griewank and Walther 2008, "Evaluating Derivatives", sections 3.1 and 3.2; Speelpenning 1980.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, "..."]
Fixed = dict[str, Any]  # arguments that are not differentiated: an axis, a shape, an index


def unbroadcast(slope: Values, shape: tuple[int, ...]) -> Values:
    """Sum over the axes along which an input was repeated: each copy has felt its own slope.

    Source: none; the chain rule for y_i = x.

    Args:
        slope: by the broadcast input.
        shape: of the input before.
    """
    summed = slope.sum(tuple(range(slope.ndim - len(shape))))
    repeated = tuple(axis for axis, side in enumerate(shape) if side == 1 and summed.shape[axis] != 1)
    return np.asarray(summed.sum(repeated, keepdims=True) if repeated else summed)


@dataclass(frozen=True)
class Elementwise:
    """Works entry by entry, so its Jacobian is a diagonal: one slope for each entry of each input."""

    name: str
    compute: Callable[..., Any]
    slopes: Callable[..., tuple[Any, ...]]  # from the output and the inputs

    def value(self, *inputs: Values, **_: Any) -> Values:  # noqa: ANN401
        """Compute the output."""
        return np.asarray(self.compute(*inputs))

    def pull(self, slope: Values, output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values, ...]:
        """Multiply by the diagonal, and undo the broadcast."""
        own = self.slopes(output, *inputs)
        return tuple(unbroadcast(np.asarray(slope * s), x.shape) for s, x in zip(own, inputs, strict=True))

    def push(self, changes: tuple[Values, ...], output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
        """Multiply by the diagonal, and add what comes from each input."""
        own = self.slopes(output, *inputs)
        total = sum(change * s for change, s in zip(changes, own, strict=True))
        return np.asarray(np.broadcast_to(total, output.shape))


@dataclass(frozen=True)
class Structural:
    """Moves, picks or adds entries: both directions are written out."""

    name: str
    compute: Callable[..., Any]
    back: Callable[[Values, Values, tuple[Values, ...], Fixed], tuple[Any, ...]]
    forth: Callable[[tuple[Values, ...], Values, tuple[Values, ...], Fixed], Any]

    def value(self, *inputs: Values, **fixed: Any) -> Values:  # noqa: ANN401
        """Compute the output."""
        return np.asarray(self.compute(*inputs, **fixed))

    def pull(self, slope: Values, output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values, ...]:
        """Send the slope back where the entries came from."""
        return tuple(np.asarray(s) for s in self.back(slope, output, inputs, fixed))

    def push(self, changes: tuple[Values, ...], output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
        """Send the changes where the entries go."""
        return np.asarray(self.forth(changes, output, inputs, fixed))


Operation = Elementwise | Structural  # what every row of the table is


def linear(name: str, compute: Callable[..., Any], back: Callable[..., tuple[Any, ...]]) -> Structural:
    """Make a row for a map that is linear in all inputs together: a change passes as the values do.

    Source: none; a linear map is its own derivative.

    Args:
        name: for the graph.
        compute: the output, from inputs and fixed arguments.
        back: the slopes by the inputs, from the slope by the output, the output, the inputs and the fixed arguments.
    """
    return Structural(name, compute, back, lambda changes, output, inputs, fixed: compute(*changes, **fixed))


def _sigmoid(x: Values) -> Values:
    decay = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, decay) / (1 + decay))


def _log_or_0(x: Values) -> Values:
    """Logarithm where there is one: x^n has no real slope by n elsewhere."""
    return np.asarray(np.log(np.where(x > 0, x, 1)))


def _winners(x: Values, y: Values) -> Values:
    return np.asarray(np.where(x == y, 0.5, x > y))


ADD = Elementwise("+", np.add, lambda out, x, y: (1.0, 1.0))
SUBTRACT = Elementwise("-", np.subtract, lambda out, x, y: (1.0, -1.0))
MULTIPLY = Elementwise("*", np.multiply, lambda out, x, y: (y, x))
DIVIDE = Elementwise("/", np.divide, lambda out, x, y: (1 / y, -out / y))
POWER = Elementwise("**", np.power, lambda out, x, n: (n * x ** np.where(n == 0, 1, n - 1), out * _log_or_0(x)))
MAXIMUM = Elementwise("max of two", np.maximum, lambda out, x, y: (_winners(x, y), _winners(y, x)))
NEGATE = Elementwise("neg", np.negative, lambda out, x: (-1.0,))
EXP = Elementwise("exp", np.exp, lambda out, x: (out,))
LOG = Elementwise("log", np.log, lambda out, x: (1 / x,))
SQRT = Elementwise("sqrt", np.sqrt, lambda out, x: (0.5 / out,))
TANH = Elementwise("tanh", np.tanh, lambda out, x: (1 - out**2,))
SIGMOID = Elementwise("sigmoid", _sigmoid, lambda out, x: (out * (1 - out),))
RELU = Elementwise("relu", lambda x: np.maximum(x, 0), lambda out, x: (np.where(x > 0, 1.0, 0.0),))
SIN = Elementwise("sin", np.sin, lambda out, x: (np.cos(x),))
COS = Elementwise("cos", np.cos, lambda out, x: (-np.sin(x),))
ABS = Elementwise("abs", np.abs, lambda out, x: (np.sign(x),))


def _spread(slope: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
    """Return what was summed over an axis its length back."""
    shape = inputs[0].shape
    axes = range(len(shape)) if fixed["axis"] is None else fixed["axis"]
    kept = [1 if axis in {a % len(shape) for a in axes} else side for axis, side in enumerate(shape)]
    return np.broadcast_to(slope.reshape(kept), shape)


def _shares(output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
    """Return each largest entry its share: ties share evenly."""
    largest = (inputs[0] == _spread(output, inputs, fixed)).astype(float)
    return np.asarray(largest / largest.sum(fixed["axis"], keepdims=True))


def _scatter(slope: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values]:
    """Add slopes where entries were picked; an entry picked twice gets both."""
    whole = np.zeros(inputs[0].shape)
    np.add.at(whole, fixed["index"], slope)
    return (whole,)


def _cut(slope: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values, ...]:
    """Cut a joined slope into the parts that were joined."""
    ends = np.cumsum([x.shape[fixed["axis"]] for x in inputs])[:-1]
    return tuple(np.split(slope, ends, axis=fixed["axis"]))


def _matmul_slopes(slope: Values, x: Values, y: Values) -> tuple[Values, Values]:
    """Return slope y^T and x^T slope; a vector on a side is a matrix of one row or column."""
    left, right = (x[None, :] if x.ndim == 1 else x), (y[:, None] if y.ndim == 1 else y)
    whole = np.asarray(slope)[..., None] if y.ndim == 1 else slope
    whole = whole[..., None, :] if x.ndim == 1 else whole
    by_left, by_right = whole @ right.swapaxes(-1, -2), left.swapaxes(-1, -2) @ whole
    return unbroadcast(by_left, left.shape).reshape(x.shape), unbroadcast(by_right, right.shape).reshape(y.shape)


SUM = linear("sum", lambda x, axis, keepdims: x.sum(axis, keepdims=keepdims), lambda g, o, i, f: (_spread(g, i, f),))
RESHAPE = linear("reshape", lambda x, shape: x.reshape(shape), lambda g, o, i, f: (g.reshape(i[0].shape),))
TRANSPOSE = linear(
    "transpose", lambda x, axes: x.transpose(axes), lambda g, o, i, f: (g.transpose(np.argsort(f["axes"])),)
)
INDEX = linear("index", lambda x, index: x[index], lambda g, o, i, f: _scatter(g, i, f))
CONCATENATE = linear("concatenate", lambda *x, axis: np.concatenate(x, axis), lambda g, o, i, f: _cut(g, i, f))
WHERE = linear(
    "where",
    lambda x, y, condition: np.where(condition, x, y),
    lambda g, o, i, f: tuple(
        unbroadcast(np.where(chosen, g, 0), x.shape)
        for chosen, x in zip((f["condition"], ~f["condition"]), i, strict=True)
    ),
)
MATMUL = Structural(
    "@",
    np.matmul,
    lambda g, o, i, f: _matmul_slopes(g, *i),
    lambda d, o, i, f: d[0] @ i[1] + i[0] @ d[1],
)
MAX = Structural(
    "max",
    lambda x, axis, keepdims: x.max(axis, keepdims=keepdims),
    lambda g, o, i, f: (_shares(o, i, f) * _spread(g, i, f),),
    lambda d, o, i, f: (_shares(o, i, f) * d[0]).sum(f["axis"], keepdims=f["keepdims"]),
)
