"""Rows of recurrent layers and cells: layers, directions, projections, states, sequences of different lengths."""

import torch
from torch import Generator, Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from d2lab.core.reference import Inputs
from d2lab.layers.recurrent import Hidden
from d2lab.layers.twins.inputs import FLOAT, normal
from d2lab.layers.twins.row import layer_row

EXACT = 1e-12  # relative, in float64: a dozen steps of roundings


class Packed(nn.Module):
    """A recurrent layer on sequences of different lengths, packed: longest first, or in any order.

    Args:
        layer: with batch_first.
        lengths: of the first sequences; the others have length 1.
    """

    def __init__(self, layer: nn.Module, *lengths: int) -> None:
        super().__init__()
        self.layer, self.lengths = layer, lengths

    def forward(self, input: Tensor) -> tuple[Tensor, Hidden]:
        """Pack, run; return the packed outputs and the final states."""
        lengths = torch.ones(len(input), dtype=torch.long)
        lengths[: len(self.lengths)] = torch.tensor(self.lengths)[: len(input)]
        packed = pack_padded_sequence(input, lengths, batch_first=True, enforce_sorted=False)
        output, state = self.layer(packed)
        return output.data, state


def steps(*shapes: tuple[int, ...]) -> Inputs:
    """Build inputs of stated shapes; the last two are a pair, if there are three."""

    def draw_all(draw: Generator, wanted: int) -> tuple[object, ...]:
        tensors = [torch.randn(shape, generator=draw, dtype=FLOAT) for shape in shapes]
        return tuple(tensors) if len(tensors) < 3 else (tensors[0], tuple(tensors[1:]))

    return draw_all


RECURRENT = [
    layer_row("RNN", lambda of: of.RNN(28, 64, batch_first=True), normal(12, 28), rtol=EXACT),
    layer_row("RNN: ReLU, two layers", lambda of: of.RNN(3, 4, 2, "relu", bias=False), steps((5, 2, 3)), rtol=EXACT),
    layer_row("RNN: both directions", lambda of: of.RNN(3, 4, 2, bidirectional=True), steps((5, 2, 3)), rtol=EXACT),
    layer_row("RNN: a state is given", lambda of: of.RNN(3, 4, 2), steps((5, 2, 3), (2, 2, 4)), rtol=EXACT),
    layer_row("RNN: one sequence, no batch axis", lambda of: of.RNN(3, 4), steps((5, 3), (1, 4)), rtol=EXACT),
    layer_row(
        "RNN: packed, both directions",
        lambda of: Packed(of.RNN(3, 4, 2, batch_first=True, bidirectional=True), 2, 6, 4),
        normal(6, 3),
        rtol=EXACT,
    ),
    layer_row("RNN: dropout", lambda of: of.RNN(3, 8, 3, dropout=0.4), steps((5, 2, 3)), rtol=EXACT),
    layer_row("GRU", lambda of: of.GRU(28, 64, batch_first=True), normal(12, 28), rtol=EXACT),
    layer_row(
        "GRU: both directions, a state",
        lambda of: of.GRU(3, 4, 2, bias=False, bidirectional=True),
        steps((5, 2, 3), (4, 2, 4)),
        rtol=EXACT,
    ),
    layer_row(
        "GRU: packed",
        lambda of: Packed(of.GRU(3, 4, 2, batch_first=True, bidirectional=True), 6, 1, 3),
        normal(6, 3),
        rtol=EXACT,
    ),
    layer_row("LSTM", lambda of: of.LSTM(28, 64, batch_first=True), normal(12, 28), rtol=EXACT),
    layer_row(
        "LSTM: both directions, a state",
        lambda of: of.LSTM(3, 4, 2, bidirectional=True),
        steps((5, 2, 3), (4, 2, 4), (4, 2, 4)),
        rtol=EXACT,
    ),
    layer_row(
        "LSTM: projection",
        lambda of: of.LSTM(3, 5, 2, bidirectional=True, proj_size=2),
        steps((6, 2, 3), (4, 2, 2), (4, 2, 5)),
        rtol=EXACT,
    ),
    layer_row(
        "LSTM: packed, projection",
        lambda of: Packed(of.LSTM(3, 5, 2, batch_first=True, bidirectional=True, proj_size=2), 2, 6, 4),
        normal(6, 3),
        rtol=EXACT,
    ),
    layer_row("LSTM: dropout, no bias", lambda of: of.LSTM(3, 8, 2, bias=False, dropout=0.4), steps((5, 2, 3))),
    layer_row("RNNCell", lambda of: of.RNNCell(3, 4), steps((5, 3), (5, 4)), rtol=EXACT),
    layer_row("RNNCell: ReLU", lambda of: of.RNNCell(3, 4, bias=False, nonlinearity="relu"), normal(3), rtol=EXACT),
    layer_row("GRUCell", lambda of: of.GRUCell(3, 4), steps((5, 3), (5, 4)), rtol=EXACT),
    layer_row("LSTMCell", lambda of: of.LSTMCell(3, 4), steps((5, 3), (5, 4), (5, 4)), rtol=EXACT),
    layer_row("LSTMCell: from zeros", lambda of: of.LSTMCell(3, 4, bias=False), normal(3), rtol=EXACT),
]
