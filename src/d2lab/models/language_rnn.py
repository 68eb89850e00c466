"""Language model of a recurrent network: one-hot tokens, recurrent layers, one linear map to the next token's logits.

Source: Mikolov et al. 2010, "Recurrent neural network based language model", Interspeech; with characters: Sutskever,
Martens, Hinton 2011, "Generating Text with Recurrent Neural Networks".
Changed: RNN, GRU or LSTM; orthogonal initialization of the recurrent weights (Saxe, McClelland, Ganguli 2014).
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from jaxtyping import Float, Int
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.bounds import Share, Units
from d2lab.layers.bptt import FusedRNN
from d2lab.models.catalog import register_model
from d2lab.models.language import LanguageConfig

CellName = Literal["rnn", "gru", "lstm"]
CELLS: dict[str, Any] = {"rnn": FusedRNN, "gru": nn.GRU, "lstm": nn.LSTM}
State = Tensor | tuple[Tensor, Tensor]  # of an LSTM hidden and cell


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageRNNConfig(LanguageConfig):
    """Sizes of a recurrent language model; the defaults have 80,412 parameters."""

    cell: CellName = "rnn"
    hidden: Units = 256
    layers: Annotated[int, Meta(ge=1, le=64, description="layers")] = 1
    dropout: Share = 0.0  # share of hidden states set to zero in training, between layers and before the output
    orthogonal: bool = True  # initialize the recurrent weights of each gate as an orthogonal matrix


@register_model(LanguageRNNConfig)
class LanguageRNN(nn.Module):
    """Tokens `[batch, time]` and a state -> one logit for each kind of token at every position, and the state after."""

    STATE_AXIS: ClassVar[int] = 1  # which axis of the state counts the texts: layer batch hidden, as torch has it

    def __init__(self, config: LanguageRNNConfig) -> None:
        super().__init__()
        self.vocabulary, self.between = config.vocabulary, nn.Dropout(config.dropout)
        between = config.dropout if config.layers > 1 else 0.0  # torch warns of dropout after a single layer
        make = CELLS[config.cell]
        self.rnn = make(config.vocabulary, config.hidden, config.layers, dropout=between)
        self.out = nn.Linear(config.hidden, config.vocabulary)
        if config.orthogonal:
            for name, weight in self.rnn.named_parameters():
                blocks = weight.chunk(len(weight) // config.hidden) if "weight_hh" in name else ()
                for block in blocks:
                    nn.init.orthogonal_(block)

    def forward(
        self, tokens: Int[Tensor, "batch time"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time token"], State]:
        """Score every token for every next position.

        Args:
            tokens: numbers of the vocabulary.
            state: after the tokens before these; None at the beginning of a text.
        """
        in_time = tokens.T  # time batch: the states of a step lie side by side, and no layer has to copy them
        read = in_time if isinstance(self.rnn, FusedRNN) else self._one_hot(in_time)
        hidden, state = self.rnn(read, state)  # time batch hidden
        logits: Tensor = self.out(self.between(hidden))  # time batch token
        return logits.transpose(0, 1), state

    def step(
        self, tokens: Int[Tensor, " batch"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch token"], State]:
        """Read one token more of each text; return the logits of the next, and the state after it.

        Args:
            tokens: one of each text.
            state: after the tokens before; None at the beginning.
        """
        logits, state = self(tokens[:, None], state)
        return logits[:, 0], state

    def _one_hot(self, tokens: Tensor) -> Tensor:
        return functional.one_hot(tokens.long(), self.vocabulary).to(self.out.weight.dtype)
