"""Texts and series of a run: the tokenizer learned from the training part, windows of every part, samples.

A text has three parts that do not overlap: what is trained on, then, `steps` tokens later, the end of the training text
for early stopping (`validation`), and the card's own test part, which is other lessons, or what comes later.
"""

import dataclasses
from collections.abc import Callable

import torch
from jaxtyping import Int64
from torch import Tensor, nn

from d2lab.core.errors import ConfigError, RunError
from d2lab.core.seed import stream
from d2lab.core.settings import change
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.data.split import Split
from d2lab.data.texts import text_of
from d2lab.experiments.plan import Experiment
from d2lab.experiments.writing import encode_prompt, sample
from d2lab.recipes.language import LanguageSettings, SeriesSettings
from d2lab.text.sampling import SamplingRule
from d2lab.text.token_batches import PADDING, held_out_windows, training_windows
from d2lab.text.tokenizer import Tokenizer
from d2lab.train.language import with_perplexity
from d2lab.train.record import Row

Splits = tuple[Split, Split | None, Split]  # training, validation, test
Parts = tuple[Int64[Tensor, " time"], Int64[Tensor, " time_"] | None, Int64[Tensor, " time__"]]
PROMPT = 8  # tokens of the held-out text that the sample of an epoch begins with, where no prompt is set
NEAR = 200  # characters of the held-out text that hold these tokens
RULE = SamplingRule(temperature=0.8, top_p=0.95)  # of the sample of an epoch
_LAST: dict[Card, tuple[str, str]] = {}  # training and test text of the card that was read last


def language(experiment: Experiment) -> LanguageSettings:
    """Return the settings of a run on a text.

    Raises:
        ConfigError: it is a run on anything else.
    """
    settings = experiment.settings
    if not isinstance(settings, LanguageSettings):
        raise ConfigError("the run", got=experiment.recipe.name, need="one of a language model, such as gpt-char")
    return settings


def with_tokenizer(experiment: Experiment) -> Experiment:
    """Return the experiment with the tokenizer that its training text gives, and a model of that vocabulary.

    Raises:
        ConfigError: a vocabulary of another size was asked for, or the text has too few kinds of tokens.
        DataError: the text can't be read.
    """
    if not isinstance(experiment.settings, LanguageSettings) or experiment.tokenizer is not None:
        return experiment
    text = experiment.settings.text
    tokenizer = Tokenizer.train(
        _training_text(experiment, _texts(experiment.card, fetch=True)[0]),
        text.unit,
        min_count=text.min_count,
        size=text.most_tokens,
        merges=text.merges,
        letters=text.letters,
    )
    if text.prompt:
        encode_prompt(tokenizer, text.prompt, "setting text.prompt")
    default, chosen = experiment.recipe.settings.model, experiment.settings.model
    if chosen.vocabulary not in (default.vocabulary, len(tokenizer)):  # type: ignore[attr-defined]
        fix = "Leave it out: the text decides it; most_tokens or merges bound it."
        got = chosen.vocabulary  # type: ignore[attr-defined]
        raise ConfigError("setting model.vocabulary", got=got, need=str(len(tokenizer)), fix=fix)
    settings = change(experiment.settings, {"model.vocabulary": len(tokenizer)})
    return dataclasses.replace(experiment, settings=settings, tokenizer=tokenizer)


def _texts(card: Card, *, fetch: bool) -> tuple[str, str]:
    """Return training and test text of a card; what was read last is kept, for a run asks several times."""
    if card not in _LAST:
        data = catalog.load_card(card, fetch=fetch)
        _LAST.clear()
        _LAST[card] = text_of(data.train), text_of(data.test)
    return _LAST[card]


def _training_text(experiment: Experiment, text: str) -> str:
    """Return the part of the training text that is not held out for validation."""
    share = experiment.settings.loop.validation
    return text[: len(text) - round(share * len(text))]


def token_parts(experiment: Experiment, *, fetch: bool = True) -> Parts:
    """Return training, validation (or None) and test tokens.

    Args:
        experiment: of the run.
        fetch: may use the network where the text is not on disk.

    Raises:
        ConfigError: a part is too short.
        DataError: the text can't be read.
    """
    tokenizer = tokenizer_of(experiment)
    whole, test = _texts(experiment.card, fetch=fetch)
    kept = _training_text(experiment, whole)
    train, validation = tokenizer.encode(kept), None
    if len(kept) < len(whole):
        validation = tokenizer.encode(whole[len(kept) :])
        train = train[: max(0, len(train) - language(experiment).steps)]  # the gap
    examples = experiment.settings.loop.examples
    return train[:examples], validation, tokenizer.encode(test)


def tokenizer_of(experiment: Experiment) -> Tokenizer:
    """Return the run's tokenizer.

    Raises:
        RunError: it has none.
    """
    if experiment.tokenizer is None:
        raise RunError(f"the run of {experiment.recipe.name}", got="no tokenizer", need="one, as d2lab train keeps it")
    return experiment.tokenizer


