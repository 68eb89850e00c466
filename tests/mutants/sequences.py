"""Mistakes in recurrent layers, backpropagation through time, attention, positions and language models."""

from tests.mutants.mutant import Mutant

TWINS = "tests/layers/test_twins.py -k"
SEQUENCES = "tests/layers/test_sequences.py -k"
BPTT = "tests/layers/test_bptt.py"
LANGUAGE = "tests/models/test_language_models.py -k"
MUTANTS = [
    Mutant("gates of the LSTM in another order", "layers/recurrent_cell.py", "for number in (0, 1, 3))", "for number in (1, 0, 3))", f"{TWINS} LSTM"),
    Mutant("output shows the cell without tanh", "layers/recurrent_cell.py", "hidden = shown * tanh(cell)", "hidden = shown * cell", f"{TWINS} LSTM"),
    Mutant("reset gate before the product", "layers/recurrent_cell.py", "sigmoid(from_reset + reset) * new)", "sigmoid(from_reset + reset)) * new", f"{TWINS} GRU"),
    Mutant("update gate the other way round", "layers/recurrent_cell.py", "return (candidate + update * (hidden - candidate),)\n\n\ndef gru_reset", "return (hidden + update * (candidate - hidden),)\n\n\ndef gru_reset", f"{TWINS} GRU"),
    Mutant("the paper's reset after the product", "layers/recurrent_cell.py", "product = affine(reset * hidden,", "product = reset * affine(hidden,", f"{SEQUENCES} reset"),
    Mutant("weights not drawn by the hidden size", "layers/recurrent_cell.py", "bound = 1 / math.sqrt(hidden_size)", "bound = 1 / hidden_size", f"{TWINS} initialization"),
    Mutant("backward direction reads forward", "layers/recurrent.py", "[:: -1 if backward else 1]", "[::1]", f"{TWINS} directions"),
    Mutant("backward outputs in the order of computation", "layers/recurrent.py", "[hidden[time] for time in range(len(sizes))]", "[hidden[time] for time in times]", f"{TWINS} directions"),
    Mutant("ended sequences in the wrong order", "layers/recurrent.py", "zip(state, *reversed(ended), strict=True)", "zip(state, *ended, strict=True)", f"{TWINS} packed"),
    Mutant("a late sequence enters with zeros", "layers/recurrent.py", "torch.cat([part, new[running:size]])", "torch.cat([part, 0 * new[running:size] + 1])", f"{TWINS} packed"),
    Mutant("final states stay sorted by length", "layers/recurrent.py", "part[:, input.unsorted_indices]", "part[:, input.sorted_indices]", f"{TWINS} packed"),
    Mutant("dropout after the last layer too", "layers/recurrent.py", "if layer < self.num_layers - 1:", "if True:", f"{TWINS} dropout"),
    Mutant("derivative of tanh forgotten", "layers/bptt.py", "hidden, hidden, value=-1)", "hidden, hidden, value=0)", BPTT),
    Mutant("weight not transposed on the way back", "layers/bptt.py", "torch.addmm(own, later, weight, out=error)", "torch.addmm(own, later, weight.T, out=error)", BPTT),
    Mutant("state one step late in the weight's gradient", "layers/bptt.py", "hidden[:-1].flatten(0, 1)", "hidden[1:].flatten(0, 1)", BPTT),
    Mutant("first state left out of the weight's gradient", "layers/bptt.py", "gradient if initial is None else", "gradient if True else", BPTT),
    Mutant("truncated one step late", "layers/bptt.py", "(step + 1) % truncate == 0", "step % truncate == 0", BPTT),
    Mutant("scores not scaled", "layers/attention.py", "factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale", "factor = 1.0 if scale is None else scale", f"{SEQUENCES} attention"),
    Mutant("a query without a key gets NaN", "layers/attention.py", "powers / torch.where(total == 0, 1, total)", "powers / total", f"{SEQUENCES} nan"),
    Mutant("a position looks one ahead", "layers/attention.py", "device=device).tril()", "device=device).tril(1)", f"{SEQUENCES} causal"),
    Mutant("mask the other way round", "layers/attention.py", "torch.where(mask, -torch.inf, zero)", "torch.where(mask, zero, -torch.inf)", f"{TWINS} padding"),
    Mutant("heads joined before they are put in order", "layers/attention.py", "joined = (weights @ v).transpose(1, 2).flatten(2)", "joined = (weights @ v).reshape(len(q), q.shape[2], -1)", f"{TWINS} MultiheadAttention"),
    Mutant("key of the end included", "layers/attention.py", "device=lengths.device) < lengths[:, None]", "device=lengths.device) <= lengths[:, None]", f"{SEQUENCES} behind"),
    Mutant("mean subtracted", "layers/normalization.py", "scaled = input / (input.square().mean(axes, keepdim=True) + eps).sqrt()", "scaled = input / (input.var(axes, keepdim=True, unbiased=False) + eps).sqrt()", f"{TWINS} RMSNorm"),
    Mutant("sine and cosine swapped", "layers/position.py", "torch.stack([turned.sin(), turned.cos()], -1)", "torch.stack([turned.cos(), turned.sin()], -1)", f"{SEQUENCES} sinusoidal"),
    Mutant("turned back by half", "layers/position.py", "first * cosine - second * sine", "first * cosine + second * sine", f"{SEQUENCES} rotation"),
    Mutant("GPT sees the future", "models/gpt.py", "value, is_causal=True)", "value, is_causal=False)", f"{LANGUAGE} later"),
    Mutant("GPT without positions", "models/gpt.py", "rotate(norm(query), *turns), rotate(norm(key), *turns)", "norm(query), norm(key)", f"{LANGUAGE} order"),
    Mutant("state dropped between batches", "models/language_rnn.py", "self.rnn(read, state)", "self.rnn(read, None)", f"{LANGUAGE} carried"),
    Mutant("gates orthogonal together, not each", "models/language_rnn.py", "weight.chunk(len(weight) // config.hidden)", "weight.chunk(1)", f"{LANGUAGE} orthogonal"),
    Mutant("the oldest values predict", "models/autoregression.py", "roll_out(self, history[:, -self.tau :], steps)", "roll_out(self, history[:, : self.tau], steps)", f"{LANGUAGE} autoregression"),
]  # fmt: skip
