"""The table of operations: what each computes, and its Jacobian-vector and vector-Jacobian products.

One row serves both modes. For y = f(x) with Jacobian J, forward mode maps a tangent t of x to the tangent J t of y
(`jvp`), and reverse mode maps the gradient g of a loss with respect to y to the gradient g J with respect to x (`vjp`).
J itself is never built.

Source: Griewank and Walther 2008, "Evaluating Derivatives", sections 3.1 and 3.2; Speelpenning 1980.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, "..."]
Fixed = dict[str, Any]  # arguments without a derivative: an axis, a shape, an index


def unbroadcast(gradient: Values, shape: tuple[int, ...]) -> Values:
    """Sum a gradient over the axes along which an input was broadcast, since every copy contributes to the loss.

    Args:
        gradient: with respect to the broadcast input.
        shape: of the input before broadcasting.
    """
    summed = gradient.sum(tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, side in enumerate(shape) if side == 1 and summed.shape[axis] != 1)
    return np.asarray(summed.sum(repeated, keepdims=True) if repeated else summed)


@dataclass(frozen=True)
class Elementwise:
    """Element-wise operation: its Jacobian is diagonal, with one partial derivative per entry of each input."""

    name: str
    compute: Callable[..., Any]
    partials: Callable[..., tuple[Any, ...]]  # output, inputs -> one diagonal for each input

    def value(self, *inputs: Values, **_: Any) -> Values:  # noqa: ANN401
        """Compute the output."""
        return np.asarray(self.compute(*inputs))

    def vjp(self, gradient: Values, output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values, ...]:
        """Return the gradients by the inputs: multiply by each diagonal, and undo the broadcast."""
        diagonals = self.partials(output, *inputs)
        return tuple(unbroadcast(np.asarray(gradient * d), x.shape) for d, x in zip(diagonals, inputs, strict=True))

    def jvp(self, tangents: tuple[Values, ...], output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
        """Return the tangent of the output: multiply by each diagonal, and sum over the inputs."""
        diagonals = self.partials(output, *inputs)
        total = sum(tangent * d for tangent, d in zip(tangents, diagonals, strict=True))
        return np.asarray(np.broadcast_to(total, output.shape))


@dataclass(frozen=True)
class Structural:
    """Operation that moves, selects or combines entries: both products are written out."""

    name: str
    compute: Callable[..., Any]
    backward: Callable[[Values, Values, tuple[Values, ...], Fixed], tuple[Any, ...]]
    forward: Callable[[tuple[Values, ...], Values, tuple[Values, ...], Fixed], Any]

    def value(self, *inputs: Values, **fixed: Any) -> Values:  # noqa: ANN401
        """Compute the output."""
        return np.asarray(self.compute(*inputs, **fixed))

    def vjp(self, gradient: Values, output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values, ...]:
        """Return the gradients by the inputs."""
        return tuple(np.asarray(g) for g in self.backward(gradient, output, inputs, fixed))

    def jvp(self, tangents: tuple[Values, ...], output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
        """Return the tangent of the output."""
        return np.asarray(self.forward(tangents, output, inputs, fixed))


Operation = Elementwise | Structural  # a row of the table


def linear(name: str, compute: Callable[..., Any], backward: Callable[..., tuple[Any, ...]]) -> Structural:
    """Build the row of an operation that is linear in all inputs together: tangents pass through as the values do.

    Args:
        name: label in a graph.
        compute: the output, from inputs and fixed arguments.
        backward: the gradients by the inputs, from the gradient by the output, the output, the inputs and the fixed
            arguments.
    """
    return Structural(name, compute, backward, lambda tangents, output, inputs, fixed: compute(*tangents, **fixed))


def _sigmoid(x: Values) -> Values:
    decay = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, decay) / (1 + decay))


def _log_or_0(x: Values) -> Values:
    """Return log x where x > 0, and 0 elsewhere: there x^n has no real derivative by n."""
    return np.asarray(np.log(np.where(x > 0, x, 1)))


def _share_of_maximum(x: Values, y: Values) -> Values:
    """Return the derivative of max(x, y) by x: 1 where x is larger, 1/2 at ties."""
    return np.asarray(np.where(x == y, 0.5, x > y))


ADD = Elementwise("+", np.add, lambda out, x, y: (1.0, 1.0))
SUBTRACT = Elementwise("-", np.subtract, lambda out, x, y: (1.0, -1.0))
MULTIPLY = Elementwise("*", np.multiply, lambda out, x, y: (y, x))
DIVIDE = Elementwise("/", np.divide, lambda out, x, y: (1 / y, -out / y))
POWER = Elementwise("**", np.power, lambda out, x, n: (n * x ** np.where(n == 0, 1, n - 1), out * _log_or_0(x)))
MAXIMUM = Elementwise("max of two", np.maximum, lambda out, x, y: (_share_of_maximum(x, y), _share_of_maximum(y, x)))
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


def _expand(reduced: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
    """Broadcast what was reduced over an axis to the input's shape again."""
    shape = inputs[0].shape
    axes = range(len(shape)) if fixed["axis"] is None else fixed["axis"]
    kept = [1 if axis in {a % len(shape) for a in axes} else side for axis, side in enumerate(shape)]
    return np.broadcast_to(reduced.reshape(kept), shape)


