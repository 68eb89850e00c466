"""Dropout: in training, entries are set to zero at random; in evaluation the input is returned unchanged."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError


class Dropout(nn.Module):
    """Set each entry to 0 with probability p and divide the others by 1 - p, which keeps the expectation.

    Source: Srivastava et al. 2014, JMLR 15, section 4 (there the weights are scaled in evaluation instead).
    Changed: inverted dropout, which scales in training, as in every library.
    Twin: torch.nn.Dropout, with the same mask from the same seed on a CPU; `inplace` is accepted, but the input is
    never overwritten.

    Raises:
        ConfigError: p is outside 0 to 1.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ConfigError("Dropout.p", got=p, need="a probability from 0 to 1")
        self.p, self.inplace = p, inplace

    def forward(self, input: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Drop entries in training; return the input in evaluation."""
        if not self.training or self.p == 0:
            return input
        if self.p == 1:
            return torch.zeros_like(input) * input  # 0 / 0 would be NaN; the product keeps the graph
        kept = torch.empty_like(input).bernoulli_(1 - self.p)  # 1 with probability 1 - p, else 0
        return input * (kept / (1 - self.p))
