"""Backpropagation through time by hand is autograd's answer, in full and truncated; the fused layer is torch's."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.layers.bptt import FusedRNN, backpropagate, unroll_tanh

STEPS, BATCH, HIDDEN = 7, 3, 5


def drawn(rng, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def autograds(given, initial, weight, outer, truncate):
    """Return the gradients by autograd, with the state detached after every `truncate` steps."""
    given, initial, weight = (x.clone().requires_grad_() for x in (given, initial, weight))
    state, states = initial, []
    for step in range(len(given)):
        if truncate and step and step % truncate == 0:
            state = state.detach()
        state = torch.tanh(given[step] + state @ weight.T)
        states.append(state)
    loss = (torch.stack(states) * outer).sum()
    return torch.autograd.grad(loss, [given, initial, weight, *states])


@pytest.mark.parametrize("truncate", [None, 1, 2, 3, STEPS, STEPS + 1])
def test_gradients_are_autograds(rng, truncate):
    given, initial, outer = (
        drawn(rng, *shape) for shape in ((STEPS, BATCH, HIDDEN), (BATCH, HIDDEN), (STEPS, BATCH, HIDDEN))
    )
    weight = drawn(rng, HIDDEN, HIDDEN)
    mine = backpropagate(unroll_tanh(given, initial, weight), initial, weight, outer, truncate=truncate)
    given_, initial_, weight_, *states = autograds(given, initial, weight, outer, truncate)
    for found, expected in (
        (mine.given, given_),
        (mine.initial, initial_),
        (mine.weight, weight_),
        (mine.hidden, torch.stack(states)),
    ):
        torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-14)
    torch.testing.assert_close(mine.norms, torch.stack([one.norm() for one in states]), rtol=1e-13, atol=1e-14)


def test_no_initial_state_is_one_of_zeros(rng):
    given, weight, outer = drawn(rng, 4, 2, 3), drawn(rng, 3, 3), drawn(rng, 4, 2, 3)
    before = given.clone()
    zeros, results = torch.zeros(2, 3, dtype=torch.float64), []
    for initial in (zeros, None):
        hidden = unroll_tanh(given, initial, weight)
        results.append([hidden, *backpropagate(hidden, initial, weight, outer)])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-14, atol=1e-14)
    assert torch.equal(given, before)


def test_truncation_changes_the_gradient_and_cuts_the_initial_state_off_only_where_it_detaches(rng):
    given, initial, weight = drawn(rng, 6, 2, 4), drawn(rng, 2, 4), drawn(rng, 4, 4)
    hidden, outer = unroll_tanh(given, initial, weight), torch.zeros(6, 2, 4, dtype=torch.float64)
    outer[-1] = 1  # a loss of the last step alone
    full, short = (backpropagate(hidden, initial, weight, outer, truncate=k) for k in (None, 3))
    assert (full.norms > 0).all()
    assert (short.norms[:3] == 0).all()
    assert torch.equal(short.norms[3:], full.norms[3:])
    assert short.initial.abs().sum() == 0


@pytest.mark.parametrize(("radius", "grows"), [(0.5, False), (1.2, True)])
def test_a_gradient_vanishes_or_explodes_with_the_weight(radius, grows):
    weight = radius * torch.eye(4, dtype=torch.float64)
    zeros = torch.zeros(21, 1, 4, dtype=torch.float64)  # where tanh has derivative 1
    outer = zeros.clone()
    outer[-1] = 1
    norms = backpropagate(zeros, zeros[0], weight, outer).norms
    assert norms[0] / norms[-1] == pytest.approx(radius**20)
    assert (norms[0] > norms[-1]) == grows


def test_truncation_of_no_steps_is_refused():
    zeros = torch.zeros(2, 1, 1)
    with pytest.raises(ConfigError, match="truncate: got 0, need 1 or more steps, or None"):
        backpropagate(zeros, zeros[0], zeros[0], zeros, truncate=0)


CASES = {
    "one layer": ({}, True),
    "two layers": ({"num_layers": 2}, True),
    "batch first": ({"num_layers": 2, "batch_first": True}, True),
    "no bias": ({"bias": False}, True),
    "batch first, no bias": ({"bias": False, "batch_first": True}, True),
    "ReLU": ({"nonlinearity": "relu"}, False),
    "both directions": ({"bidirectional": True}, False),
}


@pytest.mark.parametrize(("options", "by_hand"), CASES.values(), ids=CASES)
def test_the_fused_layer_is_torchs(rng, options, by_hand):
    reference = nn.RNN(6, 4, **options).double()
    mine = FusedRNN(6, 4, **options).double()
    mine.load_state_dict(reference.state_dict())
    tokens = torch.randint(6, (5, 3), generator=rng)
    count = reference.num_layers * (2 if reference.bidirectional else 1)
    state = drawn(rng, count, 5 if reference.batch_first else 3, 4)
    dense = functional.one_hot(tokens, 6).double()
    results = []
    for layer, input in ((reference, dense), (mine, dense), (mine, tokens)):
        layer.zero_grad()
        leaf = state.clone().requires_grad_()
        output, final = layer(input, leaf)
        ((output * torch.arange(output.numel()).view_as(output).cos()).sum() + final.square().sum()).backward()
        results.append([output, final, leaf.grad, *(one.grad.clone() for one in layer.parameters())])
    for other in results[1:]:
        for found, expected in zip(other, results[0], strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-14)
    assert ("_Unrolled" in _graph(mine(tokens)[0])) == by_hand


def _graph(tensor):
    """Return the names of all operations that a tensor was computed by."""
    names, waiting = set(), [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None:
            names.add(type(node).__name__)
            waiting += [before for before, _ in node.next_functions]
    return " ".join(names)


def test_the_fused_layer_in_evaluation_and_without_a_state(rng):
    mine = FusedRNN(6, 4)
    reference = nn.RNN(6, 4)
    reference.load_state_dict(mine.state_dict())
    tokens = torch.randint(6, (5, 3), generator=rng)
    expected = reference(functional.one_hot(tokens, 6).float())[0]
    torch.testing.assert_close(mine(tokens)[0], expected)
    torch.testing.assert_close(mine.eval()(tokens)[0], expected)
    with torch.no_grad():
        torch.testing.assert_close(mine.train()(tokens)[0], expected)


def test_a_token_outside_the_table_is_refused():
    with pytest.raises(ConfigError, match="tokens: got '0 to 6', need numbers 0 to 5"):
        FusedRNN(6, 4)(torch.tensor([[0], [6]]))
