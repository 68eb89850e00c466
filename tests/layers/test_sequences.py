"""What the rows of twins can't show: lengths, the other GRU, masks without a key, positions, bad input."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.layers import (
    GRU,
    LSTM,
    RNN,
    AdditiveAttention,
    DotProductAttention,
    GRUCell,
    LSTMCell,
    MultiheadAttention,
    rotary_positions,
    rotate,
    scaled_dot_product_attention,
    sinusoidal_positions,
)
from d2lab.layers.attention import causal_mask, length_mask, masked_softmax
from d2lab.layers.recurrent_cell import Recurrent, gru_step


def drawn(rng, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("made", [RNN, GRU, LSTM])
@pytest.mark.parametrize("batch_first", [False, True])
def test_padding_changes_nothing(made, batch_first, rng):
    layer = made(3, 4, 2, bidirectional=True, batch_first=batch_first).double()
    lengths = torch.tensor([2, 5, 1])
    padded = drawn(rng, 3, 6, 3)
    given = padded if batch_first else padded.transpose(0, 1)
    output, state = layer(given, lengths=lengths)
    output = output if batch_first else output.transpose(0, 1)
    assert output.shape[1] == 6
    for row, length in enumerate(lengths.tolist()):
        alone = padded[row : row + 1, :length]
        expected, final = layer(alone if batch_first else alone.transpose(0, 1))
        expected = expected if batch_first else expected.transpose(0, 1)
        torch.testing.assert_close(output[row, :length], expected[0], rtol=1e-13, atol=1e-14)
        assert not output[row, length:].any()
        for mine, reference in zip(*((x if isinstance(x, tuple) else (x,)) for x in (state, final)), strict=True):
            torch.testing.assert_close(mine[:, row], reference[:, 0], rtol=1e-13, atol=1e-14)


def books_gru(x, h, weights):
    """The book's GRU, equation by equation: the reset gate before the product."""
    z = torch.sigmoid(x @ weights["xz"] + h @ weights["hz"] + weights["z"])
    r = torch.sigmoid(x @ weights["xr"] + h @ weights["hr"] + weights["r"])
    new = torch.tanh(x @ weights["xn"] + (r * h) @ weights["hn"] + weights["n"])
    return z * h + (1 - z) * new


def test_reset_before_the_product_is_the_books_gru_and_after_it_another_function(rng):
    weights = {
        name + gate: drawn(rng, *shape) for gate in "rzn" for name, shape in (("x", (3, 4)), ("h", (4, 4)), ("", (4,)))
    }
    layers = {reset: GRU(3, 4, reset=reset).double() for reset in ("before", "after")}
    for layer in layers.values():
        with torch.no_grad():
            layer.weight_ih_l0.copy_(torch.cat([weights[f"x{gate}"].T for gate in "rzn"]))
            layer.weight_hh_l0.copy_(torch.cat([weights[f"h{gate}"].T for gate in "rzn"]))
            layer.bias_ih_l0.copy_(torch.cat([weights[gate] for gate in "rzn"]))
            layer.bias_hh_l0.zero_()
    x, h = drawn(rng, 5, 2, 3), torch.zeros(2, 4, dtype=torch.float64)
    expected = []
    for step in x:
        h = books_gru(step, h, weights)
        expected.append(h)
    torch.testing.assert_close(layers["before"](x)[0], torch.stack(expected), rtol=1e-13, atol=1e-14)
    assert (layers["after"](x)[0] - torch.stack(expected)).abs().max() > 0.01


@pytest.mark.parametrize("reset", ["after", "before"])
def test_a_cell_step_by_step_is_the_layer(reset, rng):
    layer, cell = GRU(3, 4, reset=reset).double(), GRUCell(3, 4, reset=reset).double()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x, state = drawn(rng, 5, 2, 3), None
    outputs = []
    for step in x:
        state = cell(step, state)
        outputs.append(state)
    torch.testing.assert_close(torch.stack(outputs), layer(x)[0], rtol=1e-13, atol=1e-14)


