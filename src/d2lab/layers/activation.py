"""Activation functions from scratch, in forms that neither overflow nor lose digits to cancellation.

Where two formulas meet at 0, `torch.where` chooses between branches whose derivatives are both right there: torch's
|x| has the derivative 0 at 0, and a formula built on it has a wrong gradient at that point.
"""

import math

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_choice, check_counts

Values = Float[Tensor, "*shape"]


def sigmoid(input: Values) -> Values:
    """Compute 1 / (1 + exp(-x)) element-wise; the argument of the exponential is never above 0.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", eq. 3.30.
    """
    positive = input >= 0
    decay = torch.where(positive, -input, input).exp()
    return torch.where(positive, 1 / (1 + decay), decay / (1 + decay))


def tanh(input: Values) -> Values:
    """Compute (1 - exp(-2x)) / (1 + exp(-2x)) element-wise; expm1 avoids cancellation near 0.

    Source: Abramowitz and Stegun 1964, 4.5.3.
    """
    positive = input >= 0
    minus = torch.where(positive, -2 * input, 2 * input).expm1()  # exp(-2 |x|) - 1
    size = -minus / (2 + minus)
    return torch.where(positive, size, -size)


def softplus(input: Values) -> Values:
    """Compute log(1 + exp(x)) element-wise, without overflow: max(x, 0) + log(1 + exp(-|x|)).

    Source: Dugas et al. 2001, "Incorporating Second-Order Functional Knowledge", eq. 4.
    """
    positive = input >= 0
    return torch.where(positive, input, 0) + torch.where(positive, -input, input).exp().log1p()


def log_softmax(input: Values, dim: int) -> Values:
    """Compute x - log(sum(exp(x))) along the axis `dim`; the maximum is subtracted first, so nothing overflows.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3.
    """
    shifted = input - input.amax(dim, keepdim=True).detach()
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def softmax(input: Values, dim: int) -> Values:
    """Compute exp(x) / sum(exp(x)) along the axis `dim`; the maximum is subtracted first, so nothing overflows.

    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs".
    """
    powers = (input - input.amax(dim, keepdim=True).detach()).exp()
    return powers / powers.sum(dim, keepdim=True)


class Identity(nn.Module):
    """Return the input unchanged. Arguments are accepted and ignored, as in torch.

    Twin: torch.nn.Identity.
    """

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def forward(self, input: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
        """Return the input."""
        return input


class Sigmoid(nn.Module):
    """Apply the logistic function 1 / (1 + exp(-x)) element-wise; outputs lie between 0 and 1.

    Source: Rumelhart, Hinton, Williams 1986, eq. 2.
    Twin: torch.nn.Sigmoid.
    """

    def forward(self, input: Values) -> Values:
        """Apply `sigmoid` element-wise."""
        return sigmoid(input)


class Tanh(nn.Module):
    """Apply the hyperbolic tangent element-wise; outputs lie between -1 and 1.

    Source: LeCun et al. 1998, "Efficient BackProp", section 4.4.
    Twin: torch.nn.Tanh.
    """

    def forward(self, input: Values) -> Values:
        """Apply `tanh` element-wise."""
        return tanh(input)


class ReLU(nn.Module):
    """Apply max(x, 0) element-wise, with derivative 0 at 0; NaN stays NaN.

    Source: Nair and Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines", section 2.
    Twin: torch.nn.ReLU; `inplace` is accepted, but the input is never overwritten.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Values) -> Values:
        """Apply max(x, 0) element-wise."""
        return torch.where(input <= 0, 0, input)


class ReLU6(ReLU):
    """Apply min(max(x, 0), 6) element-wise.

    Source: Krizhevsky 2010, "Convolutional Deep Belief Networks".
    Twin: torch.nn.ReLU6.
    """

    def forward(self, input: Values) -> Values:
        """Apply min(max(x, 0), 6) element-wise."""
        return torch.where(input >= 6, 6, super().forward(input))


class LeakyReLU(ReLU):
    """Apply x where x > 0 and negative_slope x elsewhere.

    Source: Maas, Hannun, Ng 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", eq. 2.
    Twin: torch.nn.LeakyReLU.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Values) -> Values:
        """Scale the negative entries."""
        return torch.where(input > 0, input, self.negative_slope * input)


class PReLU(nn.Module):
    """Apply x where x > 0 and weight x elsewhere, with learned weights: a single one, or one for each channel (axis 1).

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
        """Scale the negative entries."""
        weight: Tensor = self.weight  # 1 or channel
        if input.ndim > 1:
            if self.num_parameters not in (1, input.shape[1]):
                raise ConfigError("PReLU.num_parameters", got=self.num_parameters, need=f"1 or {input.shape[1]}")
            weight = weight.view(-1, *[1] * (input.ndim - 2))  # 1 or channel, then 1 for each further axis
        return torch.where(input > 0, input, weight * input)


class ELU(ReLU):
    """Apply x where x > 0 and alpha (exp(x) - 1) elsewhere.

    Source: Clevert, Unterthiner, Hochreiter 2016, "Fast and Accurate Deep Network Learning by ELUs", eq. 15.
    Twin: torch.nn.ELU.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Values) -> Values:
        """Apply the function; the inner `where` keeps the unused branch from overflowing in the gradient."""
        below = torch.where(input > 0, 0, input)
        return torch.where(input > 0, input, self.alpha * below.expm1())


class GELU(nn.Module):
    """Apply x Phi(x) element-wise, with Phi the distribution function of the standard normal distribution.

    approximate="tanh" computes 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).

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
        """Apply the function, exactly or by its approximation."""
        if self.approximate == "tanh":
            return 0.5 * input * (1 + tanh(math.sqrt(2 / math.pi) * (input + 0.044715 * input**3)))
        return 0.5 * input * (1 + (input / math.sqrt(2)).erf())


class SiLU(ReLU):
    """Apply x sigmoid(x) element-wise.

    Source: Elfwing, Uchibe, Doya 2018, Neural Networks 107, eq. 8.
    Twin: torch.nn.SiLU.
    """

    def forward(self, input: Values) -> Values:
        """Apply x sigmoid(x) element-wise."""
        return input * sigmoid(input)


class Softplus(nn.Module):
    """Apply log(1 + exp(beta x)) / beta, a smooth ReLU; x itself where beta x is above the threshold.

    Source: Dugas et al. 2001, "Incorporating Second-Order Functional Knowledge", eq. 4.
    Twin: torch.nn.Softplus.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Values) -> Values:
        """Apply the function element-wise."""
        scaled = self.beta * input
        return torch.where(scaled > self.threshold, input, softplus(scaled) / self.beta)


class Softmax(nn.Module):
    """Turn logits into probabilities that sum to 1 along `dim`.

    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs".
    Twin: torch.nn.Softmax; `dim` is required here.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Values) -> Values:
        """Apply `softmax` along `dim`."""
        return softmax(input, self.dim)


class LogSoftmax(Softmax):
    """Turn logits into logarithms of probabilities along `dim`.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3.
    Twin: torch.nn.LogSoftmax; `dim` is required here.
    """

    def forward(self, input: Values) -> Values:
        """Apply `log_softmax` along `dim`."""
        return log_softmax(input, self.dim)
