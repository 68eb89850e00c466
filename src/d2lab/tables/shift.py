"""Corrections for distribution shift between training and use: covariate shift and label shift."""

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Inputs = Float[Tensor, "example feature"]
Weights = Float[Tensor, " example"]
MAX_CONDITION = 1e10  # of a confusion matrix; beyond it, float64 leaves the ratios fewer than six digits


def domain_weights(train: Inputs, use: Float[Tensor, "other feature_"]) -> Weights:
    """Return importance weights q(x) / p(x) for training examples, the correction for covariate shift.

    A logistic regression is trained to tell the two sets apart; its odds, times the ratio of set sizes, estimate q / p.

    Source: Sugiyama, Suzuki, Kanamori 2012, "Density Ratio Estimation in Machine Learning", section 4.2; the idea:
    Shimodaira 2000, "Improving predictive inference under covariate shift".

    Args:
        train: inputs drawn from the training distribution p.
        use: inputs drawn from the distribution of use, q; their targets are not needed.

    Raises:
        ConfigError: a set is empty, or the features differ.
    """
    if not len(train) or not len(use) or train.shape[1] != use.shape[1]:
        got = f"{tuple(train.shape)} and {tuple(use.shape)}"
        raise ConfigError("the two sets", got=got, need="examples in both, with the same features")
    from sklearn.linear_model import LogisticRegression

    inputs = torch.cat([train, use])
    domain = torch.cat([torch.zeros(len(train)), torch.ones(len(use))])
    tell_apart = LogisticRegression(C=1e4, max_iter=10_000).fit(inputs.numpy(), domain.numpy())
    odds = torch.from_numpy(tell_apart.decision_function(train.numpy())).to(train).exp()
    return odds * (len(train) / len(use))


def effective_size(weights: Weights) -> float:
    """Compute the effective sample size (sum w)^2 / sum w^2: as many equal weights give a mean of the same variance.

    Source: Kish 1965, "Survey Sampling", section 11.7.

    Raises:
        ConfigError: a weight is negative, or all are 0.
    """
    if not (weights >= 0).all() or not weights.sum() > 0:
        raise ConfigError("the weights", got="a negative one or only zeros", need="0 or more, one above")
    return float(weights.sum().square() / weights.square().sum())


def label_shift_weights(
    confusion: Float[Tensor, "predicted actual"], predicted: Float[Tensor, " predicted"]
) -> Float[Tensor, " actual"]:
    """Estimate the class weights q(y) / p(y) of use over training from a classifier's predictions (label shift).

    C[i, j] is the share of held-out training examples that have class j and prediction i (all entries sum to 1), m[i]
    the share of examples in use with prediction i. The weights solve C w = m.

    Source: Lipton, Wang, Smola 2018, "Detecting and Correcting for Label Shift with Black Box Predictors", section 4.

    Args:
        confusion: C, the normalized confusion matrix of held-out training data.
        predicted: m, the shares of predictions in use.

    Raises:
        ConfigError: the shares do not sum to 1, or C is singular: some classes get the same predictions.
    """
    sums = torch.stack([confusion.sum(), predicted.sum()])
    if confusion.shape != (len(predicted),) * 2 or not torch.allclose(sums, torch.ones_like(sums), atol=1e-6):
        got, need = [round(float(s), 6) for s in sums], "a square table and a list of one length, each of sum 1"
        raise ConfigError("the shares", got=got, need=need)
    return _solved(confusion, predicted)


def _solved(confusion: Tensor, predicted: Tensor) -> Tensor:
    """Solve C w = m, and refuse a matrix that is singular to working precision.

    How a singular matrix shows depends on the processor: the condition number is above 1e10, infinite or NaN, or the
    singular value decomposition or the solver raises.
    """
    got, fix = "classes that get the same predictions", "Use a better classifier, or merge the classes."
    refusal = ConfigError("the confusion matrix", got=got, need="an invertible one", fix=fix)
    try:
        if not float(torch.linalg.cond(confusion)) <= MAX_CONDITION:  # true for NaN too
            raise refusal
        ratios: Tensor = torch.linalg.solve(confusion, predicted)
    except torch.linalg.LinAlgError as cause:  # type: ignore[attr-defined]  # public, but not re-exported for mypy
        raise refusal from cause
    if not ratios.isfinite().all():
        raise refusal
    return ratios
