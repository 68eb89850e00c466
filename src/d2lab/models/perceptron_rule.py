"""Rosenblatt's rule: every mistake turns the border, and there can't be many.

Source: Rosenblatt 1958, "The Perceptron", Psychological Review 65(6).
Changed: nothing; the border runs through the origin, a bias is one more input that is always 1.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Points = Float[Tensor, "example feature"]
Signs = Float[Tensor, " sign"]  # +1 or -1, as many as examples


class Separation(NamedTuple):
    """What the rule found."""

    weights: Float[Tensor, " feature"]
    mistakes: int  # corrections made in all
    epochs: int  # passes over the examples, the last without a mistake


def perceptron_rule(inputs: Points, signs: Signs, max_epochs: int = 1000) -> Separation:
    """Go through the examples; wherever sign * (w . x) is not above 0, add sign * x to w. Stop after a clean pass.

    Source: Novikoff 1962, "On Convergence Proofs for Perceptrons" (in this form).

    Args:
        inputs: the points.
        signs: +1 or -1 for each.
        max_epochs: passes before it gives up.

    Raises:
        ConfigError: a sign is neither, the lengths differ, or no border was found: there may be none.
    """
    if len(inputs) != len(signs) or not (signs.abs() == 1).all():
        raise ConfigError("the signs", got=f"{len(signs)} values", need=f"+1 or -1 for each of {len(inputs)} points")
    weights, mistakes = torch.zeros_like(inputs[0]), 0
    for epoch in range(1, max_epochs + 1):
        before = mistakes
        for point, sign in zip(inputs, signs, strict=True):
            if sign * (weights @ point) <= 0:
                weights = weights + sign * point
                mistakes += 1
        if mistakes == before:
            return Separation(weights, mistakes, epoch)
    fix = "Such points may have no straight border; XOR has none."
    raise ConfigError("the perceptron", got=f"mistakes in {max_epochs} passes", need="a pass without any", fix=fix)


def novikoff_bound(inputs: Points, signs: Signs, separator: Float[Tensor, " feature"]) -> float:
    """Return the most mistakes the rule can make, in any order of the points: (radius / margin)^2.

    Source: Novikoff 1962, theorem 1.

    Args:
        inputs: the points; the radius is the length of the longest.
        signs: +1 or -1 for each.
        separator: any direction that separates them; the margin is its distance to the nearest point.

    Raises:
        ConfigError: the direction does not separate the points.
    """
    margin = (signs * (inputs @ separator)).amin() / separator.norm()
    if not margin > 0:
        raise ConfigError("the separator", got=f"margin {float(margin):.3g}", need="a margin above 0")
    return float((inputs.norm(dim=1).amax() / margin) ** 2)
