"""Weight initialization from scratch, and by name for every linear and convolutional layer of a model.

Each function fills a tensor in place and returns it, as its namesake in torch.nn.init does; from the same seed both
draw the same numbers.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError

Weight = Float[Tensor, "*shape"]
InitName = Literal["default", "normal", "xavier", "kaiming", "zeros", "symmetric"]
SYMMETRIC = 0.01  # the value of every weight under "symmetric"


def fans(weight: Weight) -> tuple[int, int]:
    """Return fan in, the number of inputs of one output unit, and fan out, the number of outputs of one input unit.

    Source: Glorot and Bengio 2010, section 4.2.1.

    Args:
        weight: `[out, in, *kernel]`.

    Raises:
        ConfigError: the weight has fewer than two axes.
    """
    if weight.ndim < 2:
        raise ConfigError("the weight to initialize", got=tuple(weight.shape), need="axes for outputs and inputs")
    kernel = weight[0, 0].numel()
    return weight.shape[1] * kernel, weight.shape[0] * kernel


@torch.no_grad()
def constant_(tensor: Weight, val: float) -> Weight:
    """Fill with a constant.

    For the weights of a hidden layer this shows why initialization is random: all units compute the same, get the same
    gradient and stay equal for ever (Goodfellow, Bengio, Courville 2016, "Deep Learning", section 8.4).

    Args:
        tensor: to fill.
        val: the constant.
    """
    return tensor.fill_(val)


def zeros_(tensor: Weight) -> Weight:
    """Fill with 0: usual for biases; hidden layers of weights 0 do not learn."""
    return constant_(tensor, 0.0)


@torch.no_grad()
def normal_(tensor: Weight, mean: float = 0.0, std: float = 1.0) -> Weight:
    """Fill with samples of the normal distribution N(mean, std^2).

    Args:
        tensor: to fill.
        mean: of the distribution.
        std: its standard deviation.
    """
    return tensor.normal_(mean, std)


@torch.no_grad()
def uniform_(tensor: Weight, a: float = 0.0, b: float = 1.0) -> Weight:
    """Fill with samples of the uniform distribution U(a, b), whose variance is (b - a)^2 / 12.

    Args:
        tensor: to fill.
        a: lower bound.
        b: upper bound.
    """
    return tensor.uniform_(a, b)


def xavier_uniform_(tensor: Weight, gain: float = 1.0) -> Weight:
    """Fill from U(-b, b) with b = gain sqrt(6 / (fan in + fan out)).

    It is a compromise between the variance of activations in the forward pass and that of gradients in the backward.

    Source: Glorot and Bengio 2010, eq. 16.

    Raises:
        ConfigError: the tensor has fewer than two axes.
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Weight, gain: float = 1.0) -> Weight:
    """Fill from N(0, gain^2 2 / (fan in + fan out)).

    Source: Glorot and Bengio 2010, eq. 12.

    Raises:
        ConfigError: the tensor has fewer than two axes.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))))


def kaiming_uniform_(tensor: Weight, a: float = 0.0) -> Weight:
    """Fill from a uniform distribution with the variance of `kaiming_normal_`, 2 / ((1 + a^2) fan in).

    Args:
        tensor: `[out, in, *kernel]`.
        a: negative_slope of the leaky ReLU that follows; 0 for ReLU.

    Raises:
        ConfigError: the tensor has fewer than two axes.

    Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 14.
    """
    bound = math.sqrt(3) * _kaiming_deviation(tensor, a)  # U(-b, b) has the standard deviation b / sqrt(3)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor: Weight, a: float = 0.0) -> Weight:
    """Fill from N(0, 2 / ((1 + a^2) fan in)), which keeps the variance of activations through (leaky) ReLU layers.

    Args:
        tensor: `[out, in, *kernel]`.
        a: negative_slope of the leaky ReLU that follows; 0 for ReLU.

    Raises:
        ConfigError: the tensor has fewer than two axes.

    Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 14.
    """
    return normal_(tensor, 0.0, _kaiming_deviation(tensor, a))


def _kaiming_deviation(tensor: Weight, a: float) -> float:
    return math.sqrt(2 / ((1 + a**2) * fans(tensor)[0]))


def default_init_(weight: Weight, bias: Float[Tensor, " out"] | None) -> None:
    """Initialize as torch's linear and convolutional layers do: weight and bias from U(-b, b), b = 1 / sqrt(fan in).

    The variance 1 / (3 fan in) is a third of LeCun's. It is a convention, written in torch as Kaiming initialization
    for a leaky ReLU with a = sqrt(5).

    Source: LeCun et al. 1998, "Efficient BackProp", section 4.6 (with three times this variance).

    Args:
        weight: `[out, in, *kernel]`.
        bias: one number for each output, or None.
    """
    kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        bound = 1 / math.sqrt(fans(weight)[0])
        uniform_(bias, -bound, bound)


def initialize(model: nn.Module, how: InitName) -> nn.Module:
    """Initialize the weights of every linear and convolutional layer again, in place, and return the model.

    Every choice but "default" sets the biases to 0.

    Source: xavier: Glorot and Bengio 2010, eq. 16; kaiming: He et al. 2015, eq. 10.

    Args:
        model: any module; layers of other kinds are left as they are.
        how: "default" keeps torch's initialization; "normal" is N(0, 0.01^2); "xavier" is `xavier_uniform_`; "kaiming"
            is `kaiming_normal_`; "zeros" is 0; "symmetric" is one constant, so that hidden units stay equal.
    """
    if how == "default":
        return model
    draws: dict[str, Callable[[Tensor], Tensor]] = {
        "normal": lambda weight: normal_(weight, std=0.01),
        "xavier": xavier_uniform_,
        "kaiming": kaiming_normal_,
        "zeros": zeros_,
        "symmetric": lambda weight: constant_(weight, SYMMETRIC),
    }
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            draws[how](module.weight)
            if module.bias is not None:
                zeros_(module.bias)
    return model
