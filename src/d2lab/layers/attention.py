"""Attention from scratch: weights over a sequence of keys, from dot products or from a small network, in many heads.

Every softmax here knows masks: a query that may look at no key at all gets weights and outputs of 0, where the plain
softmax would answer NaN and every gradient of the model with it.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.activation import tanh
from d2lab.layers.arguments import check_axis, check_counts
from d2lab.layers.dropout import Dropout
from d2lab.layers.init import xavier_uniform_, zeros_
from d2lab.layers.linear import Linear

Scores = Float[Tensor, "*batch query key"]


def causal_mask(queries: int, keys: int | None = None, *, device: torch.device | None = None) -> Bool[Tensor, "q k"]:
    """Return a mask that is true where a query may look: at its own position and those before it.

    Args:
        queries: number of queries.
        keys: number of keys; as many as queries unless given.
        device: of the mask.
    """
    return torch.ones(queries, queries if keys is None else keys, dtype=torch.bool, device=device).tril()


def length_mask(lengths: Int[Tensor, " batch"], keys: int) -> Bool[Tensor, "batch 1 k"]:
    """Return a mask that is true for the keys before the end of each sequence."""
    return (torch.arange(keys, device=lengths.device) < lengths[:, None])[:, None]  # batch 1 key


def masked_softmax(scores: Scores, mask: Shaped[Tensor, "*mask"] | None = None) -> Scores:
    """Compute the softmax over the keys that the mask allows; 0 for a query that is allowed none.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.3.
    Changed: a query without any key gets zeros, not NaN.

    Args:
        scores: of every query with every key.
        mask: true where a query may look; or numbers, such as minus infinity, that are added to the scores.
    """
    if mask is not None:
        scores = torch.where(mask, scores, -torch.inf) if mask.dtype == torch.bool else scores + mask
    largest = scores.amax(-1, keepdim=True).detach()
    powers = (scores - torch.where(largest == -torch.inf, 0, largest)).exp()
    total = powers.sum(-1, keepdim=True)
    return powers / torch.where(total == 0, 1, total)


def scaled_dot_product_attention(
    query: Float[Tensor, "*batch query width"],
    key: Float[Tensor, "*batch key width"],
    value: Float[Tensor, "*batch key value"],
    attn_mask: Shaped[Tensor, "*mask"] | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
) -> Float[Tensor, "*batch query value"]:
    """Compute softmax(Q K^T / sqrt(width)) V.

    A dot product of two vectors of independent entries with variance 1 has variance `width`; the root brings it back
    to 1, so that the softmax does not saturate.

    Source: Vaswani et al. 2017, "Attention Is All You Need", eq. 1.
    Twin: torch.nn.functional.scaled_dot_product_attention.

    Args:
        query: what is looked for.
        key: what is looked at.
        value: what is returned from there.
        attn_mask: true where a query may look (torch.nn.MultiheadAttention has it the other way round), or numbers
            that are added to the scores.
        dropout_p: share of the weights set to 0; also in evaluation, so leave it 0 there.
        is_causal: allow no look at later positions.
        scale: factor of the scores; 1 / sqrt(width) unless given.

    Raises:
        ConfigError: both a mask and `is_causal` are given.
    """
    if is_causal:
        if attn_mask is not None:
            raise ConfigError("attn_mask", got="a mask beside is_causal", need="one of the two")
        attn_mask = causal_mask(query.shape[-2], key.shape[-2], device=query.device)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    weights = masked_softmax(query @ key.mT * factor, attn_mask)  # *batch query key
    attended: Tensor = Dropout(dropout_p)(weights) @ value
    return attended


def attend(
    scores: Float[Tensor, "batch query key"],
    value: Float[Tensor, "batch key value"],
    lengths: Int[Tensor, " batch"] | None,
    dropout: nn.Module,
) -> tuple[Float[Tensor, "batch query value"], Scores]:
    """Return the values weighted by the softmax of scores over real keys, and the weights before dropout.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1.

    Args:
        scores: of every query with every key.
        value: one for each key.
        lengths: number of real keys of each sequence; all unless given.
        dropout: of the weights.
    """
    weights = masked_softmax(scores, None if lengths is None else length_mask(lengths, scores.shape[-1]))
    return dropout(weights) @ value, weights


class DotProductAttention(nn.Module):
    """Attention by dot products, over the keys before the end of each sequence.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1.
    Twin: torch.nn.functional.scaled_dot_product_attention with the mask of the lengths.

    Args:
        dropout: share of the weights set to 0 in training.
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = Dropout(dropout)

    def forward(
        self,
        query: Float[Tensor, "batch query width"],
        key: Float[Tensor, "batch key width"],
        value: Float[Tensor, "batch key value"],
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> tuple[Float[Tensor, "batch query value"], Scores]:
        """Return the attended values, and the weights before dropout."""
        scores = query @ key.mT / math.sqrt(query.shape[-1])  # batch query key
        return attend(scores, value, lengths, self.dropout)


class AdditiveAttention(nn.Module):
    """Attention by a network of one hidden layer: score = v^T tanh(W_q q + W_k k); widths may differ.

    Source: Bahdanau, Cho, Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate",
    appendix A.1.2.
    Cost: queries x keys x hidden numbers, where dot products need queries x keys.

    Args:
        query_size: width of a query.
        key_size: width of a key.
        hidden_size: units of the hidden layer.
        dropout: share of the weights set to 0 in training.

    Raises:
        ConfigError: a size is below 1.
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_counts("AdditiveAttention", query_size=query_size, key_size=key_size, hidden_size=hidden_size)
        self.query_proj = Linear(query_size, hidden_size, bias=False)
        self.key_proj = Linear(key_size, hidden_size, bias=False)
        self.score_proj = Linear(hidden_size, 1, bias=False)
        self.dropout = Dropout(dropout)

    def forward(
        self,
        query: Float[Tensor, "batch query query_width"],
        key: Float[Tensor, "batch key key_width"],
        value: Float[Tensor, "batch key value"],
        lengths: Int[Tensor, " batch"] | None = None,
    ) -> tuple[Float[Tensor, "batch query value"], Scores]:
        """Return the attended values, and the weights before dropout."""
        hidden = tanh(self.query_proj(query)[:, :, None] + self.key_proj(key)[:, None])  # batch query key hidden
        scores = self.score_proj(hidden).squeeze(-1)  # batch query key
        return attend(scores, value, lengths, self.dropout)


class MultiheadAttention(nn.Module):
    """Attention in several heads: each on its own projection of queries, keys and values; the results are joined.

    Masks follow torch's layer, not its function: true means that a key must not be looked at. A query that is left
    with no key gets zeros, where torch's layer returns NaN.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2.
    Twin: torch.nn.MultiheadAttention, without add_bias_kv and add_zero_attn; `is_causal` needs no mask beside it.

    Raises:
        ConfigError: heads do not divide the width, or an input has another width.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
    ) -> None:
        super().__init__()
        check_counts("MultiheadAttention", embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ConfigError("MultiheadAttention.num_heads", got=num_heads, need=f"a divisor of {embed_dim}")
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        joined = self.kdim == self.vdim == embed_dim  # then one matrix holds all three projections
        sizes: dict[str, Callable[[], Tensor] | None] = {
            "in_proj_weight": (lambda: torch.empty(3 * embed_dim, embed_dim)) if joined else None,
            "q_proj_weight": None if joined else lambda: torch.empty(embed_dim, embed_dim),
            "k_proj_weight": None if joined else lambda: torch.empty(embed_dim, self.kdim),
            "v_proj_weight": None if joined else lambda: torch.empty(embed_dim, self.vdim),
        }
        for name, make in sizes.items():
            self.register_parameter(name, None if make is None else nn.Parameter(make()))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * embed_dim)) if bias else None
        self.out_proj, self.drop = Linear(embed_dim, embed_dim, bias=bias), Dropout(dropout)
        for name in sizes:
            if getattr(self, name) is not None:
                xavier_uniform_(getattr(self, name))
        for vector in (self.in_proj_bias, self.out_proj.bias):
            if vector is not None:
                zeros_(vector)

    def forward(
        self,
        query: Float[Tensor, "*batch_q query_width"],
        key: Float[Tensor, "*batch_k key_width"],
        value: Float[Tensor, "*batch_k value_width"],
        key_padding_mask: Shaped[Tensor, "*batch key"] | None = None,
        need_weights: bool | Tensor = True,
        attn_mask: Shaped[Tensor, "*mask"] | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the attended values, and the weights: their mean over the heads, or those of each head.

        Args:
            query: `[time, batch, width]`; `[batch, time, width]` where `batch_first`; one sequence without a batch.
            key: like the queries, of another length and width if need be.
            value: one for each key.
            key_padding_mask: true for keys that are padding, `[batch, key]`; or numbers added to the scores.
            need_weights: return the weights as well.
            attn_mask: true where a query must not look, `[query, key]` or `[batch * heads, query, key]`; or numbers.
            average_attn_weights: return the mean over the heads, not every head's.
            is_causal: allow no look at later positions.
        """
        single = query.ndim == 2
        inputs = [x.unsqueeze(0) if single else x for x in (query, key, value)]
        if not single and not self.batch_first:
            inputs = [x.transpose(0, 1) for x in inputs]
        q, k, v = self._heads(inputs)  # batch head time width
        scores = q @ k.mT / math.sqrt(q.shape[-1])  # batch head query key
        mask = self._added(scores, key_padding_mask, attn_mask, is_causal=is_causal)
        weights = self.drop(masked_softmax(scores, mask))
        joined = (weights @ v).transpose(1, 2).flatten(2)  # batch query width
        output: Tensor = self.out_proj(joined)
        output = output.squeeze(0) if single else output if self.batch_first else output.transpose(0, 1)
        if not need_weights:
            return output, None
        shown = weights.mean(1) if average_attn_weights else weights
        return output, shown.squeeze(0) if single else shown

    def _heads(self, inputs: list[Tensor]) -> list[Tensor]:
        """Project queries, keys and values and split them into heads."""
        for input, size in zip(inputs, (self.embed_dim, self.kdim, self.vdim), strict=True):
            check_axis("MultiheadAttention", input, -1, size)
        joined: Tensor | None = self._parameters["in_proj_weight"]
        apart = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        weights: Any = apart if joined is None else joined.chunk(3)
        mapped = [input @ weight.T for input, weight in zip(inputs, weights, strict=True)]
        if self.in_proj_bias is not None:
            mapped = [x + bias for x, bias in zip(mapped, torch.chunk(self.in_proj_bias, 3), strict=True)]
        each = self.embed_dim // self.num_heads
        return [x.view(*x.shape[:-1], self.num_heads, each).transpose(1, 2) for x in mapped]

    def _added(
        self, scores: Tensor, padding: Tensor | None, attn_mask: Tensor | None, *, is_causal: bool
    ) -> Tensor | None:
        """Return what is added to the scores: 0 or minus infinity, or the numbers of the masks."""
        masks = []
        if padding is not None:
            masks.append(padding.view(-1, 1, 1, padding.shape[-1]))  # batch 1 1 key
        if attn_mask is not None:
            masks.append(attn_mask if attn_mask.ndim == 2 else attn_mask.view(scores.shape))
        if is_causal and attn_mask is None:
            masks.append(~causal_mask(*scores.shape[-2:], device=scores.device))
        zero = torch.zeros((), dtype=scores.dtype, device=scores.device)
        added = [torch.where(mask, -torch.inf, zero) if mask.dtype == torch.bool else mask for mask in masks]
        return None if not added else sum(added[1:], added[0])
