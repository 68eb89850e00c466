"""GPT: a stack of blocks, each of causal self-attention and a two-layer network, over tokens and rotary positions.

Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training"; normalization before each
branch: Radford et al. 2019; rotary positions: Su et al. 2021; squared ReLU: So et al. 2021, "Primer"; normalized
queries and keys: Henry et al. 2020; RMSNorm: Zhang and Sennrich 2019; capped logits: Gemma Team 2024, section 2.
Changed: no biases and no gains; output matrices and head begin at 0, so that each block begins as the identity.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float, Int
from msgspec import Meta
from torch import Tensor, nn
from torch.nn import functional

from d2lab.core.bounds import Share, Units
from d2lab.core.errors import ConfigError
from d2lab.layers.position import rotary_positions, rotate
from d2lab.models.catalog import register_model
from d2lab.models.language import LanguageConfig

CAP = 15.0  # logits lie between -CAP and CAP
BASE = 1_000.0  # of the rotary wavelengths: contexts here are hundreds of tokens, not thousands


@dataclass(frozen=True, kw_only=True, slots=True)
class GPTConfig(LanguageConfig):
    """Sizes of a GPT; the defaults have 803,072 parameters."""

    vocabulary: Annotated[int, Meta(ge=2, le=1_000_000, description="classes")] = 65
    context: Annotated[int, Meta(ge=1, le=65_536, description="tokens")] = 64  # tokens that a prediction may look at
    width: Units = 128  # of a token's vector
    heads: Annotated[int, Meta(ge=1, le=1_024, description="heads")] = 4
    layers: Annotated[int, Meta(ge=1, le=512, description="layers")] = 4
    dropout: Share = 0.0  # share of each branch's output set to zero in training

    def __post_init__(self) -> None:
        super(GPTConfig, self).__post_init__()
        if self.width % (2 * self.heads):
            need = f"a multiple of {2 * self.heads}, twice the heads"
            raise ConfigError("GPTConfig.width", got=self.width, need=need)


def norm(x: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
    """Divide by the root mean square, without a gain."""
    return functional.rms_norm(x, (x.shape[-1],))


class Attention(nn.Module):
    """Causal self-attention: each position looks at itself and at those before it."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)

    def forward(
        self, x: Float[Tensor, "batch time width"], turns: tuple[Tensor, Tensor]
    ) -> Float[Tensor, "batch time width"]:
        """Return what each position gathers from those it looks at.

        Args:
            x: vectors of the tokens.
            turns: cosine and sine of the positions' angles.
        """
        query, key, value = self.queries_keys_values(x, turns)  # each batch head time each
        found = functional.scaled_dot_product_attention(query, key, value, is_causal=True)  # batch head time each
        gathered: Tensor = self.out(found.transpose(1, 2).flatten(2))  # batch time width
        return gathered

    def queries_keys_values(self, x: Float[Tensor, "batch time width"], turns: tuple[Tensor, Tensor]) -> list[Tensor]:
        """Return what each position asks for, offers and holds, of every head `[batch, head, time, each]`.

        Args:
            x: vectors of the tokens.
            turns: cosine and sine of the positions' angles.
        """
        heads = self.qkv(x).unflatten(-1, (3, self.heads, -1)).transpose(1, 3)  # batch head 3 time each
        query, key, value = heads.unbind(2)  # each batch head time each
        return [rotate(norm(query), *turns), rotate(norm(key), *turns), value]

    def weights(
        self, x: Float[Tensor, "batch time width"], turns: tuple[Tensor, Tensor]
    ) -> Float[Tensor, "batch head time time"]:
        """Return what `forward` mixes with: row t says how much position t takes of positions 0 to t; it sums to 1.

        Args:
            x: vectors of the tokens.
            turns: cosine and sine of the positions' angles.
        """
        query, key, _ = self.queries_keys_values(x, turns)  # each batch head time each
        scores = query @ key.mT / math.sqrt(query.shape[-1])  # batch head time time
        later = torch.ones_like(scores, dtype=torch.bool).triu(1)
        return scores.masked_fill(later, -math.inf).softmax(-1)


