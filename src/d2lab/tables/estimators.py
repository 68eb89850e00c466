"""Models of tables by name, each scikit-learn's own: linear ones, kernels, boosted trees, random forests.

Settings are those with which such models usually do well on tables of a thousand rows and some dozens of columns; those
of boosting come from what competitors on the house prices use, so that a score on that very table owes something to
them. Strength of regularization is chosen by cross-validation inside the training rows.

Source: ridge: Hoerl and Kennard 1970; lasso: Tibshirani 1996; kernel: Drucker et al. 1996, "Support Vector Regression
Machines"; boosting: Friedman 2001, "Greedy Function Approximation: A Gradient Boosting Machine", and 2002, "Stochastic
Gradient Boosting"; forest: Geurts, Ernst, Wehenkel 2006, "Extremely Randomized Trees".
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Shaped

from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name

Features = Float64[np.ndarray, "row feature"]
REGRESSORS = ("ridge", "lasso", "kernel", "boosting", "forest")
CLASSIFIERS = ("logistic", "boosting", "forest")
MOST_KERNEL_ROWS = 10_000  # a kernel has as many numbers as the square of rows
ROWS_A_TREE = 4000  # of boosting: time grows no further with the table
LEAVES = 256  # of a tree of a forest


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much is fitted.

    Args:
        rounds: trees of boosting, one after the other; for classes a tree each.
        trees: of a forest.
        seed: of what is drawn.
    """

    rounds: int = 600
    trees: int = 200
    seed: int = 0


def members(classes: int, rows: int, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names of the models that suit a table.

    Args:
        classes: how many; 0 where numbers are predicted.
        rows: of the training part.
        wanted: names that are asked for; all that suit unless given.

    Raises:
        ConfigError: a name is unknown or of the other kind of target, or a kernel is asked for too many rows.
    """
    known = CLASSIFIERS if classes else REGRESSORS
    unknown = [unknown_name("model of a table", name, known) for name in wanted if name not in known]
    if unknown:
        raise unknown[0]
    if "kernel" in wanted and rows > MOST_KERNEL_ROWS:
        raise ConfigError("the model kernel", got=f"{rows:,} rows", need=f"at most {MOST_KERNEL_ROWS:,}")
    return wanted or tuple(name for name in known if name != "kernel" or rows <= MOST_KERNEL_ROWS)


def fit_member(name: str, features: Features, targets: Shaped[np.ndarray, " row"], *, classes: int, size: Size) -> Any:  # noqa: ANN401
    """Fit a model on training rows; targets are standardized numbers, or class numbers.

    Args:
        name: one of `members`.
        features: prepared.
        targets: one a row.
        classes: how many; 0 where numbers are predicted.
        size: how much is fitted.

    Raises:
        ConfigError: the name is of no model for such a target.
    """
    members(classes, 0, (name,))
    made = _classifier(name, len(features), size) if classes else _regressor(name, len(features), size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a path that has not converged at one of its strengths is not chosen there
        return made.fit(features, targets)


def _regressor(name: str, rows: int, size: Size) -> Any:  # noqa: ANN401
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
    from sklearn.linear_model import LassoCV, RidgeCV
    from sklearn.model_selection import GridSearchCV
    from sklearn.svm import SVR

    if name == "ridge":
        return RidgeCV(alphas=np.logspace(-2, 3, 21))
    if name == "lasso":
        return LassoCV(eps=1e-3, cv=5, max_iter=5000, random_state=size.seed, selection="random")
    if name == "kernel":
        return GridSearchCV(SVR(epsilon=0.03), {"C": [0.3, 1, 3], "gamma": ["scale", 0.0005]}, cv=3)
    if name == "boosting":
        return GradientBoostingRegressor(loss="huber", n_estimators=size.rounds, **_boosting(rows, size))
    return ExtraTreesRegressor(n_estimators=size.trees, **_forest(size))


def _classifier(name: str, rows: int, size: Size) -> Any:  # noqa: ANN401
    from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    if name == "logistic":
        strengths: Mapping[str, list[float]] = {"C": [0.003, 0.03, 0.3, 3, 30]}
        folds = StratifiedKFold(3, shuffle=True, random_state=size.seed)
        return GridSearchCV(LogisticRegression(max_iter=2000), strengths, cv=folds, scoring="neg_log_loss")
    if name == "boosting":
        return GradientBoostingClassifier(n_estimators=max(1, size.rounds // 3), **_boosting(rows, size))
    return ExtraTreesClassifier(n_estimators=size.trees, **_forest(size))


def _boosting(rows: int, size: Size) -> dict[str, Any]:
    return {
        "learning_rate": 0.05,
        "max_depth": 4,
        "max_features": "sqrt",
        "min_samples_leaf": min(10, max(1, rows // 20)),
        "subsample": min(0.8, ROWS_A_TREE / rows),
        "random_state": size.seed,
    }


def _forest(size: Size) -> dict[str, Any]:
    return {"max_leaf_nodes": LEAVES, "min_samples_leaf": 2, "max_features": 0.3, "random_state": size.seed}
