"""Textbook formulas that fail in floating point, kept to show how.

Each equals its stable counterpart on moderate numbers. Each says where it fails, and a test makes it fail there.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Values = Float[Tensor, "*shape"]


def naive_sigmoid(input: Values) -> Values:
    """Compute 1 / (1 + exp(-x)). Below -88.7 (float32) exp overflows: the value is 0, but its gradient is NaN.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", eq. 3.30.
    """
    return 1 / (1 + (-input).exp())


def naive_softplus(input: Values) -> Values:
    """Compute log(1 + exp(x)). Above 88.7 (float32) it is infinite; below -17 it is 0.

    Source: Dugas et al. 2001, "Incorporating Second-Order Functional Knowledge", eq. 4.
    """
    return (1 + input.exp()).log()


def naive_softmax(input: Values, dim: int) -> Values:
    """Compute exp(x) / sum(exp(x)). It is NaN where a logit is above 88.7 (float32), and where all are below -104.

    Source: Bridle 1990, "Probabilistic Interpretation of Feedforward Classification Network Outputs".
    """
    powers = input.exp()
    return powers / powers.sum(dim, keepdim=True)


def naive_log_softmax(input: Values, dim: int) -> Values:
    """Compute log(softmax(x)). Where a probability underflows to 0, it is minus infinity.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3.
    """
    return naive_softmax(input, dim).log()


def naive_cross_entropy(input: Float[Tensor, "batch class_"], target: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
    """Compute the mean of -log(softmax(x)[target]). Infinite or NaN where a logit is 104 below the largest (float32).

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.3.
    """
    return -naive_softmax(input, 1)[torch.arange(len(target)), target].log().mean()


def naive_binary_cross_entropy(input: Values, target: Values) -> Float[Tensor, ""]:
    """Compute the mean of -y log(p) - (1 - y) log(1 - p), p = sigmoid(x). Above 17 (float32), log(1 - p) is infinite.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.2.2.2.
    """
    probability = naive_sigmoid(input)
    return -(target * probability.log() + (1 - target) * (1 - probability).log()).mean()


def naive_variance(input: Values, dim: int) -> Tensor:
    """Compute E[x^2] - E[x]^2. Where the mean is 1,000 standard deviations, float32 has no digit left.

    Source: Chan, Golub, LeVeque 1983, The American Statistician 37(3), eq. 1.3.
    """
    return input.square().mean(dim) - input.mean(dim).square()
