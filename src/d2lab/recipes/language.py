"""Settings of recipes on texts and on series, beside those that all recipes have."""

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from d2lab.core.bounds import Classes, check_bounds
from d2lab.core.errors import ConfigError
from d2lab.recipes.recipe import Settings
from d2lab.text.token_batches import Sampling
from d2lab.text.tokenizer import Unit

Tokens = Annotated[int, Meta(ge=1, le=65_536, description="tokens")]


@dataclass(frozen=True, kw_only=True, slots=True)
class TextConfig:
    """How a text is cut into tokens and windows, and what is sampled after each epoch."""

    unit: Unit = "characters"
    letters: bool = False  # keep the letters a to z, in lower case, as the book does
    min_count: Annotated[int, Meta(ge=1, le=1_000_000, description="tokens")] = 1  # rarer ones count as unknown
    most_tokens: Classes | None = None  # of the vocabulary of characters or words
    merges: Annotated[int, Meta(ge=0, le=100_000, description="merges")] = 256  # of bpe
    steps: Tokens | None = None  # tokens that a window reads; none takes the model's context
    sampling: Sampling = "sequential"  # sequential carries the state from batch to batch, random resets it
    prompt: str = ""  # of the sample after each epoch; the first held-out tokens where it is empty
    sample: Annotated[int, Meta(ge=0, le=10_000, description="tokens")] = 200  # length of that sample; 0 for none

    def __post_init__(self) -> None:
        check_bounds(self, "text.")


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageSettings(Settings):
    """Settings of a language model; `model.vocabulary` is that of the default data until the text decides it."""

    text: TextConfig = field(default_factory=TextConfig)

    @property
    def steps(self) -> int:
        """Tokens that a window reads: the setting, else the model's context.

        Raises:
            ConfigError: there is neither, or the window is longer than the context.
        """
        steps, context = self.text.steps, getattr(self.model, "context", None)
        if steps is not None and context is not None and steps > context:
            raise ConfigError("text.steps", got=steps, need=f"at most {context}, the model's context")
        if steps is None and context is None:
            raise ConfigError("text.steps", got="none", need="a number of tokens, for a model without a context")
        return int(steps or context)  # type: ignore[arg-type]

    @property
    def strands(self) -> int:
        """Strands of the text that are read side by side; 0 where windows come in random order."""
        return self.loop.batch_size if self.text.sampling == "sequential" else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesSettings(Settings):
    """Settings of a model of a series."""

    horizon: Annotated[int, Meta(ge=1, le=10_000, description="steps")] = 64  # most steps ahead that are evaluated


def check_language(settings: LanguageSettings) -> None:
    """Check that the settings of a language model go together.

    Raises:
        ConfigError: windows are longer than the model's context.
    """
    _ = settings.steps
