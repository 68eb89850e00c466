"""Rows of attention: heads, widths, masks of positions and of padding; and of RMSNorm, its companion."""

import torch
from torch import Generator, Tensor

from d2lab.core.reference import Inputs
from d2lab.layers.twins.inputs import FLOAT, normal
from d2lab.layers.twins.row import layer_row

EXACT = 1e-12


def sequences(
    width: int = 8, *, key: int = 0, value: int = 0, queries: int = 5, keys: int = 5, masked: str = ""
) -> Inputs:
    """Build queries, keys and values `[batch, time, width]`, and the arguments of masks after them.

    Args:
        width: of the queries.
        key: width of the keys; that of the queries unless given.
        value: width of the values; that of the queries unless given.
        queries: number of them.
        keys: number of them.
        masked: "padding" (the last keys of each sequence), "causal", "added" (numbers, one mask for every head).
    """

    def draw_all(draw: Generator, batch: int) -> tuple[Tensor, ...]:
        shapes = ((queries, width), (keys, key or width), (keys, value or width))
        drawn = tuple(torch.randn(batch, *shape, generator=draw, dtype=FLOAT) for shape in shapes)
        padding = torch.arange(keys) >= 1 + torch.arange(batch)[:, None] % keys  # batch key; true: do not look
        weights = torch.tensor(True)
        if masked == "padding":
            return (*drawn, padding)
        if masked == "causal":
            return (*drawn, padding, weights, torch.ones(queries, keys, dtype=torch.bool).triu(1))
        if masked == "added":
            added = torch.randn(batch * 2, queries, keys, generator=draw, dtype=FLOAT)
            return (*drawn, torch.zeros(batch, keys, dtype=FLOAT), weights, added)
        return drawn

    return draw_all


ATTENTION = [
    layer_row("MultiheadAttention", lambda of: of.MultiheadAttention(64, 4, batch_first=True), sequences(64)),
    layer_row("MultiheadAttention: time first", lambda of: of.MultiheadAttention(8, 2), sequences(), rtol=EXACT),
    layer_row(
        "MultiheadAttention: other widths, no bias",
        lambda of: of.MultiheadAttention(8, 2, bias=False, kdim=3, vdim=5, batch_first=True),
        sequences(key=3, value=5, keys=7),
        rtol=EXACT,
    ),
    layer_row(
        "MultiheadAttention: padding",
        lambda of: of.MultiheadAttention(8, 2, batch_first=True),
        sequences(masked="padding", queries=3),
        rtol=EXACT,
    ),
    layer_row(
        "MultiheadAttention: causal, padding",
        lambda of: of.MultiheadAttention(8, 4, batch_first=True),
        sequences(masked="causal"),
        rtol=EXACT,
    ),
    layer_row(
        "MultiheadAttention: numbers added in each head",
        lambda of: of.MultiheadAttention(8, 2, batch_first=True),
        sequences(masked="added", keys=4),
        rtol=EXACT,
    ),
    layer_row(
        "MultiheadAttention: dropout",
        lambda of: of.MultiheadAttention(8, 2, dropout=0.3, batch_first=True),
        sequences(),
        rtol=EXACT,
    ),
    layer_row("RMSNorm", lambda of: of.RMSNorm(84), normal(84)),
    layer_row("RMSNorm: two axes", lambda of: of.RMSNorm((3, 4), eps=0.1), normal(2, 3, 4)),
    layer_row("RMSNorm: not affine, tiny", lambda of: of.RMSNorm(5, elementwise_affine=False), normal(5, scale=1e-8)),
    layer_row("RMSNorm: zeros", lambda of: of.RMSNorm(4), lambda d, n: (torch.zeros(n, 4).double(),)),
]
