"""Forward mode: every number carries the change that a small change of the inputs makes to it.

A dual number a + b e, with e^2 = 0, calculates with both at once: (a + b e)(c + d e) = ac + (ad + bc) e.

Source: Wengert 1964, "A Simple Automatic Derivative Evaluation Program"; Baydin et al. 2018, JMLR 18, section 3.1.
"""

from typing import Any

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.engine.number import Number
from d2lab.engine.operations import Operation


class Dual(Number):
    """Values with the change that goes along.

    Source: as above.

    Raises:
        ConfigError: the change has another shape than the values.
    """

    __slots__ = ("change", "data")

    def __init__(self, data: Any, change: Any = None) -> None:  # noqa: ANN401
        self.data = np.array(data, dtype=np.float64)
        self.change = np.zeros(self.data.shape) if change is None else np.array(change, dtype=np.float64)
        if self.change.shape != self.data.shape:
            raise ConfigError(
                "the change of a Dual", got=self.change.shape, need=f"the values' shape {self.data.shape}"
            )

    def __repr__(self) -> str:
        return f"Dual({self.data}, change {self.change})"

    def _apply(self, operation: Operation, *others: Any, **fixed: Any) -> "Dual":  # noqa: ANN401
        numbers = (self, *(other if isinstance(other, Dual) else self._constant(other) for other in others))
        values = tuple(number.data for number in numbers)
        result = operation.value(*values, **fixed)
        return Dual(result, operation.push(tuple(n.change for n in numbers), result, values, fixed))

    def _constant(self, value: Any) -> "Dual":  # noqa: ANN401
        return Dual(value)
