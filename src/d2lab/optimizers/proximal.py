"""The proximal step of an L1 penalty: weights near zero become exactly zero."""

from jaxtyping import Float
from torch import Tensor


def soft_threshold(weights: Float[Tensor, "*shape"], threshold: float | Float[Tensor, ""]) -> Float[Tensor, "*shape"]:
    """Move every weight towards 0 by `threshold`, and stop there: sign(w) max(|w| - threshold, 0).

    It minimizes 1/2 (v - w)^2 + threshold |v| over v.

    Source: Parikh and Boyd 2014, "Proximal Algorithms", section 6.5.2.

    Args:
        weights: what to shrink, of any shape.
        threshold: 0 or more, in the weights' unit.
    """
    return weights.sign() * (weights.abs() - threshold).clamp(min=0)