def load_tokens(experiment: Experiment, *, fetch: bool = True) -> Splits:
    """Return windows of training, validation (or None) and test text, as the sampling orders them.

    Args:
        experiment: of the run.
        fetch: may use the network where the text is not on disk.

    Raises:
        ConfigError: a part is too short.
        DataError: the text can't be read.
    """
    train, validation, test = token_parts(experiment, fetch=fetch)
    settings = language(experiment)
    steps, rows = settings.steps, settings.strands
    held = None if validation is None else held_out_windows(validation, steps, rows=rows or 1)
    return training_windows(train, steps, rows=rows), held, held_out_windows(test, steps, rows=rows or 1)


def describe_tokens(experiment: Experiment, splits: Splits) -> str:
    """Return a line about the text: counts of tokens, the vocabulary, what of the test part is unknown."""
    tokenizer, (train, validation, test) = tokenizer_of(experiment), splits
    targets = test.targets[test.targets != PADDING]
    counts = [f"{len(train.tokens):,} training"]  # type: ignore[attr-defined]
    counts += [] if validation is None else [f"{int((validation.targets != PADDING).sum()):,} validation"]
    parts = [f"{', '.join(counts)} and {len(targets):,} test tokens ({tokenizer.unit}, {len(tokenizer):,} kinds)"]
    if tokenizer.vocabulary is not None:
        parts.append(f"{float((targets == 0).double().mean()):.2%} of the test tokens are unknown")
    return f"{experiment.card.name}: {'; '.join([*parts, *experiment.card.notes])}"


def load_series(experiment: Experiment, *, fetch: bool = True) -> Splits:
    """Return windows of a series of as many values as the model reads; held-out ones have `horizon` targets.

    Args:
        experiment: of the run.
        fetch: may use the network where the series is not on disk.

    Raises:
        ConfigError: a part is too short.
    """
    settings, data = experiment.settings, catalog.load_card(experiment.card, fetch=fetch)
    assert isinstance(settings, SeriesSettings)  # noqa: S101 (of whoever calls this)
    tau, horizon = int(settings.model.tau), settings.horizon  # type: ignore[attr-defined]
    train, test = (torch.cat([split.inputs[0], split.targets[:, 0]]) for split in (data.train, data.test))
    examples, validation = settings.loop.examples, None
    train = train if examples is None else train[: examples + tau]
    if settings.loop.validation:
        held = round(settings.loop.validation * len(train))  # the end, and no window reaches into it
        train, validation = train[:-held], _ahead(train[-held:], tau, horizon)
    return _ahead(train, tau, 1), validation, _ahead(test, tau, horizon)


def _ahead(series: Tensor, tau: int, steps: int) -> Split:
    """Return each window of `tau` values beside the `steps` values after it."""
    if len(series) < tau + steps:
        need = f"at most {len(series)} values together: there is no longer stretch"
        raise ConfigError("tau and horizon", got=f"{tau} and {steps}", need=need)
    every = series.unfold(0, tau + steps, 1)
    return Split(every[:, :tau], every[:, tau:])


def row_completer(experiment: Experiment, model: nn.Module, *, sampled: bool) -> Callable[[Row], Row]:
    """Return what completes the row of an epoch: the training perplexity, and a sample of the model.

    Args:
        experiment: of the run.
        model: in training.
        sampled: add a sample.
    """
    if not isinstance(experiment.settings, LanguageSettings):
        return lambda row: row
    text, tokenizer = experiment.settings.text, tokenizer_of(experiment)
    prompt = test_prompt(experiment) if sampled and text.sample else None

    def complete(row: Row) -> Row:
        row = with_perplexity(row)
        if prompt is None:
            return row
        draw = stream(experiment.seed, "sample", row["epoch"])  # apart from what training draws from
        found = sample(model, tokenizer, prompt, text.sample, RULE, draw)
        return {**row, "sample": tokenizer.decode(torch.cat([prompt, found]))}

    return complete


def test_prompt(experiment: Experiment) -> Tensor:
    """Return the tokens that samples begin with: of the prompt that is set, else the first known ones of the test text.

    Raises:
        ConfigError: the prompt has a character or word that the training text has not.
    """
    tokenizer, prompt = tokenizer_of(experiment), language(experiment).text.prompt
    if prompt:
        return encode_prompt(tokenizer, prompt)
    return test_tokens(experiment, PROMPT)


def test_tokens(experiment: Experiment, count: int) -> Tensor:
    """Return the first known tokens of the test text; the network is not used.

    Args:
        experiment: of the run.
        count: how many at most.

    Raises:
        DataError: the text is not on disk.
    """
    tokenizer, near = tokenizer_of(experiment), max(NEAR, 2 * count)
    tokens = tokenizer.encode(_texts(experiment.card, fetch=False)[1][:near])
    return (tokens if tokenizer.vocabulary is None else tokens[tokens != 0])[:count]
