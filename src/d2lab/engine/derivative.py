"""Derivatives of functions: by one vector, whole Jacobians in both modes, and by finite differences to compare.

Layout: numerator first. The derivative of an output of shape M by an input of shape N has shape M + N: a number for
scalar by scalar, a row of n for scalar by vector, m for vector by scalar, and m rows of n for vector by vector.
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
    """A derivative, and how often the function's graph was walked to get it.

    Source: none; a pair.
    """

    values: Values
    passes: int


def jvp(function: Function, inputs: tuple[Any, ...], changes: tuple[Any, ...]) -> tuple[Values, Values]:
    """Return the output and how it changes when the inputs change so: J times the changes, in one forward pass.

    Source: Baydin et al. 2018, JMLR 18, section 3.1.1.

    Args:
        function: of as many numbers as there are inputs.
        inputs: where.
        changes: in which direction, of the inputs' shapes.

    Raises:
        ConfigError: inputs and changes differ in number or shape, or the function gives no number of ours.
    """
    if len(inputs) != len(changes):
        raise ConfigError("jvp", got=f"{len(changes)} changes", need=f"one for each of {len(inputs)} inputs")
    output = _checked(function(*map(Dual, inputs, changes)), Dual)
    return output.data, output.change


def vjp(function: Function, *inputs: Any) -> tuple[Values, Callable[[Any], tuple[Values, ...]]]:  # noqa: ANN401
    """Return the output, and what turns a slope by the output into the slopes by all inputs: slope times J.

    Source: Baydin et al. 2018, JMLR 18, section 3.2.

    Args:
        function: of as many numbers as there are inputs.
        inputs: where.

    Raises:
        ConfigError: the function gives no number of ours.
    """
    leaves = [Array(x, requires_grad=True) for x in inputs]
    output = _checked(function(*leaves), Array)

    def pull(slope: Any) -> tuple[Values, ...]:  # noqa: ANN401
        for leaf in leaves:
            leaf.zero_grad()
        if output.requires_grad:
            output.backward(slope)
        return tuple(np.zeros(leaf.shape) if leaf.grad is None else leaf.grad for leaf in leaves)

    return output.data, pull


def grad(function: Function) -> Callable[..., Values]:
    """Make the function that gives the gradient by the first input, of a function whose output has one entry.

    Source: Speelpenning 1980, "Compiling Fast Partial Derivatives of Functions Given by Algorithms".

    Raises:
        ConfigError: (when called) the output has several entries.
    """

    def gradient(*inputs: Any) -> Values:  # noqa: ANN401
        output, pull = vjp(function, *inputs)
        if output.size != 1:
            raise ConfigError("grad", got=f"an output of shape {output.shape}", need="one entry", fix="Use jacobian.")
        return pull(np.ones(output.shape))[0]

    return gradient


def jacobian(function: Function, x: Any, mode: Literal["reverse", "forward"] = "reverse") -> Jacobian:  # noqa: ANN401
    """Return the whole derivative: forward needs a pass for each input entry, reverse one for each output entry.

    Source: Griewank and Walther 2008, "Evaluating Derivatives", section 3.3.

    Args:
        function: of one number.
        x: where.
        mode: forward fills columns, reverse rows.

    Raises:
        ConfigError: the mode is another word, or the function gives no number of ours.
    """
    point = np.asarray(x, dtype=np.float64)
    if mode == "forward":
        columns = [jvp(function, (point,), (unit,))[1] for unit in _units(point.shape)]
        return Jacobian(np.stack(columns, -1).reshape((*columns[0].shape, *point.shape)), len(columns))
    if mode != "reverse":
        raise ConfigError("the mode of jacobian", got=mode, need="reverse or forward")
    output, pull = vjp(function, point)
    rows = [pull(unit)[0] for unit in _units(output.shape)]
    return Jacobian(np.stack(rows).reshape((*output.shape, *point.shape)), len(rows))


def derivative(function: Function, x: Any) -> Values:  # noqa: ANN401
    """Return the derivative of any of the four kinds, in the mode that needs fewer passes; layout as above.

    Source: Magnus and Neudecker 2019, "Matrix Differential Calculus", chapter 5 (numerator layout).

    Args:
        function: of one number.
        x: a number or an array.

    Raises:
        ConfigError: the function gives no number of ours.
    """
    point = np.asarray(x, dtype=np.float64)
    outputs = _checked(function(Array(point)), Array).size
    return jacobian(function, point, "forward" if point.size < outputs else "reverse").values


def finite_difference(function: Function, x: Any, step: float | None = None) -> Values:  # noqa: ANN401
    """Estimate the derivative from values alone: (f(x + h) - f(x - h)) / 2h for every entry of x.

    The error of the formula grows as h^2, that of rounding as 1e-16 / h; their sum is least near the cube root of the
    machine's precision, times the entry's size.

    Source: Press et al. 2007, "Numerical Recipes", section 5.7.

    Args:
        function: of one number.
        x: where.
        step: h; 6e-6 max(1, |x|) unless told.

    Raises:
        ConfigError: the step is not above 0, or the function gives no number of ours.
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
    """List the arrays with a single 1."""
    size = int(np.prod(shape))
    return np.eye(size).reshape((size, *shape))


def _checked(output: Any, kind: type) -> Any:  # noqa: ANN401
    if not isinstance(output, kind):
        need = "an Array or Dual, made by our operations"
        raise ConfigError("the function's output", got=type(output).__name__, need=need)
    return output
