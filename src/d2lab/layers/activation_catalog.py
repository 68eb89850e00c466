"""Activations by name: torch's own, for models to choose from.

Source: none; the activations name theirs.
"""

from typing import Literal

from torch import nn

ActivationName = Literal["relu", "sigmoid", "tanh", "gelu", "leaky-relu", "silu", "identity"]
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "leaky-relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "identity": nn.Identity,
}


def activation(name: ActivationName) -> nn.Module:
    """Make a fresh activation layer."""
    return ACTIVATIONS[name]()
