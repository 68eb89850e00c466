"""Recurrent layers from scratch: RNN, GRU and LSTM, in layers and in both directions, on sequences of any lengths.

Inside, a batch of sequences is one list of steps: `data` holds the entries of step 0, of step 1 and so on, `sizes`
says how many sequences are still running at each step (as in torch's PackedSequence, longest first). So the input's
product with its weights is one product for all steps, and sequences of different lengths cost nothing extra.
"""

from itertools import accumulate

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from d2lab.core.errors import ConfigError
from d2lab.layers.arguments import check_axis, check_choice, check_counts
from d2lab.layers.dropout import Dropout
from d2lab.layers.recurrent_cell import (
    RESETS,
    STEPS,
    Recurrent,
    State,
    Step,
    affine,
    draw_weights,
    lstm_step,
)

Sequences = Tensor | PackedSequence
Hidden = Tensor | tuple[Tensor, Tensor]  # of an LSTM (hidden, cell)


def unroll(
    step: Step,
    given: Float[Tensor, "entries gates"],
    sizes: list[int],
    state: State,
    recurrent: Recurrent,
    *,
    backward: bool = False,
) -> tuple[Float[Tensor, "entries hidden"], State]:
    """Apply a step to every entry of a batch of sequences, in order of time.

    Args:
        step: of a cell.
        given: the inputs' products with their weights, step after step, `[sum of sizes, gates]`.
        sizes: number of sequences at each step, never rising.
        state: before the first step, of all sequences.
        recurrent: the weights of the state.
        backward: begin with the last step; a sequence enters where it ends.

    Returns:
        The hidden states `[sum of sizes, hidden]` in the order of `given`, and each sequence's state after its own
        last step.
    """
    places = list(accumulate(sizes, initial=0))
    times = list(range(len(sizes)))[:: -1 if backward else 1]
    initial, ended, hidden = state, [], {}
    state = tuple(part[: sizes[times[0]]] for part in state)
    for time in times:
        size, running = sizes[time], len(state[0])
        if size < running:  # the shortest of those that run have ended
            ended.append(tuple(part[size:] for part in state))
            state = tuple(part[:size] for part in state)
        elif size > running:
            state = tuple(torch.cat([part, new[running:size]]) for part, new in zip(state, initial, strict=True))
        state = step(given[places[time] : places[time + 1]], state, recurrent)
        hidden[time] = state[0]
    final = tuple(torch.cat(parts) for parts in zip(state, *reversed(ended), strict=True)) if ended else state
    return torch.cat([hidden[time] for time in range(len(sizes))]), final


