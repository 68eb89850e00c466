"""Text that a run's model writes, and how well it predicts each part of a text."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from d2lab.core.seed import stream
from d2lab.experiments.tokens import language, test_prompt, token_parts, tokenizer_of
from d2lab.experiments.trained import Trained
from d2lab.experiments.writing import drawn, encode_prompt, model_step
from d2lab.text.beam import beam_search
from d2lab.text.sampling import SamplingRule, Step, warm_up
from d2lab.text.token_batches import held_out_windows
from d2lab.text.tokenizer import Tokenizer
from d2lab.train.evaluate import evaluate


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """How a text is written.

    Args:
        prompt: to begin with, in characters or words that the model knows; the first held-out tokens where it is empty.
        tokens: to write.
        rule: how each token is drawn.
        beam: search for the most probable text with so many alive at a time, in place of drawing; 0 draws.
        seed: decides the draws.
    """

    prompt: str = ""
    tokens: int = 200
    rule: SamplingRule = field(default_factory=SamplingRule)
    beam: int = 0
    seed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """A language model that writes.

    Args:
        step: from tokens and a state to logits of the next and the new state.
        tokenizer: of the tokens.
        first: gives the tokens to begin with where no prompt is given.
        state_axis: which axis of the state counts the texts.
    """

    step: Step
    tokenizer: Tokenizer
    first: Callable[[], Tensor]
    state_axis: int = 0

    @torch.no_grad()
    def write(self, how: Writing) -> str:
        """Return a text, the prompt included.

        Raises:
            ConfigError: the prompt has a character or word that the model does not know.
        """
        prompt = encode_prompt(self.tokenizer, how.prompt) if how.prompt else self.first()
        if how.beam:
            found = self._searched(prompt, how)
        else:
            found = drawn(self.step, prompt, how.tokens, how.rule, stream(how.seed, "generate"))
        return self.tokenizer.decode(torch.cat([prompt, found]))

    def _searched(self, prompt: Tensor, how: Writing) -> Tensor:
        """Return the most probable continuation that beam search finds."""
        begun = {"state": warm_up(self.step, prompt[None]), "state_axis": self.state_axis}
        found = beam_search(self.step, int(prompt[-1]), width=how.beam, length=how.tokens, **begun)
        return torch.tensor(found[0].tokens, dtype=torch.int64)


def writer_of(run: Trained) -> Writer:
    """Return what writes with the model of a run.

    Raises:
        ConfigError: the run is of no language model.
    """
    language(run.experiment)
    tokenizer = tokenizer_of(run.experiment)
    return Writer(
        step=model_step(run.model, tokenizer),
        tokenizer=tokenizer,
        first=lambda: test_prompt(run.experiment),
        state_axis=getattr(run.model, "STATE_AXIS", 0),
    )


def write_text(run: Trained, how: Writing) -> str:
    """Return a text that a run's language model writes, the prompt included.

    Raises:
        ConfigError: the run is of no language model, or the prompt has a character or word that it does not know.
    """
    return writer_of(run).write(how)


def evaluate_parts(run: Trained, data: str | None = None, *, download: bool = False) -> dict[str, dict[str, float]]:
    """Return loss, perplexity and bits on every part of a run's text, by part; on the test part alone of another text.

    Bits per byte compare across tokens; words have none, for they drop the spaces. An unknown character counts as the
    three bytes of U+FFFD.

    Args:
        run: of a language model.
        data: another text; it is downloaded where it is not on disk, for the caller has named it.
        download: may download the run's own text, which only the record names.

    Raises:
        ConfigError: the run is of no language model, or the other set no text.
        DataError: the text can't be read.
    """
    settings, tokenizer = language(run.experiment), tokenizer_of(run.experiment)
    experiment = run.experiment if data is None else run.on(data)
    train, valid, test = token_parts(experiment, fetch=download or data is not None)
    named = {"test": test} if data is not None else {"train": train, "valid": valid, "test": test}
    found = {}
    for name, tokens in named.items():
        if tokens is None:
            continue
        split = held_out_windows(tokens, settings.steps, rows=settings.strands or 1)
        found[name] = evaluate(run.model, split, experiment.task, **run.how())
        size = tokenizer.byte_count(tokens[1:])
        if size is not None:
            found[name]["bits_per_byte"] = found[name]["bits_per_token"] * (len(tokens) - 1) / size
        if tokenizer.vocabulary is not None:
            found[name]["unknown_share"] = float((tokens == 0).double().mean())
    return found