def _shares(output: Values, inputs: tuple[Values, ...], fixed: Fixed) -> Values:
    """Return the derivative of the maximum by each entry: ties share it evenly, all others have 0."""
    largest = (inputs[0] == _expand(output, inputs, fixed)).astype(float)
    return np.asarray(largest / largest.sum(fixed["axis"], keepdims=True))


def _scatter(gradient: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values]:
    """Add gradients where entries were selected; an entry selected twice gets both."""
    whole = np.zeros(inputs[0].shape)
    np.add.at(whole, fixed["index"], gradient)
    return (whole,)


def _split(gradient: Values, inputs: tuple[Values, ...], fixed: Fixed) -> tuple[Values, ...]:
    """Split the gradient of a concatenation into those of its parts."""
    ends = np.cumsum([x.shape[fixed["axis"]] for x in inputs])[:-1]
    return tuple(np.split(gradient, ends, axis=fixed["axis"]))


def _matmul_gradients(gradient: Values, x: Values, y: Values) -> tuple[Values, Values]:
    """Return g y^T and x^T g for the gradient g; a vector counts as a matrix of one row or column."""
    left, right = (x[None, :] if x.ndim == 1 else x), (y[:, None] if y.ndim == 1 else y)
    whole = np.asarray(gradient)[..., None] if y.ndim == 1 else gradient
    whole = whole[..., None, :] if x.ndim == 1 else whole
    by_left, by_right = whole @ right.swapaxes(-1, -2), left.swapaxes(-1, -2) @ whole
    return unbroadcast(by_left, left.shape).reshape(x.shape), unbroadcast(by_right, right.shape).reshape(y.shape)


SUM = linear("sum", lambda x, axis, keepdims: x.sum(axis, keepdims=keepdims), lambda g, o, i, f: (_expand(g, i, f),))
RESHAPE = linear("reshape", lambda x, shape: x.reshape(shape), lambda g, o, i, f: (g.reshape(i[0].shape),))
TRANSPOSE = linear(
    "transpose", lambda x, axes: x.transpose(axes), lambda g, o, i, f: (g.transpose(np.argsort(f["axes"])),)
)
INDEX = linear("index", lambda x, index: x[index], lambda g, o, i, f: _scatter(g, i, f))
CONCATENATE = linear("concatenate", lambda *x, axis: np.concatenate(x, axis), lambda g, o, i, f: _split(g, i, f))
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
    lambda g, o, i, f: _matmul_gradients(g, *i),
    lambda t, o, i, f: t[0] @ i[1] + i[0] @ t[1],
)
MAX = Structural(
    "max",
    lambda x, axis, keepdims: x.max(axis, keepdims=keepdims),
    lambda g, o, i, f: (_shares(o, i, f) * _expand(g, i, f),),
    lambda t, o, i, f: (_shares(o, i, f) * t[0]).sum(f["axis"], keepdims=f["keepdims"]),
)
