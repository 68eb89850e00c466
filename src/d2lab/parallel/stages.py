"""Cutting a chain of layers into stages of nearly equal cost.

A pipeline is as fast as its slowest stage, so the largest cost of a stage is made as small as it can be. Stages are
runs of consecutive layers, which makes this the linear partition problem: with prefix sums, the best cut of the first
n layers into s stages tries every place for the last cut, in O(stages layers^2) steps.

Source: Narayanan et al. 2019, "PipeDream: generalized pipeline parallelism for DNN training", section 3.1.
Changed: one level of devices, no stage is replicated, and sending costs nothing.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import isfinite

from d2lab.core.errors import ConfigError


def balanced_stages(costs: Sequence[int | float], stages: int) -> list[slice]:
    """Return the cut whose most expensive stage is cheapest, as slices: `model[part]` of an `nn.Sequential` is a stage.

    Of equally good cuts it returns one. With whole numbers the result is exact.

    >>> balanced_stages([5, 1, 1, 1, 4], 2)
    [slice(0, 2, None), slice(2, 5, None)]

    Args:
        costs: cost of each layer, in seconds or operations, at least 0.
        stages: number of stages, each of at least one layer.

    Raises:
        ConfigError: there are fewer layers than stages, no stage, or a cost is negative or not finite.
    """
    if not 1 <= stages <= len(costs):
        raise ConfigError("the number of stages", got=stages, need=f"1 to {len(costs)}, the number of layers")
    wrong = [cost for cost in costs if not (isfinite(cost) and cost >= 0)]
    if wrong:
        raise ConfigError("the cost of a layer", got=wrong[0], need="a finite number, at least 0")
    before = [0, *accumulate(costs)]  # before[n]: cost of the first n layers
    largest = before[1:]  # largest[n - 1]: of the first n layers in the best cut into the stages so far
    places: list[list[int]] = []  # for each further stage and n: where its first layer stands
    for stage in range(1, stages):
        rows: list[int | float] = list(largest)
        cuts = [0] * len(costs)
        for n in range(stage + 1, len(costs) + 1):
            rows[n - 1], cuts[n - 1] = min((max(largest[at - 1], before[n] - before[at]), at) for at in range(stage, n))
        largest = rows
        places.append(cuts)
    ends = [len(costs)]
    for cuts in reversed(places):
        ends.append(cuts[ends[-1] - 1])
    ends = [0, *reversed(ends)]
    return [slice(start, end) for start, end in pairwise(ends)]
