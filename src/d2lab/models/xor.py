"""XOR by hand: what one straight decision boundary can't do, two can.

Source: Minsky and Papert 1969, "Perceptrons"; the ReLU form: Goodfellow, Bengio, Courville 2016, section 6.1.
Changed: nothing.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError


class XorNet(nn.Module):
    """Two bits -> 1 where they differ, 0 where they agree; no training, the weights are reasoned out.

    relu: max(a + b, 0) - 2 max(a + b - 1, 0). threshold: "at least one" and not "both".

    Raises:
        ConfigError: the activation is another word.
    """

    hidden: Tensor
    bias: Tensor
    out: Tensor

    def __init__(self, activation: Literal["relu", "threshold"] = "relu") -> None:
        super().__init__()
        if activation not in ("relu", "threshold"):
            raise ConfigError("XorNet.activation", got=activation, need="relu or threshold")
        self.activation = activation
        bias, out = ([0.0, -1.0], [1.0, -2.0]) if activation == "relu" else ([-0.5, -1.5], [1.0, -1.0])
        self.register_buffer("hidden", torch.ones(2, 2))
        self.register_buffer("bias", torch.tensor(bias))
        self.register_buffer("out", torch.tensor(out))

    def forward(self, bits: Float[Tensor, "batch 2"]) -> Float[Tensor, " batch"]:
        """Compare the two bits of every row."""
        summed = bits @ self.hidden + self.bias
        hidden = summed.relu() if self.activation == "relu" else (summed > 0).to(summed)
        return hidden @ self.out