def test_an_update_gate_of_one_keeps_the_state(rng):
    given, h = torch.zeros(2, 12, dtype=torch.float64), drawn(rng, 2, 4)
    given[:, 4:8] = 100
    (kept,) = gru_step(given, (h,), Recurrent(torch.zeros(12, 4, dtype=torch.float64)))
    torch.testing.assert_close(kept, h)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: RNN(0, 2), "RNN.input_size: got 0, need 1 or more"),
        (lambda: RNN(2, 2, nonlinearity="sine"), "RNN.nonlinearity: got 'sine', need one of tanh, relu"),
        (lambda: GRU(2, 2, reset="never"), "GRU.reset: got 'never', need one of after, before"),
        (lambda: LSTM(2, 3, proj_size=3), "LSTM.proj_size: got 3, need from 0 to less than hidden_size, 3"),
        (lambda: RNN(2, 3)(torch.zeros(4, 1, 5)), "the input of RNN: got (4, 1, 5), need 2 along axis -1"),
        (lambda: RNN(2, 3)(torch.zeros(0, 1, 2)), "the input of RNN: got (0, 1, 2), need time, batch, features"),
        (lambda: LSTM(2, 3)(torch.zeros(4, 1, 2), torch.zeros(1, 1, 3)), "the state of LSTM: got [(1, 1, 3)]"),
        (lambda: RNN(2, 3)(torch.zeros(4, 1, 2), torch.zeros(1, 2, 3)), "the state of RNN: got [(1, 2, 3)], need"),
        (lambda: RNN(2, 3)(torch.zeros(4, 1, 2), lengths=torch.tensor([5])), "lengths: got [5], need 1 numbers"),
        (lambda: RNN(2, 3)(torch.zeros(4, 1, 2), lengths=torch.tensor([0])), "lengths: got [0], need 1 numbers"),
        (lambda: LSTMCell(2, 3)(torch.zeros(1, 2), (torch.zeros(1, 4), torch.zeros(1, 4))), "the state of LSTMCell"),
        (lambda: MultiheadAttention(6, 4), "MultiheadAttention.num_heads: got 4, need a divisor of 6"),
        (lambda: sinusoidal_positions(3, 5), "width: got 5, need an even number from 2 on"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ConfigError) as caught:
        call()
    assert words in str(caught.value)


