"""Forward mode: every number carries its tangent, the directional derivative along a direction of the inputs.

A dual number a + b e, with e^2 = 0, computes value and derivative at once: (a + b e)(c + d e) = ac + (ad + bc) e.

Source: Wengert 1964, "A Simple Automatic Derivative Evaluation Program"; Baydin et al. 2018, JMLR 18, section 3.1.
"""

from typing import Any

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.engine.number import Number
from d2lab.engine.operations import Operation


class Dual(Number):
    """Dual number: values and their tangent, of one shape; every operation propagates both.

    Source: Wengert 1964, "A Simple Automatic Derivative Evaluation Program".

    Args:
        data: the values.
        tangent: derivative of the values along the chosen direction of the inputs; 0 for a constant.

    Raises:
        ConfigError: the tangent has another shape than the values.
    """

    __slots__ = ("data", "tangent")

    def __init__(self, data: Any, tangent: Any = None) -> None:  # noqa: ANN401
        self.data = np.array(data, dtype=np.float64)
        self.tangent = np.zeros(self.data.shape) if tangent is None else np.array(tangent, dtype=np.float64)
        if self.tangent.shape != self.data.shape:
            need = f"the values' shape {self.data.shape}"
            raise ConfigError("the tangent of a Dual", got=self.tangent.shape, need=need)

    def __repr__(self) -> str:
        return f"Dual({self.data}, tangent {self.tangent})"

    def _apply(self, operation: Operation, *others: Any, **fixed: Any) -> "Dual":  # noqa: ANN401
        numbers = (self, *(other if isinstance(other, Dual) else self._constant(other) for other in others))
        values = tuple(number.data for number in numbers)
        result = operation.value(*values, **fixed)
        return Dual(result, operation.jvp(tuple(n.tangent for n in numbers), result, values, fixed))

    def _constant(self, value: Any) -> "Dual":  # noqa: ANN401
        return Dual(value)
