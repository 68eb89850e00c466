"""Rows of weight initialization."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from d2lab.core.reference import CLOSE, relative_difference, slowdown
from d2lab.layers import init
from d2lab.layers.twins.inputs import FLOAT


@dataclass(frozen=True, kw_only=True, slots=True)
class InitTwin:
    """An initialization of ours and torch's, compared on the numbers drawn from one seed."""

    name: str
    source: str
    ours: Callable[[Tensor], Tensor]
    theirs: Callable[[Tensor], Tensor]
    shape: tuple[int, ...] = (16, 6, 5, 5)  # LeNet's second convolution
    rtol: float = CLOSE
    why: str = ""

    def difference(self) -> float:
        """Return the largest relative difference of two tensors filled from one seed."""
        filled = []
        for fill in (self.ours, self.theirs):
            torch.manual_seed(0)
            filled.append(fill(torch.full(self.shape, math.nan, dtype=FLOAT)))
        return relative_difference(*filled)

    def slowdown(self) -> float:
        """Return our time to fill a tensor, divided by torch's."""
        tensor = torch.empty(self.shape)
        return slowdown(lambda: self.ours(tensor), lambda: self.theirs(tensor), rounds=20)


GLOROT, HE = "Glorot and Bengio 2010, eq. 12 and 16", "He et al. 2015, eq. 14"
INITIALIZATIONS = [
    InitTwin(name="init: zeros_", source="definition", ours=init.zeros_, theirs=nn.init.zeros_),
    InitTwin(
        name="init: constant_",
        source="definition",
        ours=lambda t: init.constant_(t, 0.3),
        theirs=lambda t: nn.init.constant_(t, 0.3),
    ),
    InitTwin(
        name="init: normal_",
        source="definition",
        ours=lambda t: init.normal_(t, 1.0, 2.0),
        theirs=lambda t: nn.init.normal_(t, 1.0, 2.0),
    ),
    InitTwin(
        name="init: uniform_",
        source="definition",
        ours=lambda t: init.uniform_(t, -2.0, 1.0),
        theirs=lambda t: nn.init.uniform_(t, -2.0, 1.0),
    ),
    InitTwin(
        name="init: xavier_uniform_",
        source=GLOROT,
        ours=lambda t: init.xavier_uniform_(t, 2.0),
        theirs=lambda t: nn.init.xavier_uniform_(t, 2.0),
    ),
    InitTwin(name="init: xavier_normal_", source=GLOROT, ours=init.xavier_normal_, theirs=nn.init.xavier_normal_),
    InitTwin(
        name="init: kaiming_uniform_",
        source=HE,
        ours=lambda t: init.kaiming_uniform_(t, 0.2),
        theirs=lambda t: nn.init.kaiming_uniform_(t, 0.2),
    ),
    InitTwin(
        name="init: kaiming_normal_",
        source=HE,
        ours=init.kaiming_normal_,
        theirs=lambda t: nn.init.kaiming_normal_(t, nonlinearity="relu"),
    ),
]
