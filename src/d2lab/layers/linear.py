"""Linear layers, embeddings, and the reshape between convolutional and linear layers."""

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_axis, check_counts
from d2lab.layers.init import default_init_, normal_


class Linear(nn.Module):
    """Apply a linear map to the last axis: y = x W^T + b.

    Source: Goodfellow, Bengio, Courville 2016, "Deep Learning", section 6.1.
    Twin: torch.nn.Linear.

    Raises:
        ConfigError: a size is below 1, or an input's last axis is not `in_features` long.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        check_counts("Linear", in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        self.bias = nn.Parameter(torch.empty(out_features)) if bias else None
        default_init_(self.weight, self.bias)

    def forward(self, input: Float[Tensor, "*batch in_features"]) -> Float[Tensor, "*batch out_features"]:
        """Return x W^T + b."""
        check_axis("Linear", input, -1, self.in_features)
        mapped = input @ self.weight.T  # *batch out_features
        return mapped if self.bias is None else mapped + self.bias


class Embedding(nn.Module):
    """Look up one row of a table for each index: a linear map of one-hot vectors, computed without the zeros.

    The row `padding_idx` is initialized with 0 and gets no gradient.

    Source: Bengio et al. 2003, "A Neural Probabilistic Language Model", section 2.
    Twin: torch.nn.Embedding, without max_norm, scale_grad_by_freq and sparse.

    Raises:
        ConfigError: a size is below 1, or `padding_idx` or an index is outside the table.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None) -> None:
        super().__init__()
        check_counts("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ConfigError("Embedding.padding_idx", got=padding_idx, need=f"a row of {num_embeddings}")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.weight = nn.Parameter(normal_(torch.empty(num_embeddings, embedding_dim)))
        if self.padding_idx is not None:
            with torch.no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch embedding_dim"]:
        """Return the row of every index."""
        if input.numel() and not 0 <= int(input.min()) <= int(input.max()) < self.num_embeddings:
            got = f"{int(input.min())} to {int(input.max())}"
            raise ConfigError("the input of Embedding", got=got, need=f"numbers 0 to {self.num_embeddings - 1}")
        rows = self.weight[input]  # *batch embedding_dim
        if self.padding_idx is None:
            return rows
        return torch.where((input == self.padding_idx).unsqueeze(-1), rows.detach(), rows)


class Flatten(nn.Module):
    """Join the axes start_dim to end_dim into one; by default all but the first (the batch).

    Twin: torch.nn.Flatten.

    Raises:
        ConfigError: start_dim is after end_dim.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*joined"]:
        """Return the input in its new shape; values and their order stay."""
        if input.ndim == 0:
            return input.reshape(1)
        first, last = self.start_dim % input.ndim, self.end_dim % input.ndim
        if first > last:
            need = "start_dim at or before end_dim"
            raise ConfigError("Flatten", got=(self.start_dim, self.end_dim), need=need)
        return input.reshape(*input.shape[:first], -1, *input.shape[last + 1 :])
