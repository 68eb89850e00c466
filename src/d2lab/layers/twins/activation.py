"""Rows of activation functions: ordinary inputs, 0, large values, infinity and NaN."""

import math

from d2lab.layers.twins.inputs import LENET_MAPS, fixed, normal, ties
from d2lab.layers.twins.row import Make, layer_row

EXTREMES = fixed(0.0, -0.0, 1e-300, -1e-300, 1e-8, -1e-8, 1.0, -1.0, 6.0, 3.0, -20.0, 20.0, 88.8, -88.8, 710.0, -710.0)
ELEMENTWISE: dict[str, Make] = {
    "Sigmoid": lambda of: of.Sigmoid(),
    "Tanh": lambda of: of.Tanh(),
    "ReLU": lambda of: of.ReLU(),
    "ReLU6": lambda of: of.ReLU6(),
    "LeakyReLU": lambda of: of.LeakyReLU(0.2),
    "PReLU": lambda of: of.PReLU(),
    "ELU": lambda of: of.ELU(1.5),
    "GELU": lambda of: of.GELU(),
    "GELU: tanh": lambda of: of.GELU(approximate="tanh"),
    "SiLU": lambda of: of.SiLU(),
    "Softplus": lambda of: of.Softplus(2.0, threshold=15.0),
}
ACTIVATIONS = [
    *(layer_row(name, make, normal(*LENET_MAPS)) for name, make in ELEMENTWISE.items()),
    *(layer_row(f"{name} at 0 and at large values", make, EXTREMES) for name, make in ELEMENTWISE.items()),
    *(
        layer_row(f"{name} at infinity and NaN", ELEMENTWISE[name], fixed(math.inf, -math.inf, math.nan, 1.0))
        for name in ("Sigmoid", "Tanh", "ReLU", "ReLU6", "LeakyReLU")
    ),
    layer_row("PReLU: a weight for each channel", lambda of: of.PReLU(6), normal(*LENET_MAPS)),
    layer_row("Softmax", lambda of: of.Softmax(1), normal(10)),
    layer_row("Softmax: logits of 1,000", lambda of: of.Softmax(-1), fixed(1000.0, -1000.0, 999.0, 0.0)),
    layer_row("Softmax: another axis, ties", lambda of: of.Softmax(1), ties(3, 4, 5)),
    layer_row("LogSoftmax", lambda of: of.LogSoftmax(1), normal(10)),
    layer_row("LogSoftmax: logits of 1,000", lambda of: of.LogSoftmax(-1), fixed(1000.0, -1000.0, 999.0, 0.0)),
]