class _Layers(nn.Module):
    """Layers of a recurrent network: each reads the sequence of hidden states of the layer below."""

    gates = 1
    parts = 1  # tensors of a state

    def __init__(
        self,
        step: Step,
        sizes: tuple[int, int, int, int],  # input, hidden, projected (0 for none), layers
        *,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.proj_size, self.num_layers = sizes
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        name = type(self).__name__
        check_counts(name, input_size=self.input_size, hidden_size=self.hidden_size, num_layers=self.num_layers)
        if not 0 <= self.proj_size < self.hidden_size:
            need = f"from 0 to less than hidden_size, {self.hidden_size}"
            raise ConfigError(f"{name}.proj_size", got=self.proj_size, need=need)
        self.step, self.between = step, Dropout(dropout)
        self.output_size = self.proj_size or self.hidden_size
        self.directions = 2 if bidirectional else 1
        for layer in range(self.num_layers):
            inputs = self.input_size if layer == 0 else self.directions * self.output_size
            for suffix in self._suffixes(layer):
                self._add_weights(suffix, inputs)
        draw_weights(self, self.hidden_size)

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: self.directions]

    def _add_weights(self, suffix: str, inputs: int) -> None:
        rows = self.gates * self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inputs), "weight_hh": (rows, self.output_size)}
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if self.bias else {}
        shapes |= {"weight_hr": (self.proj_size, self.hidden_size)} if self.proj_size else {}
        for name, shape in shapes.items():
            self.register_parameter(name + suffix, nn.Parameter(torch.empty(shape)))

    def forward(
        self, input: Sequences, hx: Hidden | None = None, *, lengths: Int[Tensor, " batch"] | None = None
    ) -> tuple[Sequences, Hidden]:
        """Return the hidden states of the last layer at every step, and the state of every layer after the last step.

        Args:
            input: `[time, batch, feature]`, `[batch, time, feature]` where `batch_first`, `[time, feature]` of one
                sequence, or a PackedSequence.
            hx: state before the first step, `[layers * directions, batch, hidden]`, of an LSTM a pair; zeros unless
                given.
            lengths: of the sequences in a padded input; outputs behind an end are 0, the state is that at the end.
        """
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if lengths is not None:
            return self._padded(input, hx, lengths)
        single = input.ndim == 2
        if input.ndim not in (2, 3) or not input.numel():
            need = "time, batch, features, none of them 0"
            raise ConfigError(f"the input of {type(self).__name__}", got=tuple(input.shape), need=need)
        ordered = input.unsqueeze(1) if single else input.transpose(0, 1) if self.batch_first else input
        steps, batch = ordered.shape[:2]  # ordered: time batch feature
        state = self._initial(ordered, hx, batch, single=single)
        data, final = self._run(ordered.flatten(0, 1), [batch] * steps, state)
        output = data.view(steps, batch, data.shape[-1])  # time batch hidden
        if single:
            return output.squeeze(1), self._public(tuple(part.squeeze(1) for part in final))
        return (output.transpose(0, 1) if self.batch_first else output), self._public(final)

    def _packed(self, input: PackedSequence, hx: Hidden | None) -> tuple[PackedSequence, Hidden]:
        """Run sequences of different lengths; a state is given and returned in the order before they were sorted."""
        sizes = input.batch_sizes.tolist()
        state = self._initial(input.data, hx, sizes[0], single=False)
        if input.sorted_indices is not None:
            state = tuple(part[:, input.sorted_indices] for part in state)
        data, final = self._run(input.data, sizes, state)
        if input.unsorted_indices is not None:
            final = tuple(part[:, input.unsorted_indices] for part in final)
        output = PackedSequence(data, input.batch_sizes, input.sorted_indices, input.unsorted_indices)
        return output, self._public(final)

    def _padded(self, input: Tensor, hx: Hidden | None, lengths: Tensor) -> tuple[Tensor, Hidden]:
        """Pack a padded batch, run it and pad the output again."""
        time, batch = (1, 0) if self.batch_first else (0, 1)
        longest = input.shape[time]
        if len(lengths) != input.shape[batch] or not 1 <= int(lengths.min()) <= int(lengths.max()) <= longest:
            need = f"{input.shape[batch]} numbers from 1 to {longest}"
            raise ConfigError("lengths", got=lengths.tolist(), need=need)
        packed = pack_padded_sequence(input, lengths.cpu(), self.batch_first, enforce_sorted=False)
        output, final = self._packed(packed, hx)
        return pad_packed_sequence(output, self.batch_first, total_length=longest)[0], final

    def _initial(self, input: Tensor, hx: Hidden | None, batch: int, *, single: bool) -> State:
        """Return the state before the first step, each part `[layers * directions, batch, size]`."""
        name, count = type(self).__name__, self.num_layers * self.directions
        check_axis(name, input, -1, self.input_size)
        wanted = [(count, batch, self.output_size), (count, batch, self.hidden_size)][: self.parts]
        if hx is None:
            return tuple(input.new_zeros(shape) for shape in wanted)
        given = hx if isinstance(hx, tuple) else (hx,)
        state = tuple(part.unsqueeze(1) for part in given) if single else given
        if [tuple(part.shape) for part in state] != wanted:
            raise ConfigError(f"the state of {name}", got=[tuple(part.shape) for part in given], need=str(wanted))
        return state

    def _public(self, state: State) -> Hidden:
        return (state[0], state[1]) if self.parts == 2 else state[0]

    def _run(self, data: Tensor, sizes: list[int], state: State) -> tuple[Tensor, State]:
        """Run all layers and directions; return the last layer's hidden states and every final state."""
        finals = []
        for layer in range(self.num_layers):
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                before = tuple(part[layer * self.directions + direction] for part in state)  # batch size
                given = affine(data, getattr(self, f"weight_ih{suffix}"), getattr(self, f"bias_ih{suffix}", None))
                recurrent = Recurrent(
                    getattr(self, f"weight_hh{suffix}"),
                    getattr(self, f"bias_hh{suffix}", None),
                    getattr(self, f"weight_hr{suffix}", None),
                )
                output, final = unroll(self.step, given, sizes, before, recurrent, backward=direction == 1)
                outputs.append(output)
                finals.append(final)
            data = torch.cat(outputs, -1)  # entries directions*hidden
            if layer < self.num_layers - 1:
                data = self.between(data)
        return data, tuple(torch.stack(parts) for parts in zip(*finals, strict=True))


class RNN(_Layers):
    """Simple recurrent network: h_t = tanh(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh).

    Source: Elman 1990, "Finding Structure in Time", Cognitive Science 14(2); both directions: Schuster and Paliwal
    1997, IEEE Transactions on Signal Processing 45(11).
    Twin: torch.nn.RNN; `lengths` is ours.

    Raises:
        ConfigError: a size is below 1, the nonlinearity is unknown, or an input, a state or lengths do not fit.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        check_choice("RNN.nonlinearity", nonlinearity, tuple(STEPS))
        more = {"bias": bias, "batch_first": batch_first, "dropout": dropout, "bidirectional": bidirectional}
        super().__init__(STEPS[nonlinearity], (input_size, hidden_size, 0, num_layers), **more)  # type: ignore[arg-type]
        self.nonlinearity = nonlinearity


class GRU(_Layers):
    """Gated recurrent unit, layer over layer; see `recurrent_cell.gru_step`.

    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", section 2.3.
    Changed: the reset gate comes after the product; `reset="before"` has it where the paper and the book have it.
    Twin: torch.nn.GRU, with reset="after"; `lengths` is ours.

    Raises:
        ConfigError: a size is below 1, `reset` is unknown, or an input, a state or lengths do not fit.
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        reset: str = "after",
    ) -> None:
        check_choice("GRU.reset", reset, tuple(RESETS))
        more = {"bias": bias, "batch_first": batch_first, "dropout": dropout, "bidirectional": bidirectional}
        super().__init__(RESETS[reset], (input_size, hidden_size, 0, num_layers), **more)  # type: ignore[arg-type]
        self.reset = reset


class LSTM(_Layers):
    """Long short-term memory, layer over layer; see `recurrent_cell.lstm_step`.

    Source: Hochreiter and Schmidhuber 1997, Neural Computation 9(8); forget gate: Gers, Schmidhuber, Cummins 2000;
    projection: Sak, Senior, Beaufays 2014.
    Twin: torch.nn.LSTM; `lengths` is ours.

    Raises:
        ConfigError: a size is below 1, proj_size is not below hidden_size, or an input, a state or lengths do not fit.
    """

    gates, parts = 4, 2

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
    ) -> None:
        more = {"bias": bias, "batch_first": batch_first, "dropout": dropout, "bidirectional": bidirectional}
        super().__init__(lstm_step, (input_size, hidden_size, proj_size, num_layers), **more)  # type: ignore[arg-type]
