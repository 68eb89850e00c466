"""Which test examples a figure shows."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor


def choose_examples(right: Bool[Tensor, " example"], most: int) -> Int64[Tensor, " chosen"]:
    """Return the indices of examples to show: up to half of them wrong, the rest right, in the order of the set.

    Args:
        right: whether each is answered rightly.
        most: how many are shown.
    """
    wrong = (~right).nonzero().flatten()[: most // 2]
    rest = right.nonzero().flatten()[: most - len(wrong)]
    return torch.cat([wrong, rest]).sort().values
