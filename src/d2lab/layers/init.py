"""Starting weights, from scratch, and by name for every linear and convolutional layer of a model.

Each function fills a tensor in place and returns it, under torch.nn.init's name; from the same seed both draw
the same numbers.
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
SYMMETRIC = 0.01  # the one value of every weight of a symmetric start


def fans(weight: Weight) -> tuple[int, int]:
    """Count how many numbers flow into an output (fan in), and out of an input (fan out).

    Source: Glorot and Bengio 2010, section 4.2.1.

    Args:
        weight: `[out, in, *kernel]`.

    Raises:
        ConfigError: the weight has fewer than two axes.
    """
    if weight.ndim < 2:
        raise ConfigError("the weight to start", got=tuple(weight.shape), need="an axis for outputs and one for inputs")
    kernel = weight[0, 0].numel()
    return weight.shape[1] * kernel, weight.shape[0] * kernel


@torch.no_grad()
def constant_(tensor: Weight, val: float) -> Weight:
    """Return every entry the same value.

    Source: none; why not: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 8.4.

    As the start of a hidden layer this is the mistake that shows why starts are random: all units of the layer
    compute the same, get the same gradient and stay the same for ever.
    """
    return tensor.fill_(val)


def zeros_(tensor: Weight) -> Weight:
    """Fill with 0: right for biases, a dead start for hidden layers.

    Source: none; a definition.
    """
    return constant_(tensor, 0.0)


@torch.no_grad()
def normal_(tensor: Weight, mean: float = 0.0, std: float = 1.0) -> Weight:
    """Draw from the normal law N(mean, std^2).

    Source: none; a definition.

    Args:
        tensor: to fill.
        mean: of the law.
        std: its deviation.
    """
    return tensor.normal_(mean, std)


@torch.no_grad()
def uniform_(tensor: Weight, a: float = 0.0, b: float = 1.0) -> Weight:
    """Draw evenly from a to b; the variance is (b - a)^2 / 12.

    Source: none; a definition.

    Args:
        tensor: to fill.
        a: least value.
        b: largest value.
    """
    return tensor.uniform_(a, b)


def xavier_uniform_(tensor: Weight, gain: float = 1.0) -> Weight:
    """Draw evenly from +-gain sqrt(6 / (fan in + fan out)), so that the variance survives both directions.

    Source: Glorot and Bengio 2010, eq. 16.

    Raises:
        ConfigError: the tensor has fewer than two axes.
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Weight, gain: float = 1.0) -> Weight:
    """Draw from N(0, gain^2 2 / (fan in + fan out)).

    Source: Glorot and Bengio 2010, eq. 12.

    Raises:
        ConfigError: the tensor has fewer than two axes.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))))


def kaiming_uniform_(tensor: Weight, a: float = 0.0) -> Weight:
    """Draw evenly with the variance of `kaiming_normal_`.

    Args:
        tensor: `[out, in, *kernel]`.
        a: slope of the leaky ReLU below 0; 0 is ReLU.

    Raises:
        ConfigError: the tensor has fewer than two axes.

    Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 14.
    """
    bound = math.sqrt(3) * _kaiming_deviation(tensor, a)  # an even law on +-b has deviation b / sqrt(3)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor: Weight, a: float = 0.0) -> Weight:
    """Draw from N(0, 2 / ((1 + a^2) fan in)), which keeps the variance through (leaky) ReLU.

    Args:
        tensor: `[out, in, *kernel]`.
        a: slope of the leaky ReLU below 0; 0 is ReLU.

    Raises:
        ConfigError: the tensor has fewer than two axes.

    Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 14.
    """
    return normal_(tensor, 0.0, _kaiming_deviation(tensor, a))


def _kaiming_deviation(tensor: Weight, slope: float) -> float:
    return math.sqrt(2 / ((1 + slope**2) * fans(tensor)[0]))


def default_init_(weight: Weight, bias: Float[Tensor, " out"] | None) -> None:
    """Draw what torch's linear and convolutional layers begin with: evenly from +-1 / sqrt(fan in), biases too.

    The variance 1 / (3 fan in) is a third of LeCun's. It is a convention, reached in torch as Kaiming's law for
    a leaky slope of sqrt(5).

    Source: LeCun et al. 1998, "Efficient BackProp", section 4.6 (with three times this variance).
    """
    kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        bound = 1 / math.sqrt(fans(weight)[0])
        uniform_(bias, -bound, bound)


def initialize(model: nn.Module, how: InitName) -> nn.Module:
    """Draw the weights of every linear and convolutional layer again, in place, and return the model.

    default keeps what torch drew; normal draws from N(0, 0.01**2); xavier draws uniformly so that the variance
    survives both directions; kaiming draws normally for ReLU; zeros is the start a perceptron is taught with;
    symmetric gives all weights one value, so that hidden units can't part. Every choice but default sets the
    biases to 0.

    Source: xavier: Glorot and Bengio 2010, eq. 16; kaiming: He et al. 2015, eq. 10.
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
