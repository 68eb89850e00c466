"""What the settings of language models share: the size of the vocabulary."""

from dataclasses import dataclass
from typing import ClassVar

from d2lab.core.bounds import Classes
from d2lab.models.catalog import ModelConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageConfig(ModelConfig):
    """Base of the settings of models that read `(tokens, state)` and return `(logits, state)`."""

    COUNTED: ClassVar[bool] = False  # the model is counted in one pass over the text, not trained by gradients

    vocabulary: Classes = 28  # kinds of tokens
