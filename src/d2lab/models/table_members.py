"""Fitted models of tables as plain tensors: they predict what scikit-learn's estimators predict, and need no pickle.

A linear model is a matrix, a kernel machine its support vectors, a tree a list of nodes. Whoever opens a record that
holds such numbers runs no code of others.
"""

from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from d2lab.core.errors import ConfigError

Features = Float[Tensor, "row feature"]
Answers = Float[Tensor, "row answer"]  # a standardized number, or a probability for each class


class Member(nn.Module):
    """A fitted model: features in float64 to answers in float64."""

    NAMES: ClassVar[tuple[str, ...]]  # of its buffers

    def __init__(self) -> None:
        super().__init__()
        for name in self.NAMES:
            self.register_buffer(name, torch.zeros(0, dtype=torch.float64))

    def fill(self, tensors: dict[str, Tensor]) -> None:
        """Take the tensors of its buffers, of whatever sizes.

        Raises:
            ConfigError: one is missing.
        """
        missing = [name for name in self.NAMES if name not in tensors]
        if missing:
            raise ConfigError("a fitted model", got=f"no {missing[0]}", need=", ".join(self.NAMES))
        for name in self.NAMES:
            self.register_buffer(name, tensors[name])


def probabilities(scores: Float[Tensor, "row score"]) -> Float[Tensor, "row class_"]:
    """Return the probability of each class from scores; one score is that of the second of two classes."""
    both = torch.cat([torch.zeros_like(scores), scores], 1) if scores.shape[1] == 1 else scores
    return both.softmax(1)


class Linear(Member):
    """A linear model: `features @ weight.T + bias`; for classes the softmax of these scores."""

    NAMES = ("weight", "bias", "scores")
    weight: Float[Tensor, "answer feature"]
    bias: Float[Tensor, " answer"]
    scores: Float[Tensor, ""]  # 1 where results are scores of classes: one for two of them

    def forward(self, features: Features) -> Answers:
        """Return answers."""
        result = features @ self.weight.T + self.bias  # row answer
        return probabilities(result) if self.scores else result


class Kernel(Member):
    """Support vector regression with a Gaussian kernel: a weighted sum of closeness to training rows.

    Source: Drucker et al. 1996, "Support Vector Regression Machines"; kernel: exp(-gamma |x - v|^2).
    """

    NAMES = ("vectors", "weight", "bias", "gamma")
    vectors: Float[Tensor, "vector feature"]
    weight: Float[Tensor, " vector"]
    bias: Float[Tensor, ""]
    gamma: Float[Tensor, ""]

    def forward(self, features: Features) -> Answers:
        """Return answers."""
        squared = torch.cdist(features, self.vectors, compute_mode="donot_use_mm_for_euclid_dist").square()
        return ((-self.gamma * squared).exp() @ self.weight + self.bias)[:, None]  # row 1


class Trees(Member):
    """A sum of decision trees: each row falls through every tree to a leaf, and the values of its leaves add up.

    At a node a row goes left where its feature is at most the threshold. Trees are padded to the longest; a leaf's
    children are itself, so that all rows take as many steps.

    Source: Breiman, Friedman, Olshen, Stone 1984, "Classification and Regression Trees"; sums of them: Friedman 2001,
    "Greedy Function Approximation"; means of random ones: Geurts, Ernst, Wehenkel 2006, "Extremely Randomized Trees".
    """

    NAMES = ("feature", "threshold", "left", "right", "value", "base", "scores", "depth")
    feature: Int[Tensor, "tree node"]
    threshold: Float[Tensor, "tree node"]
    left: Int[Tensor, "tree node"]
    right: Int[Tensor, "tree node"]
    value: Float[Tensor, "tree node answer"]
    base: Float[Tensor, " answer"]
    scores: Float[Tensor, ""]  # 1 where sums are scores of classes
    depth: Int[Tensor, ""]  # steps to the deepest leaf

    def forward(self, features: Features) -> Answers:
        """Return answers."""
        trees = torch.arange(len(self.feature), device=features.device)  # tree
        node = torch.zeros(len(features), len(trees), dtype=torch.int64, device=features.device)  # row tree
        for _ in range(int(self.depth)):
            asked = features.gather(1, self.feature[trees, node].long())  # row tree
            goes_left = asked <= self.threshold[trees, node]
            node = torch.where(goes_left, self.left[trees, node], self.right[trees, node]).long()
        total = self.value[trees, node].sum(1) + self.base  # row answer
        return probabilities(total) if self.scores else total


