"""Attention weights of a GPT: how much of each earlier position every head of every layer takes."""

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from d2lab.models.gpt import GPT, Attention


@torch.no_grad()
def attention_maps(model: GPT, tokens: Int[Tensor, " time"]) -> Float[Tensor, "layer head time time"]:
    """Return each head's weights: row t says what position t takes from positions 0 to t; a row sums to 1.

    Args:
        model: whose heads are looked at.
        tokens: of one text, at most as many as the context has room for.

    Raises:
        ConfigError: there are more tokens than the context has room for.
    """
    found: list[Tensor] = []

    def look(attention: Attention, given: tuple[Any, ...]) -> None:
        query, key, _ = attention.queries_keys_values(*given)
        scores = query @ key.mT / math.sqrt(query.shape[-1])  # batch head time time
        later = torch.ones_like(scores, dtype=torch.bool).triu(1)
        found.append(scores.masked_fill(later, -math.inf).softmax(-1)[0])

    layers = [module for module in model.modules() if isinstance(module, Attention)]
    hooks = [layer.register_forward_pre_hook(look) for layer in layers]
    try:
        model(tokens[None])
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(found)