class Block(nn.Module):
    """Attention, then a network on each position alone; both are added to what comes in."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.hidden = nn.Linear(config.width, 4 * config.width, bias=False)
        self.out = nn.Linear(4 * config.width, config.width, bias=False)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, x: Float[Tensor, "batch time width"], turns: tuple[Tensor, Tensor]
    ) -> Float[Tensor, "batch time width"]:
        """Add both branches.

        Args:
            x: vectors of the tokens.
            turns: cosine and sine of the positions' angles.
        """
        x = x + self.dropout(self.attention(norm(x), turns))
        hidden = functional.relu(self.hidden(norm(x))).square()  # batch time 4width
        result: Tensor = x + self.dropout(self.out(hidden))
        return result


@register_model(GPTConfig)
class GPT(nn.Module):
    """Tokens `[batch, time]` -> one logit for each kind of token at every position, from the tokens up to there."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.context = config.context
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        blocks = [Block(config) for _ in range(config.layers)]
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        for block in blocks:
            nn.init.zeros_(block.out.weight)
            nn.init.zeros_(block.attention.out.weight)
        nn.init.zeros_(self.head.weight)
        cosine, sine = rotary_positions(config.context, config.width // config.heads, base=BASE)
        self.register_buffer("cosine", cosine, persistent=False)  # context half
        self.register_buffer("sine", sine, persistent=False)

    def forward(
        self, tokens: Int[Tensor, "batch time"], state: None = None
    ) -> tuple[Float[Tensor, "batch time token"], None]:
        """Score every token for every next position.

        Args:
            tokens: numbers of the vocabulary, at most `context` in a row.
            state: none: a text is read in windows that do not know of each other.

        Raises:
            ConfigError: there are more tokens than the context has room for.
        """
        turns = self.turns(tokens)
        x = norm(self.embedding(tokens))  # batch time width
        for block in self.blocks:
            x = block(x, turns)
        logits: Tensor = self.head(norm(x))  # batch time token
        return CAP * torch.tanh(logits / CAP), None

    def turns(self, tokens: Int[Tensor, "batch time"]) -> tuple[Tensor, Tensor]:
        """Return cosine and sine of the angles at the positions of these tokens.

        Args:
            tokens: of each text.

        Raises:
            ConfigError: the context has no room for so many.
        """
        time = tokens.shape[1]
        if time > self.context:
            need = f"at most {self.context}, the context"
            raise ConfigError("tokens in a row", got=time, need=need, fix="Use shorter windows or --set context=.")
        return self.cosine[:time], self.sine[:time]  # type: ignore[index]

    @torch.no_grad()
    def attention_maps(self, tokens: Int[Tensor, " time"]) -> Float[Tensor, "layer head time time"]:
        """Return the weights of every head in every layer over one text.

        Args:
            tokens: of the text, at most `context`.

        Raises:
            ConfigError: there are more.
        """
        turns = self.turns(tokens[None])
        x, maps = norm(self.embedding(tokens[None])), []  # 1 time width
        for block in self.blocks:
            maps.append(block.attention.weights(norm(x), turns)[0])  # type: ignore[union-attr, operator]
            x = block(x, turns)
        return torch.stack(maps)

    def step(
        self, tokens: Int[Tensor, " batch"], past: Int[Tensor, "batch past"] | None = None
    ) -> tuple[Float[Tensor, "batch token"], Int[Tensor, "batch kept"]]:
        """Read one token more of a text of any length; return the logits of the next, and the state after it.

        Args:
            tokens: one of each text.
            past: the state, which is the text as far as it is looked at; None at the beginning.
        """
        whole = tokens[:, None] if past is None else torch.cat([past, tokens[:, None]], 1)
        kept = whole[:, -self.context :]  # batch kept
        return self(kept)[0][:, -1], kept
