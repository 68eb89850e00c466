"""Hidden Markov models: the probability of what was seen, and the likeliest states behind it; transitions by counting.

Source: Baum, Petrie 1966, Annals of Mathematical Statistics 37 (the model); Viterbi 1967, IEEE Transactions on
    Information Theory 13, "Error bounds for convolutional codes" (the likeliest states); Rabiner 1989, Proceedings of
    the IEEE 77, "A tutorial on hidden Markov models", section III (forward and Viterbi recursions).
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError


def viterbi(
    initial: Float[Tensor, " state"], transition: Float[Tensor, "state state"], emission: Float[Tensor, "time state"]
) -> tuple[Int64[Tensor, " time"], float]:
    """Return the most probable sequence of states, and its log-probability together with the observations.

    Of equal sequences the one with smaller states at the end. Cost: time times the square of the states.

    Args:
        initial: log-probability of each first state.
        transition: log-probability of going from the row's state to the column's.
        emission: log-probability of what was seen at each time, under each state.

    Raises:
        ConfigError: there is no time step, or no sequence of states is possible.
    """
    _check(emission)
    score, back = initial + emission[0], []
    for seen in emission[1:]:
        best = (score.unsqueeze(1) + transition).max(dim=0)
        back.append(best.indices)
        score = best.values + seen
    value = float(score.max())
    if value == -torch.inf:
        raise ConfigError("the observations", got="impossible under every sequence of states", need="a possible one")
    path = [int(score.argmax())]
    for sources in reversed(back):
        path.append(int(sources[path[-1]]))
    return torch.tensor(path[::-1]), value


def forward_log_likelihood(
    initial: Float[Tensor, " state"], transition: Float[Tensor, "state state"], emission: Float[Tensor, "time state"]
) -> float:
    """Return the log-probability of the observations, summed over all sequences of states.

    Args:
        initial: log-probability of each first state.
        transition: log-probability of going from the row's state to the column's.
        emission: log-probability of what was seen at each time, under each state.

    Raises:
        ConfigError: there is no time step.
    """
    _check(emission)
    score = initial + emission[0]
    for seen in emission[1:]:
        score = (score.unsqueeze(1) + transition).logsumexp(dim=0) + seen
    return float(score.logsumexp(dim=0))


def count_transitions(states: Int64[Tensor, " time"], size: int) -> Int64[Tensor, "size size"]:
    """Count how often each state (row) is followed by each other (column).

    Raises:
        ConfigError: a state is outside 0 to `size` - 1.
    """
    if len(states) and not 0 <= int(states.min()) <= int(states.max()) < size:
        raise ConfigError("a state", got=f"{int(states.min())} to {int(states.max())}", need=f"0 to {size - 1}")
    return (states[:-1] * size + states[1:]).bincount(minlength=size * size).view(size, size)


def stationary(transition: Float[Tensor, "state state"]) -> Float[Tensor, " state"]:
    """Return the distribution that a Markov chain keeps: pi = pi P, with sum 1.

    Args:
        transition: probabilities, each row with sum 1.

    Raises:
        ConfigError: a row is no distribution, or more than one distribution is kept.
    """
    ones = torch.ones(len(transition), dtype=transition.dtype)
    if bool((transition < 0).any()) or not torch.allclose(transition.sum(1), ones, atol=1e-6):
        raise ConfigError("a row of the transitions", got="no distribution", need="probabilities with sum 1")
    equations = torch.cat([transition.T - torch.eye(len(transition), dtype=transition.dtype), ones.unsqueeze(0)])
    if int(torch.linalg.matrix_rank(equations, tol=1e-9)) < len(transition):
        raise ConfigError("the chain", got="parts that never meet", need="one stationary distribution")
    right = torch.cat([torch.zeros(len(transition), dtype=transition.dtype), ones[:1]])
    solved: Tensor = torch.linalg.lstsq(equations, right.unsqueeze(1)).solution
    return solved.squeeze(1)


def _check(emission: Tensor) -> None:
    if not len(emission):
        raise ConfigError("the observations", got="none", need="one or more")