MASKS = {
    "none": lambda rng: None,
    "causal": lambda rng: causal_mask(5, 7),
    "some": lambda rng: torch.rand(2, 1, 5, 7, generator=rng) > 0.4,
    "a query without a key": lambda rng: torch.arange(5)[:, None].expand(5, 7) > 1,
    "numbers": lambda rng: drawn(rng, 5, 7),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_attention_is_torchs_function_with_every_mask(mask, rng):
    inputs = [drawn(rng, 2, 3, length, 4) for length in (5, 7, 7)]
    chosen = mask(rng)
    results = []
    for attend in (scaled_dot_product_attention, functional.scaled_dot_product_attention):
        leaves = [x.clone().requires_grad_() for x in inputs]
        output = attend(*leaves, attn_mask=chosen)
        results.append([output, *torch.autograd.grad((output * output.detach().cos()).sum(), leaves)])
    for mine, reference in zip(*results, strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-12, atol=1e-14)


def test_causal_and_scale_are_torchs_too(rng):
    inputs = [drawn(rng, 2, 5, 4) for _ in range(3)]
    for options in ({"is_causal": True}, {"scale": 0.3}):
        mine, reference = (
            attend(*inputs, **options)
            for attend in (scaled_dot_product_attention, functional.scaled_dot_product_attention)
        )
        torch.testing.assert_close(mine, reference, rtol=1e-12, atol=1e-14)
    with pytest.raises(ConfigError, match="a mask beside is_causal"):
        scaled_dot_product_attention(*inputs, attn_mask=causal_mask(5), is_causal=True)


def test_a_query_without_a_key_gets_zeros_and_no_nan_gradient(rng):
    scores = drawn(rng, 2, 3).requires_grad_()
    weights = masked_softmax(scores, torch.tensor([[True, True, False], [False, False, False]]))
    assert float(weights[0].detach().sum()) == pytest.approx(1)
    assert weights[0, 2] == 0
    assert not weights[1].any()
    weights.square().sum().backward()
    assert scores.grad.isfinite().all()
    attend = MultiheadAttention(4, 2, batch_first=True).double()
    x = drawn(rng, 2, 3, 4)
    output, shown = attend(x, x, x, key_padding_mask=torch.tensor([[False, False, True], [True, True, True]]))
    assert output.isfinite().all()
    assert not shown[1].any()


def test_multihead_attention_can_be_causal_without_a_mask(rng):
    attend, theirs = (
        MultiheadAttention(8, 2, batch_first=True).double(),
        nn.MultiheadAttention(8, 2, batch_first=True).double(),
    )
    theirs.load_state_dict(attend.state_dict())
    x = drawn(rng, 2, 5, 8)
    mine, weights = attend(x, x, x, is_causal=True, average_attn_weights=False)
    reference, expected = theirs(x, x, x, attn_mask=~causal_mask(5), average_attn_weights=False)
    torch.testing.assert_close(mine, reference, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(weights, expected, rtol=1e-12, atol=1e-14)
    assert attend(x, x, x, need_weights=False)[1] is None
    single = attend(x[0], x[0], x[0])
    torch.testing.assert_close(single[0], attend(x, x, x)[0][0], rtol=1e-12, atol=1e-14)


def test_dot_product_attention_ignores_keys_behind_the_end(rng):
    query, key, value, lengths = drawn(rng, 2, 3, 4), drawn(rng, 2, 5, 4), drawn(rng, 2, 5, 6), torch.tensor([2, 5])
    output, weights = DotProductAttention()(query, key, value, lengths)
    expected = functional.scaled_dot_product_attention(query, key, value, length_mask(lengths, 5))
    torch.testing.assert_close(output, expected, rtol=1e-12, atol=1e-14)
    assert not weights[0, :, 2:].any()


def test_additive_attention_is_its_formula_one_pair_at_a_time(rng):
    attend = AdditiveAttention(3, 4, 6).double()
    query, key, value, lengths = drawn(rng, 2, 3, 3), drawn(rng, 2, 5, 4), drawn(rng, 2, 5, 2), torch.tensor([4, 1])
    output, weights = attend(query, key, value, lengths)
    scorer = attend.score_proj.weight[0]
    for batch, length in enumerate(lengths.tolist()):
        for q in range(3):
            scores = [
                scorer @ torch.tanh(attend.query_proj.weight @ query[batch, q] + attend.key_proj.weight @ key[batch, k])
                for k in range(length)
            ]
            shares = torch.stack(scores).softmax(0)
            torch.testing.assert_close(weights[batch, q, :length], shares, rtol=1e-12, atol=1e-14)
            torch.testing.assert_close(output[batch, q], shares @ value[batch, :length], rtol=1e-12, atol=1e-14)


def test_sinusoidal_positions_are_the_papers():
    found = sinusoidal_positions(50, 6, dtype=torch.float64)
    for position in (0, 1, 49):
        for pair in range(3):
            angle = position / 10_000 ** (2 * pair / 6)
            assert found[position, 2 * pair] == pytest.approx(math.sin(angle))
            assert found[position, 2 * pair + 1] == pytest.approx(math.cos(angle))


def test_rotation_keeps_lengths_and_makes_products_depend_on_the_distance(rng):
    turns = rotary_positions(12, 8, dtype=torch.float64)
    query, key = drawn(rng, 8).expand(12, 8), drawn(rng, 8).expand(12, 8)
    q, k = rotate(query, *turns), rotate(key, *turns)
    torch.testing.assert_close(q.norm(dim=1), query.norm(dim=1), rtol=1e-13, atol=0)
    torch.testing.assert_close(q[0], query[0])
    scores = q @ k.T
    for distance in range(-11, 12):
        along = scores.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along), rtol=1e-11, atol=1e-12)
    assert (scores[0] - scores[0, 0]).abs().max() > 0.1
