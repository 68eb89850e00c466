"""Activation functions by name, as torch's own layers, for models to choose from."""

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
    """Build a new activation layer."""
    return ACTIVATIONS[name]()
