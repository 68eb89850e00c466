"""One step of a recurrent network: input and state in, new state out; the cells that torch calls RNN, GRU and LSTM.

A step gets the input's product with its weights ready-made: that product needs no state, so a layer computes it for
all steps at once, outside the loop over time.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.layers.activation import sigmoid, tanh
from d2lab.layers.arguments import check_axis, check_choice, check_counts
from d2lab.layers.init import uniform_

State = tuple[Tensor, ...]  # (hidden,), of an LSTM (hidden, cell)


class Recurrent(NamedTuple):
    """The weights that a step multiplies the state with.

    Args:
        weight: `[gates hidden, hidden]`.
        bias: `[gates hidden]`.
        projection: `[projected, hidden]`, of an LSTM whose output is smaller than its cell.
    """

    weight: Tensor
    bias: Tensor | None = None
    projection: Tensor | None = None


Step = Callable[[Tensor, State, Recurrent], State]


def affine(
    input: Float[Tensor, "*batch in"], weight: Float[Tensor, "out in"], bias: Float[Tensor, " out"] | None
) -> Float[Tensor, "*batch out"]:
    """Return x W^T + b; the bias may be missing."""
    mapped = input @ weight.T  # *batch out
    return mapped if bias is None else mapped + bias


def rnn_step(given: Float[Tensor, "batch hidden"], state: State, recurrent: Recurrent) -> State:
    """Compute h' = tanh(given + h W^T + b).

    Source: Elman 1990, "Finding Structure in Time", Cognitive Science 14(2).

    Args:
        given: the input's product with its weights, and bias.
        state: (h,).
        recurrent: W and b.
    """
    return (tanh(given + affine(state[0], recurrent.weight, recurrent.bias)),)


def relu_rnn_step(given: Float[Tensor, "batch hidden"], state: State, recurrent: Recurrent) -> State:
    """Compute h' = max(0, given + h W^T + b).

    Source: Le, Jaitly, Hinton 2015, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units".

    Args:
        given: the input's product with its weights, and bias.
        state: (h,).
        recurrent: W and b.
    """
    hidden = given + affine(state[0], recurrent.weight, recurrent.bias)
    return (torch.where(hidden <= 0, 0, hidden),)


def lstm_step(given: Float[Tensor, "batch gates"], state: State, recurrent: Recurrent) -> State:
    """Compute gates i, f, o in (0, 1) and a candidate g, then c' = f c + i g and h' = o tanh(c').

    The blocks of the weights are in the order i, f, g, o. With a projection, h' is multiplied by it.

    Source: Hochreiter and Schmidhuber 1997, Neural Computation 9(8); forget gate: Gers, Schmidhuber, Cummins 2000;
    projection: Sak, Senior, Beaufays 2014, section 2.

    Args:
        given: the input's product with its weights, and bias: four blocks.
        state: (h, c).
        recurrent: W, b and the projection.
    """
    hidden, cell = state
    blocks = (given + affine(hidden, recurrent.weight, recurrent.bias)).chunk(4, -1)  # each batch hidden
    taken, kept, shown = (sigmoid(blocks[number]) for number in (0, 1, 3))
    cell = kept * cell + taken * tanh(blocks[2])
    hidden = shown * tanh(cell)
    return (hidden if recurrent.projection is None else hidden @ recurrent.projection.T), cell


def gru_step(given: Float[Tensor, "batch gates"], state: State, recurrent: Recurrent) -> State:
    """Compute gates r and z, then n = tanh(given_n + r (h W_n^T + b_n)) and h' = (1 - z) n + z h.

    The blocks of the weights are in the order r, z, n. The reset gate comes after the product with W_n, so that one
    product serves all three blocks.

    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", section 2.3.
    Changed: reset after the product, as cuDNN and torch have it; with the gate before it see `gru_reset_before_step`.

    Args:
        given: the input's product with its weights, and bias: three blocks.
        state: (h,).
        recurrent: W and b.
    """
    hidden = state[0]
    (from_reset, from_update, from_new) = given.chunk(3, -1)
    reset, update, new = affine(hidden, recurrent.weight, recurrent.bias).chunk(3, -1)
    candidate = tanh(from_new + sigmoid(from_reset + reset) * new)
    update = sigmoid(from_update + update)
    return (candidate + update * (hidden - candidate),)


def gru_reset_before_step(given: Float[Tensor, "batch gates"], state: State, recurrent: Recurrent) -> State:
    """Compute gates r and z, then n = tanh(given_n + (r h) W_n^T + b_n) and h' = (1 - z) n + z h.

    This is the paper's and the book's GRU. It is another function than torch's: the same weights give other outputs.

    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", eq. 8.

    Args:
        given: the input's product with its weights, and bias: three blocks.
        state: (h,).
        recurrent: W and b.
    """
    hidden = state[0]
    size = hidden.shape[-1]
    weight, bias = recurrent.weight, recurrent.bias
    gates = given[..., : 2 * size] + affine(hidden, weight[: 2 * size], None if bias is None else bias[: 2 * size])
    reset, update = sigmoid(gates).chunk(2, -1)
    product = affine(reset * hidden, weight[2 * size :], None if bias is None else bias[2 * size :])
    candidate = tanh(given[..., 2 * size :] + product)
    return (candidate + update * (hidden - candidate),)


STEPS: dict[str, Step] = {"tanh": rnn_step, "relu": relu_rnn_step}
RESETS: dict[str, Step] = {"after": gru_step, "before": gru_reset_before_step}


class _Cell(nn.Module):
    """Weights of one step; subclasses say which."""

    gates = 1
    parts = 1  # tensors of a state

    def __init__(self, input_size: int, hidden_size: int, bias: bool, step: Step) -> None:
        super().__init__()
        name = type(self).__name__
        check_counts(name, input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size, self.bias, self.step = input_size, hidden_size, bias, step
        self.weight_ih = nn.Parameter(torch.empty(self.gates * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(self.gates * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(self.gates * hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(torch.empty(self.gates * hidden_size)) if bias else None
        draw_weights(self, hidden_size)

    def _stepped(self, input: Tensor, state: State | None) -> State:
        """Return the state after one step; without a state, from zeros."""
        name = type(self).__name__
        check_axis(name, input, -1, self.input_size)
        if state is None:
            state = (input.new_zeros(*input.shape[:-1], self.hidden_size),) * self.parts
        wanted = (*input.shape[:-1], self.hidden_size)
        if any(part.shape != wanted for part in state) or len(state) != self.parts:
            raise ConfigError(f"the state of {name}", got=[tuple(part.shape) for part in state], need=str(wanted))
        given = affine(input, self.weight_ih, self.bias_ih)  # *batch gates
        return self.step(given, state, Recurrent(self.weight_hh, self.bias_hh))


def draw_weights(layer: nn.Module, hidden_size: int) -> None:
    """Draw every weight and bias from U(-b, b), b = 1 / sqrt(hidden size), as torch's recurrent layers do."""
    bound = 1 / math.sqrt(hidden_size)
    for weight in layer.parameters():
        uniform_(weight, -bound, bound)


class RNNCell(_Cell):
    """One step of a simple recurrent network: h' = tanh(x W_ih^T + b_ih + h W_hh^T + b_hh).

    Source: Elman 1990, "Finding Structure in Time", Cognitive Science 14(2).
    Twin: torch.nn.RNNCell.

    Raises:
        ConfigError: a size is below 1, the nonlinearity is unknown, or an input or state has another size.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh") -> None:
        check_choice("RNNCell.nonlinearity", nonlinearity, tuple(STEPS))
        super().__init__(input_size, hidden_size, bias, STEPS[nonlinearity])
        self.nonlinearity = nonlinearity

    def forward(
        self, input: Float[Tensor, "*batch in"], hx: Float[Tensor, "*batch hidden"] | None = None
    ) -> Float[Tensor, "*batch hidden"]:
        """Return the hidden state after one step."""
        return self._stepped(input, None if hx is None else (hx,))[0]


class GRUCell(_Cell):
    """One step of a gated recurrent unit; see `gru_step`.

    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", section 2.3.
    Changed: the reset gate comes after the product; `reset="before"` has it where the paper and the book have it.
    Twin: torch.nn.GRUCell, with reset="after".

    Raises:
        ConfigError: a size is below 1, or an input or state has another size.
    """

    gates = 3

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, *, reset: str = "after") -> None:
        check_choice("GRUCell.reset", reset, tuple(RESETS))
        super().__init__(input_size, hidden_size, bias, RESETS[reset])
        self.reset = reset

    def forward(
        self, input: Float[Tensor, "*batch in"], hx: Float[Tensor, "*batch hidden"] | None = None
    ) -> Float[Tensor, "*batch hidden"]:
        """Return the hidden state after one step."""
        return self._stepped(input, None if hx is None else (hx,))[0]


class LSTMCell(_Cell):
    """One step of long short-term memory; see `lstm_step`.

    Source: Hochreiter and Schmidhuber 1997, Neural Computation 9(8); forget gate: Gers, Schmidhuber, Cummins 2000.
    Twin: torch.nn.LSTMCell.

    Raises:
        ConfigError: a size is below 1, or an input or state has another size.
    """

    gates, parts = 4, 2

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__(input_size, hidden_size, bias, lstm_step)

    def forward(
        self,
        input: Float[Tensor, "*batch in"],
        hx: tuple[Float[Tensor, "*batch hidden"], Float[Tensor, "*batch hidden"]] | None = None,
    ) -> tuple[Float[Tensor, "*batch hidden"], Float[Tensor, "*batch hidden"]]:
        """Return the hidden state and the cell after one step."""
        hidden, cell = self._stepped(input, hx)
        return hidden, cell
