"""Derivatives of functions: Jacobian-vector products, whole Jacobians in both modes, and finite differences.

Numerator layout: the derivative of an output of shape M with respect to an input of shape N has shape M + N. That is a
number for scalar by scalar, [n] for scalar by vector, [m] for vector by scalar, and [m, n] for vector by vector.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from d2lab.core.errors import ConfigError
from d2lab.engine.array import Array
from d2lab.engine.dual import Dual
from d2lab.engine.operations import Values

Function = Callable[..., Any]  # of Arrays or Duals alike
EPSILON = float(np.finfo(np.float64).eps)


class Jacobian(NamedTuple):
    """Jacobian of shape output + input, and the number of forward or backward passes that computed it."""

    values: Values
    passes: int


def jvp(function: Function, inputs: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Values, Values]:
    """Return the output and the Jacobian-vector product J t, the derivative along the tangents t, in one forward pass.

    Source: Baydin et al. 2018, JMLR 18, section 3.1.1.

    Args:
        function: takes one Dual for each input.
        inputs: point at which to differentiate.
        tangents: direction, one for each input and of its shape.

    Raises:
        ConfigError: inputs and tangents differ in number or shape, or the function does not return a Dual.
    """
    if len(inputs) != len(tangents):
        raise ConfigError("jvp", got=f"{len(tangents)} tangents", need=f"one for each of {len(inputs)} inputs")
    output = _checked(function(*map(Dual, inputs, tangents)), Dual)
    return output.data, output.tangent


def vjp(function: Function, *inputs: Any) -> tuple[Values, Callable[[Any], tuple[Values, ...]]]:  # noqa: ANN401
    """Return the output and a function that computes the vector-Jacobian product g J for all inputs (the pullback).

    Source: Baydin et al. 2018, JMLR 18, section 3.2.

    Args:
        function: takes one Array for each input.
        inputs: point at which to differentiate.

    Raises:
        ConfigError: the function does not return an Array.
    """
    leaves = [Array(x, requires_grad=True) for x in inputs]
    output = _checked(function(*leaves), Array)

    def pullback(gradient: Any) -> tuple[Values, ...]:  # noqa: ANN401
        for leaf in leaves:
            leaf.zero_grad()
        if output.requires_grad:
            output.backward(gradient)
        return tuple(np.zeros(leaf.shape) if leaf.grad is None else leaf.grad for leaf in leaves)

    return output.data, pullback


def grad(function: Function) -> Callable[..., Values]:
    """Return the function that computes the gradient with respect to the first input, of a scalar-valued function.

    Source: Speelpenning 1980, "Compiling Fast Partial Derivatives of Functions Given by Algorithms".

    Raises:
        ConfigError: (when called) the output has several entries.
    """

    def gradient(*inputs: Any) -> Values:  # noqa: ANN401
        output, pullback = vjp(function, *inputs)
        if output.size != 1:
            raise ConfigError("grad", got=f"an output of shape {output.shape}", need="one entry", fix="Use jacobian.")
        return pullback(np.ones(output.shape))[0]

    return gradient


def jacobian(function: Function, x: Any, mode: Literal["reverse", "forward"] = "reverse") -> Jacobian:  # noqa: ANN401
    """Compute the Jacobian: forward mode needs one pass per input entry, reverse mode one per output entry.

    Source: Griewank and Walther 2008, "Evaluating Derivatives", section 3.3.

    Args:
        function: takes one Array or Dual.
        x: point at which to differentiate.
        mode: forward computes the Jacobian column by column, reverse row by row.

    Raises:
        ConfigError: the mode is unknown, or the function does not return an Array or Dual.
    """
    point = np.asarray(x, dtype=np.float64)
    if mode == "forward":
        columns = [jvp(function, (point,), (unit,))[1] for unit in _units(point.shape)]
        return Jacobian(np.stack(columns, -1).reshape((*columns[0].shape, *point.shape)), len(columns))
    if mode != "reverse":
        raise ConfigError("the mode of jacobian", got=mode, need="reverse or forward")
    output, pullback = vjp(function, point)
    rows = [pullback(unit)[0] for unit in _units(output.shape)]
    return Jacobian(np.stack(rows).reshape((*output.shape, *point.shape)), len(rows))


def derivative(function: Function, x: Any) -> Values:  # noqa: ANN401
    """Compute the derivative, of shape output + input (numerator layout), in the mode that needs fewer passes.

    Source: Magnus and Neudecker 2019, "Matrix Differential Calculus", chapter 5 (numerator layout).

    Args:
        function: takes one Array or Dual.
        x: point at which to differentiate, a number or an array.

    Raises:
        ConfigError: the function does not return an Array or Dual.
    """
    point = np.asarray(x, dtype=np.float64)
    outputs = _checked(function(Array(point)), Array).size
    return jacobian(function, point, "forward" if point.size < outputs else "reverse").values


def finite_difference(function: Function, x: Any, step: float | None = None) -> Values:  # noqa: ANN401
    """Estimate the derivative by central differences, (f(x + h) - f(x - h)) / 2h for every entry of x.

    The truncation error grows as h^2, the rounding error as 1e-16 / h; their sum is smallest near the cube root of
    machine epsilon, times the magnitude of the entry.

    Source: Press et al. 2007, "Numerical Recipes", section 5.7.

    Args:
        function: takes one Array.
        x: point at which to differentiate.
        step: h; 6e-6 max(1, |x|) by default.

    Raises:
        ConfigError: the step is not above 0, or the function does not return an Array.
    """
    point = np.asarray(x, dtype=np.float64)
    if step is not None and not step > 0:
        raise ConfigError("the step", got=step, need="a number above 0")
    columns = []
    for unit in _units(point.shape):
        size = step or EPSILON ** (1 / 3) * max(1.0, float(np.abs(point * unit).max()))
        ahead, behind = (_checked(function(Array(point + s * unit)), Array).data for s in (size, -size))
        columns.append((ahead - behind) / (2 * size))
    return np.stack(columns, -1).reshape((*columns[0].shape, *point.shape))


def _units(shape: tuple[int, ...]) -> Float[np.ndarray, "size ..."]:
    """Return the standard basis: all arrays of the shape with a single 1."""
    size = int(np.prod(shape))
    return np.eye(size).reshape((size, *shape))


def _checked(output: Any, kind: type) -> Any:  # noqa: ANN401
    if not isinstance(output, kind):
        need = "an Array or Dual, made by operations of the engine"
        raise ConfigError("the function's output", got=type(output).__name__, need=need)
    return output
