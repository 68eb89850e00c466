"""The lasso, least squares with an L1 penalty, which sets many weights to exactly 0; by two algorithms."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.optimizers.proximal import soft_threshold
from d2lab.tables.fit import Centering, Features, Fit, Targets, centered

MAX_PASSES = 100_000


def lasso(features: Features, targets: Targets, penalty: float, tolerance: float = 1e-12) -> Fit:
    """Fit the lasso by coordinate descent: minimize |y - Xw - b|^2 / 2n + penalty |w|_1, with b not penalized.

    With all other weights fixed, the optimal one is a soft threshold of its correlation with the residual. Iterations
    stop where the duality gap, an upper bound of the distance to the minimum, is below tolerance times |y|^2 / n.

    Source: Friedman, Hastie, Tibshirani 2010, "Regularization Paths for Generalized Linear Models", section 2.1; Lasso:
    Tibshirani 1996, eq. 1.

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.
        penalty: above 0 (scikit-learn's alpha of Lasso).
        tolerance: largest duality gap, over |y|^2 / n.

    Raises:
        ConfigError: the penalty is not above 0, the lengths differ, or the iteration does not converge.
    """
    inputs, outputs, centering = _checked(features, targets, penalty)
    weights = inputs.new_zeros(inputs.shape[1])
    lengths = inputs.square().sum(0)
    residual = outputs.clone()  # y - Xw, kept up to date
    for _ in range(MAX_PASSES):
        for number in lengths.nonzero().flatten().tolist():
            column, before = inputs[:, number], weights[number].clone()
            correlation = column @ residual + lengths[number] * before
            weights[number] = soft_threshold(correlation, penalty * len(inputs)) / lengths[number]
            residual = residual + column * (before - weights[number])
        if _gap(inputs, outputs, weights, penalty) <= tolerance * outputs.square().mean():
            return centering(weights)
    raise ConfigError("the lasso", got=f"no convergence in {MAX_PASSES} passes", need="a larger tolerance or penalty")


def lasso_by_proximal_steps(features: Features, targets: Targets, penalty: float, tolerance: float = 1e-12) -> Fit:
    """Fit the lasso by proximal gradient descent (ISTA): steps of size 1 / L, each followed by a soft threshold.

    L, the largest eigenvalue of X^T X / n, is the Lipschitz constant of the gradient of the squared error.

    Source: Daubechies, Defrise, De Mol 2004, "An iterative thresholding algorithm", eq. 1.4.

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.
        penalty: above 0, as in `lasso`.
        tolerance: largest duality gap, over |y|^2 / n.

    Raises:
        ConfigError: the penalty is not above 0, the lengths differ, or the iteration does not converge.
    """
    inputs, outputs, centering = _checked(features, targets, penalty)
    weights = inputs.new_zeros(inputs.shape[1])
    curvature = torch.linalg.eigvalsh(inputs.T @ inputs / len(inputs)).amax()
    for _ in range(MAX_PASSES):
        gradient = inputs.T @ (inputs @ weights - outputs) / len(inputs)
        weights = soft_threshold(weights - gradient / curvature, penalty / float(curvature))
        if _gap(inputs, outputs, weights, penalty) <= tolerance * outputs.square().mean():
            return centering(weights)
    raise ConfigError("the lasso", got=f"no convergence in {MAX_PASSES} steps", need="a larger tolerance or penalty")


def lasso_path(features: Features, targets: Targets, penalties: Sequence[float]) -> Float[Tensor, "penalty feature"]:
    """Return the lasso weights for every penalty.

    Source: Efron et al. 2004, "Least Angle Regression" (the path is piecewise linear in the penalty).

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.
        penalties: each above 0, as in `lasso`.

    Raises:
        ConfigError: a penalty is not above 0, or the lengths differ.
    """
    return torch.stack([lasso(features, targets, penalty).weights for penalty in penalties])


def penalty_max(features: Features, targets: Targets) -> float:
    """Return the smallest penalty at which every lasso weight is 0 (lambda_max): max |X^T y| / n of centered data.

    Source: Friedman, Hastie, Tibshirani 2010, section 2.5.

    Args:
        features: X, one row for each example.
        targets: y, one number for each example.

    Raises:
        ConfigError: the lengths differ.
    """
    inputs, outputs, _ = centered(features, targets)
    return float((inputs.T @ outputs).abs().amax()) / len(inputs)


def _checked(features: Features, targets: Targets, penalty: float) -> tuple[Tensor, Tensor, Centering]:
    if not penalty > 0:
        raise ConfigError("the penalty", got=penalty, need="a number above 0", fix="For 0 use least_squares.")
    return centered(features, targets)


def _gap(inputs: Tensor, outputs: Tensor, weights: Tensor, penalty: float) -> Tensor:
    """Return the duality gap, a bound of how far the objective is above its minimum.

    The residual, scaled until no feature's correlation with it exceeds the penalty, is feasible for the dual problem.

    Source: Kim et al. 2007, "An Interior-Point Method for Large-Scale l1-Regularized Least Squares", section III.A.
    """
    count = len(inputs)
    residual = outputs - inputs @ weights
    correlation = (inputs.T @ residual).abs().amax() / count
    feasible = (penalty / correlation).clamp(max=1.0) * residual
    primal = residual.square().sum() / (2 * count) + penalty * weights.abs().sum()
    dual = (outputs @ feasible - feasible.square().sum() / 2) / count
    return primal - dual
