"""N-gram models: the next token by how often it followed the last few, with smoothing and back-off.

All smoothings are kept in one form: a probability for every n-gram that was seen, and for every context a weight by
which the shorter context's probability is multiplied where the n-gram was not. So each distribution sums to one.

Source: Chen, Goodman 1999, Computer Speech and Language 13, "An empirical study of smoothing techniques for language
    modeling", sections 2.1 (add-k), 2.3 (Jelinek-Mercer), 2.4 (Katz), 2.6 (absolute discounting), 2.7 (Kneser-Ney).
Changed: Katz's discount is a constant, and not Good and Turing's; Kneser-Ney is interpolated, with one discount.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.text.likelihood import perplexity

Smoothing = Literal["add-k", "interpolated", "absolute", "kneser-ney", "back-off"]
SMOOTHINGS = ("add-k", "interpolated", "absolute", "kneser-ney", "back-off")
DEFAULTS = {"add-k": 1.0, "interpolated": 0.7, "absolute": 0.75, "kneser-ney": 0.75, "back-off": 0.5}
NONE = -1  # number of an n-gram that was not seen


@dataclass(slots=True)
class _Level:
    """All different m-grams: sorted codes (context times size plus token), and what they lead to."""

    codes: np.ndarray
    counts: np.ndarray
    suffix: np.ndarray  # number of the same m-gram without its first token, one level below
    probability: np.ndarray
    weight: np.ndarray  # of each context, one level below


class NGram:
    """A model of tokens given the `order - 1` before them; at the beginning of a text, of those that there are.

    Args:
        tokens: to count, 0 to `size` - 1.
        order: 1 counts tokens, 2 pairs, and so on.
        size: of the vocabulary.
        smoothing: "add-k" adds k to each count of the full order; "interpolated" mixes all orders with constant weights
            (Jelinek-Mercer); "absolute" takes a constant off each count and gives it to the shorter context;
            "kneser-ney" counts in how many contexts a token stands for the shorter orders; "back-off" looks at the
            shorter context only where the longer one was never followed by the token.
        strength: k of "add-k" (1), the weight of the longer context of "interpolated" (0.7), the discount of the others
            (0.75; 0.5 for "back-off").

    Raises:
        ConfigError: an argument is out of range, or there are too few tokens.
    """

    def __init__(
        self,
        tokens: Int64[Tensor, " time"],
        *,
        order: int,
        size: int,
        smoothing: Smoothing = "kneser-ney",
        strength: float | None = None,
    ) -> None:
        if smoothing not in SMOOTHINGS:
            raise ConfigError("smoothing", got=smoothing, need=f"one of {', '.join(SMOOTHINGS)}")
        self.strength = DEFAULTS[smoothing] if strength is None else strength
        if not self.strength > 0 or (smoothing != "add-k" and not self.strength < 1):
            need = "above 0" if smoothing == "add-k" else "above 0 and below 1"
            raise ConfigError("strength", got=strength, need=f"a number {need}")
        if not 1 <= order <= len(tokens):
            raise ConfigError("order", got=order, need=f"1 to {len(tokens)}, the number of tokens")
        _check_tokens(tokens, size)
        self.order, self.size, self.smoothing = order, size, smoothing
        self._levels = self._count(tokens.numpy())
        if smoothing == "kneser-ney":
            for level, above in zip(self._levels, self._levels[1:], strict=False):
                level.counts = np.bincount(above.suffix, minlength=len(level.codes))
        for m in range(1, order + 1):
            self._smooth(m)

    def log_probabilities(self, tokens: Int64[Tensor, " time"]) -> Float64[Tensor, " time"]:
        """Return the log-probability of each token of a text, given those before it.

        Raises:
            ConfigError: a token is outside the vocabulary.
        """
        _check_tokens(tokens, self.size)
        return torch.from_numpy(np.log(self._probabilities(tokens.numpy())))

    def perplexity(self, tokens: Int64[Tensor, " time"]) -> float:
        """Return the perplexity of a text.

        Raises:
            ConfigError: a token is outside the vocabulary, or there is none.
        """
        return perplexity(self.log_probabilities(tokens))

    def distribution(self, context: Int64[Tensor, " time"]) -> Float64[Tensor, " token"]:
        """Return the probability of every token after a context, of which the last `order - 1` tokens count.

        Raises:
            ConfigError: a token is outside the vocabulary.
        """
        _check_tokens(context, self.size)
        past = context.numpy()[max(0, len(context) - self.order + 1) :]
        every = np.arange(self.size)
        found = np.full(self.size, 1 / self.size)
        for m in range(1, min(self.order, len(past) + 1) + 1):
            number = np.zeros(1, np.int64)
            for depth, token in enumerate(past[len(past) - m + 1 :]):
                number = self._find(depth + 1, number, np.array([token]))
            found = self._apply(m, np.broadcast_to(number, every.shape), every, found)[0]
        return torch.from_numpy(found)

    def log_distributions(self, tokens: Int64[Tensor, " time"]) -> Float64[Tensor, "time token"]:
        """Return the log-probability of every token after each place of a text: row t is what may follow token t.

        Raises:
            ConfigError: a token is outside the vocabulary.
        """
        _check_tokens(tokens, self.size)
        past, every = tokens.numpy(), np.arange(self.size)
        found = np.full((len(past), self.size), 1 / self.size)
        contexts = np.zeros(len(past), np.int64)  # number of the (m - 1)-gram that ends at each place
        for m in range(1, min(self.order, len(past) + 1) + 1):
            rows = slice(m - 2, None) if m > 1 else slice(None)  # an (m - 1)-gram ends at place m - 2 or later
            found[rows] = self._apply(m, contexts[:, None], every, found[rows])[0]
            ends = past[m - 1 :]
            contexts = self._find(m, contexts[: len(ends)], ends)
        return torch.from_numpy(np.log(found))

    def step(
        self, tokens: Int64[Tensor, " batch"], state: Int64[Tensor, "batch time"] | None
    ) -> tuple[Float64[Tensor, "batch token"], Int64[Tensor, "batch time_"]]:
        """Return logits of the next token and the last tokens as a state, as `generate` and `beam_search` ask.

        Raises:
            ConfigError: a token is outside the vocabulary.
        """
        past = tokens.unsqueeze(1) if state is None else torch.cat([state, tokens.unsqueeze(1)], dim=1)
        past = past[:, max(0, past.shape[1] - max(1, self.order - 1)) :]
        return torch.stack([self.distribution(row) for row in past]).log(), past

    def _count(self, tokens: np.ndarray) -> list[_Level]:
        """Number the different m-grams, level by level: one is the number of its first m - 1 tokens, and a token."""
        levels: list[_Level] = []
        numbers = np.zeros(len(tokens) + 1, np.int64)  # of the 0-gram that begins at each place
        for m in range(1, self.order + 1):
            places = len(tokens) - m + 1
            codes, first, inverse, counts = np.unique(
                numbers[:places] * self.size + tokens[m - 1 :],
                return_index=True,
                return_inverse=True,
                return_counts=True,
            )
            suffix = numbers[first + 1]
            levels.append(_Level(codes, counts, suffix, np.empty(0), np.empty(0)))
            numbers = inverse.reshape(-1)
        return levels

    def _smooth(self, m: int) -> None:
        """Turn the counts of a level into probabilities and weights; the level below is done."""
        level, k = self._levels[m - 1], self.strength
        contexts = level.codes // self.size
        count = level.counts.astype(np.float64)
        below = self._levels[m - 2] if m > 1 else None
        lower = below.probability[level.suffix] if below else np.full(len(count), 1 / self.size)
        size = len(below.codes) if below else 1
        total = np.bincount(contexts, count, minlength=size)
        kinds = np.bincount(contexts, count > 0, minlength=size)  # what only the text's beginning has continues nothing
        seen = total > 0
        safe = np.where(seen, total, 1.0)
        if self.smoothing == "add-k":
            if m < self.order:  # only the full order counts; below it all tokens are alike
                level.probability, level.weight = lower, np.ones(size)
                return
            level.probability = (count + k) / (total + k * self.size)[contexts]
            level.weight = k * self.size / (total + k * self.size)
        elif self.smoothing == "interpolated":
            level.probability = k * count / safe[contexts] + (1 - k) * lower
            level.weight = np.where(seen, 1 - k, 1.0)
        else:
            level.weight = np.where(seen, k * kinds / safe, 1.0)
            level.probability = np.maximum(count - k, 0.0) / safe[contexts]
            if self.smoothing == "back-off":
                unseen = 1 - np.bincount(contexts, lower, minlength=size)
                full = seen & (unseen < 1e-12)  # every token was seen: nothing to back off to, so nothing is taken off
                level.probability = np.where(full[contexts], count / safe[contexts], level.probability)
                level.weight = np.where(full, 0.0, level.weight / np.where(seen & ~full, unseen, 1.0))
            else:
                level.probability = level.probability + level.weight[contexts] * lower

    def _find(self, m: int, contexts: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Return the number of each m-gram, or NONE."""
        codes = self._levels[m - 1].codes
        wanted = contexts * self.size + tokens
        place = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
        return np.where((contexts != NONE) & (codes[place] == wanted), place, NONE)

    def _apply(
        self, m: int, contexts: np.ndarray, tokens: np.ndarray, lower: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities at level m, given those of the level below, and the numbers of the m-grams."""
        level, number = self._levels[m - 1], self._find(m, contexts, tokens)
        backed = np.where(contexts != NONE, level.weight[contexts], 1.0) * lower
        return np.where(number != NONE, level.probability[number], backed), number

    def _probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """Return the probability of every token of a text: all places at once, one level after another."""
        found = np.full(len(tokens), 1 / self.size)
        contexts = np.zeros(len(tokens), np.int64)
        for m in range(1, min(self.order, len(tokens)) + 1):
            found[m - 1 :], number = self._apply(m, contexts, tokens[m - 1 :], found[m - 1 :])
            contexts = number[:-1]  # the m-gram that ends one place earlier
        return found


def _check_tokens(tokens: Tensor, size: int) -> None:
    if size < 1:
        raise ConfigError("size", got=size, need="1 or more")
    if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < size:
        raise ConfigError("a token", got=f"{int(tokens.min())} to {int(tokens.max())}", need=f"0 to {size - 1}")
