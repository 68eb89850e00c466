"""What the settings of language models share: the size of the vocabulary."""

from dataclasses import dataclass

from d2lab.core.bounds import Classes
from d2lab.models.catalog import ModelConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageConfig(ModelConfig):
    """Base of the settings of models that read `(tokens, state)` and return `(logits, state)`."""

    vocabulary: Classes = 28  # kinds of tokens
