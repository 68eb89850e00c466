"""Lasso: least squares with a price on absolute weights, which sets most of them to exactly 0. Two ways to it."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.optimizers.proximal import soft_threshold
from d2lab.tables.fit import Centering, Features, Fit, Targets, centered

MAX_PASSES = 100_000


def lasso(features: Features, targets: Targets, penalty: float, tolerance: float = 1e-12) -> Fit:
    """Minimize |y - Xw - b|^2 / 2n + penalty |w|_1 by coordinate descent; the bias is not punished.

    With all other weights fixed the best one is known: a soft threshold. It ends where the duality gap, an upper bound
    of the distance to the minimum, is below tolerance times |y|^2 / n.

    Source: Friedman, Hastie, Tibshirani 2010, "Regularization Paths for Generalized Linear Models", section 2.1; Lasso:
    Tibshirani 1996, eq. 1.

    Args:
        features: inputs.
        targets: what to predict.
        penalty: above 0; with it, n counts once (scikit-learn's alpha).
        tolerance: of the duality gap.

    Raises:
        ConfigError: the penalty is not above 0, the lengths differ, or the gap stays.
    """
    inputs, outputs, back = _checked(features, targets, penalty)
    weights = inputs.new_zeros(inputs.shape[1])
    lengths = inputs.square().sum(0)
    rest = outputs.clone()  # y - Xw, kept up to date
    for _ in range(MAX_PASSES):
        for number in lengths.nonzero().flatten().tolist():
            column, before = inputs[:, number], weights[number].clone()
            pull = column @ rest + lengths[number] * before
            weights[number] = soft_threshold(pull, penalty * len(inputs)) / lengths[number]
            rest = rest + column * (before - weights[number])
        if _gap(inputs, outputs, weights, penalty) <= tolerance * outputs.square().mean():
            return back(weights)
    raise ConfigError("the lasso", got=f"{MAX_PASSES} passes", need="a larger tolerance or penalty")


def lasso_by_proximal_steps(features: Features, targets: Targets, penalty: float, tolerance: float = 1e-12) -> Fit:
    """Minimize the same by gradient steps of length 1 / L on the squares, each followed by a soft threshold (ISTA).

    L, the largest eigenvalue of X^T X / n, is how fast the gradient can change.

    Source: Daubechies, Defrise, De Mol 2004, "An iterative thresholding algorithm", eq. 1.4.

    Args:
        features: inputs.
        targets: what to predict.
        penalty: above 0.
        tolerance: of the duality gap.

    Raises:
        ConfigError: the penalty is not above 0, the lengths differ, or the gap stays.
    """
    inputs, outputs, back = _checked(features, targets, penalty)
    weights = inputs.new_zeros(inputs.shape[1])
    curvature = torch.linalg.eigvalsh(inputs.T @ inputs / len(inputs)).amax()
    for _ in range(MAX_PASSES):
        slope = inputs.T @ (inputs @ weights - outputs) / len(inputs)
        weights = soft_threshold(weights - slope / curvature, penalty / float(curvature))
        if _gap(inputs, outputs, weights, penalty) <= tolerance * outputs.square().mean():
            return back(weights)
    raise ConfigError("the lasso", got=f"{MAX_PASSES} steps", need="a larger tolerance or penalty")


def lasso_path(features: Features, targets: Targets, penalties: Sequence[float]) -> Float[Tensor, "penalty feature"]:
    """Return the weights for every penalty.

    Source: Efron et al. 2004, "Least Angle Regression" (the path is piecewise linear in the penalty).

    Args:
        features: inputs.
        targets: what to predict.
        penalties: above 0 each.

    Raises:
        ConfigError: a penalty is not above 0, or the lengths differ.
    """
    return torch.stack([lasso(features, targets, penalty).weights for penalty in penalties])


def smallest_silent_penalty(features: Features, targets: Targets) -> float:
    """Return the penalty from which on every weight is 0: the largest |X^T y| / n of centered data.

    Source: Friedman, Hastie, Tibshirani 2010, section 2.5.

    Args:
        features: inputs.
        targets: what to predict.

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
    """Bound how far the objective is above its minimum.

    The rest, scaled until no feature pulls harder than the penalty, is a point of the dual problem.

    Source: Kim et al. 2007, "An Interior-Point Method for Large-Scale l1-Regularized Least Squares", section III.A.
    """
    count = len(inputs)
    rest = outputs - inputs @ weights
    pull = (inputs.T @ rest).abs().amax() / count
    allowed = (penalty / pull).clamp(max=1.0) * rest
    primal = rest.square().sum() / (2 * count) + penalty * weights.abs().sum()
    dual = (outputs @ allowed - allowed.square().sum() / 2) / count
    return primal - dual
