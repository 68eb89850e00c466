"""Linear fits in closed form: least squares, ridge, and the powers of x that make them polynomials."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Features = Float[Tensor, "example feature"]
Targets = Float[Tensor, " target"]  # as many as examples; checked with words


class Fit(NamedTuple):
    """A linear fit: prediction = features . weights + bias.

    Source: none; a definition.
    """

    weights: Float[Tensor, " feature"]
    bias: Float[Tensor, ""]

    def predict(self, features: Features) -> Targets:
        """Predict every example."""
        return features @ self.weights + self.bias


def polynomial_features(x: Targets, degree: int, *, factorial: bool = False) -> Float[Tensor, "example degree"]:
    """Return x, x^2, ... x^degree (no constant: a fit has its bias); divided by i! where asked, to keep them small.

    Source: Gergonne 1815, "Application de la méthode des moindres quarrés à l'interpolation des suites".

    Args:
        x: the numbers.
        degree: highest power, 1 or more.
        factorial: divide x^i by i!.

    Raises:
        ConfigError: the degree is below 1.
    """
    if degree < 1:
        raise ConfigError("the degree", got=degree, need="1 or more")
    powers = torch.arange(1, degree + 1, dtype=x.dtype)
    features = x[:, None] ** powers
    return features / (powers + 1).lgamma().exp() if factorial else features  # lgamma(i + 1) = log i!


def least_squares(features: Features, targets: Targets) -> Fit:
    """Minimize the sum of squared errors; of many minima take that with the shortest weights.

    Source: Legendre 1805; shortest: Penrose 1956, "On best approximate solutions of linear matrix equations".

    Args:
        features: inputs.
        targets: what to predict.

    Raises:
        ConfigError: the lengths differ.
    """
    inputs, outputs, back = centered(features, targets)
    return back(torch.linalg.pinv(inputs) @ outputs)


def ridge(features: Features, targets: Targets, penalty: float) -> Fit:
    """Minimize |y - Xw - b|^2 + penalty |w|^2; the bias is not punished.

    w = (X^T X + penalty)^-1 X^T y for centered X and y.

    Source: Hoerl and Kennard 1970, "Ridge Regression", eq. 2.1.

    Args:
        features: inputs.
        targets: what to predict.
        penalty: 0 or more, in the unit of squared features summed over examples.

    Raises:
        ConfigError: the penalty is below 0, or the lengths differ.
    """
    if not penalty >= 0:
        raise ConfigError("the penalty", got=penalty, need="0 or more")
    if penalty == 0:
        return least_squares(features, targets)
    inputs, outputs, back = centered(features, targets)
    unit = torch.eye(inputs.shape[1], dtype=inputs.dtype)
    return back(torch.linalg.solve(inputs.T @ inputs + penalty * unit, inputs.T @ outputs))


def ridge_path(features: Features, targets: Targets, penalties: Sequence[float]) -> Float[Tensor, "penalty feature"]:
    """Return the weights for every penalty, from one singular value decomposition: each shrinks by s^2 / (s^2 + penalty).

    Source: Hastie, Tibshirani, Friedman 2009, "The Elements of Statistical Learning", eq. 3.47.

    Args:
        features: inputs.
        targets: what to predict.
        penalties: above 0 each.

    Raises:
        ConfigError: a penalty is not above 0, or the lengths differ.
    """
    if not all(penalty > 0 for penalty in penalties):
        raise ConfigError("the penalties", got=list(penalties), need="numbers above 0")
    inputs, outputs, _ = centered(features, targets)
    left, sizes, right = torch.linalg.svd(inputs, full_matrices=False)
    amounts = torch.as_tensor(penalties, dtype=inputs.dtype)[:, None]
    shrunk = sizes / (sizes**2 + amounts) * (left.T @ outputs)
    path: Tensor = shrunk @ right
    return path


class Centering(NamedTuple):
    """Turns weights for centered data into a fit of the data.

    Source: as `centered`.
    """

    feature_mean: Tensor
    target_mean: Tensor

    def __call__(self, weights: Tensor) -> Fit:
        """Return the fit of the data as they were."""
        return Fit(weights, self.target_mean - self.feature_mean @ weights)


def centered(features: Features, targets: Targets) -> tuple[Tensor, Tensor, Centering]:
    """Subtract the means, which is to fit an unpunished bias; give also what undoes it.

    Source: Hastie, Tibshirani, Friedman 2009, exercise 3.5.

    Args:
        features: inputs.
        targets: what to predict.

    Raises:
        ConfigError: the lengths differ.
    """
    if len(features) != len(targets):
        raise ConfigError("the targets", got=len(targets), need=f"one for each of {len(features)} examples")
    back = Centering(features.mean(0), targets.mean())
    return features - back.feature_mean, targets - back.target_mean, back
