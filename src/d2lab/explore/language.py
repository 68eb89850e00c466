"""A recurrent language model for the browser: its weights, layer by layer, and the characters that it reads."""

from typing import Any

from d2lab.core.errors import ConfigError
from d2lab.experiments.tokens import tokenizer_of
from d2lab.experiments.trained import Trained
from d2lab.explore.model import MOST_PARAMETERS, floats
from d2lab.models.language_rnn import LanguageRNN
from d2lab.text.vocabulary import UNKNOWN


def described_language(trained: Trained) -> dict[str, Any]:
    """Describe the recurrent model of a run so that the browser can compute its states.

    Args:
        trained: the opened run.

    Raises:
        ConfigError: its model is not recurrent, is too large, or reads other tokens than characters.
    """
    tokenizer, model = tokenizer_of(trained.experiment), trained.model
    name, vocabulary = trained.experiment.recipe.name, tokenizer.vocabulary
    if not isinstance(model, LanguageRNN):
        need = "a model that carries a state: rnn, gru or lstm"
        raise ConfigError("d2lab explore", got=name, need=need, fix="d2lab plot draws what the others attend to.")
    if vocabulary is None or tokenizer.unit != "characters":
        raise ConfigError("d2lab explore", got=tokenizer.unit, need="a model of characters, which can be typed")
    size = sum(parameter.numel() for parameter in model.parameters())
    if size > MOST_PARAMETERS:
        need = f"at most {MOST_PARAMETERS:,} parameters"
        raise ConfigError("d2lab explore", got=f"{size:,}", need=need, fix="Train a smaller one, with --set hidden=.")
    layers = []
    for number in range(model.rnn.num_layers):
        parts = {"input": "weight_ih", "state": "weight_hh", "inputBias": "bias_ih", "stateBias": "bias_hh"}
        layers.append({key: floats(getattr(model.rnn, f"{part}_l{number}")) for key, part in parts.items()})
    tokens = ["" if token == UNKNOWN else token for token in vocabulary.tokens]  # "" is never typed
    return {
        "name": trained.record.name,
        "cell": trained.experiment.settings.model.cell,  # type: ignore[attr-defined]
        "letters": tokenizer.letters,
        "tokens": tokens,
        "layers": layers,
        "output": {"weight": floats(model.out.weight), "bias": floats(model.out.bias)},
    }
