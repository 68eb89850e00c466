"""From logits to the next token: which tokens stay possible, and a draw among them.

Each filter sets the logits of the tokens that it refuses to -inf, so filters chain; the order of `SamplingRule` is
temperature, top-k, top-p, min-p.

Source: Ackley, Hinton, Sejnowski 1985, Cognitive Science 9 (temperature); Fan, Lewis, Dauphin 2018, ACL, "Hierarchical
    neural story generation" (top-k); Holtzman, Buys, Du, Forbes, Choi 2020, ICLR, "The curious case of neural text
    degeneration" (top-p); Nguyen et al. 2024, "Turning up the heat: min-p sampling" (min-p).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor

from d2lab.core.errors import ConfigError

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]  # tokens [batch], state -> logits [batch, token], state


def temper(logits: Float[Tensor, "*batch token"], temperature: float) -> Float[Tensor, "*batch token"]:
    """Divide logits by a temperature: below 1 the likely get likelier, above 1 all get more alike.

    Raises:
        ConfigError: the temperature is not above 0; for 0 take `greedy`.
    """
    if not 0 < temperature < math.inf:
        raise ConfigError("temperature", got=temperature, need="a finite number above 0; 0 is greedy")
    return logits / temperature


def top_k(logits: Float[Tensor, "*batch token"], k: int) -> Float[Tensor, "*batch token"]:
    """Keep the `k` largest logits; of equal ones the smaller token numbers. A `k` of all tokens or more keeps all.

    Raises:
        ConfigError: `k` is below 1.
    """
    if k < 1:
        raise ConfigError("top_k", got=k, need="1 or more")
    if k >= logits.shape[-1]:
        return logits
    kept = logits.sort(dim=-1, descending=True, stable=True).indices[..., :k]
    return torch.full_like(logits, -math.inf).scatter(-1, kept, logits.gather(-1, kept))


def top_p(logits: Float[Tensor, "*batch token"], p: float) -> Float[Tensor, "*batch token"]:
    """Keep the fewest tokens, from the likeliest on, whose probabilities sum to `p` or more.

    The token that crosses `p` is kept, so there is always one.

    Raises:
        ConfigError: `p` is not above 0 and at most 1.
    """
    if not 0 < p <= 1:
        raise ConfigError("top_p", got=p, need="above 0 and at most 1")
    if p == 1:
        return logits
    values, order = logits.sort(dim=-1, descending=True, stable=True)
    probabilities = values.double().softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities
    kept = values.masked_fill(before >= p, -math.inf)  # the first has 0 before it
    return torch.full_like(logits, -math.inf).scatter(-1, order, kept)


def min_p(logits: Float[Tensor, "*batch token"], p: float) -> Float[Tensor, "*batch token"]:
    """Keep tokens at least `p` times as probable as the likeliest one.

    Raises:
        ConfigError: `p` is not within 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ConfigError("min_p", got=p, need="0 to 1")
    if p == 0:
        return logits
    return logits.masked_fill(logits < logits.amax(dim=-1, keepdim=True) + math.log(p), -math.inf)


def greedy(logits: Float[Tensor, "*batch token"]) -> Int64[Tensor, "*batch"]:
    """Return the likeliest token; of equal ones the smallest number."""
    return (logits == logits.amax(dim=-1, keepdim=True)).to(torch.uint8).argmax(dim=-1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingRule:
    """How the next token is chosen.

    Args:
        temperature: divides the logits; 0 takes the likeliest token.
        top_k: most tokens that stay possible; 0 keeps all.
        top_p: probability that the possible tokens hold together, at least; 1 keeps all.
        min_p: least probability of a possible token, as a share of the likeliest one's; 0 keeps all.

    Raises:
        ConfigError: a number is out of range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < math.inf:
            raise ConfigError("temperature", got=self.temperature, need="0 (greedy) or a finite number above it")
        if self.top_k < 0:
            raise ConfigError("top_k", got=self.top_k, need="0 (all tokens) or more")
        if not 0 < self.top_p <= 1:
            raise ConfigError("top_p", got=self.top_p, need="above 0 and at most 1")
        if not 0 <= self.min_p <= 1:
            raise ConfigError("min_p", got=self.min_p, need="0 to 1")

    def distribution(self, logits: Float[Tensor, "*batch token"]) -> Float[Tensor, "*batch token"]:
        """Return the probabilities that a draw follows."""
        if self.temperature == 0:
            return torch.zeros_like(logits).scatter(-1, greedy(logits).unsqueeze(-1), 1.0)
        logits = temper(logits, self.temperature)
        logits = top_k(logits, self.top_k) if self.top_k else logits
        return min_p(top_p(logits, self.top_p), self.min_p).softmax(dim=-1)

    def choose(
        self, logits: Float[Tensor, "batch token"], generator: Generator | None = None
    ) -> Int64[Tensor, " batch"]:
        """Draw a token for each row.

        Args:
            logits: of the next token.
            generator: of the draw; torch's own without it.

        Raises:
            ConfigError: a logit is NaN or +inf, or all of a row are -inf.
        """
        if not torch.isfinite(logits.amax(dim=-1)).all():
            need = "finite numbers, or -inf for a token that is not possible"
            raise ConfigError("the logits", got="NaN, +inf, or no possible token", need=need)
        if self.temperature == 0:
            return greedy(logits)
        return torch.multinomial(self.distribution(logits.float()), 1, generator=generator).squeeze(-1)


def warm_up(step: Step, prompt: Int64[Tensor, "batch time"], state: Any = None) -> Any:  # noqa: ANN401
    """Return the state in which the last token of a prompt is still to be read.

    Args:
        step: from tokens `[batch]` and a state to logits `[batch, token]` and the new state.
        prompt: tokens, at least one.
        state: before the prompt; None where the model begins from nothing.
    """
    for token in prompt.T[:-1]:
        _, state = step(token, state)
    return state


def generate(
    step: Step,
    prompt: Int64[Tensor, "batch time"],
    *,
    state: Any = None,  # noqa: ANN401
    rule: SamplingRule | None = None,
    generator: Generator | None = None,
) -> Iterator[Int64[Tensor, " batch"]]:
    """Yield one new token a row after another, without end; the prompt is read first, to warm up the state.

    Args:
        step: from tokens `[batch]` and a state to logits `[batch, token]` and the new state.
        prompt: tokens to read first, at least one.
        state: before the prompt; None where the model begins from nothing.
        rule: how a token is chosen; plain draws without it.
        generator: of the draws.

    Raises:
        ConfigError: the prompt is empty.
    """
    if prompt.shape[1] < 1:
        raise ConfigError("the prompt", got="no token", need="one token or more")
    rule = rule or SamplingRule()
    token, state = prompt[:, -1], warm_up(step, prompt, state)
    while True:
        logits, state = step(token, state)
        token = rule.choose(logits, generator)
        yield token
