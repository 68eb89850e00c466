"""Rows of linear layers, embeddings, reshapes and dropout."""

import torch

from d2lab.layers.twins.inputs import normal, strided
from d2lab.layers.twins.row import layer_row

LINEAR = [
    layer_row("Linear", lambda of: of.Linear(400, 120), normal(400)),
    layer_row("Linear: no bias", lambda of: of.Linear(400, 120, bias=False), normal(400)),
    layer_row(
        "Linear: one example, no batch axis", lambda of: of.Linear(5, 3), lambda d, n: (torch.randn(5).double(),)
    ),
    layer_row("Linear: further axes, not contiguous", lambda of: of.Linear(5, 3), strided(2, 4, 5)),
    layer_row("Flatten", lambda of: of.Flatten(), normal(16, 5, 5)),
    layer_row("Flatten: inner axes", lambda of: of.Flatten(1, 2), strided(3, 4, 5)),
    layer_row("Embedding", lambda of: of.Embedding(50, 8), lambda d, n: (torch.randint(50, (n, 7), generator=d),)),
    layer_row(
        "Embedding: padding, repeated indices",
        lambda of: of.Embedding(4, 3, padding_idx=-1),
        lambda d, n: (torch.tensor([[3, 0, 0, 3], [1, 1, 1, 2]]),),
    ),
    layer_row("Dropout", lambda of: of.Dropout(0.3), normal(6, 28, 28)),
    layer_row("Dropout: p = 0", lambda of: of.Dropout(0.0), normal(50)),
    layer_row("Dropout: p = 1", lambda of: of.Dropout(1.0), normal(50)),
    layer_row("Identity", lambda of: of.Identity(3, unused=1), normal(5)),
]
