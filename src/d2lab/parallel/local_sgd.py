"""Who waits for whom: local SGD, and a synchronous or asynchronous parameter server, simulated one update at a time.

All minimize the mean of the workers' losses, of which each worker knows its own gradient function. They are
deterministic: give each worker a function of the whole data or of a fixed batch, or draw inside it from your own
generator.

Source: Stich 2019, "Local SGD converges fast and communicates little", algorithm 1; Li et al. 2014, "Scaling
distributed machine learning with the parameter server"; Lian et al. 2015, "Asynchronous parallel stochastic
gradient for nonconvex optimization" (staleness).
"""

import heapq
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Gradient = Callable[[Tensor], Tensor]  # parameters -> gradient, of the same shape


class Arrival(NamedTuple):
    """One gradient that reaches the parameter server."""

    worker: int  # whose gradient
    staleness: int  # updates by others since the worker read the parameters


def local_sgd(
    gradients: Sequence[Gradient], start: Float[Tensor, "*shape"], rate: float, rounds: int, local_steps: int
) -> Float[Tensor, " points *shape"]:
    """Let each worker take several steps of its own, then average the parameters, round after round.

    One local step is synchronous gradient descent. With more, workers whose losses differ drift apart between averages,
    and the limit is not the minimum: for losses a_i (x - c_i)^2 / 2 it is the mean of the c_i weighted by
    1 - (1 - rate a_i)^local_steps, where the minimum weights them by a_i.

    Args:
        gradients: one function for each worker.
        start: the first parameters, the same for all workers.
        rate: learning rate, above 0.
        rounds: number of averages, that is of all-reduces.
        local_steps: steps of each worker between them, at least 1.

    Returns:
        The averaged parameters: the start, then those after each round.

    Raises:
        ConfigError: no worker, a rate or number out of range, or a gradient of another shape than the parameters.
    """
    _check(gradients, rate)
    if rounds < 0 or local_steps < 1:
        raise ConfigError("rounds and local steps", got=(rounds, local_steps), need="rounds >= 0, local steps >= 1")
    points = [start]
    for _ in range(rounds):
        ends = []
        for gradient in gradients:
            own = points[-1]
            for _ in range(local_steps):
                own = own - rate * _evaluated(gradient, own)
            ends.append(own)
        points.append(torch.stack(ends).mean(0))
    return torch.stack(points)


def synchronous_server(
    gradients: Sequence[Gradient], start: Float[Tensor, "*shape"], rate: float, steps: int
) -> Float[Tensor, " points *shape"]:
    """Let a server wait for the gradients of all workers, then step against their mean.

    Args:
        gradients: one function for each worker.
        start: the first parameters.
        rate: learning rate, above 0.
        steps: number of updates, each of as many gradients as there are workers.

    Returns:
        The parameters before the first update and after each.

    Raises:
        ConfigError: no worker, a rate or number out of range, or a gradient of another shape than the parameters.
    """
    _check(gradients, rate)
    if steps < 0:
        raise ConfigError("the number of updates", got=steps, need="at least 0")
    points = [start]
    for _ in range(steps):
        mean = torch.stack([_evaluated(gradient, points[-1]) for gradient in gradients]).mean(0)
        points.append(points[-1] - rate * mean)
    return torch.stack(points)


def asynchronous_server(
    gradients: Sequence[Gradient], start: Float[Tensor, "*shape"], rate: float, arrivals: Sequence[Arrival]
) -> Float[Tensor, " points *shape"]:
    """Let a server apply each gradient as it arrives, taken at the parameters of `staleness` updates before.

    x_{t+1} = x_t - rate g_i(x_{t - staleness}).

    Args:
        gradients: one function for each worker.
        start: the first parameters.
        rate: learning rate, above 0.
        arrivals: worker and staleness of each gradient in order, for instance from `arrivals_of`.

    Returns:
        The parameters before the first arrival and after each.

    Raises:
        ConfigError: no worker, a rate out of range, an unknown worker, a staleness before the start, or a gradient of
            another shape than the parameters.
    """
    _check(gradients, rate)
    points = [start]
    for number, (worker, staleness) in enumerate(arrivals):
        if not (0 <= worker < len(gradients) and 0 <= staleness <= number):
            need = f"a worker from 0 to {len(gradients) - 1}, a staleness from 0 to {number}"
            raise ConfigError(f"arrival {number}", got=(worker, staleness), need=need)
        points.append(points[-1] - rate * _evaluated(gradients[worker], points[number - staleness]))
    return torch.stack(points)


def arrivals_of(durations_s: Sequence[float], updates: int) -> list[Arrival]:
    """Return which worker's gradient arrives when, and how stale it is, where each worker reads, computes and sends.

    A worker reads new parameters in the moment its gradient is applied. Of two that arrive at once the lower index is
    first. With n equally fast workers the staleness becomes n - 1; the slower a worker, the staler its gradients.

    >>> [tuple(arrival) for arrival in arrivals_of([1.0, 2.5], 5)]
    [(0, 0), (0, 0), (1, 2), (0, 1), (0, 0)]

    Args:
        durations_s: seconds that each worker needs for a gradient, above 0.
        updates: number of arrivals.

    Raises:
        ConfigError: no worker, a duration that is not positive and finite, or a negative number of updates.
    """
    if not durations_s or not all(0 < duration < math.inf for duration in durations_s) or updates < 0:
        got = f"{list(durations_s)}, {updates} updates"
        raise ConfigError("the durations of workers", got=got, need="at least one, each above 0 s; updates >= 0")
    waiting = [(duration, worker) for worker, duration in enumerate(durations_s)]
    heapq.heapify(waiting)
    computed, read_at, arrivals = [1] * len(waiting), [0] * len(waiting), []
    for number in range(updates):
        worker = waiting[0][1]
        arrivals.append(Arrival(worker, number - read_at[worker]))
        read_at[worker] = number + 1
        computed[worker] += 1
        heapq.heapreplace(waiting, (computed[worker] * durations_s[worker], worker))  # a product: no error adds up
    return arrivals


def largest_stable_rate(curvature: float, staleness: int) -> float:
    """Return the learning rate below which descent on a x^2 / 2 with constant staleness converges.

    x_{t+1} = x_t - rate a x_{t - s} tends to 0 if and only if 0 < rate a < 2 cos(s pi / (2 s + 1)): 2 without
    staleness, 1 with one update, then about pi / (2 s + 1).

    Source: Levin and May 1976, "A note on difference-delay equations".

    Args:
        curvature: second derivative a of the loss, above 0.
        staleness: number of updates s, the same for all gradients, at least 0.

    Raises:
        ConfigError: a curvature that is not positive, or a negative staleness.
    """
    if not curvature > 0 or staleness < 0:
        raise ConfigError("curvature and staleness", got=(curvature, staleness), need="curvature > 0, staleness >= 0")
    return 2 * math.cos(staleness * math.pi / (2 * staleness + 1)) / curvature


def _evaluated(gradient: Gradient, point: Tensor) -> Tensor:
    value = gradient(point)
    if value.shape != point.shape:  # it would be broadcast
        raise ConfigError(
            "the shape of a gradient", got=tuple(value.shape), need=f"{tuple(point.shape)}, the parameters'"
        )
    return value


def _check(gradients: Sequence[Gradient], rate: float) -> None:
    if not gradients:
        raise ConfigError("the number of workers", got=0, need="at least 1")
    if not 0 < rate < math.inf:
        raise ConfigError("the learning rate", got=rate, need="above 0 and finite")
