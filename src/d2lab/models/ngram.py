"""N-gram language model: the next token by how often it followed the last few; it is counted, not trained.

Its one buffer is the training text, of which the counts are made whenever it is loaded: they are the model, and the
text is their shortest form.

Source: Shannon 1948, Bell System Technical Journal 27, "A mathematical theory of communication", section 3; the
smoothings: `d2lab.text.NGram`.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from jaxtyping import Float, Int
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Positive
from d2lab.core.errors import ConfigError
from d2lab.models.catalog import register_model
from d2lab.models.language import LanguageConfig
from d2lab.text.ngram import NGram, Smoothing


@dataclass(frozen=True, kw_only=True, slots=True)
class NGramConfig(LanguageConfig):
    """Order and smoothing of an n-gram model."""

    COUNTED: ClassVar[bool] = True

    order: Annotated[int, Meta(ge=1, le=64, description="tokens")] = 5  # tokens of the longest n-gram
    smoothing: Smoothing = "kneser-ney"
    strength: Positive | None = None  # of the smoothing; none takes its default


@register_model(NGramConfig)
class NGramModel(nn.Module):
    """Tokens `[batch, time]` and the tokens before them -> log-probabilities of the next token at every position."""

    stream: Tensor  # the training text, int32

    def __init__(self, config: NGramConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("stream", torch.zeros(0, dtype=torch.int32))
        self._counts: NGram | None = None

    def count(self, tokens: Int[Tensor, " time"]) -> None:
        """Count a training text, in place of what was counted before.

        Raises:
            ConfigError: the text is shorter than the order, or a setting does not fit the smoothing.
        """
        config, text = self.config, tokens.long().cpu()
        self._counts = NGram(
            text, order=config.order, size=config.vocabulary, smoothing=config.smoothing, strength=config.strength
        )
        self.stream = text.to(torch.int32)

    @property
    def counts(self) -> NGram:
        """The counts; made from the text where that was loaded.

        Raises:
            ConfigError: nothing was counted yet.
        """
        if self._counts is None:
            if not len(self.stream):
                raise ConfigError("the n-gram model", got="no text", need="a text that was counted")
            self.count(self.stream)
        assert self._counts is not None  # noqa: S101 (just counted)
        return self._counts

    def allocate(self, tensors: dict[str, Tensor]) -> None:
        """Make room for a kept text of any length; `load_state_dict` fills it."""
        self.stream = torch.zeros_like(tensors.get("stream", self.stream))
        self._counts = None

    def forward(
        self, tokens: Int[Tensor, "batch time"], state: Int[Tensor, "batch past"] | None = None
    ) -> tuple[Float[Tensor, "batch time token"], Int[Tensor, "batch past_"]]:
        """Return the log-probability of every token at every next position, and the tokens that the next call needs.

        Args:
            tokens: numbers of the vocabulary.
            state: the last tokens before these; None at the beginning of a text.
        """
        time = tokens.shape[1]
        whole = (tokens if state is None else torch.cat([state, tokens], 1)).long().cpu()
        rows = [self.counts.log_distributions(row)[-time:] for row in whole]
        kept = whole[:, max(0, whole.shape[1] - max(1, self.config.order - 1)) :]
        return torch.stack(rows).float().to(tokens.device), kept.to(tokens.device)

    def step(
        self, tokens: Int[Tensor, " batch"], state: Int[Tensor, "batch past"] | None = None
    ) -> tuple[Float[Tensor, "batch token"], Int[Tensor, "batch past_"]]:
        """Read one token more of each text; return the log-probabilities of the next, and the state after it.

        Args:
            tokens: one of each text.
            state: the last tokens before; None at the beginning.
        """
        logits, state = self(tokens[:, None], state)
        return logits[:, 0], state
