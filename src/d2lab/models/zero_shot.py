"""Zero-shot by class rows: a classifier of many classes answers a question with fewer, and nothing is trained."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError


def zero_shot(logits: Float[Tensor, "batch known"], groups: Sequence[Sequence[int]]) -> Float[Tensor, "batch class_"]:
    """Return the score of each new class: the largest logit of the known classes that belong to it.

    The argmax is that of the source, by new names: an image of whichever known class scores highest belongs to its
    group. What no group names is left out of the question; one empty group stands for all that.

    >>> zero_shot(torch.tensor([[3.0, 1.0, 2.0]]), [[1], []]).tolist()
    [[1.0, 3.0]]

    Args:
        logits: of the source.
        groups: numbers of known classes, for each new class; one may be empty.

    Raises:
        ConfigError: fewer than two groups, two empty ones, a number that is no class or stands in two groups.
    """
    named = [number for group in groups for number in group]
    known = logits.shape[1]
    wrong = len(set(named)) < len(named) or any(not 0 <= number < known for number in named)
    if len(groups) < 2 or wrong or sum(not group for group in groups) > 1:
        need = f"two groups or more of numbers from 0 to {known - 1}, each once; one group may be empty"
        raise ConfigError("groups", got=[list(group) for group in groups], need=need)
    others = sorted(set(range(known)) - set(named))
    if not others and not all(groups):
        raise ConfigError("groups", got=[list(group) for group in groups], need="a class left for the empty group")
    return torch.stack([logits[:, list(group) or others].amax(1) for group in groups], 1)
