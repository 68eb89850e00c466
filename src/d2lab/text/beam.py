"""Beam search: the most probable sequences, with a few alternatives kept at each step.

Source: Lowerre 1976, "The HARPY speech recognition system" (beam search); Sutskever, Vinyals, Le 2014, NeurIPS,
    "Sequence to sequence learning with neural networks", section 3.2; Wu et al. 2016, "Google's neural machine
    translation system", section 7 (length penalty).
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree, map_tensors
from d2lab.text.sampling import Step


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A sequence that the search found.

    Args:
        tokens: after the first one; with the end token where it was reached.
        log_probability: natural logarithm of the product of the tokens' probabilities.
        score: what hypotheses are ranked by: `log_probability` over the length penalty.
        ended: its last token is the end token.
    """

    tokens: tuple[int, ...]
    log_probability: float
    score: float
    ended: bool


def beam_search(
    step: Step,
    first: int,
    *,
    width: int,
    length: int,
    end: int | None = None,
    length_penalty: float = 0.0,
    state: Any = None,  # noqa: ANN401
    state_axis: int = 0,
) -> list[Hypothesis]:
    """Return the best sequences found, the best first, at most `width`.

    At each step every live sequence is continued by every token, and the `width` most probable stay; what ended is set
    aside and takes no place. A width of 1 is greedy search; one of `token ** (length - 1)` drops nothing that could
    win, so it is exact. A wider beam need not find a better sequence: what a narrow one went on with may be dropped.

    Args:
        step: from tokens `[batch]` and a state to logits `[batch, token]` and the new state.
        first: token to begin after.
        width: sequences that stay alive.
        length: most tokens of a sequence.
        end: token after which a sequence ends; None where all have the full length.
        length_penalty: alpha of ((5 + tokens) / 6) ** alpha, which log-probabilities are divided by; 0 ranks by
            probability, which favors short sequences.
        state: before the first token, for one row; its tensors have a batch axis.
        state_axis: which axis of the state counts the rows; 1 for the state of `torch.nn.GRU`.

    Raises:
        ConfigError: `width` or `length` is below 1, the penalty is negative, or the logits are NaN.
    """
    if width < 1 or length < 1:
        raise ConfigError("width and length", got=(width, length), need="1 or more each")
    if length_penalty < 0:
        raise ConfigError("length_penalty", got=length_penalty, need="0 or more")
    live, paths, done = torch.zeros(1, dtype=torch.float64), [()], list[Hypothesis]()
    tokens = torch.tensor([first])
    for _ in range(length):
        logits, state = step(tokens, state)
        if torch.isnan(logits).any():
            raise ConfigError("the logits", got="NaN", need="numbers")
        total = live.unsqueeze(1) + logits.double().log_softmax(dim=-1).cpu()  # live token
        rows, tokens, live = _best(total, width, end)
        grown = [(*paths[row], token) for row, token in zip(rows.tolist(), tokens.tolist(), strict=True)]
        if end is not None:
            ended = [
                _hypothesis((*path, end), value, length_penalty, ended=True)
                for path, value in zip(paths, total[:, end].tolist(), strict=True)
                if value > -math.inf
            ]
            done = sorted([*done, *ended], key=lambda found: -found.score)[:width]
        paths, state = grown, _reorder(state, rows, state_axis)
        tokens = tokens.to(logits.device)
        if not paths:
            break
    rest = [
        _hypothesis(path, value, length_penalty, ended=False) for path, value in zip(paths, live.tolist(), strict=True)
    ]
    return sorted([*done, *rest], key=lambda found: -found.score)[:width]


def _best(total: Tensor, width: int, end: int | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return row, token and log-probability of the best continuations that do not end; ties go to the earlier one."""
    going = total.clone()
    if end is not None:
        going[:, end] = -math.inf
    values, places = going.flatten().sort(descending=True, stable=True)
    kept = (values > -math.inf).nonzero().flatten()[:width]
    size = total.shape[1]
    return places[kept] // size, places[kept] % size, values[kept]


def _hypothesis(path: tuple[int, ...], value: float, alpha: float, *, ended: bool) -> Hypothesis:
    return Hypothesis(path, value, value / ((5 + len(path)) / 6) ** alpha, ended)


def _reorder(state: Tree, rows: Tensor, axis: int) -> Tree:
    """Return the states of these rows, in their order."""
    return map_tensors(lambda tensor: tensor.index_select(axis, rows.to(tensor.device)), state)
