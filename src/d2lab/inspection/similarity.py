"""How alike the features of two layers are, whatever order or rotation each model keeps them in.

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
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.inspection.features import outputs_of

Features = Float[Tensor, " example *feature"]
Table = Float[Tensor, "example example"]
FEWEST = 4  # examples that the estimate needs


def tables_of(model: nn.Module, inputs: Features, names: Sequence[str]) -> dict[str, Table]:
    """Return, for some layers, the centered inner products of all pairs of examples; no layer's features are kept.

    Cost: examples squared times features, once a layer.

    Args:
        model: the model, in the mode in which it shall compute.
        inputs: the examples, in one batch.
        names: of modules, as `named_modules` has them.

    Raises:
        ConfigError: no such layer, or fewer than four examples.
    """
    with torch.no_grad():
        return outputs_of(model, inputs, names, keep=alike)


def similarities(
    ours: Sequence[Float[Tensor, "_ _"]], theirs: Sequence[Float[Tensor, "_ _"]]
) -> Float[Tensor, "ours theirs"]:
    """Return the linear CKA of each layer of one model with each of another, from the same examples; at most 1.

    Args:
        ours: the table of each layer of one model.
        theirs: of the other.

    Raises:
        ConfigError: the tables are of different examples, or there are none.
    """
    counts = {len(table) for table in [*ours, *theirs]}
    if len(counts) != 1 or not ours or not theirs:
        raise ConfigError("examples", got=sorted(counts), need="the same for every layer")
    one, two = (torch.stack([_unit(table) for table in tables]).flatten(1) for tables in (ours, theirs))
    return one @ two.T


def alike(features: Features) -> Table:
    """Return the inner products of all pairs of examples, centered so that products of two such tables are unbiased.

    The diagonal, where an example meets itself and which carries the bias, is 0; so is the sum of each row.

    Args:
        features: of one layer; whatever lies behind the first axis is flattened.

    Raises:
        ConfigError: fewer than four examples.
    """
    count = len(features)
    if count < FEWEST:
        raise ConfigError("examples", got=count, need=f"{FEWEST} or more")
    flat = features.flatten(1) - features.flatten(1).mean(0)  # changes nothing but the rounding
    table = (flat @ flat.T).double().fill_diagonal_(0)
    rows = table.sum(1) / (count - 2)
    centered = table - rows[:, None] - rows[None, :] + rows.sum() / (count - 1)
    return centered.fill_diagonal_(0)


def _unit(table: Tensor) -> Tensor:
    """Scale to length 1; a layer that says the same of every example is like no other."""
    return table / float(table.norm().clamp_min(torch.finfo(table.dtype).tiny))
