"""Starting weights by name, for every linear and convolutional layer of a net."""

from typing import Literal

import torch
from torch import nn

InitName = Literal["default", "normal", "xavier", "kaiming", "zeros"]


@torch.no_grad()
def initialize(net: nn.Module, how: InitName) -> nn.Module:
    """Draw the weights of every linear and convolutional layer again, in place, and return the net.

    default keeps what torch drew; normal draws from N(0, 0.01**2); xavier draws uniformly so that the variance
    survives both directions; kaiming draws normally for ReLU; zeros is the start a perceptron is taught with.
    Every choice but default sets the biases to 0.

    Source: xavier: Glorot and Bengio 2010, eq. 16; kaiming: He et al. 2015, eq. 10.
    """
    if how == "default":
        return net
    draw = {
        "normal": lambda weight: nn.init.normal_(weight, std=0.01),
        "xavier": nn.init.xavier_uniform_,
        "kaiming": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
        "zeros": nn.init.zeros_,
    }[how]
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            draw(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return net
