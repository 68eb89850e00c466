"""Activations from scratch: elementary functions only, in forms that neither overflow nor cancel.

Where two formulas meet at 0, `torch.where` must choose between branches that are each right there: the library
gives |x| the derivative 0 at 0, and a formula built on it has a wrong gradient at that one point.
"""

import math

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_choice, check_counts

Values = Float[Tensor, "*shape"]


def sigmoid(input: Values) -> Values:
    """Return 1 / (1 + exp(-x)), with the exponential of a number never above 0.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", eq. 3.30.
    """
    positive = input >= 0
    decay = torch.where(positive, -input, input).exp()
    return torch.where(positive, 1 / (1 + decay), decay / (1 + decay))


def tanh(input: Values) -> Values:
    """Return (1 - exp(-2x)) / (1 + exp(-2x)); near 0 without cancellation, thanks to expm1.

    Source: Abramowitz and Stegun 1964, 4.5.3.
    """
    positive = input >= 0
    minus = torch.where(positive, -2 * input, 2 * input).expm1()  # exp(-2 |x|) - 1
    size = -minus / (2 + minus)
    return torch.where(positive, size, -size)


def softplus(input: Values) -> Values:
    """Return log(1 + exp(x)) without overflow: max(x, 0) + log(1 + exp(-|x|)).

    Source: Dugas et al. 2001, "Incorporating Second-Order Functional Knowledge", eq. 4.
    """
    positive = input >= 0
    return torch.where(positive, input, 0) + torch.where(positive, -input, input).exp().log1p()


def log_softmax(input: Values, dim: int) -> Values:
    """Return x - log(sum(exp(x))) along an axis; the largest entry is subtracted first, so nothing overflows.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3.
    """
    shifted = input - input.amax(dim, keepdim=True).detach()
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def softmax(input: Values, dim: int) -> Values:
    """Return exp(x) / sum(exp(x)) along an axis; the largest entry is subtracted first, so nothing overflows.

    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs".
    """
    powers = (input - input.amax(dim, keepdim=True).detach()).exp()
    return powers / powers.sum(dim, keepdim=True)


class Identity(nn.Module):
    """Change nothing. Takes and ignores any argument, as torch's does.

    Source: none.
    Twin: torch.nn.Identity.
    """

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def forward(self, input: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
        """Return the input."""
        return input


class Sigmoid(nn.Module):
    """Squash to 0..1: `sigmoid`. Source: Rumelhart, Hinton, Williams 1986, eq. 2. Twin: torch.nn.Sigmoid."""

    def forward(self, input: Values) -> Values:
        """Squash every entry."""
        return sigmoid(input)


class Tanh(nn.Module):
    """Squash to -1..1: `tanh`. Source: LeCun et al. 1998, "Efficient BackProp", section 4.4. Twin: torch.nn.Tanh."""

    def forward(self, input: Values) -> Values:
        """Squash every entry."""
        return tanh(input)


class ReLU(nn.Module):
    """Return max(x, 0), with derivative 0 at 0; NaN stays NaN.

    Source: Nair and Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines", section 2.
    Twin: torch.nn.ReLU; `inplace` is accepted and ours never overwrites.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Values) -> Values:
        """Cut off below 0."""
        return torch.where(input <= 0, 0, input)


class ReLU6(ReLU):
    """Return min(max(x, 0), 6). Source: Krizhevsky 2010, "Convolutional Deep Belief Networks". Twin: torch.nn.ReLU6."""

    def forward(self, input: Values) -> Values:
        """Cut off below 0 and above 6."""
        return torch.where(input >= 6, 6, super().forward(input))


class LeakyReLU(ReLU):
    """Return x above 0 and slope x elsewhere.

    Source: Maas, Hannun, Ng 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", eq. 2.
    Twin: torch.nn.LeakyReLU.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Values) -> Values:
        """Flatten below 0."""
        return torch.where(input > 0, input, self.negative_slope * input)


class PReLU(nn.Module):
    """Return x above 0 and weight x elsewhere, the weight learnt: one for all, or one for each channel.

    Source: He et al. 2015, "Delving Deep into Rectifiers", eq. 1.
    Twin: torch.nn.PReLU.

    Raises:
        ConfigError: num_parameters is below 1, or neither 1 nor the input's channels.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        super().__init__()
        check_counts("PReLU", num_parameters=num_parameters)
        self.num_parameters, self.init = num_parameters, init
        self.weight = nn.Parameter(torch.full((num_parameters,), init))

    def forward(self, input: Values) -> Values:
        """Flatten below 0."""
        slope: Tensor = self.weight
        if input.ndim > 1:
            if self.num_parameters not in (1, input.shape[1]):
                raise ConfigError("PReLU.num_parameters", got=self.num_parameters, need=f"1 or {input.shape[1]}")
            slope = slope.view(-1, *[1] * (input.ndim - 2))
        return torch.where(input > 0, input, slope * input)


class ELU(ReLU):
    """Return x above 0 and alpha (exp(x) - 1) elsewhere.

    Source: Clevert, Unterthiner, Hochreiter 2016, "Fast and Accurate Deep Network Learning by ELUs", eq. 15.
    Twin: torch.nn.ELU.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Values) -> Values:
        """Bend below 0; the inner choice keeps the branch that is not taken from overflowing in the gradient."""
        below = torch.where(input > 0, 0, input)
        return torch.where(input > 0, input, self.alpha * below.expm1())


class GELU(nn.Module):
    """Return x times the probability that a standard normal number is below x.

    approximate="tanh" is 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).

    Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", section 2.
    Twin: torch.nn.GELU.

    Raises:
        ConfigError: approximate is neither "none" nor "tanh".
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        check_choice("GELU.approximate", approximate, ("none", "tanh"))
        self.approximate = approximate

    def forward(self, input: Values) -> Values:
        """Weigh every entry."""
        if self.approximate == "tanh":
            return 0.5 * input * (1 + tanh(math.sqrt(2 / math.pi) * (input + 0.044715 * input**3)))
        return 0.5 * input * (1 + (input / math.sqrt(2)).erf())


class SiLU(ReLU):
    """Return x sigmoid(x).

    Source: Elfwing, Uchibe, Doya 2018, Neural Networks 107, eq. 8.
    Twin: torch.nn.SiLU.
    """

    def forward(self, input: Values) -> Values:
        """Weigh every entry."""
        return input * sigmoid(input)


class Softplus(nn.Module):
    """Return log(1 + exp(beta x)) / beta, a ReLU without the corner; x itself where beta x is above the threshold.

    Source: Dugas et al. 2001, "Incorporating Second-Order Functional Knowledge", eq. 4.
    Twin: torch.nn.Softplus.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Values) -> Values:
        """Round the corner."""
        scaled = self.beta * input
        return torch.where(scaled > self.threshold, input, softplus(scaled) / self.beta)


class Softmax(nn.Module):
    """Turn scores into probabilities: `softmax`.

    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs".
    Twin: torch.nn.Softmax with a stated axis.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Values) -> Values:
        """Normalize along `dim`."""
        return softmax(input, self.dim)


class LogSoftmax(Softmax):
    """Turn scores into logarithms of probabilities: `log_softmax`.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3.
    Twin: torch.nn.LogSoftmax with a stated axis.
    """

    def forward(self, input: Values) -> Values:
        """Normalize along `dim`."""
        return log_softmax(input, self.dim)
