"""How well a model predicts: perplexity per token, and bits per byte, which compares across tokens.

Source: Jelinek, Mercer, Bahl, Baker 1977, "Perplexity: a measure of the difficulty of speech recognition tasks"
    (perplexity); Shannon 1951, Bell System Technical Journal 30, "Prediction and entropy of printed English" (bits).
"""

import math

from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError


def perplexity(log_probabilities: Float[Tensor, "*shape"]) -> float:
    """Return exp of the mean negative log-likelihood: the geometric mean of 1 / p. A uniform guess over n tokens has n.

    Args:
        log_probabilities: natural logarithms, one for each token that was predicted.

    Raises:
        ConfigError: there is none.
    """
    return perplexity_of(_nats(log_probabilities) / log_probabilities.numel())


def perplexity_of(nats: float) -> float:
    """Return exp of a mean cross-entropy in nats; infinite where that overflows."""
    return math.inf if nats > 700 else math.exp(nats)  # exp(710) overflows


def bits_per_byte(log_probabilities: Float[Tensor, "*shape"], byte_count: int) -> float:
    """Return the bits that an ideal code of this model spends on each byte of the text.

    Args:
        log_probabilities: natural logarithms, one for each token.
        byte_count: bytes of the text that these tokens are, in UTF-8.

    Raises:
        ConfigError: there is no token, or no byte.
    """
    if byte_count < 1:
        raise ConfigError("byte_count", got=byte_count, need="1 or more")
    return _nats(log_probabilities) / math.log(2) / byte_count


def _nats(log_probabilities: Tensor) -> float:
    if not log_probabilities.numel():
        raise ConfigError("log_probabilities", got="none", need="one for each token")
    return -float(log_probabilities.double().sum())
