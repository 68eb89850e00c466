"""Linear regression in closed form: least squares, ridge regression, and polynomial features."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Features = Float[Tensor, "example feature"]
Targets = Float[Tensor, " target"]  # as many as examples; another number raises ConfigError


class Fit(NamedTuple):
    """A fitted linear model: prediction = features @ weights + bias."""

    weights: Float[Tensor, " feature"]
    bias: Float[Tensor, ""]

    def predict(self, features: Features) -> Targets:
        """Return one prediction for each example."""
        return features @ self.weights + self.bias


def polynomial_features(x: Targets, degree: int, *, factorial: bool = False) -> Float[Tensor, "example degree"]:
    """Return the powers x, x^2, ... x^degree as columns, without the constant (a fit has a bias).

    Source: Gergonne 1815, "Application de la méthode des moindres quarrés à l'interpolation des suites".

    Args:
        x: one number for each example.
        degree: highest power, 1 or more.
        factorial: divide x^i by i!, which keeps high powers small.

    Raises:
        ConfigError: the degree is below 1.
    """
    if degree < 1:
        raise ConfigError("the degree", got=degree, need="1 or more")
    powers = torch.arange(1, degree + 1, dtype=x.dtype)
    features = x[:, None] ** powers
    return features / (powers + 1).lgamma().exp() if factorial else features  # lgamma(i + 1) = log i!


def least_squares(features: Features, targets: Targets) -> Fit:
    """Fit by ordinary least squares; where many weights are optimal, return those of smallest norm.

    Source: Legendre 1805; smallest norm: Penrose 1956, "On best approximate solutions of linear matrix equations".

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.

    Raises:
        ConfigError: the lengths differ.
    """
    inputs, outputs, centering = centered(features, targets)
    return centering(torch.linalg.pinv(inputs) @ outputs)


def ridge(features: Features, targets: Targets, penalty: float) -> Fit:
    """Fit by ridge regression: minimize |y - Xw - b|^2 + penalty |w|^2, with the bias b not penalized.

    The solution is w = (X^T X + penalty I)^-1 X^T y for centered X and y.

    Source: Hoerl and Kennard 1970, "Ridge Regression", eq. 2.1.

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.
        penalty: 0 or more; not divided by the number of examples (scikit-learn's alpha of Ridge).

    Raises:
        ConfigError: the penalty is below 0, or the lengths differ.
    """
    if not penalty >= 0:
        raise ConfigError("the penalty", got=penalty, need="0 or more")
    if penalty == 0:
        return least_squares(features, targets)
    inputs, outputs, centering = centered(features, targets)
    unit = torch.eye(inputs.shape[1], dtype=inputs.dtype)
    return centering(torch.linalg.solve(inputs.T @ inputs + penalty * unit, inputs.T @ outputs))


def ridge_path(features: Features, targets: Targets, penalties: Sequence[float]) -> Float[Tensor, "penalty feature"]:
    """Return the ridge weights for every penalty, from one singular value decomposition.

    The component along a singular vector with value s shrinks by s^2 / (s^2 + penalty).

    Source: Hastie, Tibshirani, Friedman 2009, "The Elements of Statistical Learning", eq. 3.47.

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.
        penalties: each above 0, as in `ridge`.

    Raises:
        ConfigError: a penalty is not above 0, or the lengths differ.
    """
    if not all(penalty > 0 for penalty in penalties):
        raise ConfigError("the penalties", got=list(penalties), need="numbers above 0")
    inputs, outputs, _ = centered(features, targets)
    left, values, right = torch.linalg.svd(inputs, full_matrices=False)
    amounts = torch.as_tensor(penalties, dtype=inputs.dtype)[:, None]
    shrunk = values / (values**2 + amounts) * (left.T @ outputs)  # penalty value
    path: Tensor = shrunk @ right
    return path


class Centering(NamedTuple):
    """The means that were subtracted; calling it turns weights for centered data into a fit of the original data."""

    feature_mean: Tensor
    target_mean: Tensor

    def __call__(self, weights: Tensor) -> Fit:
        """Return the fit for the original data."""
        return Fit(weights, self.target_mean - self.feature_mean @ weights)


def centered(features: Features, targets: Targets) -> tuple[Tensor, Tensor, Centering]:
    """Subtract the means of features and targets, which accounts for a bias without penalty.

    Returns centered features, centered targets, and the `Centering` that turns weights into a fit of the original data.

    Source: Hastie, Tibshirani, Friedman 2009, exercise 3.5.

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.

    Raises:
        ConfigError: the lengths differ.
    """
    if len(features) != len(targets):
        raise ConfigError("the targets", got=len(targets), need=f"one for each of {len(features)} examples")
    means = Centering(features.mean(0), targets.mean())
    return features - means.feature_mean, targets - means.target_mean, means