def member_of(fitted: Any, *, classes: int) -> Member:  # noqa: ANN401
    """Return a fitted estimator of scikit-learn as tensors.

    Args:
        fitted: a linear model, SVR with a Gaussian kernel, gradient boosting or a forest, or a search over one of them.
        classes: how many; 0 where numbers are predicted.

    Raises:
        ConfigError: it is anything else.
    """
    fitted = getattr(fitted, "best_estimator_", fitted)
    if hasattr(fitted, "coef_") and hasattr(fitted, "support_vectors_"):
        raise ConfigError("an estimator", got=type(fitted).__name__, need="SVR with a Gaussian kernel")
    if hasattr(fitted, "dual_coef_"):
        return _kernel(fitted)
    if hasattr(fitted, "coef_"):
        return _linear(fitted, classes)
    if hasattr(fitted, "estimators_"):
        return _trees(fitted, classes)
    raise ConfigError("an estimator", got=type(fitted).__name__, need="a linear model, SVR, boosting or a forest")


def _float64(values: Any) -> Tensor:  # noqa: ANN401
    return torch.as_tensor(values, dtype=torch.float64)


def _linear(fitted: Any, classes: int) -> Linear:  # noqa: ANN401
    weight, bias = _float64(fitted.coef_), _float64(fitted.intercept_)
    made = Linear()
    weight = weight.reshape(-1, weight.shape[-1])  # one answer may come without an axis of its own
    made.fill({"weight": weight, "bias": bias.reshape(-1), "scores": _float64(bool(classes))})
    return made


def _kernel(fitted: Any) -> Kernel:  # noqa: ANN401
    made = Kernel()
    made.fill(
        {
            "vectors": _float64(fitted.support_vectors_),
            "weight": _float64(fitted.dual_coef_[0]),
            "bias": _float64(fitted.intercept_[0]),
            "gamma": _float64(fitted._gamma),  # a number also where the setting is "scale"
        }
    )
    return made


def _trees(fitted: Any, classes: int) -> Trees:  # noqa: ANN401
    """Lay the trees of boosting or of a forest side by side."""
    boosted = hasattr(fitted, "learning_rate")
    stages = [list(stage) for stage in fitted.estimators_] if boosted else [[one] for one in fitted.estimators_]
    trees = [(one.tree_, place) for stage in stages for place, one in enumerate(stage)]
    width = len(stages[0]) if boosted else max(1, classes)
    nodes = max(tree.node_count for tree, _ in trees)
    tensors = {
        "feature": torch.zeros(len(trees), nodes, dtype=torch.int32),
        "threshold": torch.zeros(len(trees), nodes, dtype=torch.float64),
        "left": torch.arange(nodes, dtype=torch.int32).repeat(len(trees), 1),  # a leaf leads to itself
        "right": torch.arange(nodes, dtype=torch.int32).repeat(len(trees), 1),
        "value": torch.zeros(len(trees), nodes, width, dtype=torch.float64),
    }
    for number, (tree, place) in enumerate(trees):
        inner, count = torch.from_numpy(tree.children_left >= 0), tree.node_count
        for name, values in (("feature", tree.feature), ("threshold", tree.threshold)):
            tensors[name][number, :count][inner] = torch.from_numpy(values).to(tensors[name].dtype)[inner]
        tensors["left"][number, :count][inner] = torch.from_numpy(tree.children_left).int()[inner]
        tensors["right"][number, :count][inner] = torch.from_numpy(tree.children_right).int()[inner]
        values = torch.from_numpy(tree.value)[:, 0]  # node answer
        if boosted:
            tensors["value"][number, :count, place] = values[:, 0] * fitted.learning_rate
        else:
            tensors["value"][number, :count] = values / len(trees)
    made = Trees()
    depth = max(tree.max_depth for tree, _ in trees)
    tensors |= {"base": torch.zeros(width, dtype=torch.float64), "depth": torch.tensor(depth)}
    made.fill(tensors | {"scores": _float64(False)})
    if boosted:  # what it begins with is what a row's answer has beyond its trees
        row = torch.zeros(1, fitted.n_features_in_, dtype=torch.float64)
        answer = fitted.decision_function(row.numpy()) if classes else fitted.predict(row.numpy())
        made.base = _float64(answer).reshape(1, -1)[0] - made(row)[0]
        made.scores = _float64(bool(classes))
    return made
