"""Automatic differentiation from scratch, on NumPy: reverse mode (`Array`) and forward mode (`Dual`)."""

from d2lab.engine.array import Array, no_grad, topological_order
from d2lab.engine.derivative import Jacobian, derivative, finite_difference, grad, jacobian, jvp, vjp
from d2lab.engine.dual import Dual
from d2lab.engine.graph import graph_svg
from d2lab.engine.number import Number, concatenate, stack, where

__all__ = [
    "Array",
    "Dual",
    "Jacobian",
    "Number",
    "concatenate",
    "derivative",
    "finite_difference",
    "grad",
    "graph_svg",
    "jacobian",
    "jvp",
    "no_grad",
    "stack",
    "topological_order",
    "vjp",
    "where",
]
