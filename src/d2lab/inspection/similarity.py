"""How alike the features of two layers are, whatever order or rotation each net keeps them in.

Linear CKA compares, example by example, which inputs a layer takes for alike. It is 1 for features that are a rotation
and a scaling of each other, and, for independent ones, 0 on average.

Source: Kornblith, Norouzi, Lee, Hinton 2019, "Similarity of Neural Network Representations Revisited", section 3;
the unbiased estimate: Song, Smola, Gretton, Bedo, Borgwardt 2012, "Feature Selection via Dependence Maximization",
equation 5.
Changed: the unbiased estimate in place of the biased one, which calls any two layers with more features than examples
alike, and maps have thousands of features.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Features = Float[Tensor, "example *feature"]
FEWEST = 4  # examples that the estimate needs


def similarities(ours: Sequence[Features], theirs: Sequence[Features]) -> Float[Tensor, "ours theirs"]:
    """Give the linear CKA of each layer of one net with each of another, from the same examples; at most 1.

    Cost: examples squared times features, once a layer.

    Args:
        ours: the features of each layer of one net.
        theirs: of the other.

    Raises:
        ConfigError: fewer than four examples, or other ones.
    """
    counts = {len(layer) for layer in [*ours, *theirs]}
    if len(counts) != 1 or min(counts) < FEWEST:
        raise ConfigError("examples", got=sorted(counts), need=f"the same {FEWEST} or more for every layer")
    one, two = (torch.stack([_unit(alike(layer)) for layer in layers]).flatten(1) for layers in (ours, theirs))
    return one @ two.T


def alike(features: Features) -> Float[Tensor, "example example"]:
    """Give the inner products of all pairs of examples, centered so that products of two such tables are unbiased.

    The diagonal, where an example meets itself and which carries the bias, is 0; so is the sum of each row.

    Args:
        features: of one layer; whatever lies behind the first axis is flattened.
    """
    flat = features.flatten(1).double()
    table = (flat @ flat.T).fill_diagonal_(0)
    count = len(table)
    rows = table.sum(1) / (count - 2)
    centered = table - rows[:, None] - rows[None, :] + rows.sum() / (count - 1)
    return centered.fill_diagonal_(0)


def _unit(table: Tensor) -> Tensor:
    """Scale to length 1; a layer that says the same of every example is like no other."""
    return table / table.norm().clamp_min(torch.finfo(table.dtype).tiny)
